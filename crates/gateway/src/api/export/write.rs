//! Messages in the formats of an export.

use std::io::{self, Write as _};

use postern_local_index::mail::document;
use postern_local_index::source::Lost;
use postern_query::{Message, Recipient};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::Format;
use super::pipe::Pipe;
use crate::api::download::safe;

/// What the columns of a table are called.
const COLUMNS: [&str; 14] = [
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
];

/// Writes messages in one of the formats.
pub(super) enum Writer {
    Mbox(Pipe),
    Zip(Box<ZipWriter<StreamWriter<Pipe>>>),
    Csv(Box<csv::Writer<Pipe>>, bool),
    Jsonl(Pipe),
}

impl Writer {
    pub(super) fn new(format: Format, pipe: Pipe) -> Self {
        match format {
            Format::Mbox => Self::Mbox(pipe),
            Format::Zip => Self::Zip(Box::new(ZipWriter::new_stream(pipe))),
            Format::Csv => Self::Csv(Box::new(csv::Writer::from_writer(pipe)), false),
            Format::Jsonl => Self::Jsonl(pipe),
        }
    }

    pub(super) const fn wants_original(&self) -> bool {
        matches!(self, Self::Mbox(_) | Self::Zip(_))
    }

    /// Writes a message as it was sent; where that is gone, a note in its place.
    pub(super) fn original(
        &mut self,
        message: &Message,
        original: Result<Vec<u8>, Lost>,
    ) -> io::Result<()> {
        let (bytes, ending) = match original {
            Ok(bytes) => (bytes, "eml"),
            Err(lost) => (note(message, &lost).into_bytes(), "missing.txt"),
        };
        match self {
            Self::Mbox(out) => mboxrd(out, message, &bytes),
            Self::Zip(zip) => {
                let name = format!("{}.{ending}", safe(&message.id));
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Stored)
                    .large_file(u32::try_from(bytes.len()).is_err());
                zip.start_file(name, options)?;
                zip.write_all(&bytes)
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
            Self::Jsonl(out) => writeln!(out, "{}", document::to_json(message)),
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
fn begin(table: &mut csv::Writer<Pipe>, begun: &mut bool) -> io::Result<()> {
    if !std::mem::replace(begun, true) {
        table.write_record(COLUMNS)?;
    }
    Ok(())
}

fn note(message: &Message, lost: &Lost) -> String {
    format!(
        "Subject: the original of a message is not there\r\nX-Postern-Missing: {}\r\n\r\n\
         The message with this id was found, but its original cannot be exported: {lost}.\r\n",
        safe(&message.id)
    )
}

/// A message of a mailbox file: what looks like the line before the next one is quoted, and so is what
/// is quoted already, so that it can be undone.
fn mboxrd(out: &mut impl io::Write, message: &Message, bytes: &[u8]) -> io::Result<()> {
    let date = message.received.or(message.sent).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let date = date.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y");
    writeln!(out, "From postern@localhost {date}")?;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if unquoted(line).starts_with(b"From ") {
            out.write_all(b">")?;
        }
        out.write_all(line)?;
    }
    let end = if bytes.ends_with(b"\n") { &b"\n"[..] } else { b"\n\n" };
    out.write_all(end)
}

/// A line without the signs that quote it.
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    line.get(quotes..).unwrap_or_default()
}

fn row(message: &Message) -> [String; 14] {
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
        text(&message.mailbox),
        text(&message.folder),
        files.join("; "),
        message.size.map(|size| size.to_string()).unwrap_or_default(),
        text(&message.conversation_id),
        text(&message.internet_message_id),
    ]
}

/// What a spreadsheet would take for a formula becomes text.
fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailbox_files_can_be_taken_apart_again() {
        let mut out = Vec::new();
        let raw = b"Subject: x\n\nFrom here\n>From there\n> From\nend";
        mboxrd(&mut out, &Message::default(), raw).unwrap();
        let expected = "From postern@localhost Thu Jan  1 00:00:00 1970\n\
                        Subject: x\n\n>From here\n>>From there\n> From\nend\n\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn cells_are_no_formulas() {
        for (cell, expected) in [("=1+1", "'=1+1"), ("a=b", "a=b"), ("@x", "'@x"), ("", "")] {
            assert_eq!(harmless(cell), expected);
        }
    }
}
