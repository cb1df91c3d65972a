//! What one request may ask of a local index.

use std::time::Instant;

use postern_archive::search::{Asker, Scope, Work};

/// What one request may see of a local index, how much work it may cause there, and until when. Its
/// page and its facets spend from one budget.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    asker: Asker,
    pub(super) deadline: Instant,
}

impl Allowance {
    pub(crate) fn new(scope: Scope, deadline: Instant) -> Self {
        Self { asker: Asker { scope, work: Work::limited() }, deadline }
    }

    /// Until when an answer is of use.
    pub(crate) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// One question of the request: it is stopped by itself.
    pub(super) fn part(&self) -> Asker {
        Asker { scope: self.asker.scope.clone(), work: self.asker.work.part() }
    }
}

/// Stops work when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct StopOnDrop(pub(super) Work);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}
