//! Everything that is printed. Results go to stdout, all else to stderr; colour only to terminals.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Effects, Style};
use anyhow::Context as _;
use postern_query::{Advice, Errors, report};
use serde::Serialize;

use crate::hint::hint;
use crate::terminal;

/// Said of a result that found no way out, such as onto a full disk.
const NOT_WRITTEN: &str = "the result cannot be written";

/// Words that were looked for.
pub(crate) const MATCH: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
/// What is as it should be.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// What stands out.
pub(crate) const STRONG: Style = Style::new().effects(Effects::BOLD);
/// What stands back.
pub(crate) const FAINT: Style = Style::new().effects(Effects::DIMMED);

/// Text in a style; the stream takes the style away where there is no colour.
pub(crate) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A line of the result.
///
/// # Errors
///
/// When nobody reads any more.
pub(crate) fn line(text: impl Display) -> anyhow::Result<()> {
    writeln!(anstream::stdout(), "{}", terminal::styled(&text.to_string())).context(NOT_WRITTEN)
}

/// A result for programs, on one line.
///
/// # Errors
///
/// When nobody reads any more.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = terminal::json(&serde_json::to_string(value)?);
    writeln!(io::stdout(), "{text}").context(NOT_WRITTEN)
}

/// Each text on a line of its own: exactly, but for a terminal.
///
/// # Errors
///
/// When nobody reads any more.
pub(crate) fn lines(texts: &[String]) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let is_terminal = io::stdout().is_terminal();
    for text in texts {
        let text = if is_terminal { Cow::Owned(terminal::safe(text)) } else { Cow::Borrowed(text) };
        writeln!(out, "{text}").context(NOT_WRITTEN)?;
    }
    out.flush().context(NOT_WRITTEN)
}

/// A result byte for byte, but for a terminal: there it is text in which nothing steers.
///
/// # Errors
///
/// When nobody reads any more.
pub(crate) fn exact(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = if out.is_terminal() {
        writeln!(out, "{}", terminal::safe_lines(&String::from_utf8_lossy(bytes)))
    } else {
        out.write_all(bytes)
    };
    written.and_then(|()| out.flush()).context(NOT_WRITTEN)
}

/// A line about the work, for people.
pub(crate) fn note(text: impl Display) {
    // There is nobody to tell when stderr is gone.
    writeln!(anstream::stderr(), "{}", terminal::styled(&text.to_string())).unwrap_or_default();
}

/// Why a command failed, with every cause, and what to do about it.
pub(crate) fn fault(error: &anyhow::Error) {
    const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
    let mut causes = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    if let Some(hint) = hint(error) {
        causes = format!("{causes}; {hint}");
    }
    note(format!("{}: {}", styled(RED, "error"), terminal::safe(&causes)));
}

/// What is wrong with a query, with carets.
pub(crate) fn query_errors(errors: &Errors, text: &str) {
    note(report::errors(errors, text, colour()));
}

/// What was noticed about a query, with carets.
pub(crate) fn advice(advice: &[Advice], text: &str) {
    for one in advice {
        note(report::advice(one, text, colour()));
    }
}

/// Whether stderr shows colour.
pub(crate) fn colour() -> bool {
    !matches!(anstream::AutoStream::choice(&io::stderr()), anstream::ColorChoice::Never)
}
