//! Rewrites that make a condition smaller and never change what it means.
//!
//! Each has a name, and stands in `docs/query-compilation.md` as `before => after`. Children come
//! before their parents, so one walk over the tree is enough; the time is at worst the square of
//! the number of parts of one group.

mod merge;
mod ranges;

use merge::Merged;

use crate::query::{Condition, Predicate};
use crate::{Expr, Located, Query};

/// A rewrite that keeps the meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rewrite {
    /// No group stands inside a group of its own kind.
    Flatten,
    /// What always or never holds decides its group, or falls out of it.
    Constants,
    /// The opposite of an opposite is the thing itself.
    Negation,
    /// The same condition counts once.
    Duplicates,
    /// A condition and its opposite never hold together, and one of them always does.
    Opposites,
    /// Equalities of one value under `or` become one list.
    Membership,
    /// Comparisons of one value become the tighter one under `and`, the wider one under `or`.
    Ranges,
    /// Conditions of one value that cannot hold together find nothing.
    Contradictions,
    /// Elements of one list under `or` become one element with alternatives.
    OneElement,
}

impl Rewrite {
    /// Every rewrite in the order in which it is tried.
    pub const ALL: [Self; 9] = [
        Self::Flatten,
        Self::Constants,
        Self::Negation,
        Self::Duplicates,
        Self::Opposites,
        Self::Membership,
        Self::Ranges,
        Self::Contradictions,
        Self::OneElement,
    ];

    /// A filter before and after, as the documentation shows it.
    #[must_use]
    pub const fn example(self) -> (&'static str, &'static str) {
        match self {
            Self::Flatten => (
                "isRead and (hasAttachments and size gt 5)",
                "isRead and hasAttachments and size gt 5",
            ),
            Self::Constants => ("isRead and true or false", "isRead"),
            Self::Negation => ("not (not (size gt 5))", "size gt 5"),
            Self::Duplicates => ("size gt 5 or isRead or size gt 5", "size gt 5 or isRead"),
            Self::Opposites => ("isRead and (size gt 5 or not (size gt 5))", "isRead"),
            Self::Membership => {
                ("fromName eq 'a' or fromName eq 'b'", "search.in(fromName, 'a|b', '|')")
            }
            Self::Ranges => ("size gt 5 and size gt 7", "size gt 7"),
            Self::Contradictions => ("fromName eq 'a' and fromName eq 'b'", "false"),
            Self::OneElement => (
                "toRecipients/any(r: r/address eq 'a') or toRecipients/any(r: r/name eq 'b')",
                "toRecipients/any(r: r/address eq 'a' or r/name eq 'b')",
            ),
        }
    }
}

/// A query with the rewrites that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Simplified {
    /// The same messages in the same order as before.
    pub query: Query,
    /// What was done, each once.
    pub rewrites: Vec<Rewrite>,
}

impl Query {
    /// The same query, smaller where a [`Rewrite`] applies.
    ///
    /// ```
    /// use postern_query::{odata, Rewrite};
    ///
    /// let query = odata::parse_filter("size gt 5 and (size gt 7 and true)")?;
    /// let simplified = query.simplified();
    /// assert_eq!(simplified.query, odata::parse_filter("size gt 7")?);
    /// assert!(simplified.rewrites.contains(&Rewrite::Ranges));
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn simplified(&self) -> Simplified {
        let mut pass = Pass::default();
        let condition = pass.tree(self.condition().clone());
        let query = Self::new(condition, self.order().to_vec());
        pass.0.sort_unstable();
        pass.0.dedup();
        Simplified { query, rewrites: pass.0 }
    }
}

/// One walk over a tree; notes what it did.
#[derive(Default)]
struct Pass(Vec<Rewrite>);

/// What joins the parts of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

impl Join {
    const fn group<L>(self, parts: Vec<Expr<L>>) -> Expr<L> {
        match self {
            Self::And => Expr::And(parts),
            Self::Or => Expr::Or(parts),
        }
    }

    /// What one part has to be to decide the group: false under `and`, true under `or`.
    fn decides<L>(self, part: &Expr<L>) -> bool {
        match (self, part) {
            (Self::And, Expr::Or(parts)) | (Self::Or, Expr::And(parts)) => parts.is_empty(),
            _ => false,
        }
    }

    /// What the group is then.
    const fn decided<L>(self) -> Expr<L> {
        match self {
            Self::And => Expr::nothing(),
            Self::Or => Expr::everything(),
        }
    }
}

/// A leaf that may have a tree of its own inside.
trait Leaf: merge::Merge {
    fn inside(self, pass: &mut Pass) -> Self;
}

impl Leaf for Located<Predicate> {
    fn inside(self, pass: &mut Pass) -> Self {
        let value = match self.value {
            Predicate::Recipient(list, test) => Predicate::Recipient(list, pass.tree(test)),
            Predicate::Attachment(test) => Predicate::Attachment(pass.tree(test)),
            Predicate::Category(test) => Predicate::Category(pass.tree(test)),
            other @ (Predicate::Text(_)
            | Predicate::String(..)
            | Predicate::Flag(..)
            | Predicate::Number(..)
            | Predicate::Instant(..)
            | Predicate::Reference(_)
            | Predicate::Person { .. }) => other,
        };
        Self::new(value, self.span)
    }
}

impl Leaf for crate::RecipientTest {
    fn inside(self, _: &mut Pass) -> Self {
        self
    }
}

impl Leaf for crate::AttachmentTest {
    fn inside(self, _: &mut Pass) -> Self {
        self
    }
}

impl Leaf for crate::StringTest {
    fn inside(self, _: &mut Pass) -> Self {
        self
    }
}

impl Pass {
    fn note(&mut self, rewrite: Rewrite) {
        self.0.push(rewrite);
    }

    fn tree<L: Leaf>(&mut self, tree: Expr<L>) -> Expr<L> {
        match tree {
            Expr::Leaf(leaf) => self.never(leaf),
            Expr::Not(inner) => self.negation(*inner),
            Expr::And(parts) => self.group(parts, Join::And),
            Expr::Or(parts) => self.group(parts, Join::Or),
        }
    }

    /// A leaf, or nothing where no message can have it.
    fn never<L: Leaf>(&mut self, leaf: L) -> Expr<L> {
        let leaf = leaf.inside(self);
        if leaf.never_holds() {
            self.note(Rewrite::Constants);
            return Expr::nothing();
        }
        Expr::Leaf(leaf)
    }

    fn negation<L: Leaf>(&mut self, inner: Expr<L>) -> Expr<L> {
        let inner = self.tree(inner);
        match inner {
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
        if parts.is_empty() {
            return join.group(parts);
        }
        let mut flat: Vec<Expr<L>> = Vec::with_capacity(parts.len());
        for part in parts {
            let part = self.tree(part);
            for part in self.flattened(part, join) {
                if join.decides(&part) || self.add(&mut flat, part, join) {
                    return self.constant(join.decided());
                }
            }
        }
        self.settled(flat, join)
    }

    /// The group of these parts; elements that became one are looked into once more.
    fn settled<L: Leaf>(&mut self, mut parts: Vec<Expr<L>>, join: Join) -> Expr<L> {
        if self.0.contains(&Rewrite::OneElement) {
            let again = parts.into_iter().map(|part| match part {
                Expr::Leaf(leaf) => Expr::Leaf(leaf.inside(self)),
                other => other,
            });
            parts = again.collect();
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => join.group(parts.into_iter().chain(last).collect()),
        }
    }

    /// The parts of a group of the same kind; none of a part that says nothing here.
    fn flattened<L>(&mut self, part: Expr<L>, join: Join) -> Vec<Expr<L>> {
        let parts = match (part, join) {
            (Expr::And(parts), Join::And) | (Expr::Or(parts), Join::Or) => parts,
            (other, _) => return vec![other],
        };
        self.note(if parts.is_empty() { Rewrite::Constants } else { Rewrite::Flatten });
        parts
    }

    /// Adds a part to those of its group; whether the whole group is decided by that.
    fn add<L: Leaf>(&mut self, parts: &mut Vec<Expr<L>>, part: Expr<L>, join: Join) -> bool {
        if parts.contains(&part) {
            self.note(Rewrite::Duplicates);
            return false;
        }
        if parts.iter().any(|other| opposite(other, &part)) {
            self.note(Rewrite::Opposites);
            return true;
        }
        let Expr::Leaf(leaf) = &part else {
            parts.push(part);
            return false;
        };
        let merged = parts.iter().enumerate().find_map(|(at, other)| {
            let Expr::Leaf(old) = other else { return None };
            let merged = if join == Join::And { old.both(leaf) } else { old.either(leaf) };
            merged.map(|merged| (at, merged))
        });
        match merged {
            None => {
                parts.push(part);
                false
            }
            Some((_, Merged::Never)) => {
                self.note(Rewrite::Contradictions);
                true
            }
            // What became tighter may now exclude, or include, one of the others.
            Some((at, Merged::Into(new, rewrite))) => {
                parts.remove(at);
                self.note(rewrite);
                self.add(parts, Expr::Leaf(new), join)
            }
        }
    }
}

fn opposite<L: PartialEq>(one: &Expr<L>, other: &Expr<L>) -> bool {
    match (one, other) {
        (Expr::Not(inner), other) | (other, Expr::Not(inner)) => **inner == *other,
        _ => false,
    }
}

/// Whether no message can match, as far as the rewrites see.
pub(crate) fn is_impossible(condition: &Condition) -> bool {
    let mut pass = Pass::default();
    matches!(pass.tree(condition.clone()), Expr::Or(parts) if parts.is_empty())
}
