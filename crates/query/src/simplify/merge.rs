//! Two conditions on one value as one.

use super::{Rewrite, ranges};
use crate::query::{
    AttachmentTest, FlagTest, InstantTest, NumberTest, PersonPattern, Predicate, RecipientTest,
    Role, StringTest,
};
use crate::{Expr, Located};

/// What two conditions are together.
pub(super) enum Merged<L> {
    /// One condition.
    Into(L, Rewrite),
    /// They cannot both hold.
    Never,
}

impl<L> Merged<L> {
    pub(super) fn map<M>(self, map: impl FnOnce(L) -> M) -> Merged<M> {
        match self {
            Self::Into(leaf, rewrite) => Merged::Into(map(leaf), rewrite),
            Self::Never => Merged::Never,
        }
    }
}

/// A condition that may become one with another; `None` where the two stay two.
pub(super) trait Merge: Clone + PartialEq {
    /// Both hold.
    fn both(&self, other: &Self) -> Option<Merged<Self>>;

    /// At least one holds.
    fn either(&self, other: &Self) -> Option<Merged<Self>>;

    /// Nothing can pass it.
    fn never_holds(&self) -> bool {
        false
    }
}

impl Merge for Located<Predicate> {
    fn both(&self, other: &Self) -> Option<Merged<Self>> {
        let merged = match (&self.value, &other.value) {
            (Predicate::String(field, one), Predicate::String(same, two)) if field == same => {
                one.both(two)?.map(|test| Predicate::String(*field, test))
            }
            (Predicate::Flag(field, one), Predicate::Flag(same, two)) if field == same => {
                flags(*one, *two)?.map(|test| Predicate::Flag(*field, test))
            }
            (Predicate::Number(field, one), Predicate::Number(same, two)) if field == same => {
                numbers(*one, *two, ranges::both)?.map(|test| Predicate::Number(*field, test))
            }
            (Predicate::Instant(field, one), Predicate::Instant(same, two)) if field == same => {
                instants(*one, *two, ranges::both)?.map(|test| Predicate::Instant(*field, test))
            }
            (one, two) if other_person(one, two) => Merged::Never,
            _ => return None,
        };
        Some(merged.map(|value| Self::new(value, self.span)))
    }

    fn either(&self, other: &Self) -> Option<Merged<Self>> {
        let merged = match (&self.value, &other.value) {
            (Predicate::String(field, one), Predicate::String(same, two)) if field == same => {
                one.either(two)?.map(|test| Predicate::String(*field, test))
            }
            (Predicate::Number(field, one), Predicate::Number(same, two)) if field == same => {
                numbers(*one, *two, ranges::either)?.map(|test| Predicate::Number(*field, test))
            }
            (Predicate::Instant(field, one), Predicate::Instant(same, two)) if field == same => {
                instants(*one, *two, ranges::either)?.map(|test| Predicate::Instant(*field, test))
            }
            (Predicate::Recipient(list, one), Predicate::Recipient(same, two)) if list == same => {
                element(one, two).map(|test| Predicate::Recipient(*list, test))
            }
            (Predicate::Attachment(one), Predicate::Attachment(two)) => {
                element(one, two).map(Predicate::Attachment)
            }
            (Predicate::Category(one), Predicate::Category(two)) => {
                element(one, two).map(Predicate::Category)
            }
            _ => return None,
        };
        Some(merged.map(|value| Self::new(value, self.span)))
    }

    fn never_holds(&self) -> bool {
        match &self.value {
            Predicate::String(_, test) => test.never_holds(),
            Predicate::Recipient(_, test) => is_nothing(test),
            Predicate::Attachment(test) => is_nothing(test),
            Predicate::Category(test) => is_nothing(test),
            Predicate::Text(_)
            | Predicate::Flag(..)
            | Predicate::Number(..)
            | Predicate::Instant(..)
            | Predicate::Reference(_)
            | Predicate::Person { .. } => false,
        }
    }
}

const fn is_nothing<L>(test: &Expr<L>) -> bool {
    matches!(test, Expr::Or(parts) if parts.is_empty())
}

/// One element with alternatives; these stay in a group of their own and are simplified no further.
fn element<L: Merge>(one: &Expr<L>, two: &Expr<L>) -> Merged<Expr<L>> {
    let parts = Expr::Or(vec![one.clone(), two.clone()]).flattened();
    Merged::Into(parts, Rewrite::OneElement)
}

/// Two whole addresses in a place that has one.
fn other_person(one: &Predicate, two: &Predicate) -> bool {
    let address = |predicate: &Predicate| match predicate {
        Predicate::Person { roles, pattern: PersonPattern::Address(address) } => {
            matches!(roles.as_slice(), [Role::From | Role::Owner])
                .then(|| (roles.clone(), address.clone()))
        }
        _ => None,
    };
    matches!((address(one), address(two)),
        (Some((role, one)), Some((same, two))) if role == same && one != two)
}

impl Merge for StringTest {
    fn both(&self, other: &Self) -> Option<Merged<Self>> {
        match (self, other) {
            (Self::Missing, Self::Is(_) | Self::OneOf(_))
            | (Self::Is(_) | Self::OneOf(_), Self::Missing) => Some(Merged::Never),
            _ => {
                let (one, two) = (values(self)?, values(other)?);
                let common: Vec<_> = one.iter().filter(|text| two.contains(text)).collect();
                Some(match common.as_slice() {
                    [] => Merged::Never,
                    _ => Merged::Into(list(common.into_iter().cloned()), Rewrite::Membership),
                })
            }
        }
    }

    fn either(&self, other: &Self) -> Option<Merged<Self>> {
        let (one, two) = (values(self)?, values(other)?);
        let more = two.iter().filter(|text| !one.contains(text));
        Some(Merged::Into(list(one.iter().chain(more).cloned()), Rewrite::Membership))
    }

    fn never_holds(&self) -> bool {
        matches!(self, Self::OneOf(texts) if texts.is_empty())
    }
}

/// The texts that pass.
fn values(test: &StringTest) -> Option<&[String]> {
    match test {
        StringTest::Is(text) => Some(std::slice::from_ref(text)),
        StringTest::OneOf(texts) => Some(texts),
        StringTest::Same(_)
        | StringTest::Shaped(_)
        | StringTest::PathEnd(_)
        | StringTest::Missing => None,
    }
}

fn list(texts: impl Iterator<Item = String>) -> StringTest {
    let mut texts: Vec<_> = texts.collect();
    match texts.pop() {
        Some(only) if texts.is_empty() => StringTest::Is(only),
        last => StringTest::OneOf(texts.into_iter().chain(last).collect()),
    }
}

/// Inside of one element names and addresses are values like any other.
impl Merge for RecipientTest {
    fn both(&self, other: &Self) -> Option<Merged<Self>> {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) => Some(one.both(two)?.map(Self::Name)),
            (Self::Address(one), Self::Address(two)) => Some(one.both(two)?.map(Self::Address)),
            (Self::Name(_), Self::Address(_)) | (Self::Address(_), Self::Name(_)) => None,
        }
    }

    fn either(&self, other: &Self) -> Option<Merged<Self>> {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) => Some(one.either(two)?.map(Self::Name)),
            (Self::Address(one), Self::Address(two)) => Some(one.either(two)?.map(Self::Address)),
            (Self::Name(_), Self::Address(_)) | (Self::Address(_), Self::Name(_)) => None,
        }
    }

    fn never_holds(&self) -> bool {
        let (Self::Name(test) | Self::Address(test)) = self;
        test.never_holds()
    }
}

impl Merge for AttachmentTest {
    fn both(&self, other: &Self) -> Option<Merged<Self>> {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) => Some(one.both(two)?.map(Self::Name)),
            (Self::ContentType(one), Self::ContentType(two)) => {
                Some(one.both(two)?.map(Self::ContentType))
            }
            (Self::Size(one), Self::Size(two)) => {
                Some(numbers(*one, *two, ranges::both)?.map(Self::Size))
            }
            _ => None,
        }
    }

    fn either(&self, other: &Self) -> Option<Merged<Self>> {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) => Some(one.either(two)?.map(Self::Name)),
            (Self::ContentType(one), Self::ContentType(two)) => {
                Some(one.either(two)?.map(Self::ContentType))
            }
            (Self::Size(one), Self::Size(two)) => {
                Some(numbers(*one, *two, ranges::either)?.map(Self::Size))
            }
            _ => None,
        }
    }

    fn never_holds(&self) -> bool {
        match self {
            Self::Name(test) | Self::ContentType(test) => test.never_holds(),
            Self::Size(_)
            | Self::Named(_)
            | Self::Extension(_)
            | Self::Words(_)
            | Self::Shaped(_) => false,
        }
    }
}

/// Different tests of one flag never hold together; equal ones are duplicates.
fn flags(one: FlagTest, two: FlagTest) -> Option<Merged<FlagTest>> {
    (one != two).then_some(Merged::Never)
}

type Together<T> = fn(ranges::Test<T>, ranges::Test<T>) -> Option<Merged<ranges::Test<T>>>;

fn numbers(
    one: NumberTest,
    two: NumberTest,
    together: Together<i64>,
) -> Option<Merged<NumberTest>> {
    use crate::query::Number::Integer;
    match (one, two) {
        (NumberTest::Compare(one, Integer(first)), NumberTest::Compare(two, Integer(second))) => {
            let merged = together((one, first), (two, second))?;
            Some(merged.map(|(test, number)| NumberTest::Compare(test, Integer(number))))
        }
        _ => None,
    }
}

fn instants(
    one: InstantTest,
    two: InstantTest,
    together: Together<jiff::Timestamp>,
) -> Option<Merged<InstantTest>> {
    match (one, two) {
        (InstantTest::Compare(one, first), InstantTest::Compare(two, second)) => {
            let merged = together((one, first), (two, second))?;
            Some(merged.map(|(test, moment)| InstantTest::Compare(test, moment)))
        }
        _ => None,
    }
}
