//! What one request may ask of a local index.

use std::time::{Duration, Instant};

use postern_archive::search::{Asker, Scope, Work};

/// What one request may see of a local index, how much work it may cause there, and until when. Its
/// page and its facets spend from one budget.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    asker: Asker,
    pub(super) deadline: Instant,
    /// What remains for the local index at least, however late its turn comes.
    share: Duration,
}

impl Allowance {
    pub(crate) fn new(scope: Scope, deadline: Instant, share: Duration) -> Self {
        Self { asker: Asker { scope, work: Work::limited() }, deadline, share }
    }

    /// The same for a turn that begins then: what those before it took too long is not at its cost.
    pub(crate) fn beginning(self, now: Instant) -> Self {
        Self { deadline: self.deadline.max(now + self.share), ..self }
    }

    /// What may be seen.
    pub(crate) const fn scope(&self) -> &Scope {
        &self.asker.scope
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_turn_has_its_share() {
        let (begin, second) = (Instant::now(), Duration::from_secs(1));
        let allowance = || Allowance::new(Scope::All, begin + 5 * second, second);
        for (turn, until) in [(0, 5), (3, 5), (4, 5), (5, 6), (9, 10)] {
            let deadline = allowance().beginning(begin + turn * second).deadline();
            assert_eq!(deadline, begin + until * second, "a turn that begins after {turn} s");
        }
    }
}
