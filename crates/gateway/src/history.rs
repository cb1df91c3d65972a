//! The last hour of searches, minute by minute, in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Minutes that are remembered.
const MINUTES: i64 = 60;
/// Bounds of times in milliseconds: each is twice the one before, and the last holds whatever is longer.
const BOUNDS: usize = 17;

/// What happened in a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Minute {
    /// Minutes since 1970.
    number: i64,
    /// Searches by the engine that answered.
    pub(crate) by_engine: BTreeMap<&'static str, u64>,
    /// Searches that failed.
    pub(crate) failed: u64,
    /// Searches by how long they took.
    times: [u64; BOUNDS],
}

impl Minute {
    /// When it began.
    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_second(self.number.saturating_mul(60)).unwrap_or_default()
    }

    /// All searches.
    pub(crate) fn searches(&self) -> u64 {
        self.times.iter().sum()
    }

    /// Milliseconds within which this share of the searches was answered, at most twice as many as it took.
    pub(crate) fn within(&self, percent: u64) -> Option<u64> {
        let wanted = (self.searches() * percent).div_ceil(100).max(1);
        let mut sum = 0;
        let found = self.times.iter().position(|count| {
            sum += count;
            sum >= wanted
        });
        found.map(|place| 1 << place)
    }
}

/// The minutes of the last hour in which something happened, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<VecDeque<Minute>>);

impl History {
    /// Notes a search.
    pub(crate) fn note(&self, engine: &'static str, failed: bool, took: Duration, now: Timestamp) {
        let number = now.as_second().div_euclid(60);
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.retain(|minute| minute.number > number - MINUTES);
        if minutes.back().is_none_or(|last| last.number < number) {
            minutes.push_back(Minute { number, ..Minute::default() });
        }
        let Some(minute) = minutes.back_mut() else { return };
        *minute.by_engine.entry(engine).or_default() += 1;
        minute.failed += u64::from(failed);
        if let Some(count) = minute.times.get_mut(place(took)) {
            *count += 1;
        }
    }

    /// Those of the hour before now.
    pub(crate) fn minutes(&self, now: Timestamp) -> Vec<Minute> {
        let number = now.as_second().div_euclid(60);
        let minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.iter().filter(|minute| minute.number > number - MINUTES).cloned().collect()
    }
}

/// Which bound a time is within.
fn place(took: Duration) -> usize {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let millis = micros.div_ceil(1_000).max(1);
    let place = usize::try_from(u64::BITS - (millis - 1).leading_zeros()).unwrap_or(BOUNDS);
    place.min(BOUNDS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn minutes_are_counted_and_forgotten() {
        let history = History::default();
        let note = |second, failed, millis| {
            history.note("local", failed, Duration::from_millis(millis), at(second));
        };
        note(0, false, 1);
        note(59, true, 3);
        note(60, false, 100);
        let seen: Vec<_> = history
            .minutes(at(61))
            .iter()
            .map(|minute| (minute.at().as_second(), minute.searches(), minute.failed))
            .collect();
        assert_eq!(seen, [(0, 2, 1), (60, 1, 0)]);
        assert_eq!(history.minutes(at(60 * 60)).len(), 1, "an hour later the first is gone");
        note(60 * 120, false, 1);
        assert_eq!(history.minutes(at(60 * 120)).len(), 1);
    }

    #[test]
    fn times_are_told_within_a_factor_of_two() {
        let history = History::default();
        for millis in [1, 1, 1, 2, 3, 4, 5, 9, 700, 1_000_000] {
            history.note("local", false, Duration::from_millis(millis), at(0));
        }
        let minute = &history.minutes(at(0))[0];
        assert_eq!(minute.within(30), Some(1));
        assert_eq!(minute.within(50), Some(4));
        assert_eq!(minute.within(90), Some(1_024));
        assert_eq!(minute.within(100), Some(1 << 16), "what is longer than the last bound");
        assert_eq!(Minute::default().within(50), None);
        assert_eq!(place(Duration::ZERO), 0);
    }
}
