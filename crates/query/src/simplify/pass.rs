//! One walk over a tree, from the leaves up.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::Rewrite;
use super::group::Group;
use super::merge::{Merge, Merged, list};
use crate::query::Predicate;
use crate::{AttachmentTest, Expr, Located, RecipientTest, StringTest};

/// One walk over a tree. It records the rewrites that applied.
#[derive(Debug, Default)]
pub(super) struct Pass(BTreeSet<Rewrite>);

/// How the parts of a group are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

impl Join {
    fn group<L>(self) -> fn(Vec<Expr<L>>) -> Expr<L> {
        match self {
            Self::And => Expr::And,
            Self::Or => Expr::Or,
        }
    }

    /// The constant that decides the group: false under `and`, true under `or`.
    fn decides<L>(self, part: &Expr<L>) -> bool {
        match (self, part) {
            (Self::And, Expr::Or(parts)) | (Self::Or, Expr::And(parts)) => parts.is_empty(),
            _ => false,
        }
    }

    /// Whether a part and its opposite decide the group. At one place both may fail: the part itself, and its
    /// opposite because of another place.
    fn is_decided_by_opposites<L: Leaf>(self, part: &Expr<L>) -> bool {
        match self {
            Self::And => true,
            Self::Or => !part.has_positive(&L::is_of_place),
        }
    }

    /// The result of the group then.
    const fn decided<L>(self) -> Expr<L> {
        match self {
            Self::And => Expr::nothing(),
            Self::Or => Expr::everything(),
        }
    }
}

/// A leaf that may have something to simplify inside.
pub(super) trait Leaf: Merge + Eq + Hash {
    fn inside(self, pass: &mut Pass) -> Self;
}

impl Leaf for Located<Predicate> {
    fn inside(self, pass: &mut Pass) -> Self {
        let value = match self.value {
            Predicate::String(field, test) => Predicate::String(field, test.inside(pass)),
            Predicate::Recipient(list, test) => Predicate::Recipient(list, pass.tree(test)),
            Predicate::Attachment(test) => Predicate::Attachment(pass.tree(test)),
            Predicate::Category(test) => Predicate::Category(pass.tree(test)),
            other @ (Predicate::Text(_)
            | Predicate::Flag(..)
            | Predicate::Number(..)
            | Predicate::Instant(..)
            | Predicate::Reference(_)
            | Predicate::Set(_)
            | Predicate::Person { .. }) => other,
        };
        Self::new(value, self.span)
    }
}

impl Leaf for RecipientTest {
    fn inside(self, pass: &mut Pass) -> Self {
        match self {
            Self::Name(test) => Self::Name(test.inside(pass)),
            Self::Address(test) => Self::Address(test.inside(pass)),
        }
    }
}

impl Leaf for AttachmentTest {
    fn inside(self, pass: &mut Pass) -> Self {
        match self {
            Self::Name(test) => Self::Name(test.inside(pass)),
            Self::ContentType(test) => Self::ContentType(test.inside(pass)),
            other @ (Self::Size(_)
            | Self::Named(_)
            | Self::Extension(_)
            | Self::Words(_)
            | Self::Shaped(_)) => other,
        }
    }
}

impl Leaf for StringTest {
    /// Each text of a list once.
    fn inside(self, pass: &mut Pass) -> Self {
        let Self::OneOf(mut texts) = self else { return self };
        let count = texts.len();
        let mut seen = HashSet::with_capacity(count);
        texts.retain(|text| seen.insert(text.clone()));
        if texts.len() == count {
            return Self::OneOf(texts);
        }
        pass.note(Rewrite::Duplicates);
        list(texts)
    }
}

impl Pass {
    /// The rewrites that applied, each once.
    pub(super) fn rewrites(self) -> Vec<Rewrite> {
        self.0.into_iter().collect()
    }

    fn note(&mut self, rewrite: Rewrite) {
        self.0.insert(rewrite);
    }

    pub(super) fn tree<L: Leaf>(&mut self, tree: Expr<L>) -> Expr<L> {
        match tree {
            Expr::Leaf(leaf) => self.never(leaf),
            Expr::Not(inner) => self.negation(*inner),
            Expr::And(parts) => self.group(parts, Join::And),
            Expr::Or(parts) => self.group(parts, Join::Or),
        }
    }

    /// A leaf, or `None` if no message can match it.
    fn never<L: Leaf>(&mut self, leaf: L) -> Expr<L> {
        let leaf = leaf.inside(self);
        if leaf.never_holds() {
            return self.constant(Expr::nothing());
        }
        Expr::Leaf(leaf)
    }

    fn negation<L: Leaf>(&mut self, inner: Expr<L>) -> Expr<L> {
        let inner = self.tree(inner);
        match inner {
            // A NOT speaks of every place, so under two of them a place is any place, and not the one of the other
            // conditions.
            Expr::Not(twice) if twice.has_positive(&L::is_of_place) => {
                Expr::Not(Box::new(Expr::Not(twice)))
            }
            Expr::Not(twice) => {
                self.note(Rewrite::Negation);
                *twice
            }
            Expr::And(parts) if parts.is_empty() => self.constant(Expr::nothing()),
            Expr::Or(parts) if parts.is_empty() => self.constant(Expr::everything()),
            other => Expr::negated(other),
        }
    }

    fn constant<L>(&mut self, constant: Expr<L>) -> Expr<L> {
        self.note(Rewrite::Constants);
        constant
    }

    fn group<L: Leaf>(&mut self, parts: Vec<Expr<L>>, join: Join) -> Expr<L> {
        match self.parts(parts, join) {
            Some(parts) => Expr::group(parts, join.group()),
            None => self.constant(join.decided()),
        }
    }

    /// The remaining parts; `None` if some of them decide the group.
    fn parts<L: Leaf>(&mut self, parts: Vec<Expr<L>>, join: Join) -> Option<Vec<Expr<L>>> {
        let flat = self.flat(parts, join)?;
        let unique = self.unique(flat, join)?;
        let count = unique.len();
        let merged = self.merged(unique, join)?;
        if merged.len() == count {
            return Some(merged);
        }
        // A merged part has more inside, and may be the opposite of another part.
        let again = merged.into_iter().map(|part| match part {
            Expr::Leaf(leaf) => Expr::Leaf(leaf.inside(self)),
            other => other,
        });
        let again = again.collect();
        self.unique(again, join)
    }

    fn flat<L: Leaf>(&mut self, parts: Vec<Expr<L>>, join: Join) -> Option<Vec<Expr<L>>> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            let part = self.tree(part);
            if join.decides(&part) {
                return None;
            }
            match (part, join) {
                (Expr::And(inner), Join::And) | (Expr::Or(inner), Join::Or) => {
                    self.note(if inner.is_empty() { Rewrite::Constants } else { Rewrite::Flatten });
                    flat.extend(inner);
                }
                (part, _) => flat.push(part),
            }
        }
        Some(flat)
    }

    /// Each part once; `None` if two opposites decide the group.
    fn unique<L: Leaf>(&mut self, mut parts: Vec<Expr<L>>, join: Join) -> Option<Vec<Expr<L>>> {
        let mut seen: HashMap<_, [bool; 2]> = HashMap::with_capacity(parts.len());
        let mut keep = Vec::with_capacity(parts.len());
        for part in &parts {
            let (is_negated, inner) = match part {
                Expr::Not(inner) => (true, &**inner),
                other => (false, other),
            };
            let [yes, no] = seen.entry(inner).or_default();
            let (same, opposite) = if is_negated { (no, *yes) } else { (yes, *no) };
            if opposite && join.is_decided_by_opposites(inner) {
                self.note(Rewrite::Opposites);
                return None;
            }
            keep.push(!std::mem::replace(same, true));
        }
        if keep.contains(&false) {
            self.note(Rewrite::Duplicates);
            let mut keep = keep.into_iter();
            parts.retain(|_| keep.next().unwrap_or(true));
        }
        Some(parts)
    }

    /// Merges parts that can become one; `None` if two contradict each other.
    fn merged<L: Leaf>(&mut self, parts: Vec<Expr<L>>, join: Join) -> Option<Vec<Expr<L>>> {
        let mut group = Group::new(join);
        for (at, part) in group.in_order(parts) {
            match group.add(at, part) {
                None => {}
                Some(Merged::Into(rewrite)) => self.note(rewrite),
                Some(Merged::Never) => {
                    self.note(Rewrite::Contradictions);
                    return None;
                }
            }
        }
        Some(group.into_parts())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::Hasher;

    use super::*;
    use crate::simplify::group::Key;

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A leaf that counts comparisons.
    #[derive(Clone, Debug)]
    struct Counted(usize);

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted {}

    impl Hash for Counted {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    impl Merge for Counted {
        fn key(&self, _: Join) -> Option<Key> {
            None
        }

        fn absorb(&mut self, _: &mut Self, _: Join) -> Option<Merged> {
            None
        }

        fn never_holds(&self) -> bool {
            false
        }
    }

    impl Leaf for Counted {
        fn inside(self, _: &mut Pass) -> Self {
            self
        }
    }

    #[test]
    fn parts_are_not_compared_each_with_each() {
        let parts = |from: usize| (from..from + 20_000).map(|number| Expr::Leaf(Counted(number)));
        let negated = parts(20_000).map(Expr::negated);
        let distinct: Vec<_> = parts(0).chain(negated).collect();
        COMPARED.set(0);
        let simplified = Pass::default().tree(Expr::Or(distinct.clone()));
        assert!(COMPARED.get() < 40_000, "{} comparisons", COMPARED.get());
        assert_eq!(simplified, Expr::Or(distinct));
    }
}
