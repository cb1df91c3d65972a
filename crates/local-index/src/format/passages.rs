//! Whose words a body holds, as values of one column: where each of its parts begins, by the position of its first
//! word, and whose it is. So the words of a body are in the index once, and their positions tell whose they are.
//!
//! A message whose body is the author's alone has no values.

use std::ops::Range;

use postern_query::{Message, Whose};
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use super::schema::PASSAGES_NAME;
use super::words::Words;

/// The words of a body, and its values.
pub(crate) fn cut(message: &Message) -> (Words, Vec<u64>) {
    let parts = message.parts().filter(|_| !message.passages.is_empty());
    let mut parts = parts.map(|(start, _, whose)| (start, whose)).peekable();
    let (mut words, mut values) = (Words::default(), Vec::new());
    words.add_each(message.body.as_deref().unwrap_or_default(), |start, before| {
        while let Some((_, whose)) = parts.next_if(|(begin, _)| *begin <= start) {
            begin(&mut values, before, whose);
        }
    });
    parts.for_each(|(_, whose)| begin(&mut values, words.count(), whose));
    (words, values)
}

/// Somebody's part begins behind so many words.
fn begin(values: &mut Vec<u64>, before: u64, whose: Whose) {
    // A part without words is none.
    values.pop_if(|last| position_of(*last) == before);
    values.push(before << 2 | code(whose));
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
        assert_eq!(cut(&message).1, [0 << 2, 2 << 2 | 1, 3 << 2, 4 << 2 | 2]);
        assert_eq!(cut(&Message { passages: Vec::new(), ..message }).1, [] as [u64; 0]);
    }
}
