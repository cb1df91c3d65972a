//! A breaker: an upstream that keeps failing is left alone for a while.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Outcomes that are looked at.
const WINDOW: usize = 20;
/// Outcomes that must be known before anything is concluded.
const ENOUGH: usize = 5;
/// How long an open breaker stays so before one request may try again.
const PAUSE: Duration = Duration::from_secs(10);

/// Whether requests go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// They do.
    Closed,
    /// They do not.
    Open,
    /// One may try.
    HalfOpen,
}

impl BreakerState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "halfOpen",
        }
    }
}

/// Opens when at least half of the last outcomes failed. Time is an argument.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    outcomes: VecDeque<bool>,
    opened: Option<Instant>,
    /// When the one request that may try was let through.
    trying: Option<Instant>,
}

impl Breaker {
    /// Whether a request may go through now.
    pub fn allows(&mut self, now: Instant) -> bool {
        match self.state(now) {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => {
                self.trying = Some(now);
                true
            }
        }
    }

    /// What became of a request.
    pub fn record(&mut self, well: bool, now: Instant) {
        if self.opened.is_some() {
            self.trying = None;
            self.opened = (!well).then_some(now);
            self.outcomes.clear();
            return;
        }
        self.outcomes.push_back(well);
        if self.outcomes.len() > WINDOW {
            self.outcomes.pop_front();
        }
        let failed = self.outcomes.iter().filter(|well| !**well).count();
        if self.outcomes.len() >= ENOUGH && failed * 2 >= self.outcomes.len() {
            self.opened = Some(now);
            self.outcomes.clear();
        }
    }

    /// Whether requests go through now. A try whose end was never told may be repeated.
    #[must_use]
    pub fn state(&self, now: Instant) -> BreakerState {
        let waited = |since: Instant| now.saturating_duration_since(since) >= PAUSE;
        match (self.opened, self.trying) {
            (None, _) => BreakerState::Closed,
            (Some(opened), trying) if waited(opened) && trying.is_none_or(waited) => {
                BreakerState::HalfOpen
            }
            (Some(_), _) => BreakerState::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_tries_and_closes() {
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.record(false, start);
        }
        assert!(breaker.allows(start), "four are not enough");
        breaker.record(false, start);
        assert!(!breaker.allows(later(9)), "open");
        assert!(breaker.allows(later(10)), "one may try");
        assert!(!breaker.allows(later(11)), "but only one");
        breaker.record(false, later(12));
        assert!(!breaker.allows(later(21)), "it failed, so the pause begins again");
        assert!(breaker.allows(later(22)));
        breaker.record(true, later(22));
        assert_eq!(breaker.state(later(22)), BreakerState::Closed);
    }

    #[test]
    fn some_failures_are_borne() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for number in 0..100 {
            breaker.record(number % 3 != 0, now);
            assert!(breaker.allows(now) || number < ENOUGH);
        }
    }
}
