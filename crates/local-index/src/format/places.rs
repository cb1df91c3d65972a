//! The places of a message that lies in several, as values of one column. A message that lies in one place
//! has none there: its terms say all of it.
//!
//! Each place is two values: what many messages share, and the upstream's ids. So the dictionary of the column
//! has few values to be looked at, and the ids are read only where they are asked for.

use std::collections::HashMap;
use std::io;

use postern_query::Place;
use tantivy::SegmentReader;
use tantivy::columnar::StrColumn;

use super::schema::PLACES_NAME;
use super::wire::{Reader, Writer};

/// Bytes of the longest text of a place in the column; no system has longer ones, and the rest is cut off.
const LONGEST: usize = 8_192;

/// The values for these places, in their order.
pub(crate) fn values(places: &[Place]) -> impl Iterator<Item = String> {
    places.iter().flat_map(|place| [shared(place), ids(place)])
}

/// What many messages share.
fn shared(place: &Place) -> String {
    let mut out = Writer::default();
    for text in [&place.mailbox, &place.folder, &place.source] {
        out.text(text.as_deref().map(cut));
    }
    for flag in [place.is_read, place.is_flagged, place.is_replied, place.is_draft] {
        out.flag(flag);
    }
    out.finish()
}

/// The upstream's ids.
fn ids(place: &Place) -> String {
    let mut out = Writer::default();
    for text in [&place.item_id, &place.fragment_id] {
        out.text(text.as_deref().map(cut));
    }
    out.finish()
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text)
}

/// The place of that text, without the ids.
fn shared_of(text: &str) -> Option<Place> {
    let mut input = Reader::new(text);
    Some(Place {
        mailbox: input.text()?,
        folder: input.text()?,
        source: input.text()?,
        is_read: input.flag()?,
        is_flagged: input.flag()?,
        is_replied: input.flag()?,
        is_draft: input.flag()?,
        ..Place::NOWHERE
    })
}

/// The ids of that text.
fn ids_of(text: &str) -> Option<Place> {
    let mut input = Reader::new(text);
    Some(Place { item_id: input.text()?, fragment_id: input.text()?, ..Place::NOWHERE })
}

/// The places of the messages of a segment that lie in several, and something about each that is worked out
/// once for all messages that share it.
#[derive(Debug)]
pub(crate) struct Places<T> {
    column: StrColumn,
    known: HashMap<u64, T>,
}

impl<T: Clone> Places<T> {
    /// Nothing where no message of the segment lies in several places.
    ///
    /// # Errors
    ///
    /// When the column cannot be read.
    pub(crate) fn of(reader: &SegmentReader) -> tantivy::Result<Option<Self>> {
        let column = reader.fast_fields().str(PLACES_NAME)?;
        Ok(column.map(|column| Self { column, known: HashMap::new() }))
    }

    /// Whether a message lies in several places.
    pub(crate) fn has(&self, document: u32) -> bool {
        self.column.ords().first(document).is_some()
    }

    /// What is to be known of each place of a message, with the number of its ids; nothing for a message that lies
    /// in one place. `learn` is not told the ids.
    ///
    /// # Errors
    ///
    /// When the column cannot be read.
    pub(crate) fn each(
        &mut self,
        document: u32,
        mut learn: impl FnMut(&Place) -> T,
    ) -> io::Result<Vec<(T, u64)>> {
        let ordinals: Vec<_> = self.column.ords().values_for_doc(document).collect();
        let (pairs, _) = ordinals.as_chunks::<2>();
        let mut found = Vec::with_capacity(pairs.len());
        for [shared, ids] in pairs {
            let known = match self.known.get(shared) {
                Some(known) => known.clone(),
                None => {
                    let learnt = learn(&read(&self.column, *shared, shared_of)?);
                    self.known.insert(*shared, learnt.clone());
                    learnt
                }
            };
            found.push((known, *ids));
        }
        Ok(found)
    }

    /// The ids of a place as [`each`](Self::each) numbers them.
    ///
    /// # Errors
    ///
    /// When the column cannot be read.
    pub(crate) fn ids(&self, number: u64) -> io::Result<Place> {
        read(&self.column, number, ids_of)
    }
}

fn read(column: &StrColumn, ordinal: u64, parse: fn(&str) -> Option<Place>) -> io::Result<Place> {
    let mut text = String::new();
    column.ord_to_str(ordinal, &mut text)?;
    parse(&text).ok_or_else(|| io::Error::other("a place does not read back"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back() {
        let text = |text: &str| Some(text.to_owned());
        let whole = Place {
            mailbox: text("ann@x.com"),
            folder: text("Inbox/é"),
            source: text("datatap"),
            is_read: Some(true),
            is_flagged: Some(false),
            is_replied: None,
            is_draft: Some(true),
            item_id: text("7"),
            fragment_id: text(""),
        };
        for place in [whole, Place::NOWHERE] {
            let values: Vec<_> = values(std::slice::from_ref(&place)).collect();
            let ids = ids_of(&values[1]).unwrap();
            let read = Place {
                item_id: ids.item_id,
                fragment_id: ids.fragment_id,
                ..shared_of(&values[0]).unwrap()
            };
            assert_eq!(read, place);
        }
        let long = Place { folder: Some("é".repeat(LONGEST)), ..Place::NOWHERE };
        assert_eq!(shared_of(&shared(&long)).unwrap().folder, Some("é".repeat(LONGEST / 2)));
        assert_eq!(shared_of("\u{7f}"), None);
    }
}
