//! Prints a folder of mail as documents, one JSON object a line.
//!
//! Run with `cargo run --example documents -- samples/mail`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use postern_local_index::mail::{document, parse};
use postern_local_index::source::{self, Item, PlaceRule};

fn main() -> io::Result<()> {
    let roots: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for file in source::walk(&roots, &PlaceRule::default()).flatten() {
        let mut lines = Vec::new();
        let read = source::read(&file, &mut |item| {
            if let Ok(Item::Mail { bytes, .. }) = item {
                lines.push(document::to_json(&parse(&bytes, &file.place)));
            }
        });
        if let Err(fault) = read {
            writeln!(io::stderr(), "{}: {}", fault.path.display(), fault.reason)?;
        }
        for line in lines {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}
