//! The text in the XML of documents.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

use super::fault::Fault;
use super::text::Text;

/// What an event writes.
pub(super) fn written<'e>(event: &'e Event<'_>) -> Cow<'e, str> {
    match event {
        Event::Text(text) => text.xml10_content(),
        Event::CData(text) => text.xml10_content(),
        Event::GeneralRef(name) => reference(name),
        _ => Cow::Borrowed(""),
    }
}

/// Which elements of a format, by their local names, hold text and part it.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// Text stands in these only.
    pub(super) text: &'static [&'static str],
    /// A line ends with these.
    pub(super) lines: &'static [&'static str],
    /// These part words.
    pub(super) gaps: &'static [&'static str],
}

/// Office Open XML (ECMA-376): words, slides, and notes on cells.
pub(super) const OFFICE: Vocabulary =
    Vocabulary { text: &["t"], lines: &["p", "br", "cr", "row"], gaps: &["tab", "tc"] };

/// OpenDocument (ISO 26300).
pub(super) const OPEN: Vocabulary =
    Vocabulary { text: &["p", "h"], lines: &["p", "h", "line-break"], gaps: &["tab", "s"] };

/// Adds the text of a part. Entities that the part itself declares stand for nothing.
pub(super) fn text(
    xml: impl BufRead,
    vocabulary: &Vocabulary,
    out: &mut Text,
) -> Result<(), Fault> {
    let mut reader = Reader::from_reader(xml);
    let (mut buffer, mut inside) = (Vec::new(), 0_usize);
    while !out.is_cut() {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(Fault::damaged)? {
            Event::Start(tag) => {
                inside += usize::from(vocabulary.text.contains(&tag.local_name().as_ref()));
            }
            Event::End(tag) => {
                inside -= usize::from(vocabulary.text.contains(&tag.local_name().as_ref()));
                out.push(vocabulary.end(tag.local_name().as_ref()));
            }
            Event::Empty(tag) => out.push(vocabulary.end(tag.local_name().as_ref())),
            Event::Eof => break,
            event if inside > 0 => out.push(&written(&event)),
            _ => {}
        }
    }
    Ok(())
}

impl Vocabulary {
    /// What an element leaves behind it.
    fn end(&self, name: &str) -> &'static str {
        if self.lines.contains(&name) {
            "\n"
        } else if self.gaps.contains(&name) {
            "\t"
        } else {
            ""
        }
    }
}

/// A character by its number or its name.
fn reference(name: &BytesRef<'_>) -> Cow<'static, str> {
    match name.resolve_char_ref() {
        Ok(Some(character)) => character.to_string().into(),
        _ => resolve_xml_entity(name).unwrap_or_default().into(),
    }
}
