//! The parts of one group, those about the same value as one.

use std::collections::HashMap;

use super::merge::{Merge, Merged};
use super::pass::Join;
use super::ranges::Side;
use crate::Expr;
use crate::query::Role;
use crate::schema::{FlagField, InstantField, NumberField, RecipientList, StringField};

/// What a leaf is about; only leaves about the same may become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum About {
    String(StringField),
    Flag(FlagField),
    Number(NumberField),
    Instant(InstantField),
    Recipient(RecipientList),
    Attachment,
    Category,
    Person(Role),
    /// The parts of one element, and an element without parts.
    Name,
    Address,
    ContentType,
    Size,
    Element,
}

/// Where a leaf is looked for; comparisons of one value on different sides stand apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) about: About,
    pub(super) side: Option<Side>,
}

impl Key {
    /// Whether leaves of this key come before others about the same: they are those that others
    /// vanish in.
    fn comes_first(self, join: Join) -> bool {
        matches!(
            (self.side, join),
            (Some(Side::At), Join::And) | (Some(Side::Below | Side::Above), Join::Or)
        )
    }

    /// The keys of leaves that a leaf of this key may vanish in, or contradict.
    ///
    /// Under `and` the other side comes before the same side: two bounds that do not contradict a
    /// third do not contradict it as one.
    fn rivals(self, join: Join) -> impl Iterator<Item = Self> {
        let sides: &'static [Option<Side>] = match (self.side, join) {
            (None, _) => &[None],
            (Some(Side::At), Join::And) => &[Some(Side::At)],
            (Some(Side::Below), Join::And) => {
                &[Some(Side::At), Some(Side::Above), Some(Side::Below)]
            }
            (Some(Side::Above), Join::And) => {
                &[Some(Side::At), Some(Side::Below), Some(Side::Above)]
            }
            (Some(Side::At), Join::Or) => &[Some(Side::Below), Some(Side::Above)],
            (Some(Side::Below), Join::Or) => &[Some(Side::Below)],
            (Some(Side::Above), Join::Or) => &[Some(Side::Above)],
        };
        sides.iter().map(move |side| Self { side: *side, ..self })
    }
}

/// What is left of a group so far, each part with its place among all of them.
#[derive(Debug)]
pub(super) struct Group<L> {
    join: Join,
    kept: Vec<(usize, Expr<L>)>,
    by_key: HashMap<Key, usize>,
}

impl<L: Merge> Group<L> {
    pub(super) fn new(join: Join) -> Self {
        Self { join, kept: Vec::new(), by_key: HashMap::new() }
    }

    /// The parts with their places, those first that come first.
    pub(super) fn in_order(
        &self,
        parts: Vec<Expr<L>>,
    ) -> impl Iterator<Item = (usize, Expr<L>)> + use<L> {
        let comes_first = |(_, part): &(usize, Expr<L>)| {
            self.key(part).is_some_and(|key| key.comes_first(self.join))
        };
        let (first, then): (Vec<_>, Vec<_>) = parts.into_iter().enumerate().partition(comes_first);
        first.into_iter().chain(then)
    }

    fn key(&self, part: &Expr<L>) -> Option<Key> {
        match part {
            Expr::Leaf(leaf) => leaf.key(self.join),
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) => None,
        }
    }

    /// Adds a part, or what it makes of one that is there.
    pub(super) fn add(&mut self, at: usize, mut part: Expr<L>) -> Option<Merged> {
        if let Some(key) = self.key(&part) {
            let merged = key.rivals(self.join).find_map(|rival| self.absorb(rival, &mut part));
            if merged.is_some() {
                return merged;
            }
            self.by_key.insert(key, self.kept.len());
        }
        self.kept.push((at, part));
        None
    }

    fn absorb(&mut self, rival: Key, part: &mut Expr<L>) -> Option<Merged> {
        let (_, kept) = self.kept.get_mut(*self.by_key.get(&rival)?)?;
        let (Expr::Leaf(kept), Expr::Leaf(leaf)) = (kept, part) else { return None };
        kept.absorb(leaf, self.join)
    }

    /// What is left, in the order of the places.
    pub(super) fn into_parts(mut self) -> Vec<Expr<L>> {
        self.kept.sort_unstable_by_key(|(at, _)| *at);
        self.kept.into_iter().map(|(_, part)| part).collect()
    }
}
