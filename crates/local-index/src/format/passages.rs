//! Whose words a body holds, as values of one column: where each of its parts begins, by the position of its first
//! word, and whose it is. So the words of a body are in the index once, and their positions tell whose they are.
//!
//! A message whose body is the author's alone has no values.

use std::ops::Range;

use postern_query::{Message, Whose, analysis};
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use super::schema::PASSAGES_NAME;

/// The values of a message.
pub(crate) fn values(message: &Message) -> Vec<u64> {
    let mut values: Vec<u64> = Vec::new();
    let mut parts = message.parts().filter(|_| !message.passages.is_empty()).peekable();
    let mut position = 0;
    while let Some((_, text, whose)) = parts.next() {
        // A part without words is none.
        values.pop_if(|last| position_of(*last) == position);
        values.push(position << 2 | code(whose));
        // Where the last one ends makes no difference.
        position += if parts.peek().is_some() { analysis::words(text).count() as u64 } else { 0 };
    }
    values
}

const fn code(whose: Whose) -> u64 {
    match whose {
        Whose::New => 0,
        Whose::Quoted => 1,
        Whose::Signature => 2,
    }
}

const fn position_of(value: u64) -> u64 {
    value >> 2
}

/// The parts of the bodies of a segment.
pub(crate) struct Passages(Option<Column<u64>>);

impl Passages {
    /// # Errors
    ///
    /// When the column cannot be read.
    pub(crate) fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        reader.fast_fields().column_opt(PASSAGES_NAME).map(Self)
    }

    /// The positions of somebody's words in a body, part by part.
    pub(crate) fn of_body(&self, document: u32, whose: Whose) -> Vec<Range<usize>> {
        let column = self.0.iter();
        let values: Vec<u64> = column.flat_map(|column| column.values_for_doc(document)).collect();
        if values.is_empty() {
            return (whose == Whose::New).then_some(0..usize::MAX).into_iter().collect();
        }
        let position = |value: &u64| usize::try_from(position_of(*value)).unwrap_or(usize::MAX);
        let ends = values.iter().skip(1).map(position).chain([usize::MAX]);
        let parts = values.iter().zip(ends).filter(|(value, _)| *value & 3 == code(whose));
        parts.map(|(value, end)| position(value)..end).collect()
    }
}

#[cfg(test)]
mod tests {
    use postern_query::Passage;

    use super::*;

    #[test]
    fn parts_begin_at_the_positions_of_words() {
        let body = "new words\n> old\n>\nmore\n-- \nAnn";
        let message = Message {
            body: Some(body.to_owned()),
            passages: vec![
                Passage { range: 10..18, whose: Whose::Quoted },
                Passage { range: 23..body.len(), whose: Whose::Signature },
            ],
            ..Message::default()
        };
        assert_eq!(values(&message), [0 << 2, 2 << 2 | 1, 3 << 2, 4 << 2 | 2]);
        assert_eq!(values(&Message { passages: Vec::new(), ..message }), [] as [u64; 0]);
    }
}
