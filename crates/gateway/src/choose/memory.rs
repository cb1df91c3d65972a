//! What premium said to a key of an index, for as long as that is worth remembering.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::remembered::{Fingerprint, Remembered};

/// How long a service may keep us away by `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Why there is no point in asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Premium is not there.
    Absent,
    /// Premium is busy and said until when.
    Busy,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    known: Known,
    since: Instant,
    until: Instant,
}

/// What is known of each index with each key that was sent. It is an answer to that key, so it says
/// nothing of the same index with another one.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Remembered<Entry>>);

impl Memory {
    /// What is known now, and since when.
    pub(crate) fn recall(&self, place: Fingerprint, now: Instant) -> Option<(Known, Instant)> {
        let entry = self.lock().get(place).copied()?;
        (now < entry.until).then_some((entry.known, entry.since))
    }

    /// Believes it for a while; the beginning stays that of the first time.
    pub(crate) fn note(&self, place: Fingerprint, known: Known, now: Instant, lasting: Duration) {
        let until = now + lasting.min(LONGEST_WAIT);
        let mut entries = self.lock();
        let same = entries.get(place).filter(|entry| entry.known == known);
        let since = same.map_or(now, |entry| entry.since);
        entries.note(place, Entry { known, since, until });
    }

    /// Premium served.
    pub(crate) fn forget(&self, place: Fingerprint) {
        self.lock().forget(place);
    }

    fn lock(&self) -> MutexGuard<'_, Remembered<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remembered::REMEMBERED;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn remembers_each_index_of_a_key_for_a_while() {
        let (memory, now) = (Memory::default(), Instant::now());
        let [one, two] = [Fingerprint::of(&["key", "one"]), Fingerprint::of(&["key", "two"])];
        memory.note(one, Known::Absent, now, MINUTE);
        assert_eq!(memory.recall(one, now), Some((Known::Absent, now)));
        assert_eq!(memory.recall(two, now), None);
        assert_eq!(memory.recall(one, now + MINUTE), None);
        memory.note(one, Known::Absent, now + MINUTE, MINUTE);
        let same = Some((Known::Absent, now));
        assert_eq!(memory.recall(one, now + MINUTE), same, "the same absence");
        memory.note(one, Known::Busy, now + MINUTE, MINUTE);
        assert_eq!(memory.recall(one, now + MINUTE), Some((Known::Busy, now + MINUTE)));
        memory.forget(one);
        assert_eq!(memory.recall(one, now), None);
    }

    #[test]
    fn nobody_keeps_us_away_for_ever() {
        let (memory, now) = (Memory::default(), Instant::now());
        let place = Fingerprint::of(&["key", "index"]);
        memory.note(place, Known::Busy, now, Duration::from_secs(u64::MAX));
        assert_eq!(memory.recall(place, now + LONGEST_WAIT), None);
    }

    /// Names of indexes come from clients; the last ones are remembered, also where the others are still
    /// believed.
    #[test]
    fn many_names_push_out_the_oldest() {
        let (memory, now) = (Memory::default(), Instant::now());
        let place = |number: usize| Fingerprint::of(&["key", &number.to_string()]);
        for number in 0..=REMEMBERED {
            memory.note(place(number), Known::Absent, now, MINUTE);
        }
        assert_eq!(memory.recall(place(0), now), None);
        assert_eq!(memory.recall(place(REMEMBERED), now), Some((Known::Absent, now)));
        assert_eq!(memory.lock().len(), REMEMBERED);
    }
}
