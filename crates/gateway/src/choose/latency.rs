//! How long premium took of late.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many answers are remembered.
const REMEMBERED: usize = 128;
/// How many it takes to speak of a rule.
const MINIMUM: usize = 20;

/// The times of the last answers.
#[derive(Debug, Default)]
pub(crate) struct Latency(Mutex<VecDeque<Duration>>);

impl Latency {
    pub(crate) fn record(&self, took: Duration) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() == REMEMBERED {
            times.pop_front();
        }
        times.push_back(took);
    }

    /// The time within which 95 of 100 answers came; nothing while there are too few to tell.
    pub(crate) fn p95(&self) -> Option<Duration> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<_> = times.iter().copied().collect();
        drop(times);
        sorted.sort_unstable();
        (sorted.len() >= MINIMUM).then(|| sorted.get(sorted.len() * 95 / 100).copied())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_five_of_a_hundred() {
        let latency = Latency::default();
        for millis in 1..=19 {
            latency.record(Duration::from_millis(millis));
        }
        assert_eq!(latency.p95(), None);
        for millis in (1..=100).rev() {
            latency.record(Duration::from_millis(millis));
        }
        // Of 119 times, 1 to 19 stand there twice: the 114th is the 95th of the hundred.
        assert_eq!(latency.p95(), Some(Duration::from_millis(95)));
    }
}
