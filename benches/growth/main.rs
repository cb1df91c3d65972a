//! Mail without end, for measuring how everything grows: a mailbox file on standard output.
//!
//! `growth COUNT | zstd -1 > many.mbox.zst` makes so many messages; the same number makes the same mail. `growth.py`
//! measures with it. How long messages are, how often words come, who writes how much and how long threads become is what
//! was counted in 12,000 messages of lists and spam; no word of them is here.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    missing_docs,
    reason = "a generator fails by panicking"
)]

mod drawn;
mod letter;

use std::io::{BufWriter, Write as _};

use letter::Writer;

fn main() {
    // `cargo bench` adds `--bench`.
    let count = std::env::args().skip(1).find_map(|text| text.parse().ok());
    let Some(count) = count else { return eprintln!("usage: growth COUNT > FILE.mbox") };
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut writer = Writer::new();
    for number in 0..count {
        writer.write(number, count, &mut out).unwrap();
    }
    out.flush().unwrap();
}
