//! A breaker: after too many faults, or one silence, nobody waits on the upstream for a while.

use std::time::Instant;

use super::recent::{Mark, Recent};
use crate::config::BreakerSettings;
use crate::engine::Health;
use crate::remembered::Fingerprint;

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

/// How a request gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// Like any other.
    Freely,
    /// As the one that shows whether others may follow.
    AsProbe,
}

#[derive(Debug)]
enum Phase {
    Closed(Recent),
    Open(Rest),
}

/// Probing is allowed from `retry_at` on; `probing` says whether one has left. A probe that was broken, or
/// given up, by one key says little to the others: they need not wait for `retry_at`.
#[derive(Clone, Copy, Debug)]
struct Rest {
    since: Instant,
    retry_at: Instant,
    probing: bool,
    spoilt_by: Option<Fingerprint>,
}

impl Rest {
    fn lets_through(&self, key: Fingerprint, now: Instant) -> bool {
        let is_anothers = !self.probing && self.spoilt_by.is_some_and(|other| other != key);
        now >= self.retry_at || is_anothers
    }
}

/// The breaker of the upstream, or that of one key; the time is always an argument.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    /// How many requests of the window are looked at.
    most: usize,
    /// Whether broken answers to one key are enough to open it.
    one_is_enough: bool,
    phase: Phase,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings, most: usize, one_is_enough: bool) -> Self {
        let phase = Phase::Closed(Recent::of_the_last(most));
        Self { settings, most, one_is_enough, phase }
    }

    /// From now on what one key hears is not enough.
    pub(super) const fn share(&mut self) {
        self.one_is_enough = false;
    }

    /// Whether a request may go through now, or since when none may. A probe that never reports back
    /// makes room for another one after a rest.
    pub(super) fn admits(&mut self, key: Fingerprint, now: Instant) -> Result<Admitted, Instant> {
        match &mut self.phase {
            Phase::Closed(_) => Ok(Admitted::Freely),
            Phase::Open(rest) if rest.lets_through(key, now) => {
                (rest.retry_at, rest.probing) = (now + self.settings.rest, true);
                Ok(Admitted::AsProbe)
            }
            Phase::Open(rest) => Err(rest.since),
        }
    }

    /// Takes note of how a request went.
    pub(super) fn record(&mut self, key: Fingerprint, health: Health, now: Instant) {
        match (&mut self.phase, health) {
            (Phase::Closed(_), Health::Alive) => {}
            (Phase::Closed(_), Health::Silent) => self.open(now),
            (Phase::Closed(_), Health::Good) => self.count(key, Mark::Good, now),
            (Phase::Closed(_), Health::Broken) => self.count(key, Mark::Broken, now),
            (Phase::Closed(_), Health::Unreachable) => self.count(key, Mark::Unreachable, now),
            (Phase::Open(_), Health::Good | Health::Alive) => {
                self.phase = Phase::Closed(Recent::of_the_last(self.most));
            }
            // What was on its way before it opened says nothing new.
            (Phase::Open(rest), Health::Broken) if !self.one_is_enough && !rest.probing => {}
            (Phase::Open(rest), Health::Broken) if !self.one_is_enough => {
                let is_second = rest.spoilt_by.is_some_and(|other| other != key);
                rest.spoilt_by = (!is_second).then_some(key);
                (rest.retry_at, rest.probing) = (now + self.settings.rest, false);
            }
            (Phase::Open(rest), Health::Broken | Health::Unreachable | Health::Silent) => {
                (rest.retry_at, rest.probing) = (now + self.settings.rest, false);
                rest.spoilt_by = None;
            }
        }
    }

    /// The probe of that key ended without an answer, because its client went away.
    pub(super) fn give_up(&mut self, key: Fingerprint) {
        if let Phase::Open(rest) = &mut self.phase {
            (rest.probing, rest.spoilt_by) = (false, Some(key));
        }
    }

    fn count(&mut self, key: Fingerprint, mark: Mark, now: Instant) {
        let Phase::Closed(recent) = &mut self.phase else { return };
        recent.forget_before(now, self.settings.window);
        recent.note(key, mark, now);
        if recent.is_too_much(&self.settings, self.one_is_enough) {
            self.open(now);
        }
    }

    fn open(&mut self, now: Instant) {
        let retry_at = now + self.settings.rest;
        let rest = Rest { since: now, retry_at, probing: false, spoilt_by: None };
        self.phase = Phase::Open(rest);
    }

    /// Whether requests go through now.
    pub(super) fn state(&self, now: Instant) -> BreakerState {
        match &self.phase {
            Phase::Closed(_) => BreakerState::Closed,
            Phase::Open(rest) if rest.probing || now >= rest.retry_at => {
                BreakerState::HalfOpen(rest.since)
            }
            Phase::Open(rest) => BreakerState::Open(rest.since),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const REMEMBERED: usize = 4_096;

    fn a() -> Fingerprint {
        Fingerprint::of(&["a"])
    }

    fn b() -> Fingerprint {
        Fingerprint::of(&["b"])
    }

    /// One that has a single key.
    fn closed() -> Breaker {
        Breaker::new(BreakerSettings::default(), REMEMBERED, true)
    }

    fn opened(at: Instant) -> Breaker {
        let mut breaker = closed();
        for _ in 0..4 {
            assert_eq!(breaker.admits(a(), at), Ok(Admitted::Freely));
            breaker.record(a(), Health::Broken, at);
        }
        breaker
    }

    /// One of several keys, which opened because nobody could be reached.
    fn opened_for_all(at: Instant) -> Breaker {
        let mut breaker = Breaker::new(BreakerSettings::default(), REMEMBERED, false);
        for _ in 0..4 {
            breaker.record(a(), Health::Unreachable, at);
        }
        assert_eq!(breaker.state(at), BreakerState::Open(at));
        breaker
    }

    #[test]
    fn opens_at_the_rate_and_not_before() {
        for bad in [Health::Broken, Health::Unreachable] {
            let (mut breaker, now) = (closed(), Instant::now());
            for health in [Health::Good, Health::Good, Health::Good, bad, bad] {
                breaker.record(a(), health, now);
                assert_eq!(breaker.state(now), BreakerState::Closed);
            }
            breaker.record(a(), bad, now);
            assert_eq!(breaker.state(now), BreakerState::Open(now));
            assert_eq!(breaker.admits(a(), now), Err(now));
        }
    }

    #[test]
    fn one_silence_is_enough() {
        let (mut breaker, now) = (closed(), Instant::now());
        breaker.record(a(), Health::Good, now);
        breaker.record(a(), Health::Silent, now);
        assert_eq!(breaker.state(now), BreakerState::Open(now));
    }

    #[test]
    fn client_errors_never_count() {
        let (mut breaker, now) = (closed(), Instant::now());
        for _ in 0..100 {
            breaker.record(a(), Health::Alive, now);
        }
        for _ in 0..3 {
            breaker.record(a(), Health::Broken, now);
        }
        assert_eq!(breaker.state(now), BreakerState::Closed);
    }

    #[test]
    fn old_faults_are_forgotten() {
        let (mut breaker, now) = (closed(), Instant::now());
        for seconds in [0, 20, 40, 60, 80] {
            breaker.record(a(), Health::Broken, now + seconds * SECOND);
        }
        assert_eq!(breaker.state(now + 80 * SECOND), BreakerState::Closed);
    }

    /// Under load the window holds more requests than are remembered: the last ones count.
    #[test]
    fn the_last_requests_of_a_full_window_count() {
        let (mut breaker, now) = (closed(), Instant::now());
        for _ in 0..10 * REMEMBERED {
            breaker.record(a(), Health::Good, now);
        }
        for failed in 1..=REMEMBERED / 2 {
            assert_eq!(breaker.state(now), BreakerState::Closed, "{failed}");
            breaker.record(a(), Health::Broken, now);
        }
        assert_eq!(breaker.state(now), BreakerState::Open(now));
    }

    #[test]
    fn one_probe_after_a_rest_decides() {
        let start = Instant::now();
        let later = start + 10 * SECOND;
        for health in [Health::Good, Health::Alive] {
            let mut breaker = opened(start);
            assert_eq!(breaker.admits(a(), later), Ok(Admitted::AsProbe));
            assert_eq!(breaker.state(later), BreakerState::HalfOpen(start));
            assert_eq!(breaker.admits(a(), later), Err(start), "one probe at a time");
            breaker.record(a(), health, later);
            assert_eq!(breaker.state(later), BreakerState::Closed);
        }
        for health in [Health::Broken, Health::Unreachable, Health::Silent] {
            let mut breaker = opened(start);
            assert_eq!(breaker.admits(a(), later), Ok(Admitted::AsProbe));
            breaker.record(a(), health, later);
            assert_eq!(breaker.state(later), BreakerState::Open(start), "still the same outage");
        }
    }

    #[test]
    fn a_probe_that_got_lost_is_replaced() {
        let start = Instant::now();
        let mut breaker = opened(start);
        assert_eq!(breaker.admits(a(), start + 10 * SECOND), Ok(Admitted::AsProbe));
        assert_eq!(breaker.admits(a(), start + 19 * SECOND), Err(start));
        assert_eq!(breaker.admits(a(), start + 20 * SECOND), Ok(Admitted::AsProbe));
    }

    /// One key could take every probe for something that always fails.
    #[test]
    fn one_key_does_not_keep_it_open_for_the_others() {
        let start = Instant::now();
        let later = start + 10 * SECOND;
        let mut breaker = opened_for_all(start);
        breaker.record(a(), Health::Broken, start);
        assert_eq!(breaker.admits(b(), start), Err(start), "that one was on its way before");
        assert_eq!(breaker.admits(a(), later), Ok(Admitted::AsProbe));
        breaker.record(a(), Health::Broken, later);
        assert_eq!(breaker.admits(a(), later), Err(start));
        assert_eq!(breaker.admits(b(), later), Ok(Admitted::AsProbe));
        assert_eq!(breaker.admits(b(), later), Err(start), "one probe at a time");
        breaker.record(b(), Health::Broken, later);
        assert_eq!(breaker.admits(a(), later), Err(start), "two saw it");
        assert_eq!(breaker.admits(b(), later), Err(start));
        assert_eq!(breaker.admits(b(), later + 10 * SECOND), Ok(Admitted::AsProbe));
        breaker.record(b(), Health::Good, later + 10 * SECOND);
        assert_eq!(breaker.state(later + 10 * SECOND), BreakerState::Closed);
    }

    /// Nor by going away before its probe is answered.
    #[test]
    fn a_probe_that_is_given_up_leaves_room_to_the_others() {
        let start = Instant::now();
        let later = start + 10 * SECOND;
        let mut breaker = opened_for_all(start);
        assert_eq!(breaker.admits(a(), later), Ok(Admitted::AsProbe));
        assert_eq!(breaker.admits(b(), later), Err(start));
        breaker.give_up(a());
        assert_eq!(breaker.admits(a(), later), Err(start));
        assert_eq!(breaker.admits(b(), later), Ok(Admitted::AsProbe));
    }
}
