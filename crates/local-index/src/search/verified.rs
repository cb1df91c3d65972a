//! A query whose matches are checked against the stored message.
//!
//! Terms say which messages may match; where terms cannot say more (several conditions on one
//! element of a list), the predicate itself is asked about the message. As an ordinary query it
//! stands under any nesting of and, or, not.

use std::sync::{Arc, Mutex, PoisonError};

use postern_query::{Predicate, predicate_holds};
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::store::StoreReader;
use tantivy::{DocId, Score, SegmentReader};

use super::checked::{Check, Checked};
use super::fetch::without_body;
use super::work::{Counter, MESSAGE, Meter};
use super::{Error, Work};

/// How many compressed blocks of messages stay at hand.
const CACHED_BLOCKS: usize = 4;

/// The first thing that went wrong while matching, where there is no way to return it, and whether all
/// of the work was done.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    first: Arc<Mutex<Option<Error>>>,
    work: Work,
}

impl Faults {
    pub(super) fn new(work: &Work) -> Self {
        Self { first: Arc::default(), work: work.clone() }
    }

    fn note(&self, error: Error) {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// What went wrong.
    ///
    /// # Errors
    ///
    /// That.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.work.check()?;
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// The candidates for which the predicate holds. It never asks for the body.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) candidates: Box<dyn Query>,
    pub(crate) predicate: Arc<Predicate>,
    pub(crate) faults: Faults,
    pub(crate) meter: Meter,
}

impl Clone for Verified {
    fn clone(&self) -> Self {
        Self {
            candidates: self.candidates.box_clone(),
            predicate: Arc::clone(&self.predicate),
            faults: self.faults.clone(),
            meter: self.meter.clone(),
        }
    }
}

impl Query for Verified {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(VerifiedWeight {
            candidates: self.candidates.weight(scoring)?,
            predicate: Arc::clone(&self.predicate),
            faults: self.faults.clone(),
            meter: self.meter.clone(),
        }))
    }
}

struct VerifiedWeight {
    candidates: Box<dyn Weight>,
    predicate: Arc<Predicate>,
    faults: Faults,
    meter: Meter,
}

impl Weight for VerifiedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let candidates = self.candidates.scorer(reader, boost)?;
        let messages = reader.get_store_reader(CACHED_BLOCKS)?;
        let (predicate, faults) = (Arc::clone(&self.predicate), self.faults.clone());
        Ok(Box::new(Checked::new(candidates, Reading { messages, predicate, faults }, &self.meter)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("checked against the message", 1.0))
    }
}

struct Reading {
    messages: StoreReader,
    predicate: Arc<Predicate>,
    faults: Faults,
}

impl Check for Reading {
    const COST: u64 = 100;
    const UNITS: u64 = MESSAGE;

    fn holds(&mut self, candidate: DocId, _: &mut Counter) -> bool {
        match without_body(&self.messages, candidate) {
            Ok(message) => predicate_holds(&self.predicate, &message),
            Err(error) => {
                self.faults.note(error);
                false
            }
        }
    }
}
