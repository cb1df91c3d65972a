//! What could not be read, however much that is.

use postern_mail::source::{Fate, Unreadable};

/// How much of a list is told; the rest is counted.
const LISTED: usize = 10_000;

/// What could not be read, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How much it is.
    pub count: u64,
    /// The first of it; all of it up to 10,000.
    pub first: Vec<Unreadable>,
}

impl Faults {
    /// Whether everything could be read.
    ///
    /// ```
    /// assert!(postern_archive::ingest::Faults::default().is_empty());
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn push(&mut self, fault: Unreadable) {
        self.count += 1;
        if self.first.len() < LISTED {
            self.first.push(fault);
        }
    }

    /// Adds those of a part, and empties that.
    pub(super) fn append(&mut self, part: &mut Self) {
        let room = LISTED - self.first.len().min(LISTED);
        self.first.extend(part.first.drain(..).take(room));
        self.count += std::mem::take(&mut part.count);
    }
}

/// What could not be read of a file.
#[derive(Default)]
pub(super) struct FileFaults {
    pub(super) lost: Faults,
    pub(super) not_mail: Faults,
    pub(super) notes: Faults,
    /// The system kept some of it back.
    pub(super) may_pass: bool,
}

impl FileFaults {
    pub(super) fn push(&mut self, fault: Unreadable) {
        self.may_pass |= fault.fate == Fate::Refused;
        match fault.fate {
            Fate::NotMail => self.not_mail.push(fault),
            Fate::Read => self.notes.push(fault),
            Fate::Lost | Fate::Refused => self.lost.push(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_first_are_kept() {
        let (mut all, mut part) = (Faults::default(), Faults::default());
        for _ in 0..LISTED - 1 {
            all.push(Unreadable::new("a", "torn"));
        }
        for _ in 0..LISTED + 1 {
            part.push(Unreadable::new("b", "torn"));
        }
        assert_eq!((part.count, part.first.len()), (LISTED as u64 + 1, LISTED));
        all.append(&mut part);
        assert_eq!((all.count, all.first.len()), (2 * LISTED as u64, LISTED));
        assert!(part.is_empty() && part.first.is_empty());
    }
}
