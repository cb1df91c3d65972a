//! What of a condition must hold at one place of a message.
//!
//! The engine keeps places apart from the message, so a query may ask about the message, or about one place of
//! it. A condition that mixes both is taken apart: `(word or read) and in the inbox` becomes `word and a place in
//! the inbox, or a place that is read and in the inbox`.

use super::mapping::PLACES;
use super::people::in_role;
use super::value::{flag, string};
use super::{Emitter, Said, any, predicate};
use crate::emit::Json;
use crate::query::{Condition, Predicate, Role};
use crate::{Expr, Located, Span};

/// Alternatives into which a condition may fall apart.
const MOST_ALTERNATIVES: usize = 64;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// This, of the message.
    Message(Located<Predicate>),
    /// All of this, of one place. There is no NOT in it.
    Place(Condition),
}

/// Asks for messages with a place at which the condition holds.
pub(super) struct Asking<'a> {
    /// What holds of every place that may be seen; nothing where all may be.
    pub(super) visible: Option<&'a Condition>,
    alternatives: usize,
}

impl<'a> Asking<'a> {
    pub(super) const fn new(visible: Option<&'a Condition>) -> Self {
        Self { visible, alternatives: 0 }
    }

    /// The question; nothing where it falls into too many parts.
    pub(super) fn at_a_place(&mut self, condition: &Condition) -> Option<Expr<Asked>> {
        self.all(vec![parted(condition.clone())])
    }

    /// All of these hold at one place.
    fn all(&mut self, parts: Vec<Condition>) -> Option<Expr<Asked>> {
        let (mut of_message, mut of_place) = (Vec::new(), Vec::new());
        let mut parts = flat(parts);
        if let Some(at) = parts.iter().position(is_mixed) {
            let mixed = parts.swap_remove(at);
            return self.either(mixed, &parts);
        }
        for part in parts {
            if is_of_place(&part) {
                of_place.push(part);
            } else {
                of_message.push(self.of_message(part)?);
            }
        }
        if !of_place.is_empty() || self.visible.is_some() {
            of_place.extend(self.visible.cloned());
            of_message.push(Expr::Leaf(Asked::Place(Expr::group(of_place, Expr::And))));
        }
        Some(Expr::group(of_message, Expr::And))
    }

    /// One of the alternatives holds at one place, and all the others of the parts.
    fn either(&mut self, mixed: Condition, others: &[Condition]) -> Option<Expr<Asked>> {
        let Expr::Or(alternatives) = mixed else { return None };
        let (mixed, plain): (Vec<_>, Vec<_>) = alternatives.into_iter().partition(is_mixed_or_both);
        let (of_place, of_message): (Vec<_>, Vec<_>) = plain.into_iter().partition(is_of_place);
        let groups = [of_message, of_place].into_iter().filter(|group| !group.is_empty());
        let groups = groups.map(|group| Expr::group(group, Expr::Or));
        let mut either = Vec::new();
        for alternative in groups.chain(mixed) {
            self.alternatives += 1;
            if self.alternatives > MOST_ALTERNATIVES {
                return None;
            }
            let parts = others.iter().cloned().chain([alternative]);
            either.push(self.all(parts.collect())?);
        }
        Some(Expr::group(either, Expr::Or))
    }

    /// A condition that only its NOTs ask about places.
    fn of_message(&mut self, part: Condition) -> Option<Expr<Asked>> {
        let mut each = |parts: Vec<Condition>| {
            parts.into_iter().map(|part| self.of_message(part)).collect::<Option<Vec<_>>>()
        };
        match part {
            Expr::Leaf(leaf) => Some(Expr::Leaf(Asked::Message(leaf))),
            Expr::And(parts) => each(parts).map(Expr::And),
            Expr::Or(parts) => each(parts).map(Expr::Or),
            // Whoever asks sees a place of the message, which stands beside this.
            Expr::Not(inner) if !asks_of_places(&inner) => {
                self.of_message(*inner).map(Expr::negated)
            }
            Expr::Not(inner) => self.all(vec![*inner]).map(Expr::negated),
        }
    }
}

/// The parts of a conjunction, with those of the conjunctions in it.
fn flat(parts: Vec<Condition>) -> Vec<Condition> {
    match Expr::And(parts).flattened() {
        Expr::And(parts) => parts,
        other @ (Expr::Or(_) | Expr::Not(_) | Expr::Leaf(_)) => vec![other],
    }
}

/// Whether a part asks about places only, and has no NOT.
fn is_of_place(part: &Condition) -> bool {
    match part {
        Expr::And(parts) | Expr::Or(parts) => !parts.is_empty() && parts.iter().all(is_of_place),
        Expr::Not(_) => false,
        Expr::Leaf(leaf) => leaf.value.is_of_place(),
    }
}

fn asks_at_a_place(part: &Condition) -> bool {
    part.has_positive(&|leaf| leaf.value.is_of_place())
}

fn asks_of_places(part: &Condition) -> bool {
    let mut found = false;
    part.for_each_leaf(&mut |leaf| found |= leaf.value.is_of_place());
    found
}

fn is_mixed(part: &Condition) -> bool {
    matches!(part, Expr::Or(_)) && is_mixed_or_both(part)
}

/// Whether a part asks about the message and about a place.
fn is_mixed_or_both(part: &Condition) -> bool {
    asks_at_a_place(part) && !is_of_place(part)
}

/// The same condition, in which a person is asked for as owner of the mailbox by itself.
fn parted(condition: Condition) -> Condition {
    let each = |parts: Vec<Condition>| parts.into_iter().map(parted).collect();
    match condition {
        Expr::And(parts) => Expr::And(each(parts)),
        Expr::Or(parts) => Expr::Or(each(parts)),
        Expr::Not(inner) => Expr::Not(Box::new(parted(*inner))),
        Expr::Leaf(Located { value: Predicate::Person { roles, pattern }, span })
            if roles.len() > 1 && roles.contains(&Role::Owner) =>
        {
            let person = |roles: Vec<Role>| {
                let pattern = pattern.clone();
                Expr::Leaf(Located::new(Predicate::Person { roles, pattern }, span))
            };
            let others = roles.into_iter().filter(|role| *role != Role::Owner).collect();
            Expr::Or(vec![person(others), person(vec![Role::Owner])])
        }
        leaf @ Expr::Leaf(_) => leaf,
    }
}

impl Emitter<'_> {
    pub(super) fn asked(&mut self, asked: &Asked) -> Option<Said> {
        match asked {
            Asked::Message(leaf) => self.predicate(leaf),
            Asked::Place(condition) => {
                let said = self.tree(condition, &mut |emitter, leaf: &Located<Predicate>| {
                    emitter.of_place(&leaf.value, leaf.span)
                })?;
                let nested = Json::object([("path", PLACES.into()), ("query", said.query)]);
                Some(Said::filter(Json::member("nested", nested)))
            }
        }
    }

    fn of_place(&mut self, leaf: &Predicate, span: Span) -> Option<Said> {
        let at = |path: &str| format!("{PLACES}.{path}");
        let query = match leaf {
            Predicate::String(field, test) => {
                self.whole_value(&at(field.path()), test, span);
                string(&at(field.path()), test)
            }
            Predicate::Flag(field, test) => flag(&at(field.path()), *test),
            Predicate::Person { pattern, .. } => {
                self.left_out(&format!("people.{}", Role::Owner.name()), span);
                let queries = in_role(self.profile, &at(Role::Owner.name()), pattern);
                any(queries.into_iter().map(Said::filter).collect()).query
            }
            Predicate::Text(_)
            | Predicate::Number(..)
            | Predicate::Instant(..)
            | Predicate::Recipient(..)
            | Predicate::Attachment(_)
            | Predicate::Category(_)
            | Predicate::Reference(_)
            | Predicate::Set(_) => return predicate::said(self, leaf, span),
        };
        Some(Said::filter(query))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluate::{evaluate, evaluate_at};
    use crate::odata::parse_filter;
    use crate::{Message, Place};

    fn condition(filter: &str) -> Condition {
        parse_filter(filter).unwrap().condition().clone()
    }

    fn place(mailbox: &str, folder: &str, is_read: bool) -> Place {
        Place {
            mailbox: Some(mailbox.into()),
            folder: Some(folder.into()),
            is_read: Some(is_read),
            ..Place::NOWHERE
        }
    }

    fn leaves() -> impl Strategy<Value = Condition> {
        let of_message = ["hasAttachments", "size gt 5", "fromAddress eq 'a'"];
        let of_place = ["isRead", "mailbox eq 'ann'", "mailbox ne 'ann'", "folder eq 'In'"];
        prop::sample::select([&of_message[..], &of_place].concat()).prop_map(condition)
    }

    fn conditions() -> impl Strategy<Value = Condition> {
        leaves().prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::And),
                prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::Or),
                inner.prop_map(|inner| Expr::Not(Box::new(inner))),
            ]
        })
    }

    fn messages() -> impl Strategy<Value = Message> {
        let places = prop::collection::vec(
            (
                prop::sample::select(vec!["ann", "bob", "eve"]),
                prop::sample::select(vec!["In", "Out"]),
                proptest::bool::ANY,
            ),
            0..4,
        );
        (proptest::bool::ANY, 0..10_i64, proptest::bool::ANY, places).prop_map(
            |(files, size, from, places)| Message {
                has_attachments: Some(files),
                size: Some(size),
                from_address: from.then(|| "a".to_owned()),
                places: places.into_iter().map(|(m, f, r)| place(m, f, r)).collect(),
                ..Message::default()
            },
        )
    }

    /// What an engine answers that keeps the places of a message apart from it.
    fn answers(asked: &Expr<Asked>, message: &Message) -> bool {
        let nowhere = Message { places: Vec::new(), ..message.clone() };
        asked.holds(&mut |leaf| match leaf {
            Asked::Message(leaf) => evaluate(&Expr::Leaf(leaf.clone()), &nowhere),
            Asked::Place(condition) => message
                .each_place()
                .iter()
                .any(|place| evaluate_at(condition, &Message::default(), place)),
        })
    }

    proptest! {
        #[test]
        fn the_question_means_the_condition(condition in conditions(), message in messages()) {
            if let Some(asked) = Asking::new(None).at_a_place(&condition) {
                prop_assert_eq!(answers(&asked, &message), evaluate(&condition, &message));
            }
        }

        #[test]
        fn what_may_not_be_seen_is_not_there(condition in conditions(), message in messages()) {
            let visible = parse_filter("mailbox eq 'ann' or mailbox eq 'bob'").unwrap();
            let visible = visible.condition();
            if let Some(asked) = Asking::new(Some(visible)).at_a_place(&condition) {
                let is_seen = |place: &Place| matches!(place.mailbox.as_deref(), Some("ann" | "bob"));
                let seen = message.clone().seen_at(is_seen);
                let expected = seen.is_some_and(|seen| evaluate(&condition, &seen));
                prop_assert_eq!(answers(&asked, &message), expected);
            }
        }
    }

    /// `NOT` of something about the message stays one condition, also where not all places may be seen.
    #[test]
    fn a_question_stays_small() {
        let visible = condition("mailbox eq 'ann'");
        let mut asking = Asking::new(Some(&visible));
        let asked =
            asking.at_a_place(&condition("not hasAttachments and not (size gt 5)")).unwrap();
        let mut places = 0;
        asked.for_each_leaf(&mut |leaf| places += usize::from(matches!(leaf, Asked::Place(_))));
        assert_eq!(places, 1, "{asked:?}");
    }

    #[test]
    fn too_many_ways_are_refused() {
        let mixed = |number: i64| format!("(size eq {number} or folder eq 'f{number}')");
        let all: Vec<_> = (0..12).map(mixed).collect();
        assert_eq!(Asking::new(None).at_a_place(&condition(&all.join(" and "))), None);
    }
}
