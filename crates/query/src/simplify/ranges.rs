//! Two comparisons of one value as one.

use super::Rewrite;
use super::merge::Merged;
use super::pass::Join;
use crate::query::Comparison;

/// A comparison with a constant.
pub(super) type Test<T> = (Comparison, T);

/// The direction of the passing values, seen from the constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Below,
    At,
    Above,
}

impl Side {
    pub(super) const fn of(comparison: Comparison) -> Self {
        match comparison {
            Comparison::Less | Comparison::AtMost => Self::Below,
            Comparison::Equal => Self::At,
            Comparison::Greater | Comparison::AtLeast => Self::Above,
        }
    }
}

/// Merges two comparisons: both must hold under `and`, at least one under `or`.
pub(super) fn absorb<T: Ord + Copy>(one: &mut Test<T>, two: Test<T>, join: Join) -> Option<Merged> {
    if join == Join::And && excludes(*one, two) {
        return Some(Merged::Never);
    }
    let (tighter, wider) = if implies(*one, two) {
        (*one, two)
    } else if implies(two, *one) {
        (two, *one)
    } else {
        return None;
    };
    *one = if join == Join::And { tighter } else { wider };
    Some(Merged::Into(Rewrite::Ranges))
}

/// Whether every value that passes the first passes the second.
fn implies<T: Ord + Copy>(one: Test<T>, other: Test<T>) -> bool {
    use Comparison::{AtLeast, AtMost, Equal, Greater, Less};
    let ordering = one.1.cmp(&other.1);
    match (one.0, other.0) {
        (Equal, test) => test.accepts(ordering),
        (Greater, Greater | AtLeast) | (AtLeast, AtLeast) => ordering.is_ge(),
        (AtLeast, Greater) => ordering.is_gt(),
        (Less, Less | AtMost) | (AtMost, AtMost) => ordering.is_le(),
        (AtMost, Less) => ordering.is_lt(),
        (Greater | AtLeast, Equal | Less | AtMost) | (Less | AtMost, Equal | Greater | AtLeast) => {
            false
        }
    }
}

/// Whether no value passes both.
fn excludes<T: Ord + Copy>(one: Test<T>, other: Test<T>) -> bool {
    use Comparison::{AtLeast, AtMost, Equal, Greater, Less};
    let ordering = one.1.cmp(&other.1);
    match (one.0, other.0) {
        (Equal, test) => !test.accepts(ordering),
        (test, Equal) => !test.accepts(ordering.reverse()),
        (AtLeast, AtMost) => ordering.is_gt(),
        (AtMost, AtLeast) => ordering.is_lt(),
        (Greater | AtLeast, Less | AtMost) => ordering.is_ge(),
        (Less | AtMost, Greater | AtLeast) => ordering.is_le(),
        (Greater | AtLeast, Greater | AtLeast) | (Less | AtMost, Less | AtMost) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Comparison; 5] = [
        Comparison::Equal,
        Comparison::Less,
        Comparison::AtMost,
        Comparison::Greater,
        Comparison::AtLeast,
    ];

    /// Tests every pair of comparisons over a few numbers, with every value between and around them.
    #[test]
    fn every_pair() {
        let tests: Vec<Test<i32>> =
            ALL.iter().flat_map(|test| [0, 2, 4].map(|number| (*test, number))).collect();
        for one in &tests {
            for two in &tests {
                check(*one, *two);
            }
        }
    }

    fn check(one: Test<i32>, two: Test<i32>) {
        let passes = |test: Test<i32>, value: i32| test.0.accepts(value.cmp(&test.1));
        let (mut both, mut either) = (one, one);
        let (all, any) = (absorb(&mut both, two, Join::And), absorb(&mut either, two, Join::Or));
        for value in -1..6 {
            let (first, second) = (passes(one, value), passes(two, value));
            match all {
                Some(Merged::Into(_)) => assert_eq!(passes(both, value), first && second),
                Some(Merged::Never) => assert!(!(first && second), "{one:?} {two:?} {value}"),
                None => assert_eq!(both, one),
            }
            match any {
                Some(Merged::Into(_)) => assert_eq!(passes(either, value), first || second),
                Some(Merged::Never) => panic!("{one:?} {two:?}"),
                None => assert_eq!(either, one),
            }
        }
    }
}
