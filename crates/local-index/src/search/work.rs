//! How much work a request may cause, and whether it has to stop.
//!
//! Work is counted, not timed: the same question costs the same on every machine. One unit is about
//! what it takes to look at one message in the list of a word, 2 ns where it was measured; whatever is
//! dearer is counted at what it takes.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;

/// Units that a request may cost on an index without messages.
const BASE: u64 = 100_000_000;

/// Units more for each message: the 1,024 words of the longest query in two fields, looked at twice.
const PER_MESSAGE: u64 = 4_096;

/// Units to read a message.
pub(crate) const MESSAGE: u64 = 4_000;

/// Units to come to the next term of a dictionary and look at it.
pub(crate) const TERM: u64 = 190;

/// Units to look a term up in the dictionary of one segment.
pub(crate) const LOOKUP: u64 = 1_000;

/// Units to begin with the list of a term.
pub(crate) const LIST: u64 = 100;

/// Units that a loop spends before it looks whether it has to end.
const STRETCH: u64 = 4_096;

/// Characters of a part that are repeated in an error.
const SHOWN: usize = 80;

/// The budget of one request, and a flag that stops it; cheap to clone.
///
/// A question that is stopped, or costs more than the budget, ends with an error: there is no
/// answer that is cut short without a word.
///
/// ```
/// use postern_local_index::search::Work;
///
/// let request = Work::limited();
/// let page = request.part();
/// page.stop();
/// assert!(page.is_stopped() && !request.is_stopped(), "its other parts go on");
/// ```
#[derive(Clone, Debug)]
pub struct Work {
    budget: Arc<Budget>,
    stopped: Arc<AtomicBool>,
}

/// What the parts of a request share.
#[derive(Debug)]
struct Budget {
    limit: AtomicU64,
    spent: AtomicU64,
    parts: Mutex<Vec<Arc<Part>>>,
}

/// A part of a question that may be dear.
#[derive(Debug)]
struct Part {
    name: String,
    spent: AtomicU64,
}

impl Work {
    /// The work of a request: its budget grows with the index that it is asked of.
    #[must_use]
    pub fn limited() -> Self {
        Self::of(0)
    }

    /// Work without a limit, for jobs of our own.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::of(u64::MAX)
    }

    /// Work of at most so many units, whatever the index.
    #[cfg(test)]
    pub(crate) fn up_to(units: u64) -> Self {
        Self::of(units)
    }

    fn of(limit: u64) -> Self {
        let budget = Budget {
            limit: AtomicU64::new(limit),
            spent: AtomicU64::new(0),
            parts: Mutex::default(),
        };
        Self { budget: Arc::new(budget), stopped: Arc::default() }
    }

    /// Work that spends from the same budget and is stopped by itself.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { budget: Arc::clone(&self.budget), stopped: Arc::default() }
    }

    /// Ends whatever is being done as soon as it looks here.
    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether nobody waits for it any more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed)
    }

    /// Work with a budget of its own that is stopped together with this.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self { stopped: Arc::clone(&self.stopped), ..Self::limited() }
    }

    /// Whether there is a budget.
    pub(crate) fn is_limited(&self) -> bool {
        self.budget.limit.load(Relaxed) < u64::MAX
    }

    /// Units spent so far, by all parts of the request.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.budget.spent.load(Relaxed)
    }

    /// The index that is asked has so many messages.
    pub(crate) fn begin(&self, messages: u64) -> Result<(), Error> {
        let limit = BASE.saturating_add(messages.saturating_mul(PER_MESSAGE));
        // The first index that is asked decides.
        let _begun = self.budget.limit.compare_exchange(0, limit, Relaxed, Relaxed);
        self.check()
    }

    /// Whether everything was done that should be.
    ///
    /// # Errors
    ///
    /// When the work was stopped, or the budget was not enough.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_stopped() {
            Err(Error::Stopped)
        } else if self.is_spent() {
            Err(Error::TooCostly { part: self.dearest() })
        } else {
            Ok(())
        }
    }

    fn is_spent(&self) -> bool {
        self.spent() > self.budget.limit.load(Relaxed)
    }

    /// Counts what a part of the question costs.
    pub(crate) fn meter(&self, part: impl fmt::Display) -> Meter {
        let name = part.to_string();
        let mut parts = self.budget.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = parts.iter().rev().take(8).find(|known| known.name == name).cloned();
        let part = known.unwrap_or_else(|| {
            let part = Arc::new(Part { name, spent: AtomicU64::new(0) });
            parts.push(Arc::clone(&part));
            part
        });
        Meter { work: self.clone(), part }
    }

    fn dearest(&self) -> String {
        let parts = self.budget.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let dearest = parts.iter().max_by_key(|part| part.spent.load(Relaxed));
        dearest.map(|part| part.name.chars().take(SHOWN).collect()).unwrap_or_default()
    }
}

/// What one part of a question spends.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    work: Work,
    part: Arc<Part>,
}

impl Meter {
    /// Spends so many units; `false` when it is time to end.
    pub(crate) fn spend(&self, units: u64) -> bool {
        self.part.spent.fetch_add(units, Relaxed);
        self.work.budget.spent.fetch_add(units, Relaxed);
        !self.work.is_stopped() && !self.work.is_spent()
    }

    /// For a loop with many small steps.
    pub(crate) fn counter(&self) -> Counter {
        Counter { meter: self.clone(), pending: 0, is_over: false }
    }

    /// Spends so many units before the work is done. What is not paid for does not begin.
    ///
    /// # Errors
    ///
    /// When it is time to end.
    pub(crate) fn pay(&self, units: u64) -> Result<(), Error> {
        self.work.check()?;
        self.part.spent.fetch_add(units, Relaxed);
        if self.work.spent().saturating_add(units) > self.work.budget.limit.load(Relaxed) {
            return Err(Error::TooCostly { part: self.work.dearest() });
        }
        self.work.budget.spent.fetch_add(units, Relaxed);
        Ok(())
    }
}

/// Counts the steps of a loop, and looks now and then whether it has to end.
#[derive(Debug)]
pub(crate) struct Counter {
    meter: Meter,
    pending: u64,
    /// Whether it was time to end: then it stays so.
    is_over: bool,
}

impl Counter {
    /// Counts so many units; `false` when it is time to end.
    #[inline]
    pub(crate) fn count(&mut self, units: u64) -> bool {
        self.pending = self.pending.saturating_add(units);
        (self.pending < STRETCH && !self.is_over) || self.settle()
    }

    #[cold]
    fn settle(&mut self) -> bool {
        let goes_on = self.meter.spend(std::mem::take(&mut self.pending));
        self.is_over = self.is_over || !goes_on;
        !self.is_over
    }

    /// Whether it was time to end.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.meter.spend(self.pending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_the_budget_and_the_dearest_is_named() {
        let work = Work::up_to(100);
        let (page, facets) = (work.part(), work.part());
        assert!(page.meter("*ab*").spend(70) && facets.meter("facets").spend(30));
        assert!(!facets.meter("facets").spend(1), "over the budget");
        assert_eq!(work.spent(), 101);
        assert!(matches!(page.check(), Err(Error::TooCostly { part }) if part == "*ab*"));
    }

    #[test]
    fn what_is_stopped_ends() {
        let work = Work::unlimited();
        let (page, facets) = (work.part(), work.part());
        page.stop();
        assert!(matches!(page.meter("x").pay(1), Err(Error::Stopped)));
        assert!(facets.meter("x").pay(1).is_ok());
    }
}
