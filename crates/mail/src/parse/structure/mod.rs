//! The structure of a message as the MIME library is shown it: of the same length as the message, and
//! written as the library reads it. What is in the parts is read from the message itself.

mod best;
mod boundary;
mod fields;
mod gaps;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::transfer::Transfer;
use super::value::Value;
use best::Best;
use boundary::MAX_BOUNDARY;
use fields::{Field, Name, fields, multipart_at};

pub(super) use boundary::Boundaries;
pub(super) use gaps::{Gap, Kind, gaps};

/// Multiparts, and messages in them, that are taken apart. The MIME library looks for the end of each
/// up to the end of the message, so thousands that never end would take minutes.
pub(super) const MAX_MULTIPARTS: usize = 200;

/// Headers of parts that are read as they are meant.
const MAX_FIELDS: usize = 10_000;

/// Whether this is the type of a multipart that is not taken apart, as there are too many.
pub(super) fn is_left_whole(media_type: &str) -> bool {
    media_type.starts_with("xultipart/") || media_type.starts_with("xessage/")
}

/// The message as the library is shown it.
pub(super) fn shown<'t>(text: &'t [u8], boundaries: &Boundaries) -> Cow<'t, [u8]> {
    let mut shown = Cow::Borrowed(text);
    // The library takes a boundary in the middle of a line for one.
    boundaries.texts(text).for_each(|at| put(&mut shown, at, b".."));
    write_plainly(&mut shown, text, boundaries);
    shown
}

/// Writes headers as the library reads them, and hides those that do not count.
fn write_plainly(shown: &mut Cow<'_, [u8]>, text: &[u8], boundaries: &Boundaries) {
    let mut multiparts = 0;
    let mut best = Best::default();
    for (number, field) in fields(text).enumerate() {
        if number < MAX_FIELDS {
            if let Some(worse) = best.keep(&field, text, boundaries) {
                put(shown, worse, b"x");
            }
            let value = shown.get(field.value.clone()).unwrap_or_default();
            if let Some(plain) = plain_value(&field, value) {
                put(shown, field.value.start, &plain);
            }
        }
        let at = multipart_at(&field, shown);
        multiparts += usize::from(at.is_some());
        if let Some(at) = at.filter(|_| multiparts > MAX_MULTIPARTS) {
            put(shown, at, b"x");
        }
    }
}

fn put(shown: &mut Cow<'_, [u8]>, at: usize, bytes: &[u8]) {
    if let Some(place) = shown.to_mut().get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// A value as the library reads it, where it would take this one for another.
fn plain_value(field: &Field, value: &[u8]) -> Option<Vec<u8>> {
    let meant = match field.name {
        Name::Type => plain_type(value)?,
        Name::Encoding => plain_encoding(value)?,
        Name::Disposition => return None,
    };
    let end = value.trim_ascii_end().len();
    let (text, line_end) = value.split_at_checked(end)?;
    let blanks = text.len().checked_sub(meant.len())?;
    Some([meant.as_bytes(), &b" ".repeat(blanks), line_end].concat())
}

fn plain_type(value: &[u8]) -> Option<String> {
    let meant = Value::read(value);
    let boundary = meant.text("boundary").filter(|_| meant.is_multipart());
    if boundary.as_ref().is_some_and(|boundary| boundary.len() > MAX_BOUNDARY) {
        return None;
    }
    let read = MessageStream::new(value).parse_content_type();
    let read = match &read {
        HeaderValue::ContentType(read) => Some(read),
        _ => None,
    };
    let word = read.map(|read| match read.subtype() {
        Some(subtype) => format!("{}/{subtype}", read.ctype()).to_ascii_lowercase(),
        None => read.ctype().to_ascii_lowercase(),
    });
    let is_same = word.as_deref() == Some(&meant.word)
        && (boundary.is_none() || read?.attribute("boundary") == boundary.as_deref());
    if is_same || meant.word.is_empty() || !meant.word.is_ascii() {
        return None;
    }
    match boundary {
        Some(boundary) if boundary.contains(['"', '\\']) => None,
        Some(boundary) => Some(format!("{};boundary=\"{boundary}\"", meant.word)),
        None => Some(meant.word),
    }
}

fn plain_encoding(value: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(value);
    let meant = Transfer::named(Some(&text)).name()?;
    (!text.trim().eq_ignore_ascii_case(meant)).then(|| meant.to_owned())
}
