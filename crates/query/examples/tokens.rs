//! Cuts each line of the input into tokens, printed as one JSON list a line.

#![allow(clippy::print_stdout, reason = "an example talks to the terminal")]

use std::io::{self, BufRead as _, Write as _};

use postern_query::analysis;
use postern_query::emit::Json;

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let tokens = analysis::terms(&line?).into_iter().map(Json::from);
        writeln!(out, "{}", Json::List(tokens.collect()))?;
    }
    out.flush()
}
