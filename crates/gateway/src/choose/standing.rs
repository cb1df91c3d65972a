//! Whether premium refused a key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as Turn;

use crate::remembered::{Fingerprint, Remembered};

/// For how long a refusal is believed, and an asking that came to nothing stays undone.
const BELIEVED: Duration = Duration::from_secs(60);

/// What came of asking about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Premium knows it.
    Known,
    /// Premium refused it: 401.
    Refused,
    /// Premium gave no answer in time that would tell.
    Untold,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    standing: Standing,
    noted: Instant,
}

/// What is known of each key that is sent.
#[derive(Debug, Default)]
pub(super) struct Standings {
    known: Mutex<Remembered<Entry>>,
    turns: Mutex<Remembered<Arc<Turn<()>>>>,
}

impl Standings {
    /// What holds of a key now; nothing where it was never asked about, or too long ago.
    pub(super) fn of(&self, key: Fingerprint, now: Instant) -> Option<Standing> {
        let entry = lock(&self.known).get(key).copied()?;
        let is_old = now.duration_since(entry.noted) >= BELIEVED;
        (entry.standing == Standing::Known || !is_old).then_some(entry.standing)
    }

    pub(super) fn note(&self, key: Fingerprint, standing: Standing, now: Instant) {
        lock(&self.known).note(key, Entry { standing, noted: now });
    }

    /// Notes it where nothing is told of the key.
    pub(super) fn note_first(&self, key: Fingerprint, standing: Standing, now: Instant) {
        if self.of(key, now).is_none() {
            self.note(key, standing, now);
        }
    }

    /// The right to ask about a key: one at a time has it, the others wait for what comes of that.
    pub(super) fn turn(&self, key: Fingerprint) -> Arc<Turn<()>> {
        Arc::clone(lock(&self.turns).refresh(key, Arc::default))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remembered::REMEMBERED;

    #[test]
    fn a_refusal_is_believed_for_a_minute_or_until_a_success() {
        let (standings, now) = (Standings::default(), Instant::now());
        let [one, other] = [Fingerprint::of(&["one"]), Fingerprint::of(&["other"])];
        assert_eq!(standings.of(one, now), None, "it was never asked about");
        let table = [
            (Standing::Refused, 59, Some(Standing::Refused)),
            (Standing::Refused, 60, None),
            (Standing::Untold, 59, Some(Standing::Untold)),
            (Standing::Untold, 60, None),
            (Standing::Known, 1_000_000, Some(Standing::Known)),
        ];
        for (standing, seconds, expected) in table {
            standings.note(one, standing, now);
            let later = now + Duration::from_secs(seconds);
            assert_eq!(standings.of(one, later), expected, "{standing:?} after {seconds} s");
            assert_eq!(standings.of(other, later), None);
        }
        standings.note(one, Standing::Refused, now);
        standings.note(one, Standing::Known, now);
        assert_eq!(standings.of(one, now), Some(Standing::Known));
    }

    /// In keyless mode keys are texts that clients choose.
    #[test]
    fn many_keys_push_out_the_oldest() {
        let (standings, now) = (Standings::default(), Instant::now());
        for number in 0..10 * REMEMBERED {
            let key = Fingerprint::of(&[&number.to_string()]);
            standings.note(key, Standing::Refused, now);
            drop(standings.turn(key));
        }
        assert_eq!(lock(&standings.known).len(), REMEMBERED);
        assert_eq!(lock(&standings.turns).len(), REMEMBERED);
    }
}
