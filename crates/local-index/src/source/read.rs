//! One file to the messages in it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use postern_query::Message;

use super::mbox::{Part, Parts};
use super::{SourceFile, Unreadable};
use crate::mail::document;

/// Bytes of one message that are read; the rest of a longer one is left out.
pub const MAX_MESSAGE: usize = 256 << 20;

/// Bytes at the start of a file that tell what it is.
const SNIFF: usize = 16 << 10;

/// Bytes of one document that are read.
const MAX_LINE: u64 = MAX_MESSAGE as u64;

const NOT_MAIL: &str = "there are no header lines at its start, so it is not mail";

/// What some editors put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// The raw bytes of a message, and where in the file they begin.
    Mail {
        /// The bytes.
        bytes: Vec<u8>,
        /// The place in the file.
        offset: u64,
    },
    /// A document.
    Document(Box<Message>),
}

/// Reads a file, handing over one message after the other.
///
/// # Errors
///
/// When the file cannot be read or is not mail. Faults of single documents are handed to `each`, and
/// the others are read all the same.
pub fn read(
    source: &SourceFile,
    each: &mut impl FnMut(Result<Item, Unreadable>),
) -> Result<(), Unreadable> {
    let path = &source.path;
    let failed = |error: io::Error| Unreadable::new(path, error);
    let mut reader = BufReader::with_capacity(SNIFF, File::open(path).map_err(failed)?);
    let start = reader.fill_buf().map_err(failed)?;
    let in_maildir = source.is_read.is_some();
    match kind(start) {
        // Whatever is delivered to a Maildir is mail.
        Kind::Other if in_maildir => whole_file(source, reader, each),
        Kind::Empty => Err(Unreadable::not_mail(path, "the file is empty")),
        Kind::Other => Err(Unreadable::not_mail(path, NOT_MAIL)),
        Kind::Documents => documents(path, reader, each),
        Kind::Envelope => match mailbox(path, reader, each).map_err(failed)? {
            true => Ok(()),
            false => whole_file(source, File::open(path).map_err(failed)?, each),
        },
        Kind::Message => whole_file(source, reader, each),
    }
}

/// The file as one message.
fn whole_file(
    source: &SourceFile,
    reader: impl io::Read,
    each: &mut impl FnMut(Result<Item, Unreadable>),
) -> Result<(), Unreadable> {
    let expected = usize::try_from(source.length).unwrap_or_default().min(MAX_MESSAGE);
    let mut bytes = Vec::with_capacity(expected);
    let read = reader.take(MAX_MESSAGE as u64).read_to_end(&mut bytes);
    read.map_err(|error| Unreadable::new(&source.path, error))?;
    each(Ok(Item::Mail { bytes, offset: 0 }));
    Ok(())
}

enum Kind {
    Empty,
    /// One JSON object a line.
    Documents,
    /// Starts with a `From ` line: a mailbox file, or one message out of one.
    Envelope,
    Message,
    Other,
}

fn kind(start: &[u8]) -> Kind {
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let text = start.trim_ascii_start();
    if text.is_empty() {
        return Kind::Empty;
    }
    if text.starts_with(b"{") {
        return Kind::Documents;
    }
    if start.starts_with(b"From ") {
        return Kind::Envelope;
    }
    let is_mail = start.split(|byte| *byte == b'\n').take(20).any(is_header);
    if is_mail { Kind::Message } else { Kind::Other }
}

/// `Name: value`, the name of printable characters without white space.
fn is_header(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    let rest = line.get(colon + 1..).unwrap_or_default();
    let named = !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    named && !rest.starts_with(b"//") && !rest.starts_with(b":")
}

// ---- mailbox files ----

/// A file that starts with a `From ` line: with one message only, unless it is named as a mailbox
/// file, the line belongs to the message. False when it is no such line after all.
fn mailbox(
    path: &Path,
    reader: impl BufRead,
    each: &mut impl FnMut(Result<Item, Unreadable>),
) -> io::Result<bool> {
    let mut parts = Parts::new(reader, MAX_MESSAGE);
    let Some(first) = parts.next()? else { return Ok(false) };
    let mut next = parts.next()?;
    let single = next.is_none() && !is_named_mailbox(path);
    each(Ok(if single { whole(first) } else { part(first) }));
    while let Some(one) = next {
        each(Ok(part(one)));
        next = parts.next()?;
    }
    Ok(true)
}

fn part(part: Part) -> Item {
    let part = part.trimmed();
    Item::Mail { bytes: part.bytes, offset: part.offset }
}

fn whole(part: Part) -> Item {
    let mut bytes = part.envelope;
    bytes.extend_from_slice(&part.bytes);
    Item::Mail { bytes, offset: 0 }
}

fn is_named_mailbox(path: &Path) -> bool {
    let extension = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("mbox") || end.eq_ignore_ascii_case("mbx"));
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    extension || name.is_some_and(|name| name.starts_with("mbox"))
}

// ---- documents ----

fn documents(
    path: &Path,
    mut reader: impl BufRead,
    each: &mut impl FnMut(Result<Item, Unreadable>),
) -> Result<(), Unreadable> {
    let failed = |error: io::Error| Unreadable::new(path, error);
    let mut known = is_named_documents(path);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            break;
        }
        if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") {
            return Err(Unreadable::new(path, format!("line {number} is longer than 256 MiB")));
        }
        let text = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        if !known && !is_document(text) {
            return Err(Unreadable::not_mail(path, NOT_MAIL));
        }
        known = true;
        each(one_document(path, number, text));
    }
    Ok(())
}

fn is_named_documents(path: &Path) -> bool {
    let is = |end: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(end));
    is("jsonl") || is("ndjson")
}

/// Many files start with a bracket: settings, programs, rich text. Documents have an `id`.
fn is_document(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|value| value.get("id").is_some())
}

fn one_document(path: &Path, number: u64, line: &[u8]) -> Result<Item, Unreadable> {
    let text = std::str::from_utf8(line).map_err(|error| format!("line {number}: {error}"));
    let message =
        text.and_then(|text| document::from_json(text).map_err(|error| in_line(number, &error)));
    message
        .map(|message| Item::Document(Box::new(message)))
        .map_err(|reason| Unreadable::new(path, reason))
}

/// The fault with its place in the file; what reads one line counts it as the first.
fn in_line(number: u64, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    format!("line {number}, column {}: {what}", error.column())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::mail::Place;

    /// What a file of that name and content holds: `offset:bytes`, `#id` of a document, or `!reason`.
    fn items(name: &str, content: &[u8]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let source = SourceFile {
            path,
            length: 0,
            modified: 0,
            place: Place::default(),
            is_read: None,
            is_flagged: None,
            is_draft: None,
        };
        let mut found = Vec::new();
        let outcome = read(&source, &mut |item| {
            found.push(match item {
                Ok(Item::Mail { bytes, offset }) => {
                    format!("{offset}:{}", String::from_utf8_lossy(&bytes))
                }
                Ok(Item::Document(message)) => format!("#{}", message.id),
                Err(fault) => format!("!{}", fault.reason),
            });
        });
        found.extend(outcome.err().map(|fault| format!("!{} {}", fault.not_mail, fault.reason)));
        found
    }

    const FROM: &str = "From a@b Sat Jan  1 10:00:00 1994\n";

    #[test]
    fn kinds_of_files() {
        assert_eq!(items("1.eml", b"Subject: x\n\ny"), ["0:Subject: x\n\ny"]);
        assert_eq!(items("noname", b"\nSubject: x\n\ny"), ["0:\nSubject: x\n\ny"]);
        assert_eq!(items("a", b""), ["!true the file is empty"]);
        let not_mail = "!true there are no header lines at its start, so it is not mail";
        assert_eq!(items("a", b"%PDF-1.7\n1 0 obj"), [not_mail]);
        assert_eq!(items("a", b"see http://x.com\n"), [not_mail]);
    }

    #[test]
    fn mailbox_files() {
        let one = format!("{FROM}A: 1\n\nx\n");
        let two = format!("{one}\n{FROM}B: 2\n");
        assert_eq!(items("a", one.as_bytes()), [format!("0:{one}")]);
        assert_eq!(items("a.mbox", one.as_bytes()), ["34:A: 1\n\nx\n"]);
        assert_eq!(
            items("a", b"From me\nA: 1\n\nx"),
            ["0:From me\nA: 1\n\nx"],
            "no such line after all"
        );
        assert_eq!(items("a", two.as_bytes()), ["34:A: 1\n\nx\n", "77:B: 2\n"]);
    }

    #[test]
    fn document_files() {
        let found = items("a.jsonl", b"{\"id\":\"1\"}\n\n{\"id\":5}\nnonsense\n{\"id\":\"2\"}");
        assert_eq!(found.len(), 4);
        assert_eq!((found[0].as_str(), found[3].as_str()), ("#1", "#2"));
        assert_eq!(found[1], "!line 3, column 7: invalid type: integer `5`, expected a string");
        assert!(found[2].starts_with("!line 4, column 2: "), "{found:?}");
        assert_eq!(items("a", b"\xef\xbb\xbf{\"id\":\"1\"}"), ["#1"]);
    }

    #[test]
    fn brackets_that_begin_no_document() {
        for content in
            [&b"{\\rtf1\\ansi\n{}\n"[..], b"{\n \"id\": 1\n}", b"{\"a\":1}\n{\"id\":\"1\"}"]
        {
            assert_eq!(items("a", content), [format!("!true {NOT_MAIL}")]);
        }
        let found = items("a.jsonl", b"{\"a\":1}\n{\"id\":\"1\"}");
        assert_eq!(found, ["!line 1, column 7: missing field `id`", "#1"]);
    }
}
