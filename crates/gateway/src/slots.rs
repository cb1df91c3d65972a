//! Slots: how many requests, or exports, are answered at the same time, and how many of them one key
//! may hold.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Slots of one kind; where there are several keys, one of them holds at most half.
#[derive(Debug)]
pub(crate) struct Slots {
    all: usize,
    share: AtomicUsize,
    taken: Mutex<BTreeMap<String, usize>>,
}

/// Why there is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// This key holds as many as it may.
    Key(usize),
    /// All of them are taken.
    All(usize),
}

impl Full {
    /// Whose limit it is, and what to do.
    pub(crate) fn why(self, what: &str) -> String {
        match self {
            Self::Key(most) => format!(
                "this key has {most} {what} under way, as many as one key may; ask again when one of them has ended"
            ),
            Self::All(most) => format!(
                "{most} {what} of all keys are under way, as many as there may be; ask again in a moment"
            ),
        }
    }
}

/// One slot, or some, for as long as it is held.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    key: String,
    some: usize,
}

impl Slots {
    /// So many slots for so many keys.
    pub(crate) fn new(all: usize, keys: usize) -> Arc<Self> {
        let slots = Self { all, share: AtomicUsize::new(all), taken: Mutex::default() };
        slots.share_among(keys);
        Arc::new(slots)
    }

    /// From now on there are so many keys.
    pub(crate) fn share_among(&self, keys: usize) {
        let share = if keys > 1 { (self.all / 2).max(1) } else { self.all };
        self.share.store(share, Ordering::Relaxed);
    }

    /// A slot for a request of `key`.
    pub(crate) fn take(self: &Arc<Self>, key: &str) -> Result<Slot, Full> {
        self.take_some(key, 1)
    }

    /// Some slots at once. What needs more than a key may hold takes all that it may.
    pub(crate) fn take_some(self: &Arc<Self>, key: &str, some: usize) -> Result<Slot, Full> {
        let share = self.share.load(Ordering::Relaxed);
        let some = some.clamp(1, share.max(1));
        let mut taken = self.lock();
        if taken.values().sum::<usize>() + some > self.all {
            return Err(Full::All(self.all));
        }
        let own = taken.entry(key.to_owned()).or_default();
        if *own + some > share {
            return Err(Full::Key(share));
        }
        *own += some;
        Ok(Slot { slots: Arc::clone(self), key: key.to_owned(), some })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(own) = self.slots.lock().get_mut(&self.key) {
            *own = own.saturating_sub(self.some);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(all: usize, keys: usize, asked: &[&str], expected: &[Result<(), Full>]) {
        let slots = Slots::new(all, keys);
        let taken: Vec<_> = asked.iter().map(|key| slots.take(key)).collect();
        let seen: Vec<_> =
            taken.iter().map(|slot| slot.as_ref().map(|_| ()).map_err(|why| *why)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn one_of_several_keys_holds_at_most_half() {
        check(
            4,
            1,
            &["a", "a", "a", "a", "a"],
            &[Ok(()), Ok(()), Ok(()), Ok(()), Err(Full::All(4))],
        );
        check(4, 2, &["a", "a", "a", "b"], &[Ok(()), Ok(()), Err(Full::Key(2)), Ok(())]);
        check(3, 9, &["a", "a", "b"], &[Ok(()), Err(Full::Key(1)), Ok(())]);
        check(1, 2, &["a", "b"], &[Ok(()), Err(Full::All(1))]);
        check(0, 2, &["a"], &[Err(Full::All(0))]);
    }

    #[test]
    fn a_place_is_given_back() {
        let slots = Slots::new(2, 2);
        for _ in 0..5 {
            let slot = slots.take("a").unwrap();
            assert_eq!(slots.take("a").unwrap_err(), Full::Key(1));
            drop(slot);
        }
    }

    #[test]
    fn some_at_once_are_given_back_at_once() {
        let slots = Slots::new(8, 2);
        let three = slots.take_some("a", 3).unwrap();
        assert_eq!(slots.take_some("a", 2).unwrap_err(), Full::Key(4));
        let all = slots.take_some("b", 100).unwrap();
        assert_eq!(slots.take_some("a", 2).unwrap_err(), Full::All(8));
        drop((three, all));
        assert!(slots.take_some("a", 4).is_ok());
    }
}
