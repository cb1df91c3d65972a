//! Which files among documents are mail. In a folder of mail whatever looks like mail is; among documents a
//! line with a colon in it tells nothing.

use serde_json::Value;

use super::read::Entry;
use crate::kind::{Kind, is_header, without_blank_lines};

/// Headers that messages have, of which two are needed.
const KNOWN: [&[u8]; 10] = [
    b"from",
    b"to",
    b"date",
    b"subject",
    b"received",
    b"return-path",
    b"delivered-to",
    b"message-id",
    b"mime-version",
    b"content-type",
];

/// Keys of which each document of the premium index has one.
const KEYS: [&str; 3] = ["receivedDateTime", "sentDateTime", "internetMessageId"];

/// Lines of a head that are looked at.
const MOST_LINES: usize = 200;

/// Whether a file of that kind that begins so is mail or holds some.
pub(super) fn is_mail(kind: Kind, entry: &Entry, start: &[u8]) -> bool {
    match kind {
        _ if entry.home.is_delivered => true,
        Kind::Message => entry.is_named(&["eml"]) || has_head(without_blank_lines(start)),
        Kind::Envelope => {
            entry.is_named(&["mbox", "mbx"]) || has_head(behind_line(without_blank_lines(start)))
        }
        Kind::Apple => entry.is_named(&["emlx"]) || has_head(behind_line(start)),
        Kind::Documents => is_document(start),
        Kind::Compound
        | Kind::Tnef
        | Kind::DataFile
        | Kind::Gzip
        | Kind::Zstandard
        | Kind::Bzip2
        | Kind::Xz
        | Kind::Zip
        | Kind::Tar => true,
        Kind::Empty | Kind::SevenZip | Kind::Rar | Kind::Foreign(_) | Kind::Other => false,
    }
}

fn behind_line(text: &[u8]) -> &[u8] {
    let end = memchr::memchr2(b'\n', b'\r', text).map_or(text.len(), |end| end + 1);
    text.get(end..).unwrap_or_default().trim_ascii_start()
}

/// Whether the text begins with header lines, two of them of kinds that every message has.
fn has_head(text: &[u8]) -> bool {
    let end = if text.contains(&b'\n') { b'\n' } else { b'\r' };
    let lines = text.split(|byte| *byte == end);
    let lines = lines.filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"));
    let head = lines.take(MOST_LINES).take_while(|line| is_header(line));
    let mut seen: Vec<_> = head.filter_map(known).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len() >= 2
}

fn known(line: &[u8]) -> Option<usize> {
    let name = line.split(|byte| *byte == b':').next()?.trim_ascii_end();
    KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the first line is a document of the premium index, or a file that was exported.
fn is_document(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let value = line.and_then(|line| serde_json::from_slice::<Value>(line).ok());
    value.is_some_and(|value| {
        let is_file = value.get("kind").and_then(Value::as_str) == Some(postern_query::FILE);
        value.get("id").is_some_and(Value::is_string)
            && (is_file || KEYS.iter().any(|key| value.get(key).is_some()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_messages() {
        for (text, expected) in [
            (&b"From: a@b\nSubject: x\n\ny"[..], true),
            (b"subject : x\r\nX-Y: z\r\n folded\r\nDATE: y\r\n\r\n", true),
            (b"Title: notes\nDate: 2024-01-01\nTags: a\n\ntext", false),
            (b"Subject: x\rDate: y\r\rz", true),
            (b"Subject: x\nSubject: y\n\n", false),
            (b"To do: buy\n\nFrom: a\nTo: b", false),
            (b"Notes\nFrom: a\nTo: b\n", false),
            (b"", false),
        ] {
            assert_eq!(has_head(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn documents_of_the_index() {
        for (text, expected) in [
            (r#"{"id":"1","receivedDateTime":null}"#, true),
            ("\n{\"id\":\"1\",\"kind\":\"file\"}\n{", true),
            (r#"{"id":"1","name":"x"}"#, false),
            (r#"{"id":7,"receivedDateTime":null}"#, false),
            ("{\n", false),
        ] {
            assert_eq!(is_document(text.as_bytes()), expected, "{text}");
        }
    }
}
