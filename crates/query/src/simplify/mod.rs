//! Rewrites that make a condition smaller and never change its meaning.
//!
//! Each has a name and a row `before => after` in `docs/query-compilation.md`. Children come
//! before their parents, so one walk over the tree is enough. The time is linear in the parts of a
//! group: a hash finds equal and opposite parts, and a key finds parts about the same value.

mod group;
mod merge;
mod pass;
mod ranges;

use pass::Pass;

use crate::query::Condition;
use crate::{Expr, Query};

/// A rewrite that keeps the meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rewrite {
    /// No group stands inside a group of its own kind.
    Flatten,
    /// A part that always or never holds decides its group, or is dropped.
    Constants,
    /// The opposite of an opposite is the thing itself.
    Negation,
    /// The same condition counts once.
    Duplicates,
    /// A condition and its opposite never hold together, and one of them always holds. Conditions on a place
    /// are an exception, because their opposite speaks of every place.
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
    /// Every rewrite, in the order of the documentation.
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
    /// The rewrites that applied, each once.
    pub rewrites: Vec<Rewrite>,
}

impl Query {
    /// The same query, smaller where a [`Rewrite`] applies.
    ///
    /// ```
    /// use postern_query::simplify::Rewrite;
    /// use postern_query::odata;
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
        Simplified { query, rewrites: pass.rewrites() }
    }
}

/// Whether no message can match, as far as the rewrites see.
pub(crate) fn is_impossible(condition: &Condition) -> bool {
    let mut pass = Pass::default();
    matches!(pass.tree(condition.clone()), Expr::Or(parts) if parts.is_empty())
}
