//! How often a key may ask.

use std::fmt;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::config::Limits;

/// Requests of each key over time; without a rate any number is let through.
pub(crate) struct Rate(Option<RateLimiter<String, HashMapStateStore<String>, DefaultClock>>);

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rate").field(&self.0.is_some()).finish()
    }
}

impl Rate {
    pub(crate) fn new(limits: &Limits) -> Self {
        let quota = limits.rate.map(|rate| Quota::per_second(rate).allow_burst(limits.burst));
        Self(quota.map(RateLimiter::hashmap))
    }

    /// Lets one more request of a key through, or says when to come back.
    pub(crate) fn admit(&self, key: &str) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter
            .check_key(&key.to_owned())
            .map_err(|busy| busy.wait_time_from(DefaultClock::default().now()))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn each_key_has_its_own_rate() {
        let (rate, burst) = (NonZeroU32::new(1), NonZeroU32::new(2).unwrap());
        let rate = Rate::new(&Limits { rate, burst, ..Limits::default() });
        assert_eq!([rate.admit("a"), rate.admit("a"), rate.admit("b")], [Ok(()); 3]);
        let wait = rate.admit("a").unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
    }
}
