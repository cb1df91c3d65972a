//! How often a key may ask.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Limits;
use crate::remembered::{Fingerprint, Remembered};

/// Requests of each key over time; without a rate any number is let through.
#[derive(Debug)]
pub(crate) struct Rate(Option<Pace>);

impl Rate {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(limits.rate.map(|rate| {
            let step = Duration::from_secs(1) / rate.get();
            Pace { step, ahead: step * (limits.burst.get() - 1), next: Mutex::default() }
        }))
    }

    /// Lets one more request of a key through, or says when to come back.
    pub(crate) fn admit(&self, key: &str) -> Result<(), Duration> {
        self.0.as_ref().map_or(Ok(()), |pace| pace.admit(key, Instant::now()))
    }
}

/// A request each `step`, and some of them ahead of their time.
#[derive(Debug)]
struct Pace {
    step: Duration,
    ahead: Duration,
    /// When the next request of a key is due if it keeps the pace.
    next: Mutex<Remembered<Instant>>,
}

impl Pace {
    fn admit(&self, key: &str, now: Instant) -> Result<(), Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let due = next.refresh(Fingerprint::of(&[key]), || now);
        // Time without requests is not saved up.
        *due = now.max(*due);
        let wait = due.saturating_duration_since(now).saturating_sub(self.ahead);
        if !wait.is_zero() {
            return Err(wait);
        }
        *due += self.step;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn rate(rate: Option<u32>, burst: u32) -> Rate {
        let (rate, burst) = (rate.and_then(NonZeroU32::new), NonZeroU32::new(burst).unwrap());
        Rate::new(&Limits { rate, burst, ..Limits::default() })
    }

    #[test]
    fn each_key_has_its_own_rate() {
        let rate = rate(Some(1), 2);
        assert_eq!([rate.admit("a"), rate.admit("a"), rate.admit("b")], [Ok(()); 3]);
        let wait = rate.admit("a").unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
    }

    #[test]
    fn a_burst_comes_at_once_and_the_rest_at_the_pace() {
        let pace = rate(Some(10), 3).0.unwrap();
        let start = Instant::now();
        let at = |ms| pace.admit("a", start + Duration::from_millis(ms));
        let wait = |ms| Err(Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [Ok(()), Ok(()), Ok(()), wait(100)]);
        assert_eq!(
            [at(60), at(100), at(100)],
            [wait(40), Ok(()), wait(100)],
            "waiting costs nothing"
        );
        assert_eq!(
            [at(9_000), at(9_000), at(9_000), at(9_000)],
            [Ok(()), Ok(()), Ok(()), wait(100)]
        );
    }

    #[test]
    fn without_a_rate_any_number_is_let_through() {
        let rate = rate(None, 1);
        assert!((0..1_000).all(|_| rate.admit("a") == Ok(())));
    }
}
