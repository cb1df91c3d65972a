//! Structured logs on stderr, a line for each event.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

use crate::args::Common;
use crate::{output, terminal};

/// Begins to log. What people typed and who they are is not in it unless more is asked for.
pub(crate) fn start(common: &Common) {
    let level = match (common.quiet, common.verbose) {
        (true, _) => "error",
        (false, 0) => "postern_gateway=info,warn",
        (false, 1) => "postern_gateway=debug,info",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_env("POSTERN_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let colour = output::colour();
    let lines = move || Lines { out: io::stderr().lock(), colour };
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(lines).init();
}

/// Writes each event as one line in which nothing steers a terminal or begins another line.
struct Lines<W> {
    out: W,
    colour: bool,
}

impl<W: Write> Write for Lines<W> {
    /// An event comes in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let line = if self.colour {
            terminal::styled(&text.replace(['\n', '\r'], " "))
        } else {
            terminal::safe(text)
        };
        writeln!(self.out, "{line}")?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_is_one_harmless_line() {
        for (event, colour, line) in [
            ("INFO a=1\n", false, "INFO a=1\n"),
            ("a\nINFO forged\n", false, "a INFO forged\n"),
            ("a\r\nINFO forged\n", true, "a  INFO forged\n"),
            ("\u{1b}[32mINFO\u{1b}[0m\n", false, "\\u{1b}[32mINFO\\u{1b}[0m\n"),
            ("\u{1b}[32mINFO\u{1b}[0m\n", true, "\u{1b}[32mINFO\u{1b}[0m\n"),
            ("x\u{1b}[2J\u{9b}2J\u{202e}\n", true, "x\\u{1b}[2J\\u{9b}2J\\u{202e}\n"),
        ] {
            let mut lines = Lines { out: Vec::new(), colour };
            lines.write_all(event.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(lines.out).unwrap(), line, "{event:?}");
        }
    }
}
