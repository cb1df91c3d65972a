//! A breaker: after too many faults, or one silence, nobody waits on the upstream for a while.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many requests of the window are looked at: more say no more about a rate.
const REMEMBERED: usize = 4_096;

/// When it opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerSettings {
    /// Over how long the rate is taken.
    pub window: Duration,
    /// How many requests it takes to speak of a rate.
    pub minimum: usize,
    /// The share of failures that opens it, above 0 and at most 1.
    pub failure_rate: f64,
    /// How long it stays open before a probe, and how long a probe may take.
    pub rest: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            minimum: 4,
            failure_rate: 0.5,
            rest: Duration::from_secs(10),
        }
    }
}

/// What a request says about the health of the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It served.
    Good,
    /// It answered without serving: alive, but no measure of its health.
    Alive,
    /// It failed.
    Bad,
    /// It did not answer within the whole deadline: one client waited in vain, and that is enough.
    Silent,
}

/// Whether requests go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BreakerState {
    /// They do.
    Closed,
    /// They do not, since then.
    Open(Instant),
    /// One does, to see; none did since then.
    HalfOpen(Instant),
}

#[derive(Debug)]
enum Phase {
    Closed(Recent),
    /// Probing is allowed from `retry_at` on; `probing` says whether one has left.
    Open {
        since: Instant,
        retry_at: Instant,
        probing: bool,
    },
}

/// The last requests of the window, each with whether it failed, and how many did.
#[derive(Debug, Default)]
struct Recent {
    requests: VecDeque<(Instant, bool)>,
    failures: usize,
}

/// The breaker; the time is always an argument.
#[derive(Debug)]
pub(crate) struct Breaker {
    settings: BreakerSettings,
    phase: Mutex<Phase>,
}

impl Breaker {
    pub(crate) fn new(settings: BreakerSettings) -> Self {
        Self { settings, phase: Mutex::new(Phase::Closed(Recent::default())) }
    }

    /// Whether a request may go through now. A probe that never reports back, because its client
    /// went away, makes room for another one after a rest.
    pub(crate) fn admits(&self, now: Instant) -> Result<(), Instant> {
        match &mut *self.lock() {
            Phase::Closed(_) => Ok(()),
            Phase::Open { since, retry_at, .. } if now < *retry_at => Err(*since),
            Phase::Open { retry_at, probing, .. } => {
                (*retry_at, *probing) = (now + self.settings.rest, true);
                Ok(())
            }
        }
    }

    /// Takes note of how a request went.
    pub(crate) fn record(&self, health: Health, now: Instant) {
        let mut phase = self.lock();
        let opened = match (&mut *phase, health) {
            (Phase::Closed(_), Health::Alive) => return,
            (Phase::Closed(_), Health::Silent) => now,
            (Phase::Closed(recent), Health::Good | Health::Bad) => {
                recent.forget_before(now, self.settings.window);
                recent.note(health == Health::Bad, now);
                if !recent.is_too_much(&self.settings) {
                    return;
                }
                now
            }
            (Phase::Open { .. }, Health::Good | Health::Alive) => {
                *phase = Phase::Closed(Recent::default());
                return;
            }
            (Phase::Open { since, .. }, Health::Bad | Health::Silent) => *since,
        };
        let retry_at = now + self.settings.rest;
        *phase = Phase::Open { since: opened, retry_at, probing: false };
    }

    /// Whether requests go through now.
    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match &*self.lock() {
            Phase::Closed(_) => BreakerState::Closed,
            Phase::Open { since, retry_at, probing } if *probing || now >= *retry_at => {
                BreakerState::HalfOpen(*since)
            }
            Phase::Open { since, .. } => BreakerState::Open(*since),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn forget_before(&mut self, now: Instant, window: Duration) {
        let is_old = |(at, _): &(Instant, bool)| now.duration_since(*at) > window;
        while self.requests.len() == REMEMBERED || self.requests.front().is_some_and(is_old) {
            let forgotten = self.requests.pop_front();
            self.failures -= usize::from(forgotten.is_some_and(|(_, failed)| failed));
        }
    }

    fn note(&mut self, failed: bool, now: Instant) {
        self.requests.push_back((now, failed));
        self.failures += usize::from(failed);
    }

    fn is_too_much(&self, settings: &BreakerSettings) -> bool {
        let limit = settings.failure_rate * as_f64(self.requests.len());
        self.requests.len() >= settings.minimum && as_f64(self.failures) >= limit
    }
}

/// Exact far beyond any number of requests in a window.
fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened(at: Instant) -> Breaker {
        let breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..4 {
            assert_eq!(breaker.admits(at), Ok(()));
            breaker.record(Health::Bad, at);
        }
        breaker
    }

    #[test]
    fn opens_at_the_rate_and_not_before() {
        let now = Instant::now();
        let breaker = Breaker::new(BreakerSettings::default());
        for health in [Health::Good, Health::Good, Health::Good, Health::Bad, Health::Bad] {
            breaker.record(health, now);
            assert_eq!(breaker.state(now), BreakerState::Closed);
        }
        breaker.record(Health::Bad, now);
        assert_eq!(breaker.state(now), BreakerState::Open(now));
        assert_eq!(breaker.admits(now), Err(now));
    }

    #[test]
    fn one_silence_is_enough() {
        let now = Instant::now();
        let breaker = Breaker::new(BreakerSettings::default());
        breaker.record(Health::Good, now);
        breaker.record(Health::Silent, now);
        assert_eq!(breaker.state(now), BreakerState::Open(now));
    }

    #[test]
    fn client_errors_never_count() {
        let now = Instant::now();
        let breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..100 {
            breaker.record(Health::Alive, now);
        }
        for _ in 0..3 {
            breaker.record(Health::Bad, now);
        }
        assert_eq!(breaker.state(now), BreakerState::Closed);
    }

    #[test]
    fn old_faults_are_forgotten() {
        let now = Instant::now();
        let breaker = Breaker::new(BreakerSettings::default());
        for seconds in [0, 20, 40, 60, 80] {
            breaker.record(Health::Bad, now + seconds * SECOND);
        }
        assert_eq!(breaker.state(now + 80 * SECOND), BreakerState::Closed);
    }

    /// Under load the window holds more requests than are remembered: the last ones count.
    #[test]
    fn the_last_requests_of_a_full_window_count() {
        let now = Instant::now();
        let breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..10 * REMEMBERED {
            breaker.record(Health::Good, now);
        }
        for failed in 1..=REMEMBERED / 2 {
            assert_eq!(breaker.state(now), BreakerState::Closed, "{failed}");
            breaker.record(Health::Bad, now);
        }
        assert_eq!(breaker.state(now), BreakerState::Open(now));
    }

    #[test]
    fn one_probe_after_a_rest_decides() {
        let start = Instant::now();
        let later = start + 10 * SECOND;
        for health in [Health::Good, Health::Alive] {
            let breaker = opened(start);
            assert_eq!(breaker.admits(later), Ok(()));
            assert_eq!(breaker.state(later), BreakerState::HalfOpen(start));
            assert_eq!(breaker.admits(later), Err(start), "one probe at a time");
            breaker.record(health, later);
            assert_eq!(breaker.state(later), BreakerState::Closed);
        }
        let breaker = opened(start);
        assert_eq!(breaker.admits(later), Ok(()));
        breaker.record(Health::Bad, later);
        assert_eq!(breaker.state(later), BreakerState::Open(start), "still the same outage");
    }

    #[test]
    fn a_probe_that_got_lost_is_replaced() {
        let start = Instant::now();
        let breaker = opened(start);
        assert_eq!(breaker.admits(start + 10 * SECOND), Ok(()));
        assert_eq!(breaker.admits(start + 19 * SECOND), Err(start));
        assert_eq!(breaker.admits(start + 20 * SECOND), Ok(()));
    }
}
