//! The words inside of the files of messages, which are not stored: they are read out of the lists that say for each
//! word which messages have it, and where.

use std::ops::Range;

use postern_query::schema::TextField;
use tantivy::postings::Postings as _;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet as _, SegmentReader};

use crate::Error;
use crate::format::schema;
use crate::format::words::Words;

/// Words that are in memory at once, with where they stand: 12 bytes each.
const MOST: u64 = 8 << 20;

/// The messages of a segment in parts whose words fit into memory; one message always does.
///
/// # Errors
///
/// When the index cannot be read.
pub(super) fn parts(reader: &SegmentReader) -> Result<Vec<Range<DocId>>, Error> {
    let lengths = reader.get_fieldnorms_reader(schema::words(TextField::AttachmentText))?;
    let (mut parts, mut start, mut words) = (Vec::new(), 0, 0);
    for document in 0..reader.max_doc() {
        words += u64::from(lengths.fieldnorm(document));
        if words > MOST && document > start {
            parts.push(start..document);
            (start, words) = (document, u64::from(lengths.fieldnorm(document)));
        }
    }
    parts.push(start..reader.max_doc());
    Ok(parts)
}

/// The words inside of the files of these messages, message by message.
///
/// # Errors
///
/// When the index cannot be read.
pub(super) fn words(reader: &SegmentReader, part: &Range<DocId>) -> Result<Vec<Words>, Error> {
    let mut found = Found::default();
    found.look(reader, part)?;
    found.places.sort_unstable();
    let mut all = Vec::new();
    all.resize_with(part.len(), Words::default);
    for (document, _, word) in found.places {
        let words = all.get_mut((document - part.start) as usize);
        let word = found.words.get(word as usize);
        words.into_iter().zip(word).for_each(|(words, word)| words.add_cut(word));
    }
    Ok(all)
}

/// Words, and where they stand: the message, the position in it, and the number of the word.
#[derive(Default)]
struct Found {
    words: Vec<String>,
    places: Vec<(DocId, u32, u32)>,
}

impl Found {
    fn look(&mut self, reader: &SegmentReader, part: &Range<DocId>) -> Result<(), Error> {
        let index = reader.inverted_index(schema::words(TextField::AttachmentText))?;
        let (mut terms, mut positions) = (index.terms().stream()?, Vec::new());
        while let Some((word, info)) = terms.next() {
            let option = IndexRecordOption::WithFreqsAndPositions;
            let mut postings = index.read_postings_from_terminfo(info, option)?;
            if postings.doc() < part.start {
                postings.seek(part.start);
            }
            let before = self.places.len();
            let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
            while postings.doc() < part.end {
                postings.positions(&mut positions);
                let document = postings.doc();
                self.places.extend(positions.iter().map(|at| (document, *at, number)));
                postings.advance();
            }
            if self.places.len() > before {
                self.words.push(String::from_utf8_lossy(word).into_owned());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use postern_query::{Attachment, Message};
    use proptest::prelude::*;

    use super::*;
    use crate::format::contents::{self, Contents};
    use crate::testing::index_of;

    fn text() -> impl Strategy<Value = Option<String>> {
        proptest::option::of("([aB İé\u{e01}\u{e02}\r\n'_,.1-]|\\PC){0,30}")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// What is read out of an index are the words that were written into it, file by file.
        #[test]
        fn words_come_back_as_they_were_written(
            mail in prop::collection::vec(prop::collection::vec(text(), 0..4), 1..8),
        ) {
            let message = |(number, texts): (usize, &Vec<Option<String>>)| Message {
                id: format!("m{number}"),
                attachments: texts
                    .iter()
                    .map(|text| Attachment { text: text.clone(), ..Attachment::default() })
                    .collect(),
                ..Message::default()
            };
            let mail: Vec<_> = mail.iter().enumerate().map(message).collect();
            let data = tempfile::tempdir().unwrap();
            let searcher = index_of(data.path(), std::slice::from_ref(&mail)).searcher();
            let mut found = Vec::new();
            for (number, reader) in (0..).zip(searcher.segment_readers()) {
                let files = Contents::of(reader).unwrap();
                for part in parts(reader).unwrap() {
                    let all = words(reader, &part).unwrap();
                    for (document, words) in part.zip(all) {
                        let at = tantivy::DocAddress::new(number, document);
                        let id = crate::format::fetch::head(&searcher, at).unwrap().id;
                        found.push((id, words.finish(), files.values(document)));
                    }
                }
            }
            found.sort();
            let written = mail.iter().map(|message| {
                let (words, values) = contents::cut(message);
                (message.id.clone(), words.finish(), values)
            });
            prop_assert_eq!(found, written.collect::<Vec<_>>());
        }
    }
}
