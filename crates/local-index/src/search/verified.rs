//! A query whose matches are checked against the stored message.
//!
//! Terms say which messages may match; where terms cannot say more (several conditions on one
//! element of a list), the predicate itself is asked about the message. As an ordinary query it
//! stands under any nesting of and, or, not.

use std::sync::{Arc, Mutex, PoisonError};

use postern_query::{Predicate, predicate_holds};
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::store::StoreReader;
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED};

use super::Error;
use super::fetch::without_body;

/// How much dearer it is to read a message than to go to the next candidate.
const READING_COST: u64 = 100;

/// How many compressed blocks of messages stay at hand.
const CACHED_BLOCKS: usize = 4;

/// The first thing that went wrong while matching, where there is no way to return it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Mutex<Option<Error>>>);

impl Faults {
    fn note(&self, error: Error) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// What went wrong.
    ///
    /// # Errors
    ///
    /// That.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// The candidates for which the predicate holds. It never asks for the body.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) candidates: Box<dyn Query>,
    pub(crate) predicate: Arc<Predicate>,
    pub(crate) faults: Faults,
}

impl Clone for Verified {
    fn clone(&self) -> Self {
        Self {
            candidates: self.candidates.box_clone(),
            predicate: Arc::clone(&self.predicate),
            faults: self.faults.clone(),
        }
    }
}

impl Query for Verified {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(VerifiedWeight {
            candidates: self.candidates.weight(scoring)?,
            predicate: Arc::clone(&self.predicate),
            faults: self.faults.clone(),
        }))
    }
}

struct VerifiedWeight {
    candidates: Box<dyn Weight>,
    predicate: Arc<Predicate>,
    faults: Faults,
}

impl Weight for VerifiedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut scorer = VerifiedScorer {
            candidates: self.candidates.scorer(reader, boost)?,
            messages: reader.get_store_reader(CACHED_BLOCKS)?,
            predicate: Arc::clone(&self.predicate),
            faults: self.faults.clone(),
        };
        let first = scorer.candidates.doc();
        scorer.settle(first);
        Ok(Box::new(scorer))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("checked against the message", 1.0))
    }
}

struct VerifiedScorer {
    candidates: Box<dyn Scorer>,
    messages: StoreReader,
    predicate: Arc<Predicate>,
    faults: Faults,
}

impl VerifiedScorer {
    fn holds(&self, candidate: DocId) -> bool {
        match without_body(&self.messages, candidate) {
            Ok(message) => predicate_holds(&self.predicate, &message),
            Err(error) => {
                self.faults.note(error);
                false
            }
        }
    }

    /// Goes on from a candidate to the first one that holds.
    fn settle(&mut self, mut candidate: DocId) -> DocId {
        while candidate != TERMINATED && !self.holds(candidate) {
            candidate = self.candidates.advance();
        }
        candidate
    }
}

impl DocSet for VerifiedScorer {
    fn advance(&mut self) -> DocId {
        let next = self.candidates.advance();
        self.settle(next)
    }

    fn seek(&mut self, target: DocId) -> DocId {
        // What stands here already holds: it must not be read again.
        if self.doc() >= target {
            return self.doc();
        }
        let next = self.candidates.seek(target);
        self.settle(next)
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        // Only the target is read, not what comes after it.
        match self.candidates.seek_danger(target) {
            SeekDangerResult::Found if self.holds(target) => SeekDangerResult::Found,
            SeekDangerResult::Found => SeekDangerResult::SeekLowerBound(target + 1),
            beyond @ SeekDangerResult::SeekLowerBound(_) => beyond,
        }
    }

    fn doc(&self) -> DocId {
        self.candidates.doc()
    }

    fn size_hint(&self) -> u32 {
        self.candidates.size_hint()
    }

    fn cost(&self) -> u64 {
        self.candidates.cost().saturating_mul(READING_COST)
    }
}

impl Scorer for VerifiedScorer {
    fn score(&mut self) -> Score {
        self.candidates.score()
    }
}
