//! What one translation costs in Rust, in nanoseconds: the floor of `benches/wheel.py`.
//!
//! Run with `cargo run --release -p postern-query --example call`.

#![allow(clippy::print_stdout, reason = "an example talks to the terminal")]

use std::hint::black_box;
use std::time::Instant;

use postern_query::{Capabilities, Context, Errors, datatap, parse};

/// The documented uses, as in `benches/compile.rs`.
const USES: [&str; 5] = [
    "invoice AND overdue",
    "from:a.user@contoso.com has:attachment received>=2024-01-01T00:00:00Z received<=2024-03-31T23:59:59Z",
    "to:b.user@contoso.com sort:newest",
    "thread:AAQk= sort:oldest",
    "filename:contract.pdf",
];
const ROUNDS: u32 = 2_000;

fn main() -> Result<(), Errors> {
    let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap_or_default());
    let capabilities = Capabilities::default();
    let mut times = Vec::new();
    for _ in 0..9 {
        let began = Instant::now();
        for _ in 0..ROUNDS {
            for text in USES {
                let query = parse(black_box(text), &context)?.query;
                drop(black_box(datatap::compile(&query, &capabilities)));
            }
        }
        times.push(began.elapsed() / ROUNDS / 5);
    }
    times.sort_unstable();
    println!("{}", times.get(4).map_or(0, std::time::Duration::as_nanos));
    Ok(())
}
