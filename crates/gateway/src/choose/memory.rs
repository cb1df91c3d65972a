//! What premium said of a tenant, for as long as that is worth remembering.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_upstream::Target;

/// How many places are remembered; names come from clients, so there is a bound.
const REMEMBERED: usize = 1_024;
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

/// What is known of each index of each tenant.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<(String, String), Entry>>);

impl Memory {
    /// What is known now, and since when.
    pub(crate) fn recall(&self, target: Target<'_>, now: Instant) -> Option<(Known, Instant)> {
        let entry = self.lock().get(&place(target)).copied()?;
        (now < entry.until).then_some((entry.known, entry.since))
    }

    /// Believes it for a while; the beginning stays that of the first time.
    pub(crate) fn note(&self, target: Target<'_>, known: Known, now: Instant, lasting: Duration) {
        let until = now + lasting.min(LONGEST_WAIT);
        let mut entries = self.lock();
        if entries.len() >= REMEMBERED {
            entries.retain(|_, entry| now < entry.until);
        }
        let place = place(target);
        let same = entries.get(&place).filter(|entry| entry.known == known);
        let since = same.map_or(now, |entry| entry.since);
        if entries.len() < REMEMBERED {
            entries.insert(place, Entry { known, since, until });
        }
    }

    /// Premium served.
    pub(crate) fn forget(&self, target: Target<'_>) {
        self.lock().remove(&place(target));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(target: Target<'_>) -> (String, String) {
    (target.tenant.to_owned(), target.index.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn remembers_each_index_of_a_tenant_for_a_while() {
        let (memory, now) = (Memory::default(), Instant::now());
        let one = Target { tenant: "t", index: "one" };
        let two = Target { tenant: "t", index: "two" };
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
        let target = Target { tenant: "t", index: "i" };
        memory.note(target, Known::Busy, now, Duration::from_secs(u64::MAX));
        assert_eq!(memory.recall(target, now + LONGEST_WAIT), None);
    }
}
