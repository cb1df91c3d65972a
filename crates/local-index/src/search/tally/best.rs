//! The most frequent of many values, with no more of them at hand than are wanted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A value and how many messages have it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// The value.
    pub value: String,
    /// How many messages have it.
    pub count: usize,
}

/// Keeps the most frequent values; of equally frequent ones those that come first.
#[derive(Debug)]
pub(crate) struct Best {
    most: usize,
    seen: usize,
    /// The worst on top.
    kept: BinaryHeap<(Reverse<usize>, String)>,
}

impl Best {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, seen: 0, kept: BinaryHeap::new() }
    }

    pub(crate) fn offer(&mut self, value: &str, count: usize) {
        self.seen += 1;
        let is_worse = |(Reverse(least), last): &(Reverse<usize>, String)| {
            (Reverse(count), value) > (Reverse(*least), last.as_str())
        };
        if self.kept.len() >= self.most && self.kept.peek().is_none_or(is_worse) {
            return;
        }
        self.kept.push((Reverse(count), value.to_owned()));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
    }

    /// The best, the best first, and how many other values there were.
    pub(crate) fn finish(self) -> (Vec<Counted>, usize) {
        let others = self.seen - self.kept.len();
        let sorted = self.kept.into_sorted_vec().into_iter();
        (sorted.map(|(Reverse(count), value)| Counted { value, count }).collect(), others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(most: usize, expected: &str, others: usize) {
        let mut best = Best::new(most);
        for (value, count) in [("d", 2), ("b", 1), ("a", 2), ("e", 3), ("c", 2)] {
            best.offer(value, count);
        }
        let (kept, rest) = best.finish();
        let kept: Vec<_> = kept.iter().map(|one| format!("{}{}", one.value, one.count)).collect();
        assert_eq!((kept.join(" ").as_str(), rest), (expected, others));
    }

    #[test]
    fn the_most_frequent_stay() {
        check(9, "e3 a2 c2 d2 b1", 0);
        check(3, "e3 a2 c2", 2);
        check(1, "e3", 4);
        check(0, "", 5);
    }
}
