//! Which words are of which attachment, as values of one column: of each file that came with a message, in the order
//! of [`Message::files`], how many words inside of files stand before its own. So the words of all files are in the
//! index together, and their positions tell which file they are of.
//!
//! A message with one file, or with no words inside of any, has no values.

use std::ops::Range;

use postern_query::Message;
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use super::schema::CONTENTS_NAME;
use super::words::Words;

/// The words inside of the files of a message, and its values.
pub(crate) fn cut(message: &Message) -> (Words, Vec<u64>) {
    let (mut words, mut values) = (Words::default(), Vec::new());
    for file in message.files() {
        values.push(words.count());
        file.text.iter().for_each(|text| words.add(text));
    }
    if values.len() == 1 || words.count() == 0 {
        values.clear();
    }
    (words, values)
}

/// The files of the messages of a segment.
pub(crate) struct Contents(Option<Column<u64>>);

impl Contents {
    /// # Errors
    ///
    /// When the column cannot be read.
    pub(crate) fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        reader.fast_fields().column_opt(CONTENTS_NAME).map(Self)
    }

    /// The files of a message that has words inside of some.
    pub(crate) fn of_message(&self, document: u32) -> Files {
        let values = self.0.iter().flat_map(|column| column.values_for_doc(document));
        Files(values.collect())
    }
}

/// Where the words of each file of a message begin.
#[derive(Debug)]
pub(crate) struct Files(Vec<u64>);

impl Files {
    /// The numbers of the files with one of the words at these positions.
    pub(crate) fn with(&self, positions: &Range<usize>) -> Range<usize> {
        let before = |position: usize| self.0.partition_point(|start| *start <= position as u64);
        if self.0.is_empty() || positions.is_empty() {
            return 0..usize::from(!positions.is_empty());
        }
        before(positions.start).saturating_sub(1)..before(positions.end - 1)
    }
}

#[cfg(test)]
mod tests {
    use postern_query::Attachment;

    use super::*;

    fn message(texts: &[Option<&str>]) -> Message {
        let file = |text: &Option<&str>| Attachment {
            text: text.map(str::to_owned),
            ..Attachment::default()
        };
        let mut files: Vec<_> = texts.iter().map(file).collect();
        let other_parts = files.split_off(files.len().min(2));
        Message { attachments: files, other_parts, ..Message::default() }
    }

    #[test]
    fn files_begin_at_the_positions_of_words() {
        let texts = [Some("due"), None, Some(""), Some("the invoice"), None];
        let (words, values) = cut(&message(&texts));
        assert_eq!((words.count(), &*values), (3, &[0, 1, 1, 1, 3][..]));
        for (positions, expected) in
            [(0..1, 0..1), (1..2, 3..4), (2..3, 3..4), (1..3, 3..4), (0..2, 0..4), (0..0, 0..0)]
        {
            assert_eq!(Files(values.clone()).with(&positions), expected, "{positions:?}");
        }
    }

    #[test]
    fn one_file_needs_no_values() {
        for texts in [&[][..], &[Some("due")], &[None, Some(".")]] {
            assert_eq!(cut(&message(texts)).1, [] as [u64; 0], "{texts:?}");
        }
        assert_eq!(Files(Vec::new()).with(&(5..6)), 0..1);
    }
}
