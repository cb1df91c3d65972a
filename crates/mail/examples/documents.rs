//! Prints a folder of mail as documents, one JSON object a line.
//!
//! Run with `cargo run --example documents -- samples/mail`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::document;
use postern_mail::source;
use postern_mail::source::PlaceRule;

fn main() -> io::Result<()> {
    let roots: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (rule, go_on) = (PlaceRule::default(), AtomicBool::new(false));
    let mut contents = Contents::new(&AttachmentText::Off);
    for file in source::walk(&roots).flatten() {
        let mut lines = Vec::new();
        source::read(&file, &rule, &go_on, &mut |item| match item {
            Ok(item) => lines.push(Ok(document::to_json(&item.read(&mut contents)))),
            Err(fault) => lines.push(Err(fault)),
        });
        for line in lines {
            match line {
                Ok(line) => writeln!(out, "{line}")?,
                Err(fault) => writeln!(io::stderr(), "{}: {}", fault.name(), fault.reason)?,
            }
        }
    }
    out.flush()
}
