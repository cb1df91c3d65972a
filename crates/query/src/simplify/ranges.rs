//! Two comparisons of one value as one.

use super::Rewrite;
use super::merge::Merged;
use crate::query::Comparison;

/// A comparison with a constant.
pub(super) type Test<T> = (Comparison, T);

/// The comparison that says both.
pub(super) fn both<T: Ord + Copy>(one: Test<T>, two: Test<T>) -> Option<Merged<Test<T>>> {
    if excludes(one, two) {
        return Some(Merged::Never);
    }
    let tighter = if implies(one, two) {
        one
    } else if implies(two, one) {
        two
    } else {
        return None;
    };
    Some(Merged::Into(tighter, Rewrite::Ranges))
}

/// The comparison that says at least one of the two.
pub(super) fn either<T: Ord + Copy>(one: Test<T>, two: Test<T>) -> Option<Merged<Test<T>>> {
    let wider = if implies(one, two) {
        two
    } else if implies(two, one) {
        one
    } else {
        return None;
    };
    Some(Merged::Into(wider, Rewrite::Ranges))
}

/// Whether every value that passes the one passes the other.
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

    /// Every pair of comparisons over a few numbers, against every value between and around them.
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
        for value in -1..6 {
            let (first, second) = (passes(one, value), passes(two, value));
            match both(one, two) {
                Some(Merged::Into(test, _)) => assert_eq!(passes(test, value), first && second),
                Some(Merged::Never) => assert!(!(first && second), "{one:?} {two:?} {value}"),
                None => {}
            }
            if let Some(Merged::Into(test, _)) = either(one, two) {
                assert_eq!(passes(test, value), first || second, "{one:?} {two:?} {value}");
            }
        }
    }
}
