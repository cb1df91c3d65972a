//! A query whose matches are checked against the stored message.
//!
//! Terms say which messages may match; where terms cannot say more (several conditions on one
//! element of a list), the condition itself is asked about the message. As an ordinary query it
//! stands under any nesting of and, or, not.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use postern_query::{Condition, Expr, Message, evaluate};
use tantivy::index::SegmentId;
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::store::StoreReader;
use tantivy::{DocId, Score, SegmentReader};

use super::checked::{Check, Checked};
use crate::Error;
use crate::format::fetch::without_body;
use crate::search::Work;
use crate::search::scope::asker::Scope;
use crate::search::work::{Counter, MESSAGE, Meter};

/// How many compressed blocks of messages stay at hand.
const CACHED_BLOCKS: usize = 4;

/// Units to look at one element of a message for one condition.
const LOOK: u64 = 4;

/// The first thing that went wrong while matching, where there is no way to return it, and whether all
/// of the work was done.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    first: Arc<Mutex<Option<Error>>>,
    work: Work,
}

impl Faults {
    pub(crate) fn new(work: &Work) -> Self {
        Self { first: Arc::default(), work: work.clone() }
    }

    pub(super) fn note(&self, error: Error) {
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

/// The candidates for which the condition holds. It never asks for the body.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) candidates: Box<dyn Query>,
    pub(crate) condition: Arc<Condition>,
    pub(crate) messages: Arc<Messages>,
    /// The places that may be seen.
    pub(crate) scope: Scope,
    pub(crate) faults: Faults,
    pub(crate) meter: Meter,
}

impl Clone for Verified {
    fn clone(&self) -> Self {
        Self {
            candidates: self.candidates.box_clone(),
            condition: Arc::clone(&self.condition),
            messages: Arc::clone(&self.messages),
            scope: self.scope.clone(),
            faults: self.faults.clone(),
            meter: self.meter.clone(),
        }
    }
}

impl Query for Verified {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(VerifiedWeight {
            candidates: self.candidates.weight(scoring)?,
            condition: Arc::clone(&self.condition),
            messages: Arc::clone(&self.messages),
            scope: self.scope.clone(),
            faults: self.faults.clone(),
            meter: self.meter.clone(),
        }))
    }
}

struct VerifiedWeight {
    candidates: Box<dyn Weight>,
    condition: Arc<Condition>,
    messages: Arc<Messages>,
    scope: Scope,
    faults: Faults,
    meter: Meter,
}

impl Weight for VerifiedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let candidates = self.candidates.scorer(reader, boost)?;
        let messages = self.messages.of(reader)?;
        let (condition, faults) = (Arc::clone(&self.condition), self.faults.clone());
        let (leaves, scope) = (leaves(&condition), self.scope.clone());
        let reading = Reading { messages, leaves, condition, scope, faults };
        Ok(Box::new(Checked::new(candidates, reading, &self.meter)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("checked against the message", 1.0))
    }
}

struct Reading {
    messages: Arc<StoreReader>,
    condition: Arc<Condition>,
    leaves: u64,
    scope: Scope,
    faults: Faults,
}

impl Check for Reading {
    const COST: u64 = 100;
    const UNITS: u64 = MESSAGE;

    fn holds(&mut self, candidate: DocId, counter: &mut Counter) -> bool {
        match without_body(&self.messages, candidate) {
            Ok(message) => {
                let looks = self.leaves.saturating_mul(elements(&message));
                let seen = message.seen_at(|place| self.scope.shows(place));
                counter.count(looks.saturating_mul(LOOK))
                    && seen.is_some_and(|seen| evaluate(&self.condition, &seen))
            }
            Err(error) => {
                self.faults.note(error);
                false
            }
        }
    }
}

fn leaves(condition: &Condition) -> u64 {
    match condition {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().map(leaves).sum(),
        Expr::Not(inner) => leaves(inner),
        Expr::Leaf(_) => 1,
    }
}

/// How many people, files and references there are to look at.
fn elements(message: &Message) -> u64 {
    let people = [&message.to_recipients, &message.cc_recipients, &message.bcc_recipients];
    let people: usize = people.into_iter().map(Vec::len).sum();
    let others = [message.attachments.len(), message.categories.len(), message.references.len()];
    u64::try_from(people + others.iter().sum::<usize>()).unwrap_or(u64::MAX)
}

/// The stored messages of each segment, opened once for a whole question: each one that is open keeps
/// some blocks at hand.
#[derive(Default)]
pub(crate) struct Messages(Mutex<HashMap<SegmentId, Arc<StoreReader>>>);

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

impl Messages {
    fn of(&self, reader: &SegmentReader) -> tantivy::Result<Arc<StoreReader>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&reader.segment_id()) {
            return Ok(Arc::clone(known));
        }
        let opened = Arc::new(reader.get_store_reader(CACHED_BLOCKS)?);
        open.insert(reader.segment_id(), Arc::clone(&opened));
        Ok(opened)
    }
}
