//! Documents: files with one JSON object a line.

use std::io::{BufRead, Read as _};

use super::read::{Content, Entry, Fault, MAX_MESSAGE, NOT_MAIL, Reading};
use crate::document;
use crate::kind::BYTE_ORDER_MARK;

/// Bytes of one document that are read.
const MAX_LINE: u64 = MAX_MESSAGE as u64;

/// Hands over the documents of a file; a fault of one of them does not hide the others.
pub(super) fn read(
    reading: &mut Reading<'_>,
    entry: &Entry,
    mut reader: impl BufRead,
) -> Result<(), Fault> {
    let mut known = entry.is_named(&["jsonl", "ndjson"]);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") {
            return Err(Fault::Failed(format!("line {number} is longer than 64 MiB")));
        }
        let text = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        if !known && !is_document(text) {
            return Err(Fault::NotMail(NOT_MAIL));
        }
        known = true;
        match one(number, text) {
            Ok(document) => reading.give(entry, "", document),
            Err(fault) => reading.fail(entry, fault),
        }
    }
    Ok(())
}

/// Many files start with a bracket: settings, programs, rich text. Documents have an `id`.
fn is_document(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|value| value.get("id").is_some())
}

fn one(number: u64, line: &[u8]) -> Result<Content, Fault> {
    let text = std::str::from_utf8(line).map_err(|error| format!("line {number}: {error}"));
    let message =
        text.and_then(|text| document::from_json(text).map_err(|error| in_line(number, &error)));
    message.map(|message| Content::Document(Box::new(message))).map_err(Fault::Failed)
}

/// The fault with its place in the file; what reads one line counts it as the first.
fn in_line(number: u64, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    format!("line {number}, column {}: {what}", error.column())
}
