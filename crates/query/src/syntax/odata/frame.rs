//! What is open while a filter is read.

use super::ast::{Path, Syntax};
use crate::{Expr, Span};

/// What a frame was opened by.
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
    /// The places of the `not`s in front of the operand that comes next.
    pub(super) nots: Vec<Span>,
    /// How many conditions stand in each other here.
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

    /// The whole expression, and how many conditions stand in each other in it.
    pub(super) fn finish(mut self) -> (Opener, Syntax, usize) {
        self.end_conjunction();
        let height = self.height + usize::from(self.alternatives.len() > 1);
        (self.opener, Expr::group(self.alternatives, Expr::Or), height)
    }
}
