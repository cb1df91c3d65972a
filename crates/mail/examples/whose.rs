//! Says of the lines of messages whose words they are: the id of each message and its lines that are quoted or of a
//! signature, one JSON object a line.
//!
//! Run with `cargo run --example whose -- samples/mail`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::source::{self, PlaceRule};
use postern_query::{Message, Whose};
use serde_json::json;

fn main() -> io::Result<()> {
    let roots: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (rule, go_on) = (PlaceRule::default(), AtomicBool::new(false));
    let mut contents = Contents::new(&AttachmentText::Off);
    for file in source::walk(&roots).flatten() {
        let mut messages = Vec::new();
        source::read(&file, &rule, &go_on, &mut |item| {
            messages.extend(item.ok().map(|item| item.read(&mut contents)));
        });
        for message in messages {
            let lines = message.body.as_deref().unwrap_or_default().lines();
            let blank = lines.enumerate().filter(|(_, line)| line.trim().is_empty());
            let blank: Vec<_> = blank.map(|(at, _)| at + 1).collect();
            let [quoted, signature] =
                [Whose::Quoted, Whose::Signature].map(|whose| lines_of(&message, whose));
            let lines = message.body.as_deref().unwrap_or_default().lines().count();
            let line = json!({"id": message.id, "lines": lines, "blank": blank,
                "quoted": quoted, "signature": signature});
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}

/// The first and last lines of each passage, counted from 1.
fn lines_of(message: &Message, whose: Whose) -> Vec<[usize; 2]> {
    let body = message.body.as_deref().unwrap_or_default();
    let line = |at: usize| body.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let passages = message.passages.iter().filter(|passage| passage.whose == whose);
    passages.map(|passage| [line(passage.range.start), line(passage.range.end - 1)]).collect()
}
