//! Which messages share their Message-ID with another.
//!
//! Most share it with none. So this is worked out once for a state of the index, and a search that has equal
//! messages in one row looks at these few only. It takes a walk over the Message-IDs, and memory for each message
//! that has a copy.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use postern_query::schema::StringField;
use tantivy::index::InvertedIndexReader;
use tantivy::postings::TermInfo;
use tantivy::schema::IndexRecordOption;
use tantivy::termdict::TermMerger;
use tantivy::{DocAddress, Searcher, SegmentOrdinal};

use crate::Error;
use crate::format::schema;
use crate::search::documents::Documents;
use crate::search::page::snapshots::mark;
use crate::search::work::{LIST, Meter, TERM};

/// How many states are kept: the one that is searched, and one that pages go back to.
const MOST: usize = 2;

/// Bytes of the longest Message-ID that makes messages equal; of one that is too long to be a term the index has the
/// beginning.
const LONGEST: usize = 4_000;

/// The messages of a state of an index that share their Message-ID, in groups.
#[derive(Debug)]
pub(crate) struct Copies {
    /// Every one of them.
    pub(crate) all: Arc<Documents>,
    /// Every one with the number of its group, in the order of the index.
    groups: Vec<(DocAddress, usize)>,
    /// Every one, those of a group side by side.
    members: Vec<DocAddress>,
    /// Where each group ends among them.
    ends: Vec<usize>,
}

impl Copies {
    fn none(searcher: &Searcher) -> Self {
        let all = Arc::new(Documents::none(searcher));
        Self { all, groups: Vec::new(), members: Vec::new(), ends: Vec::new() }
    }

    /// Walks over the Message-IDs of all segments side by side: none is kept.
    ///
    /// # Errors
    ///
    /// When the work has to end, or the index cannot be read.
    fn find(searcher: &Searcher, meter: &Meter) -> Result<Self, Error> {
        let field = schema::whole(StringField::InternetMessageId);
        let readers = searcher.segment_readers().iter();
        let indexes: Vec<Arc<InvertedIndexReader>> =
            readers.map(|reader| reader.inverted_index(field)).collect::<Result<_, _>>()?;
        let streams = indexes.iter().map(|index| index.terms().stream());
        let mut terms = TermMerger::new(streams.collect::<Result<_, _>>()?);
        let mut found = Self::none(searcher);
        while terms.advance() {
            meter.pay(TERM)?;
            let lists: Vec<_> = terms.current_segment_ords_and_term_infos().collect();
            let messages: u64 = lists.iter().map(|(_, term)| u64::from(term.doc_freq)).sum();
            if messages > 1 && is_message_id(str::from_utf8(terms.key()).unwrap_or_default()) {
                meter.pay(LIST + messages)?;
                found.add(searcher, &indexes, &lists)?;
            }
        }
        Ok(found.grouped(searcher))
    }

    /// Adds the messages of one Message-ID, where those that are not gone are several.
    fn add(
        &mut self,
        searcher: &Searcher,
        indexes: &[Arc<InvertedIndexReader>],
        lists: &[(usize, TermInfo)],
    ) -> Result<(), Error> {
        let start = self.members.len();
        for (segment, term) in lists {
            let Some(index) = indexes.get(*segment) else { continue };
            let segment = SegmentOrdinal::try_from(*segment).unwrap_or(SegmentOrdinal::MAX);
            let alive = searcher.segment_reader(segment).alive_bitset();
            let mut blocks =
                index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
            while !blocks.docs().is_empty() {
                let documents = blocks.docs().iter();
                let there = documents.filter(|one| alive.is_none_or(|alive| alive.is_alive(**one)));
                self.members.extend(there.map(|one| DocAddress::new(segment, *one)));
                blocks.advance();
            }
        }
        match self.members.len() {
            len if len > start + 1 => self.ends.push(len),
            _ => self.members.truncate(start),
        }
        Ok(())
    }

    /// The same, so that the group of a message is found.
    fn grouped(self, searcher: &Searcher) -> Self {
        let (mut all, mut groups) = (Documents::none(searcher), Vec::new());
        for group in 0..self.ends.len() {
            groups.extend(self.members(group).iter().map(|one| (*one, group)));
        }
        groups.sort_unstable();
        groups.iter().for_each(|(one, _)| all.insert(*one));
        Self { all: Arc::new(all), groups, ..self }
    }

    /// The number of the group of a message; nothing where it shares its Message-ID with none.
    pub(crate) fn group(&self, address: DocAddress) -> Option<usize> {
        let place = self.groups.binary_search_by_key(&address, |(one, _)| *one).ok()?;
        self.groups.get(place).map(|(_, group)| *group)
    }

    /// The messages of a group.
    pub(crate) fn members(&self, group: usize) -> &[DocAddress] {
        let start = group.checked_sub(1).and_then(|before| self.ends.get(before));
        let range = start.copied().unwrap_or_default()..self.ends.get(group).copied().unwrap_or(0);
        self.members.get(range).unwrap_or_default()
    }
}

/// Whether a Message-ID says anything: nothing between the brackets does not, nor does one that is too long. Messages
/// with one that does not are equal to none.
///
/// ```
/// use postern_local_index::search::is_message_id;
///
/// assert!(is_message_id("<1@x>") && !is_message_id("< >"));
/// ```
#[must_use]
pub fn is_message_id(text: &str) -> bool {
    text.len() <= LONGEST
        && !text.trim_matches(|c: char| c.is_whitespace() || "<>".contains(c)).is_empty()
}

/// The copies of the states that were searched lately, the latest last.
#[derive(Default)]
pub(crate) struct KnownCopies(Mutex<VecDeque<(u64, Arc<Copies>)>>);

impl KnownCopies {
    /// The copies of a state of the index.
    ///
    /// # Errors
    ///
    /// When the work has to end, or the index cannot be read.
    pub(crate) fn of(&self, searcher: &Searcher, meter: &Meter) -> Result<Arc<Copies>, Error> {
        let mark = mark(searcher);
        if let Some(known) = self.find(mark) {
            return Ok(known);
        }
        let copies = Arc::new(Copies::find(searcher, meter)?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| *other != mark);
        known.push_back((mark, Arc::clone(&copies)));
        let surplus = known.len().saturating_sub(MOST);
        known.drain(..surplus);
        Ok(copies)
    }

    fn find(&self, mark: u64) -> Option<Arc<Copies>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|(other, _)| *other == mark)?;
        let found = known.remove(place)?;
        let copies = Arc::clone(&found.1);
        known.push_back(found);
        Some(copies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::terms::is_regular;

    #[test]
    fn what_says_nothing_is_no_message_id() {
        for (text, expected) in [
            ("<a@b>", true),
            ("a@b", true),
            ("<", false),
            ("", false),
            ("<>", false),
            (" < > ", false),
        ] {
            assert_eq!(is_message_id(text), expected, "{text:?}");
        }
        let longest = "a".repeat(LONGEST);
        assert!(is_message_id(&longest) && is_regular(&longest));
        assert!(!is_message_id(&(longest + "a")), "two of these may differ at their ends");
    }
}
