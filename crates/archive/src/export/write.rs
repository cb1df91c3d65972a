//! Messages in the formats of an export.

use std::io::{self, Cursor, Read, Write};

use postern_mail::document;
use postern_mail::source::Lost;
use postern_query::{Message, Recipient};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::mboxrd::Mboxrd;
use super::{Broken, Format, copy, file_name};

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

/// Writes messages in one of the formats.
pub(super) enum Writer<W: Write> {
    Mbox(W),
    Zip(Box<ZipWriter<StreamWriter<W>>>),
    Csv(Box<csv::Writer<W>>, bool),
    Jsonl(W),
}

impl<W: Write> Writer<W> {
    pub(super) fn new(format: Format, out: W) -> Self {
        match format {
            Format::Mbox => Self::Mbox(out),
            Format::Zip => Self::Zip(Box::new(ZipWriter::new_stream(out))),
            Format::Csv => Self::Csv(Box::new(csv::Writer::from_writer(out)), false),
            Format::Jsonl => Self::Jsonl(out),
        }
    }

    pub(super) const fn wants_original(&self) -> bool {
        matches!(self, Self::Mbox(_) | Self::Zip(_))
    }

    /// Writes a message as it was sent; where that is gone, a note in its place.
    pub(super) fn original(
        &mut self,
        message: &Message,
        original: Result<Box<dyn Read + Send>, Lost>,
    ) -> Result<(), Broken> {
        let name = message.file().and_then(|file| file.name.as_deref());
        let ending = name.map_or_else(|| ".eml".to_owned(), |name| format!("-{}", file_name(name)));
        let (mut from, ending): (Box<dyn Read + Send>, _) = match original {
            Ok(reader) => (reader, ending),
            Err(lost) => (Box::new(Cursor::new(note(message, &lost))), ".missing.txt".to_owned()),
        };
        match self {
            Self::Mbox(out) => {
                let mut quoted = Mboxrd::begin(out, message)?;
                copy(from.as_mut(), &mut |piece| quoted.write(piece))?;
                Ok(quoted.end()?)
            }
            Self::Zip(zip) => {
                let options =
                    SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
                let name = format!("{}{ending}", file_name(&message.id));
                zip.start_file(name, options).map_err(io::Error::from)?;
                copy(from.as_mut(), &mut |piece| zip.write_all(piece))
            }
            Self::Csv(..) | Self::Jsonl(_) => Ok(()),
        }
    }

    /// Writes the fields of a message.
    pub(super) fn fields(&mut self, message: &Message) -> io::Result<()> {
        match self {
            Self::Csv(table, begun) => {
                begin(table, begun)?;
                Ok(table.write_record(row(message).iter().map(|cell| harmless(cell)))?)
            }
            Self::Jsonl(out) => writeln!(out, "{}", document::with_places(message)),
            Self::Mbox(_) | Self::Zip(_) => Ok(()),
        }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Mbox(mut out) | Self::Jsonl(mut out) => out.flush(),
            Self::Zip(zip) => zip.finish()?.into_inner().flush(),
            Self::Csv(mut table, mut begun) => {
                begin(&mut table, &mut begun)?;
                table.flush()
            }
        }
    }
}

/// The names of the columns stand there even when there is no message.
fn begin<W: Write>(table: &mut csv::Writer<W>, begun: &mut bool) -> io::Result<()> {
    if !std::mem::replace(begun, true) {
        table.write_record(COLUMNS)?;
    }
    Ok(())
}

fn note(message: &Message, lost: &Lost) -> String {
    format!(
        "Subject: the original of a message is not there\r\nX-Postern-Missing: {}\r\n\r\n\
         The message with this id was found, but its original cannot be exported: {lost}.\r\n",
        file_name(&message.id)
    )
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
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for (cell, expected) in [("=1+1", "'=1+1"), ("a=b", "a=b"), ("@x", "'@x"), ("", "")] {
            assert_eq!(harmless(cell), expected);
        }
    }
}
