//! A scorer whose matches are looked at one by one.

use tantivy::query::Scorer;
use tantivy::{DocId, DocSet, Score, SeekDangerResult, TERMINATED};

use crate::search::work::{Counter, Meter};

/// Says of one candidate after the other, with growing numbers, whether it counts.
pub(crate) trait Check: Send + 'static {
    /// How much dearer this is than to go to the next candidate.
    const COST: u64;

    /// Units of work for each candidate at least.
    const UNITS: u64;

    /// Whether the candidate counts.
    fn holds(&mut self, candidate: DocId, counter: &mut Counter) -> bool;
}

/// The candidates that count.
pub(crate) struct Checked<C> {
    candidates: Box<dyn Scorer>,
    check: C,
    counter: Counter,
    /// Whether the work has to end.
    is_over: bool,
}

impl<C: Check> Checked<C> {
    pub(crate) fn new(candidates: Box<dyn Scorer>, check: C, meter: &Meter) -> Self {
        let first = candidates.doc();
        let mut checked = Self { candidates, check, counter: meter.counter(), is_over: false };
        checked.settle(first);
        checked
    }

    /// Goes on from a candidate to the first one that counts.
    fn settle(&mut self, mut candidate: DocId) -> DocId {
        while candidate != TERMINATED && !self.holds(candidate) && !self.is_over {
            candidate = self.candidates.advance();
        }
        if self.is_over { TERMINATED } else { candidate }
    }

    fn holds(&mut self, candidate: DocId) -> bool {
        self.is_over = self.is_over || !self.counter.count(C::UNITS);
        !self.is_over && self.check.holds(candidate, &mut self.counter)
    }
}

impl<C: Check> DocSet for Checked<C> {
    fn advance(&mut self) -> DocId {
        let next = self.candidates.advance();
        self.settle(next)
    }

    fn seek(&mut self, target: DocId) -> DocId {
        // What stands here already counts: it must not be looked at again.
        if self.doc() >= target {
            return self.doc();
        }
        let next = self.candidates.seek(target);
        self.settle(next)
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        // Only the target is looked at, not what comes after it.
        match self.candidates.seek_danger(target) {
            _ if self.is_over => SeekDangerResult::SeekLowerBound(TERMINATED),
            SeekDangerResult::Found if self.holds(target) => SeekDangerResult::Found,
            SeekDangerResult::Found if self.is_over => SeekDangerResult::SeekLowerBound(TERMINATED),
            SeekDangerResult::Found => SeekDangerResult::SeekLowerBound(target + 1),
            beyond @ SeekDangerResult::SeekLowerBound(_) => beyond,
        }
    }

    fn doc(&self) -> DocId {
        if self.is_over { TERMINATED } else { self.candidates.doc() }
    }

    fn size_hint(&self) -> u32 {
        self.candidates.size_hint()
    }

    fn cost(&self) -> u64 {
        self.candidates.cost().saturating_mul(C::COST)
    }
}

impl<C: Check> Scorer for Checked<C> {
    fn score(&mut self) -> Score {
        self.candidates.score()
    }
}
