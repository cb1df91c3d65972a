//! Two conditions on one value as one.

use std::collections::HashSet;

use super::Rewrite;
use super::group::{About, Key};
use super::pass::Join;
use super::ranges::{self, Side};
use crate::query::{
    AttachmentTest, InstantTest, Number, NumberTest, PersonPattern, Predicate, RecipientTest, Role,
    StringTest,
};
use crate::{Expr, Located};

/// The result for two conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merged {
    /// They became one.
    Into(Rewrite),
    /// They cannot both hold.
    Never,
}

/// A condition that may become one with another of its group.
pub(super) trait Merge {
    /// The key under which similar conditions are found; `None` if it never merges.
    fn key(&self, join: Join) -> Option<Key>;

    /// Merges another condition about the same value into this one. The other one is then used up, but for
    /// its place. `None` if the two stay two, and then nothing has changed.
    fn absorb(&mut self, other: &mut Self, join: Join) -> Option<Merged>;

    /// Whether no value passes it.
    fn never_holds(&self) -> bool;

    /// Whether it is read at one place of the message.
    fn is_of_place(&self) -> bool {
        false
    }
}

const fn about(about: About) -> Option<Key> {
    Some(Key { about, side: None })
}

impl Merge for Located<Predicate> {
    fn key(&self, join: Join) -> Option<Key> {
        match (&self.value, join) {
            (Predicate::String(field, test), _) => test.about(About::String(*field), join),
            (Predicate::Number(field, test), _) => number_key(About::Number(*field), *test),
            (Predicate::Instant(field, InstantTest::Compare(comparison, _)), _) => {
                Some(Key { about: About::Instant(*field), side: Some(Side::of(*comparison)) })
            }
            (Predicate::Flag(field, _), Join::And) => about(About::Flag(*field)),
            (Predicate::Person { roles, pattern: PersonPattern::Address(_) }, Join::And) => {
                only_one(roles).and_then(|role| about(About::Person(role)))
            }
            (Predicate::Recipient(list, _), Join::Or) => about(About::Recipient(*list)),
            (Predicate::Attachment(_), Join::Or) => about(About::Attachment),
            (Predicate::Category(_), Join::Or) => about(About::Category),
            (
                Predicate::Text(_)
                | Predicate::Flag(..)
                | Predicate::Instant(_, InstantTest::Missing)
                | Predicate::Recipient(..)
                | Predicate::Attachment(_)
                | Predicate::Category(_)
                | Predicate::Reference(_)
                | Predicate::Set(_)
                | Predicate::Person { .. },
                Join::And | Join::Or,
            ) => None,
        }
    }

    fn absorb(&mut self, other: &mut Self, join: Join) -> Option<Merged> {
        match (&mut self.value, &mut other.value) {
            (Predicate::String(_, one), Predicate::String(_, two)) => one.absorb(two, join),
            (Predicate::Number(_, one), Predicate::Number(_, two)) => numbers(one, *two, join),
            (Predicate::Instant(_, one), Predicate::Instant(_, two)) => instants(one, *two, join),
            (Predicate::Recipient(_, one), Predicate::Recipient(_, two)) => alternatives(one, two),
            (Predicate::Attachment(one), Predicate::Attachment(two)) => alternatives(one, two),
            (Predicate::Category(one), Predicate::Category(two)) => alternatives(one, two),
            // There is one value, so two different tests exclude each other. Equal ones are gone as duplicates.
            (Predicate::Flag(..), Predicate::Flag(..))
            | (Predicate::Person { .. }, Predicate::Person { .. }) => Some(Merged::Never),
            _ => None,
        }
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
            | Predicate::Set(_)
            | Predicate::Person { .. } => false,
        }
    }

    fn is_of_place(&self) -> bool {
        self.value.is_of_place()
    }
}

const fn is_nothing<L>(test: &Expr<L>) -> bool {
    matches!(test, Expr::Or(parts) if parts.is_empty())
}

/// The role, if a message has one person in it.
const fn only_one(roles: &[Role]) -> Option<Role> {
    match roles {
        [role @ (Role::From | Role::Owner)] => Some(*role),
        _ => None,
    }
}

/// One element with alternatives. The walk simplifies them later.
fn alternatives<L>(one: &mut Expr<L>, two: &mut Expr<L>) -> Option<Merged> {
    let mut parts = taken(one);
    parts.append(&mut taken(two));
    *one = Expr::Or(parts);
    Some(Merged::Into(Rewrite::OneElement))
}

fn taken<L>(expr: &mut Expr<L>) -> Vec<Expr<L>> {
    match std::mem::replace(expr, Expr::nothing()) {
        Expr::Or(parts) => parts,
        other => vec![other],
    }
}

impl StringTest {
    fn about(&self, what: About, join: Join) -> Option<Key> {
        match (self, join) {
            (Self::Is(_) | Self::OneOf(_), Join::And | Join::Or) | (Self::Missing, Join::And) => {
                about(what)
            }
            (Self::Same(_) | Self::Shaped(_) | Self::PathEnd(_), Join::And | Join::Or)
            | (Self::Missing, Join::Or) => None,
        }
    }

    /// The texts that pass. A missing value never passes.
    fn take_texts(&mut self) -> Vec<String> {
        match std::mem::replace(self, Self::Missing) {
            Self::Is(text) => vec![text],
            Self::OneOf(texts) => texts,
            Self::Same(_) | Self::Shaped(_) | Self::PathEnd(_) | Self::Missing => Vec::new(),
        }
    }
}

impl Merge for StringTest {
    fn key(&self, join: Join) -> Option<Key> {
        self.about(About::Element, join)
    }

    fn absorb(&mut self, other: &mut Self, join: Join) -> Option<Merged> {
        let (mut texts, more) = (self.take_texts(), other.take_texts());
        match join {
            Join::Or => texts.extend(more),
            Join::And => {
                let more: HashSet<_> = more.into_iter().collect();
                texts.retain(|text| more.contains(text));
                if texts.is_empty() {
                    return Some(Merged::Never);
                }
            }
        }
        *self = list(texts);
        Some(Merged::Into(Rewrite::Membership))
    }

    fn never_holds(&self) -> bool {
        matches!(self, Self::OneOf(texts) if texts.is_empty())
    }
}

/// Exactly one of these.
pub(super) fn list(mut texts: Vec<String>) -> StringTest {
    match texts.pop() {
        Some(only) if texts.is_empty() => StringTest::Is(only),
        last => {
            texts.extend(last);
            StringTest::OneOf(texts)
        }
    }
}

/// Inside one element, names and addresses are values like any other.
impl Merge for RecipientTest {
    fn key(&self, join: Join) -> Option<Key> {
        match self {
            Self::Name(test) => test.about(About::Name, join),
            Self::Address(test) => test.about(About::Address, join),
        }
    }

    fn absorb(&mut self, other: &mut Self, join: Join) -> Option<Merged> {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) | (Self::Address(one), Self::Address(two)) => {
                one.absorb(two, join)
            }
            (Self::Name(_), Self::Address(_)) | (Self::Address(_), Self::Name(_)) => None,
        }
    }

    fn never_holds(&self) -> bool {
        let (Self::Name(test) | Self::Address(test)) = self;
        test.never_holds()
    }
}

impl Merge for AttachmentTest {
    fn key(&self, join: Join) -> Option<Key> {
        match self {
            Self::Name(test) => test.about(About::Name, join),
            Self::ContentType(test) => test.about(About::ContentType, join),
            Self::Size(test) => number_key(About::Size, *test),
            Self::Named(_) | Self::Extension(_) | Self::Words(_) | Self::Shaped(_) => None,
        }
    }

    fn absorb(&mut self, other: &mut Self, join: Join) -> Option<Merged> {
        match (self, other) {
            (Self::Name(one), Self::Name(two))
            | (Self::ContentType(one), Self::ContentType(two)) => one.absorb(two, join),
            (Self::Size(one), Self::Size(two)) => numbers(one, *two, join),
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

/// Fractions stay alone: they have no total order.
fn number_key(about: About, test: NumberTest) -> Option<Key> {
    match test {
        NumberTest::Compare(comparison, Number::Integer(_)) => {
            Some(Key { about, side: Some(Side::of(comparison)) })
        }
        NumberTest::Compare(_, Number::Float(_)) | NumberTest::Missing => None,
    }
}

fn numbers(one: &mut NumberTest, two: NumberTest, join: Join) -> Option<Merged> {
    use NumberTest::Compare;
    let Compare(first, Number::Integer(number)) = *one else { return None };
    let Compare(second, Number::Integer(other)) = two else { return None };
    let mut test = (first, number);
    let merged = ranges::absorb(&mut test, (second, other), join);
    *one = Compare(test.0, Number::Integer(test.1));
    merged
}

fn instants(one: &mut InstantTest, two: InstantTest, join: Join) -> Option<Merged> {
    use InstantTest::Compare;
    let (Compare(first, moment), Compare(second, other)) = (*one, two) else { return None };
    let mut test = (first, moment);
    let merged = ranges::absorb(&mut test, (second, other), join);
    *one = Compare(test.0, test.1);
    merged
}
