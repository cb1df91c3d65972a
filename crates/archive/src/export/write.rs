//! Messages in the formats of an export.

use std::io::{self, BufWriter, Cursor, Read, Write};

use postern_mail::document;
use postern_mail::source::Lost;
use postern_query::{Message, Recipient};
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::manifest::{Exported, MANIFEST, Manifest, hex};
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
    ) -> Result<Exported, Broken> {
        let mut done = Exported { is_lost: original.is_err(), ..Exported::default() };
        let mut digest = Sha256::new();
        let name = message.file().and_then(|file| file.name.as_deref());
        let ending = name.map_or_else(|| ".eml".to_owned(), |name| format!("-{}", file_name(name)));
        let (mut from, ending): (Box<dyn Read + Send>, _) = match original {
            Ok(reader) => (reader, ending),
            Err(lost) => (Box::new(Cursor::new(note(message, &lost))), ".missing.txt".to_owned()),
        };
        match self {
            Self::Mbox(out) => {
                let mut quoted = Mboxrd::begin(out, message)?;
                copy(from.as_mut(), &mut |piece| {
                    digest.update(piece);
                    quoted.write(piece)
                })?;
                quoted.end()?;
            }
            Self::Zip(zip) => {
                let options =
                    SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
                let name = format!("{}{ending}", file_name(&message.id));
                zip.start_file(name.as_str(), options).map_err(io::Error::from)?;
                copy(from.as_mut(), &mut |piece| {
                    digest.update(piece);
                    zip.write_all(piece)
                })?;
                done.path = Some(name);
            }
            Self::Csv(..) | Self::Jsonl(_) => return Ok(done),
        }
        done.sha256 = Some(hex(&digest.finalize()));
        Ok(done)
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

    /// Ends it; the manifest is the last file of a ZIP. Where it has to lie beside it, it is given back.
    pub(super) fn finish(self, manifest: Option<Manifest>) -> io::Result<Option<Manifest>> {
        match self {
            Self::Mbox(mut out) | Self::Jsonl(mut out) => out.flush()?,
            Self::Zip(mut zip) => {
                if let Some(manifest) = manifest {
                    zip.start_file(MANIFEST, SimpleFileOptions::default().large_file(true))?;
                    let mut out = BufWriter::new(zip.as_mut());
                    manifest.write(&mut out, None)?;
                    out.flush()?;
                }
                zip.finish()?.into_inner().flush()?;
                return Ok(None);
            }
            Self::Csv(mut table, mut begun) => {
                begin(&mut table, &mut begun)?;
                table.flush()?;
            }
        }
        Ok(manifest)
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
