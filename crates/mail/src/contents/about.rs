//! What a document says of itself: its title and its author.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::{Deserialize, Serialize};

use super::compound::{Compound, stream};
use super::little::{u16_at, u32_at};
use super::xml;
use crate::parse::body::clean;
use crate::parse::charset;

/// Characters of a title or a name; longer ones are no such.
const MAX_LENGTH: usize = 500;

/// Title and author of a document, where it names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) title: Option<String>,
    pub(crate) author: Option<String>,
}

impl About {
    /// Of texts as they were found.
    pub(super) fn new(title: &str, author: &str) -> Self {
        Self { title: tidy(title), author: tidy(author) }
    }
}

fn tidy(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let text: String = clean(&words.join(" ")).chars().take(MAX_LENGTH).collect();
    Some(text).filter(|text| !text.is_empty())
}

// ---- XML (ECMA-376-2, 8.3; OpenDocument 1.3, 4.3) ----

/// What the part of a document says that describes it. Whoever wrote it first is the author.
pub(super) fn of_xml(part: impl BufRead) -> About {
    let (mut reader, mut buffer, mut inside) = (Reader::from_reader(part), Vec::new(), None);
    let mut texts = [const { String::new() }; 3];
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => inside = named(tag.local_name().as_ref()),
            Ok(Event::End(_)) => inside = None,
            Ok(Event::Eof) | Err(_) => break,
            Ok(event) => {
                if let Some(text) = inside.and_then(|number: usize| texts.get_mut(number)) {
                    text.push_str(&xml::written(&event));
                }
            }
        }
    }
    let [title, first_author, author] = texts;
    About::new(&title, if first_author.trim().is_empty() { &author } else { &first_author })
}

fn named(element: &str) -> Option<usize> {
    ["title", "initial-creator", "creator"].iter().position(|name| *name == element)
}

// ---- Office before 2007 (MS-OLEPS) ----

const SUMMARY: &str = "/\u{5}SummaryInformation";
/// Where the place of the first set of properties is told.
const FIRST_SET: usize = 44;
/// Properties of it.
const CHARSET: u32 = 1;
const TITLE: u32 = 2;
const AUTHOR: u32 = 4;
/// Types of values: letters of one byte, and of two.
const NARROW: u32 = 0x1e;
const WIDE: u32 = 0x1f;
/// The code page that is UTF-16.
const UTF_16: u16 = 1200;

/// What the summary of an old document says.
pub(super) fn of_compound(file: &mut Compound<'_>) -> About {
    let bytes = stream(file, SUMMARY).unwrap_or_default();
    let start = u32_at(&bytes, FIRST_SET).and_then(|at| usize::try_from(at).ok());
    let set = start.and_then(|start| bytes.get(start..)).unwrap_or_default();
    let page = property(set, CHARSET).and_then(|value| u16_at(value, 4)).unwrap_or_default();
    let text = |number| property(set, number).map(|value| text(value, page)).unwrap_or_default();
    About::new(&text(TITLE), &text(AUTHOR))
}

/// The bytes from a property on: its type, then its value.
fn property(set: &[u8], number: u32) -> Option<&[u8]> {
    // There are about twenty.
    let count = usize::try_from(u32_at(set, 4)?).ok()?.min(1_000);
    let mut entries = (0..count).map(|entry| 8 + 8 * entry);
    let entry = entries.find(|entry| u32_at(set, *entry) == Some(number))?;
    set.get(usize::try_from(u32_at(set, entry + 4)?).ok()?..)
}

fn text(value: &[u8], page: u16) -> String {
    let length = u32_at(value, 4).and_then(|length| usize::try_from(length).ok());
    let (kind, length) = (u32_at(value, 0), length.unwrap_or_default());
    let is_wide = kind == Some(WIDE) || page == UTF_16;
    let size = if kind == Some(WIDE) { length.saturating_mul(2) } else { length };
    let rest = value.get(8..).unwrap_or_default();
    let bytes = rest.get(..size.min(8 * MAX_LENGTH)).unwrap_or(rest);
    let text = match kind {
        Some(NARROW | WIDE) if is_wide => charset::declared(bytes, "utf-16le"),
        Some(NARROW) => charset::declared(bytes, &charset_of(page)),
        _ => return String::new(),
    };
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// The name of a code page of Windows; one that is not known is guessed.
fn charset_of(page: u16) -> String {
    match page {
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        65_001 => "utf-8".to_owned(),
        page => format!("windows-{page}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(title: Option<&str>, author: Option<&str>) -> About {
        About { title: title.map(str::to_owned), author: author.map(str::to_owned) }
    }

    #[test]
    fn parts_that_describe() {
        for (part, expected) in [
            (
                "<cp:x xmlns:dc='d'><dc:title>R&amp;D\n plan</dc:title><dc:creator>Ann</dc:creator></cp:x>",
                about(Some("R&D plan"), Some("Ann")),
            ),
            (
                "<m><creator>Bob</creator><meta:initial-creator>Ann</meta:initial-creator><title/></m>",
                about(None, Some("Ann")),
            ),
            (
                "<m><creator>Bob</creator><initial-creator> </initial-creator></m>",
                about(None, Some("Bob")),
            ),
            ("<m><title>cut", about(Some("cut"), None)),
            ("no xml <", about(None, None)),
        ] {
            assert_eq!(of_xml(part.as_bytes()), expected, "{part}");
        }
    }

    #[test]
    fn values_of_properties() {
        let value = |kind: u32, length: u32, bytes: &[u8]| {
            [&kind.to_le_bytes(), &length.to_le_bytes(), bytes].concat()
        };
        for (kind, length, bytes, page, expected) in [
            (NARROW, 5, &b"caf\xe9\0"[..], 1252, "café"),
            (NARROW, 3, b"\xc4\xe0\0", 1251, "Да"),
            (NARROW, 5, b"\x93\xfa\x96{\0", 932, "日本"),
            (NARROW, 4, b"a\0b\0", UTF_16, "ab"),
            (WIDE, 2, b"a\0b\0", 1252, "ab"),
            (NARROW, u32::MAX, b"ab", 1252, "ab"),
            (WIDE, u32::MAX, b"a\0", 1252, "a"),
            (3, 1, b"a", 1252, ""),
        ] {
            assert_eq!(text(&value(kind, length, bytes), page), expected, "{kind} {page}");
        }
        assert_eq!(property(&[0xff; 64], TITLE), None);
    }
}
