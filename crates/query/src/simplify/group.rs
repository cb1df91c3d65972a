//! The parts of one group. Parts about the same value become one.

use std::collections::HashMap;

use super::merge::{Merge, Merged};
use super::pass::Join;
use super::ranges::Side;
use crate::Expr;
use crate::query::Role;
use crate::schema::{FlagField, InstantField, NumberField, RecipientList, StringField};

/// The value that a leaf is about. Only leaves about the same value may become one.
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

/// The key under which a leaf is found. Comparisons of one value in different directions have different
/// keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) about: About,
    pub(super) side: Option<Side>,
}

impl Key {
    /// Whether leaves of this key come before others about the same value: the others
    /// merge into them.
    fn comes_first(self, join: Join) -> bool {
        matches!(
            (self.side, join),
            (Some(Side::At), Join::And) | (Some(Side::Below | Side::Above), Join::Or)
        )
    }

    /// The keys of leaves with which a leaf of this key may merge, or which it may contradict.
    ///
    /// Under `and` the other direction comes before the same one: if two bounds do not contradict a
    /// third, their merger does not contradict it either.
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

/// The remaining parts of a group so far, each with its place.
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

    /// The parts with their places, in the order in which they are merged.
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

    /// Adds a part, or merges it with one that is there.
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

    /// The remaining parts, in the order of their places.
    pub(super) fn into_parts(mut self) -> Vec<Expr<L>> {
        self.kept.sort_unstable_by_key(|(at, _)| *at);
        self.kept.into_iter().map(|(_, part)| part).collect()
    }
}
