//! A table of the fields of messages.

use std::io::{self, Write};

use postern_query::{Message, Recipient};

/// What the columns of a table are called.
const COLUMNS: [&str; 19] = [
    "id",
    "receivedDateTime",
    "sentDateTime",
    "fromName",
    "fromAddress",
    "to",
    "cc",
    "subject",
    "mailbox",
    "folder",
    "attachments",
    "size",
    "conversationId",
    "internetMessageId",
    "kind",
    "createdDateTime",
    "modifiedDateTime",
    "version",
    "source",
];

/// A table on its way.
pub(super) struct Table<W: Write> {
    out: csv::Writer<W>,
    has_begun: bool,
}

impl<W: Write> Table<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out: csv::Writer::from_writer(out), has_begun: false }
    }

    pub(super) fn row(&mut self, message: &Message) -> io::Result<()> {
        self.begin()?;
        Ok(self.out.write_record(row(message).iter().map(|cell| harmless(cell)))?)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }

    /// The names of the columns stand there even when there is no message.
    fn begin(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.out.write_record(COLUMNS)?;
        }
        Ok(())
    }
}

fn row(message: &Message) -> [String; 19] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |time: Option<jiff::Timestamp>| time.map(|at| at.to_string()).unwrap_or_default();
    let people = |people: &[Recipient]| {
        let address = |person: &Recipient| person.address.clone().or_else(|| person.name.clone());
        people.iter().filter_map(address).collect::<Vec<_>>().join("; ")
    };
    let files: Vec<_> = message.attachments.iter().filter_map(|file| file.name.clone()).collect();
    [
        message.id.clone(),
        time(message.received),
        time(message.sent),
        text(&message.from_name),
        text(&message.from_address),
        people(&message.to_recipients),
        people(&message.cc_recipients),
        text(&message.subject),
        text(&message.place().mailbox),
        text(&message.place().folder),
        files.join("; "),
        message.size.map(|size| size.to_string()).unwrap_or_default(),
        text(&message.conversation_id),
        text(&message.internet_message_id),
        text(&message.kind),
        time(message.created),
        time(message.modified),
        text(&message.version),
        text(&message.place().source),
    ]
}

/// A cell of a table as it is, with `'` in front of what a spreadsheet would take for a formula.
///
/// ```
/// use postern_archive::export::harmless;
///
/// assert_eq!(harmless("=1+1"), "'=1+1");
/// assert_eq!(harmless("1+1"), "1+1");
/// ```
#[must_use]
pub fn harmless(cell: &str) -> String {
    if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// Whether a spreadsheet may take it for a formula: it begins with a sign of one, of either width, with blanks or what
/// shows nothing before it; or with what ends a cell or a line.
/// See <https://owasp.org/www-community/attacks/CSV_Injection>.
fn is_formula(cell: &str) -> bool {
    let is_sign = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let shows_nothing = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    cell.starts_with(['\t', '\r', '\n'])
        || cell.trim_start_matches(shows_nothing).starts_with(is_sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for sign in ['=', '+', '-', '@', '＝', '＋', '－', '＠'] {
            for before in [
                "", " ", "  ", "\t", "\r", "\n", "\r\n ", "\u{a0}", "\u{3000}", "\u{feff}",
                "\u{200b}", "\0",
            ] {
                let cell = format!("{before}{sign}HYPERLINK(1)");
                assert_eq!(harmless(&cell), format!("'{cell}"), "{cell:?}");
            }
        }
        for cell in ["\ta", "\ra", "\na", "\n"] {
            assert_eq!(harmless(cell), format!("'{cell}"), "{cell:?}: it may end the cell before");
        }
        for cell in ["", " ", "a=b", " a", "1+1", "(-1)", "é", "a\n=1", "\u{feff}a", "'=1"] {
            assert_eq!(harmless(cell), cell, "{cell:?}");
        }
    }
}
