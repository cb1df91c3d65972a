//! Which messages belong to one conversation, worked out for all of them at once.
//!
//! The rule is that of [`Index::thread`](crate::search::Index::thread): messages belong together when they share a
//! conversation id, when one refers to the other, or when both refer to a third.

use postern_query::schema::StringField;
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::termdict::TermMerger;
use tantivy::{DocAddress, Searcher, SegmentOrdinal};

use super::numbers::Numbers;
use crate::Error;
use crate::format::schema;
use crate::format::terms::is_regular;
use crate::search::Work;
use crate::search::documents::Documents;

/// The conversations of the messages that may be seen; others connect nothing.
#[derive(Debug)]
pub(super) struct Conversations {
    /// The conversation of each message, by the number of one of its messages.
    of: Vec<u32>,
    /// How many messages each conversation has, by the same number.
    sizes: Vec<u32>,
    /// The count that last met a conversation.
    met: Vec<u32>,
    counts: u32,
}

impl Conversations {
    /// Walks over the ids of all segments side by side.
    ///
    /// # Errors
    ///
    /// When the work is stopped, or the index cannot be read.
    pub(super) fn find(
        searcher: &Searcher,
        numbers: &Numbers,
        seen: &Documents,
        work: &Work,
    ) -> Result<Self, Error> {
        let mut walk = Joining { searcher, numbers, seen, work, joined: Joined::new(numbers.all) };
        walk.along(&[schema::whole(StringField::ConversationId)])?;
        walk.along(&[schema::whole(StringField::InternetMessageId), schema::REFERENCE])?;
        let mut joined = walk.joined;
        let of: Vec<u32> = (0..numbers.all).map(|number| joined.root(number)).collect();
        let mut sizes = vec![0; numbers.all];
        numbers.each(seen, |_, number| {
            let size = of.get(number).and_then(|root| sizes.get_mut(*root as usize));
            size.into_iter().for_each(|size: &mut u32| *size += 1);
        });
        Ok(Self { of, sizes, met: vec![0; numbers.all], counts: 0 })
    }

    /// How many messages the conversations of these have in all.
    pub(super) fn count(&mut self, numbers: &Numbers, found: &Documents) -> u64 {
        self.counts += 1;
        let mut count = 0;
        numbers.each(found, |_, number| {
            let Some(root) = self.of.get(number).map(|root| *root as usize) else { return };
            if let Some(met) = self.met.get_mut(root).filter(|met| **met != self.counts) {
                *met = self.counts;
                count += u64::from(self.sizes.get(root).copied().unwrap_or_default());
            }
        });
        count
    }
}

/// Joins messages that have a term of some fields in common.
struct Joining<'a> {
    searcher: &'a Searcher,
    numbers: &'a Numbers,
    seen: &'a Documents,
    work: &'a Work,
    joined: Joined,
}

impl Joining<'_> {
    /// Joins all that share a term, whichever of these fields they have it in.
    fn along(&mut self, fields: &[Field]) -> Result<(), Error> {
        let readers = self.searcher.segment_readers();
        let mut indexes = Vec::new();
        for field in fields {
            for (segment, reader) in (0..).zip(readers) {
                indexes.push((segment, reader.inverted_index(*field)?));
            }
        }
        let streams = indexes.iter().map(|(_, index)| index.terms().stream());
        let mut terms = TermMerger::new(streams.collect::<Result<_, _>>()?);
        while terms.advance() {
            let text = str::from_utf8(terms.key()).unwrap_or_default();
            let is_shared = terms.current_segment_ords_and_term_infos();
            let is_shared = is_shared.map(|(_, term)| u64::from(term.doc_freq)).sum::<u64>() > 1;
            if text.is_empty() || !is_regular(text) || !is_shared {
                continue;
            }
            if self.work.is_stopped() {
                return Err(Error::Stopped);
            }
            let mut first = None;
            let lists: Vec<_> = terms.current_segment_ords_and_term_infos().collect();
            for (place, term) in lists {
                let Some((segment, index)) = indexes.get(place) else { continue };
                self.join(*segment, index, &term, &mut first)?;
            }
        }
        Ok(())
    }

    /// Joins the messages of a list with the first one that has the term.
    fn join(
        &mut self,
        segment: SegmentOrdinal,
        index: &tantivy::InvertedIndexReader,
        term: &TermInfo,
        first: &mut Option<usize>,
    ) -> Result<(), Error> {
        let mut blocks = index.read_block_postings_from_terminfo(term, IndexRecordOption::Basic)?;
        while !blocks.docs().is_empty() {
            for document in blocks.docs() {
                if self.seen.contains(DocAddress::new(segment, *document)) {
                    let number = self.numbers.number(segment as usize, *document);
                    self.joined.join(*first.get_or_insert(number), number);
                }
            }
            blocks.advance();
        }
        Ok(())
    }
}

/// Numbers that are joined into groups.
struct Joined(Vec<u32>);

impl Joined {
    fn new(all: usize) -> Self {
        Self((0..u32::try_from(all).unwrap_or(u32::MAX)).collect())
    }

    /// The number that stands for the group.
    fn root(&mut self, number: usize) -> u32 {
        let mut at = u32::try_from(number).unwrap_or(u32::MAX);
        while let Some(next) = self.0.get(at as usize).copied().filter(|next| *next != at) {
            let after = self.0.get(next as usize).copied().unwrap_or(next);
            // Each look makes the way half as long.
            self.0.get_mut(at as usize).into_iter().for_each(|here| *here = after);
            at = after;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        // Towards the smaller number: then it does not matter in which order they come.
        let (least, most) = (one.min(other), one.max(other));
        self.0.get_mut(most as usize).into_iter().for_each(|root| *root = least);
    }
}
