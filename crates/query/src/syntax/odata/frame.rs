//! The open brackets and lambdas, while the parser reads a filter.

use super::ast::{Path, Syntax};
use crate::{Expr, Span};

/// The kind of an open frame.
pub(super) enum Opener {
    Start,
    Group(Span),
    Lambda { collection: Path, all: bool, variable: Path, span: Span },
}

/// An unfinished expression: alternatives of conjunctions.
pub(super) struct Frame {
    opener: Opener,
    alternatives: Vec<Syntax>,
    conjunction: Vec<Syntax>,
    /// The places of each `not` before the next operand.
    pub(super) nots: Vec<Span>,
    /// The depth of nested conditions here.
    height: usize,
}

impl Frame {
    pub(super) const fn new(opener: Opener) -> Self {
        Self {
            opener,
            alternatives: Vec::new(),
            conjunction: Vec::new(),
            nots: Vec::new(),
            height: 0,
        }
    }

    pub(super) fn push(&mut self, operand: Syntax, height: usize) {
        let negated = !self.nots.len().is_multiple_of(2);
        self.nots.clear();
        self.height = self.height.max(height + usize::from(negated));
        self.conjunction.push(if negated { Expr::negated(operand) } else { operand });
    }

    pub(super) fn end_conjunction(&mut self) {
        let parts = std::mem::take(&mut self.conjunction);
        self.height += usize::from(parts.len() > 1);
        self.alternatives.push(Expr::group(parts, Expr::And));
    }

    /// The whole expression, and the depth of its nested conditions.
    pub(super) fn finish(mut self) -> (Opener, Syntax, usize) {
        self.end_conjunction();
        let height = self.height + usize::from(self.alternatives.len() > 1);
        (self.opener, Expr::group(self.alternatives, Expr::Or), height)
    }
}
