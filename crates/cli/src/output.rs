//! Everything that is printed. Results go to stdout, all else to stderr; colour only to terminals.

use std::fmt::Display;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Effects, Style};
use postern_query::{Advice, Errors, report};

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
    Ok(writeln!(anstream::stdout(), "{text}")?)
}

/// A line about the work, for people.
pub(crate) fn note(text: impl Display) {
    // There is nobody to tell when stderr is gone.
    writeln!(anstream::stderr(), "{text}").unwrap_or_default();
}

/// Why a command failed, with every cause.
pub(crate) fn fault(error: &anyhow::Error) {
    const RED: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
    let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
    note(format!("{}: {}", styled(RED, "error"), crate::terminal::safe_lines(&causes.join(": "))));
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
fn colour() -> bool {
    !matches!(anstream::AutoStream::choice(&io::stderr()), anstream::ColorChoice::Never)
}
