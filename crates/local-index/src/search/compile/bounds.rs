//! Comparisons as ranges of whole numbers.

use std::cmp::Ordering;
use std::ops::{Bound, RangeInclusive};

use jiff::Timestamp;
use postern_query::{Among, Comparison, Number};
use tantivy::Term;
use tantivy::query::{EmptyQuery, Query, RangeQuery};
use tantivy::schema::Field;

/// The whole numbers that are wanted; `None` when no number is.
pub(crate) type Range = Option<RangeInclusive<i64>>;

/// Ranges that must hold together, one for each field.
#[derive(Debug, Default)]
pub(crate) struct Ranges(Vec<(Field, Range)>);

impl Ranges {
    /// Leaves what is in this range too.
    pub(crate) fn narrow(&mut self, field: Field, range: Range) {
        match self.0.iter_mut().find(|(known, _)| *known == field) {
            Some((_, known)) => *known = overlap(known.take(), range),
            None => self.0.push((field, range)),
        }
    }

    /// The documents of each.
    pub(crate) fn queries(self) -> impl Iterator<Item = Box<dyn Query>> {
        self.0.into_iter().map(|(field, range)| query(field, range))
    }
}

fn overlap(one: Range, other: Range) -> Range {
    let (one, other) = (one?, other?);
    let both = *one.start().max(other.start())..=*one.end().min(other.end());
    (!both.is_empty()).then_some(both)
}

/// The values that compare so with the number; `None` when no value does.
pub(crate) fn of_number(comparison: Comparison, number: Number) -> Range {
    let all = |holds: bool| holds.then_some(i64::MIN..=i64::MAX);
    match number.among()? {
        Among::Below => all(comparison.accepts(Ordering::Greater)),
        Among::Between(floor, ceiling) => between(comparison, floor, ceiling),
        Among::Above => all(comparison.accepts(Ordering::Less)),
    }
}

/// The milliseconds that compare so with the moment; `None` when none do.
pub(crate) fn of_moment(comparison: Comparison, moment: Timestamp) -> Range {
    let floor = crate::format::stored::milliseconds(moment);
    let is_whole = moment.as_nanosecond() == i128::from(floor) * 1_000_000;
    between(comparison, floor, if is_whole { floor } else { floor + 1 })
}

/// The documents with a value in the range.
pub(crate) fn query(field: Field, range: Range) -> Box<dyn Query> {
    let Some(range) = range else { return Box::new(EmptyQuery) };
    let bound = |value: &i64| Bound::Included(Term::from_field_i64(field, *value));
    Box::new(RangeQuery::new(bound(range.start()), bound(range.end())))
}

/// The whole numbers that compare so with a number between `floor` and `ceiling`, which are the
/// same for a whole number.
fn between(comparison: Comparison, floor: i64, ceiling: i64) -> Range {
    let range = match comparison {
        Comparison::Equal => ceiling..=floor,
        Comparison::Less => i64::MIN..=ceiling.checked_sub(1)?,
        Comparison::AtMost => i64::MIN..=floor,
        Comparison::Greater => floor.checked_add(1)?..=i64::MAX,
        Comparison::AtLeast => ceiling..=i64::MAX,
    };
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: RangeInclusive<i64> = i64::MIN..=i64::MAX;

    #[test]
    fn numbers() {
        use Comparison::{AtLeast, AtMost, Equal, Greater, Less};
        for (comparison, number, expected) in [
            (Equal, Number::Integer(3), Some(3..=3)),
            (Less, Number::Integer(i64::MIN), None),
            (Greater, Number::Integer(i64::MAX), None),
            (AtLeast, Number::Integer(i64::MIN), Some(ALL)),
            (Equal, Number::Float(2.5), None),
            (Less, Number::Float(2.5), Some(i64::MIN..=2)),
            (AtMost, Number::Float(2.5), Some(i64::MIN..=2)),
            (Greater, Number::Float(2.5), Some(3..=i64::MAX)),
            (AtLeast, Number::Float(2.0), Some(2..=i64::MAX)),
            (Less, Number::Float(1e300), Some(ALL)),
            (Greater, Number::Float(1e300), None),
            (Greater, Number::Float(-1e300), Some(ALL)),
            (AtMost, Number::Float(-9_223_372_036_854_775_808.0), Some(i64::MIN..=i64::MIN)),
        ] {
            assert_eq!(of_number(comparison, number), expected, "{comparison:?} {number:?}");
        }
    }

    #[test]
    fn ranges_of_one_field_become_one() {
        for (one, other, expected) in [
            (Some(0..=5), Some(3..=9), Some(3..=5)),
            (Some(0..=5), Some(5..=9), Some(5..=5)),
            (Some(0..=5), Some(6..=9), None),
            (Some(0..=5), None, None),
        ] {
            assert_eq!(overlap(one, other), expected);
        }
    }

    #[test]
    fn moments_between_milliseconds() {
        let moment = Timestamp::from_nanosecond(1_500_000).unwrap();
        for (comparison, expected) in [
            (Comparison::Equal, None),
            (Comparison::Less, Some(i64::MIN..=1)),
            (Comparison::AtMost, Some(i64::MIN..=1)),
            (Comparison::Greater, Some(2..=i64::MAX)),
            (Comparison::AtLeast, Some(2..=i64::MAX)),
        ] {
            assert_eq!(of_moment(comparison, moment), expected, "{comparison:?}");
        }
    }
}
