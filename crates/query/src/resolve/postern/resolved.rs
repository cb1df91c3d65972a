//! One resolved term.

use crate::query::{Condition, Predicate};
use crate::{Expr, Located, Span};

/// A resolved term.
pub(super) struct Resolved {
    pub(super) condition: Condition,
    /// The canonical text of the term.
    pub(super) text: String,
    /// How tightly its text binds.
    pub(super) binding: Binding,
}

impl Resolved {
    /// A term that needs no brackets.
    pub(super) fn unit(condition: Condition, text: impl Into<String>) -> Self {
        Self { condition, text: text.into(), binding: Binding::Unit }
    }
}

/// How tightly a text binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    Or,
    And,
    Near,
    Unit,
}

pub(super) const fn leaf(predicate: Predicate, span: Span) -> Condition {
    Expr::Leaf(Located::new(predicate, span))
}
