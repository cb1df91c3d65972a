//! Operands: terms, groups, and words near each other.

use super::super::ast::{Distance, FieldName, PieceKind, Pieces, Relation, Term, Tree};
use super::super::faults;
use super::super::token::{Mark, Token, TokenKind};
use super::{Parser, is_mark};
use crate::{Code, Expr, Span};

impl<'t> Parser<'t> {
    pub(super) fn primary(&mut self) -> Option<Tree> {
        if !self.starts_operand() {
            return None;
        }
        let token = self.take()?;
        match token.kind {
            TokenKind::Mark(Mark::Open) => self.group(token.span, Mark::Close, Self::alternatives),
            TokenKind::Mark(Mark::OpenBrace) => {
                self.group(token.span, Mark::CloseBrace, Self::one_of)
            }
            TokenKind::Field(name) => self.field_term(name, token.span),
            TokenKind::Value(value) => {
                self.check_call(&value, token.span);
                let term = Term { field: self.field, value, near: None, span: token.span };
                Some(Expr::Leaf(self.terms.push(term)))
            }
            TokenKind::Mark(_) | TokenKind::Near(_) => None,
        }
    }

    fn group(
        &mut self,
        open: Span,
        close: Mark,
        inside: fn(&mut Self) -> Option<Tree>,
    ) -> Option<Tree> {
        if self.depth >= self.limits.depth {
            return self.too_deep(open);
        }
        self.depth += 1;
        let errors = self.errors.len();
        let inner = inside(self);
        self.depth -= 1;
        if self.eat(close).is_none()
            && !self.errors.iter().skip(errors).any(|error| stops(error.code))
        {
            let closing = if close == Mark::Close { ")" } else { "}" };
            self.errors.push(faults::unclosed_group(open, closing, self.end));
        }
        inner
    }

    /// Gmail's `{a b}`: one of them.
    fn one_of(&mut self) -> Option<Tree> {
        let mut parts = Vec::new();
        loop {
            if self.starts_operand() {
                parts.extend(self.proximity());
            } else if self.eat(Mark::Or).is_none() {
                break;
            }
        }
        if parts.is_empty() {
            self.missing_operand();
        }
        (!parts.is_empty()).then(|| Expr::group(parts, Expr::Or))
    }

    fn field_term(&mut self, name: FieldName<'t>, span: Span) -> Option<Tree> {
        if let Some(outer) = self.field {
            self.errors.push(faults::field_in_field(name, outer, self.tokens.text()));
        }
        match self.peek().map(|token| &token.kind) {
            Some(TokenKind::Value(_)) => {
                let Some(Token { kind: TokenKind::Value(value), .. }) = self.take() else {
                    return None;
                };
                let span = span.to(value.span());
                let term = Term { field: Some(name), value, near: None, span };
                Some(Expr::Leaf(self.terms.push(term)))
            }
            Some(TokenKind::Mark(Mark::Open | Mark::OpenBrace))
                if name.relation == Relation::Colon =>
            {
                let outer = self.field.replace(name);
                let group = self.primary();
                self.field = outer;
                group
            }
            Some(_) | None => {
                self.errors.push(faults::empty_value(name, span));
                None
            }
        }
    }

    /// Two words or phrases of one field near each other. A third one joins at the same distance.
    pub(super) fn near(
        &mut self,
        left: Tree,
        right: Tree,
        distance: Distance,
        operator: Span,
    ) -> Option<Tree> {
        let (Expr::Leaf(_), Expr::Leaf(_)) = (left, right) else {
            self.errors.push(faults::near_groups(operator));
            return None;
        };
        // Both are single terms, so they are the last two of the list.
        let (right, left) = (self.terms.pop()?, self.terms.pop()?);
        let name = |term: &Term<'t>| term.field.map(|field| field.name.to_ascii_lowercase());
        let alone = |term: &Term<'_>| term.near.is_none() && term.value.only().is_some();
        let joins = left.near.map_or_else(|| alone(&left), |other| other == distance);
        let texts = left.value.iter().chain(right.value.iter()).all(|one| is_text(one.kind));
        if name(&left) != name(&right) {
            self.errors.push(faults::near_fields(&left, &right, operator, self.tokens.text()));
        } else if !joins || !alone(&right) || !texts {
            self.errors.push(faults::near_groups(operator));
        }
        Some(Expr::Leaf(self.terms.push(joined(left, right, distance))))
    }

    /// A word with a bracket directly after it may be a call of another language.
    fn check_call(&mut self, value: &Pieces<'_>, span: Span) {
        let next = self.peek().filter(|next| is_mark(next, Mark::Open));
        if next.is_some_and(|next| next.span.start == span.end) {
            let name = value.only().filter(|piece| piece.kind == PieceKind::Bare);
            self.errors.extend(name.and_then(|name| faults::foreign_call(&name.text, span)));
        }
    }

    /// Ignores the rest of the text.
    fn too_deep(&mut self, span: Span) -> Option<Tree> {
        self.errors.push(faults::too_deep(span, self.limits.depth));
        self.tokens.stop();
        None
    }
}

/// Whether the parser ignores the rest of the text, so that its brackets earn no fault.
const fn stops(code: Code) -> bool {
    matches!(code, Code::TooDeep | Code::TooManyTerms)
}

/// Text that may stand near other text.
const fn is_text(kind: PieceKind) -> bool {
    matches!(kind, PieceKind::Bare | PieceKind::Quoted)
}

fn joined<'t>(mut left: Term<'t>, right: Term<'t>, distance: Distance) -> Term<'t> {
    left.span = left.span.to(right.span);
    left.near = Some(distance);
    left.value.more.push(right.value.first);
    left.value.more.extend(right.value.more);
    left
}
