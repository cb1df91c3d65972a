//! How often and after what pause a failed call is made again.

use std::time::Duration;

use crate::Failure;

/// How patient a client is.
///
/// Pauses double from `first_pause` on, each between half of that and all of it by chance, so that
/// many clients do not come back at once. A service that says when to come back is not asked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many times a request is sent at most; at least once.
    pub attempts: u32,
    /// The pause after the first attempt.
    pub first_pause: Duration,
    /// The longest pause; a service that asks for a longer one is given up.
    pub longest_pause: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
        }
    }
}

impl Retry {
    /// How long to wait before attempt `attempts_made + 1`; `None` to give up.
    ///
    /// ```
    /// use postern_upstream::{Failure, Fault, Retry};
    ///
    /// let retry = Retry { attempts: 2, ..Retry::default() };
    /// assert!(retry.pause(&Failure::Failed(Fault::CutOff), 1).is_some());
    /// assert_eq!(retry.pause(&Failure::Failed(Fault::CutOff), 2), None, "that was the last one");
    /// assert_eq!(retry.pause(&Failure::NotFound, 1), None, "it would not help");
    /// ```
    #[must_use]
    pub fn pause(&self, failure: &Failure, attempts_made: u32) -> Option<Duration> {
        self.pause_for(failure.may_pass(), failure.retry_after(), attempts_made)
    }

    /// The same of a failure that may pass or not, where the service asks for a pause or does not.
    pub(crate) fn pause_for(
        &self,
        may_pass: bool,
        asked_for: Option<Duration>,
        attempts_made: u32,
    ) -> Option<Duration> {
        if !may_pass || attempts_made >= self.attempts {
            return None;
        }
        let asked_for = asked_for.unwrap_or_default();
        let pause = asked_for.saturating_add(jittered(self.backoff(attempts_made)));
        (asked_for <= self.longest_pause).then_some(pause)
    }

    fn backoff(&self, attempts_made: u32) -> Duration {
        let doublings = attempts_made.saturating_sub(1).min(30);
        self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause)
    }
}

fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;

    const RETRY: Retry = Retry {
        attempts: 10,
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(20),
    };

    fn busy(seconds: u64) -> Failure {
        Failure::Busy { status: 429, wait: Some(Duration::from_secs(seconds)) }
    }

    #[track_caller]
    fn check(failure: &Failure, attempts_made: u32, least: f64, most: f64) {
        let pause = RETRY.pause(failure, attempts_made).unwrap().as_secs_f64();
        assert!((least..=most).contains(&pause), "{failure} {attempts_made}: {pause}");
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let fault = Failure::Failed(Fault::Timeout);
        check(&fault, 1, 0.5, 1.0);
        check(&fault, 2, 1.0, 2.0);
        check(&fault, 4, 4.0, 8.0);
        check(&fault, 9, 10.0, 20.0);
    }

    #[test]
    fn the_service_is_not_asked_before_it_wants_to_be() {
        check(&busy(7), 1, 7.5, 8.0);
        check(&busy(0), 1, 0.5, 1.0);
        assert_eq!(RETRY.pause(&busy(21), 1), None, "longer than we are willing to wait");
        assert_eq!(RETRY.pause(&busy(u64::MAX), 1), None);
    }

    #[test]
    fn more_attempts_than_a_shift_can_count() {
        let retry = Retry { attempts: u32::MAX, ..RETRY };
        let pause = retry.pause(&Failure::Failed(Fault::Timeout), u32::MAX - 1);
        assert!(pause.unwrap() <= retry.longest_pause);
    }
}
