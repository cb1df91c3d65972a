//! What is remembered by texts that clients choose: under their digests, and so many at most.

use std::fmt;
use std::num::NonZeroUsize;

use lru::LruCache;
use sha2::{Digest as _, Sha256};

/// How many things of one kind are remembered where nothing else is said.
pub(crate) const REMEMBERED: usize = 1_024;

/// A key, a name or several of them by their SHA-256; their text is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of some texts in this order.
    pub(crate) fn of(texts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            // With its length before it, no text runs into the next one.
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        Self(hash.finalize().into())
    }

    /// That of something known by a digest already.
    pub(crate) const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// That of this and some texts.
    pub(crate) fn with(self, texts: &[&str]) -> Self {
        let mut hash = Sha256::new_with_prefix(self.0);
        hash.update(Self::of(texts).0);
        Self(hash.finalize().into())
    }
}

/// A digest of a short key could be guessed from, so it is not shown either.
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}

/// A map with room for a fixed number of things: where it is full, what was noted longest ago goes.
pub(crate) struct Remembered<V>(LruCache<Fingerprint, V>);

impl<V> Remembered<V> {
    /// With room for `most`, at least one.
    pub(crate) fn with_room(most: usize) -> Self {
        Self(LruCache::new(NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN)))
    }

    /// What was noted, as old as it is.
    pub(crate) fn get(&self, place: Fingerprint) -> Option<&V> {
        self.0.peek(&place)
    }

    /// Notes it, in place of what was there.
    pub(crate) fn note(&mut self, place: Fingerprint, value: V) {
        self.0.push(place, value);
    }

    /// What was noted, made where there is nothing, and as young as if it were noted now.
    pub(crate) fn refresh(&mut self, place: Fingerprint, make: impl FnOnce() -> V) -> &mut V {
        self.0.get_or_insert_mut(place, make)
    }

    pub(crate) fn forget(&mut self, place: Fingerprint) {
        self.0.pop(&place);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self::with_room(REMEMBERED)
    }
}

impl<V> fmt::Debug for Remembered<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remembered").field(&self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: usize) -> Fingerprint {
        Fingerprint::of(&[&number.to_string()])
    }

    #[test]
    fn the_oldest_go() {
        let mut known = Remembered::with_room(3);
        for number in 0..3 {
            known.note(place(number), number);
        }
        known.note(place(0), 10);
        assert_eq!(known.get(place(1)), Some(&1), "looking makes nothing younger");
        known.note(place(3), 3);
        let left = [0, 1, 2, 3].map(|number| known.get(place(number)).copied());
        assert_eq!(left, [Some(10), None, Some(2), Some(3)]);
        *known.refresh(place(2), || 0) += 20;
        known.note(place(4), 4);
        assert_eq!([place(0), place(2)].map(|at| known.get(at).copied()), [None, Some(22)]);
        known.forget(place(2));
        assert_eq!((known.get(place(2)), known.len()), (None, 2));
    }

    #[test]
    fn there_is_never_more_than_there_is_room() {
        let mut known = Remembered::default();
        for number in 0..10 * REMEMBERED {
            known.note(place(number), ());
            known.refresh(place(number + 1), || ());
        }
        assert_eq!(known.len(), REMEMBERED);
    }

    #[test]
    fn no_text_runs_into_the_next_one() {
        let all = [
            Fingerprint::of(&["ab", "c"]),
            Fingerprint::of(&["a", "bc"]),
            Fingerprint::of(&["abc"]),
            Fingerprint::of(&["ab"]).with(&["c"]),
            Fingerprint::of(&["a"]).with(&["bc"]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all.iter().skip(at + 1).any(|other| other == one), "{at}");
        }
        assert_eq!(format!("{:?}", Fingerprint::of(&["secret"])), "Fingerprint");
    }
}
