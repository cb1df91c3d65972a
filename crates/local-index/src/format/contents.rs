//! Which words are of which attachment, as values of one column: of each file that came with a message, in the order
//! of [`Message::files`], how many words inside of files stand before its own. So the words of all files are in the
//! index together, and their positions tell which file they are of.
//!
//! A message with one file, or with no words inside of any, has no values.

use std::ops::Range;

use postern_query::Message;
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use super::former::has;
use super::schema::{CONTENTS, CONTENTS_NAME};
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

/// The value of a message of which nobody knows which words are of which file.
const UNKNOWN: u64 = u64::MAX;

/// The values of a message that is written again, by those that it had. Also says whether they are not known: an index
/// of a former format has none.
pub(crate) fn again(
    message: &Message,
    words: &Words,
    had: Vec<u64>,
    are_known: bool,
) -> (Vec<u64>, bool) {
    let is_one = message.files().count() <= 1 || words.count() == 0;
    if are_known || is_one { (had, false) } else { (vec![UNKNOWN], true) }
}

/// The files of the messages of a segment.
pub(crate) struct Contents {
    column: Option<Column<u64>>,
    are_known: bool,
}

impl Contents {
    /// # Errors
    ///
    /// When the column cannot be read.
    pub(crate) fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        let column = reader.fast_fields().column_opt(CONTENTS_NAME)?;
        Ok(Self { column, are_known: has(reader.schema(), CONTENTS) })
    }

    /// Whether the index says which words are of which file.
    pub(crate) const fn are_known(&self) -> bool {
        self.are_known
    }

    /// The values of a message.
    pub(crate) fn values(&self, document: u32) -> Vec<u64> {
        self.column.iter().flat_map(|column| column.values_for_doc(document)).collect()
    }

    /// The files of a message that has words inside of some.
    pub(crate) fn of_message(&self, document: u32) -> Files {
        Files(if self.are_known { self.values(document) } else { vec![UNKNOWN] })
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
    fn words_of_unknown_files_are_of_none() {
        let several = message(&[Some("due"), Some("the invoice")]);
        let (words, values) = cut(&several);
        assert_eq!(again(&several, &words, values.clone(), true), (values, false));
        let (values, is_unknown) = again(&several, &words, Vec::new(), false);
        assert!(is_unknown);
        assert!([0..1, 1..3, 0..3].iter().all(|at| Files(values.clone()).with(at).is_empty()));
        let one = message(&[Some("due")]);
        assert_eq!(again(&one, &cut(&one).0, Vec::new(), false), (Vec::new(), false));
    }

    #[test]
    fn one_file_needs_no_values() {
        for texts in [&[][..], &[Some("due")], &[None, Some(".")]] {
            assert_eq!(cut(&message(texts)).1, [] as [u64; 0], "{texts:?}");
        }
        assert_eq!(Files(Vec::new()).with(&(5..6)), 0..1);
    }
}
