//! The breaker of the upstream, and beside it one for each key: what is answered to one key's requests
//! keeps that key away and nobody else.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::breaker::{Admitted, Breaker, BreakerState};
use crate::config::BreakerSettings;
use crate::engine::Health;
use crate::remembered::{Fingerprint, Remembered};

/// How many requests of the window are looked at: of all keys, and of one.
const LOOKED_AT: usize = 4_096;
const LOOKED_AT_OF_ONE: usize = 64;

/// All breakers; the time is always an argument.
#[derive(Debug)]
pub(super) struct Breakers {
    settings: BreakerSettings,
    all: Mutex<All>,
}

#[derive(Debug)]
struct All {
    /// There is one key: its requests are all that is known of the upstream.
    is_sole: bool,
    upstream: Breaker,
    keys: Remembered<Breaker>,
}

impl Breakers {
    pub(super) fn new(settings: BreakerSettings, is_sole: bool) -> Self {
        let upstream = Breaker::new(settings, LOOKED_AT.max(settings.minimum), is_sole);
        let all = Mutex::new(All { is_sole, upstream, keys: Remembered::default() });
        Self { settings, all }
    }

    /// From now on there are several keys.
    pub(super) fn share(&self) {
        let mut all = self.lock();
        all.is_sole = false;
        all.upstream.share();
    }

    /// Lets a request of that key through, or says since when none goes.
    pub(super) fn admit(&self, key: Fingerprint, now: Instant) -> Result<Pass<'_>, Instant> {
        let mut all = self.lock();
        if !all.is_sole {
            self.of(&mut all, key).admits(key, now)?;
        }
        let admitted = all.upstream.admits(key, now)?;
        drop(all);
        Ok(Pass { breakers: self, key, is_probe: admitted == Admitted::AsProbe })
    }

    /// Whether requests go to the upstream at all.
    pub(super) fn state(&self, now: Instant) -> BreakerState {
        self.lock().upstream.state(now)
    }

    fn record(&self, key: Fingerprint, health: Health, now: Instant) {
        let mut all = self.lock();
        all.upstream.record(key, health, now);
        if !all.is_sole {
            self.of(&mut all, key).record(key, health, now);
        }
    }

    fn of<'a>(&self, all: &'a mut All, key: Fingerprint) -> &'a mut Breaker {
        let most = LOOKED_AT_OF_ONE.max(self.settings.minimum);
        all.keys.refresh(key, || Breaker::new(self.settings, most, true))
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that got through and has not been answered yet.
#[derive(Debug)]
pub(super) struct Pass<'b> {
    breakers: &'b Breakers,
    key: Fingerprint,
    is_probe: bool,
}

impl Pass<'_> {
    /// Says how it went.
    pub(super) fn report(mut self, health: Health, now: Instant) {
        self.is_probe = false;
        self.breakers.record(self.key, health, now);
    }
}

/// A probe whose client went away is not waited for by others.
impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breakers.lock().upstream.give_up(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::remembered::REMEMBERED;

    fn key(name: &str) -> Fingerprint {
        Fingerprint::of(&[name])
    }

    fn ask(breakers: &Breakers, name: &str, health: Health, now: Instant) {
        if let Ok(pass) = breakers.admit(key(name), now) {
            pass.report(health, now);
        }
    }

    fn goes(breakers: &Breakers, name: &str, now: Instant) -> bool {
        breakers.admit(key(name), now).is_ok()
    }

    #[test]
    fn who_is_kept_away_by_ten_faults() {
        let table = [
            // key, what happens, is key a let through, is key b, the state of the upstream
            ("a", Health::Good, true, true, "closed"),
            ("a", Health::Alive, true, true, "closed"),
            ("a", Health::Broken, false, true, "closed"),
            ("a", Health::Unreachable, false, false, "open"),
            ("a", Health::Silent, false, false, "open"),
        ];
        for (name, health, a, b, state) in table {
            let (breakers, now) =
                (Breakers::new(BreakerSettings::default(), false), Instant::now());
            for _ in 0..10 {
                ask(&breakers, name, health, now);
            }
            assert_eq!(
                (goes(&breakers, "a", now), goes(&breakers, "b", now)),
                (a, b),
                "{health:?}"
            );
            let is_open = matches!(breakers.state(now), BreakerState::Open(_));
            assert_eq!(is_open, state == "open", "{health:?}");
        }
    }

    #[test]
    fn what_two_keys_see_is_the_upstreams() {
        let (breakers, now) = (Breakers::new(BreakerSettings::default(), false), Instant::now());
        for name in ["a", "b", "a", "b"] {
            assert!(matches!(breakers.state(now), BreakerState::Closed), "{name}");
            ask(&breakers, name, Health::Broken, now);
        }
        assert!(matches!(breakers.state(now), BreakerState::Open(_)));
        assert!(!goes(&breakers, "c", now));
    }

    #[test]
    fn what_two_keys_saw_at_different_times_is_not() {
        let (breakers, now) = (Breakers::new(BreakerSettings::default(), false), Instant::now());
        for _ in 0..4 {
            ask(&breakers, "a", Health::Broken, now);
        }
        let later = now + Duration::from_secs(31);
        for _ in 0..4 {
            ask(&breakers, "b", Health::Broken, later);
        }
        assert!(matches!(breakers.state(later), BreakerState::Closed));
        assert!(
            !goes(&breakers, "b", later)
                && goes(&breakers, "a", later)
                && goes(&breakers, "c", later)
        );
    }

    #[test]
    fn the_only_key_is_all_that_is_known_of_the_upstream() {
        let (breakers, now) = (Breakers::new(BreakerSettings::default(), true), Instant::now());
        for _ in 0..4 {
            ask(&breakers, "a", Health::Broken, now);
        }
        assert!(matches!(breakers.state(now), BreakerState::Open(_)));
    }

    #[test]
    fn a_key_comes_back_after_a_rest() {
        let (breakers, now) = (Breakers::new(BreakerSettings::default(), false), Instant::now());
        for _ in 0..4 {
            ask(&breakers, "a", Health::Broken, now);
        }
        let later = now + BreakerSettings::default().rest;
        assert!(!goes(&breakers, "a", later - Duration::from_millis(1)));
        ask(&breakers, "a", Health::Good, later);
        assert!(goes(&breakers, "a", later));
    }

    #[test]
    fn a_probe_that_is_dropped_makes_room() {
        let (breakers, now) = (Breakers::new(BreakerSettings::default(), false), Instant::now());
        ask(&breakers, "a", Health::Silent, now);
        let later = now + BreakerSettings::default().rest;
        let probe = breakers.admit(key("c"), later).unwrap();
        assert!(!goes(&breakers, "b", later));
        drop(probe);
        assert!(goes(&breakers, "b", later));
    }

    #[test]
    fn many_keys_push_out_the_oldest() {
        let (breakers, now) = (Breakers::new(BreakerSettings::default(), false), Instant::now());
        for number in 0..=2 * REMEMBERED {
            ask(&breakers, &number.to_string(), Health::Good, now);
        }
        assert_eq!(breakers.lock().keys.len(), REMEMBERED);
    }
}
