//! From tokens to a syntax tree. It continues after a fault, so that one run finds them all.

mod operand;

use super::ast::{Distance, FieldName, Terms, Tree};
use super::faults;
use super::token::{Lexer, Mark, Token, TokenKind};
use crate::{Advice, Code, Error, Expr, Limits, Span};

/// A parsed text.
#[derive(Clone, Debug)]
pub(crate) struct Outcome<'t> {
    /// The tree. With errors, it has only the valid parts.
    pub(crate) tree: Tree,
    pub(crate) terms: Terms<'t>,
    pub(crate) errors: Vec<Error>,
    pub(crate) advice: Vec<Advice>,
}

/// Parses typed text within `limits`.
pub(crate) fn parse(text: &str, limits: Limits) -> Outcome<'_> {
    let mut parser = Parser {
        tokens: Lexer::new(text),
        terms: Terms::default(),
        after_operator: false,
        end: Span::new(text.len(), text.len()),
        depth: 0,
        limits,
        copies: 0,
        field: None,
        errors: Vec::new(),
    };
    let tree = parser.whole();
    let Lexer { mut errors, advice, .. } = parser.tokens;
    errors.append(&mut parser.errors);
    Outcome { tree, terms: parser.terms, errors, advice }
}

struct Parser<'t> {
    tokens: Lexer<'t>,
    terms: Terms<'t>,
    /// The last token is an operator that needs something after it.
    after_operator: bool,
    end: Span,
    depth: usize,
    limits: Limits,
    /// The number of terms that XOR repeated.
    copies: usize,
    /// The operator before the current group.
    field: Option<FieldName<'t>>,
    errors: Vec<Error>,
}

impl<'t> Parser<'t> {
    fn whole(&mut self) -> Tree {
        let mut parts = Vec::new();
        while let Some(token) = self.peek() {
            if matches!(token.kind, TokenKind::Mark(Mark::Close | Mark::CloseBrace)) {
                let span = token.span;
                self.take();
                self.errors.push(faults::closes_nothing(span, self.tokens.text()));
            } else {
                parts.extend(self.alternatives());
            }
        }
        Expr::group(parts, Expr::And)
    }

    // ---- tokens ----

    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.peek()
    }

    fn take(&mut self) -> Option<Token<'t>> {
        self.after_operator = self.peek().is_some_and(|token| is_operator(&token.kind));
        self.tokens.next()
    }

    fn eat(&mut self, mark: Mark) -> Option<Span> {
        let span = self.peek().filter(|token| is_mark(token, mark))?.span;
        self.take();
        Some(span)
    }

    fn eat_near(&mut self) -> Option<(Distance, Span)> {
        let TokenKind::Near(distance) = self.peek()?.kind else { return None };
        self.take().map(|token| (distance, token.span))
    }

    fn starts_operand(&self) -> bool {
        self.peek().is_some_and(|token| match token.kind {
            TokenKind::Field(_) | TokenKind::Value(_) => true,
            TokenKind::Mark(mark) => {
                matches!(mark, Mark::Open | Mark::OpenBrace | Mark::Not | Mark::Plus)
            }
            TokenKind::Near(_) => false,
        })
    }

    // ---- grammar: an absent operand was reported and is left out ----

    /// exclusive ( OR exclusive )*
    fn alternatives(&mut self) -> Option<Tree> {
        let first = self.exclusive();
        if !self.peek().is_some_and(|token| is_mark(token, Mark::Or)) {
            return first;
        }
        let mut parts = Vec::with_capacity(4);
        parts.extend(first);
        while let Some(operator) = self.eat(Mark::Or) {
            self.need_operand(operator);
            parts.extend(self.exclusive());
        }
        (!parts.is_empty()).then(|| Expr::group(parts, Expr::Or))
    }

    /// conjunction ( XOR conjunction )*
    fn exclusive(&mut self) -> Option<Tree> {
        let mut left = self.conjunction();
        while let Some(operator) = self.eat(Mark::Xor) {
            self.need_operand(operator);
            let right = self.conjunction();
            left = match (left, right) {
                (Some(left), Some(right)) => self.either_or(left, right, operator),
                (one, None) | (None, one) => one,
            };
        }
        left
    }

    /// proximity ( AND? proximity )*
    fn conjunction(&mut self) -> Option<Tree> {
        if !self.starts_operand() {
            self.missing_operand();
        }
        let (mut first, mut all) = (None, Vec::new());
        loop {
            if self.starts_operand() {
                let Some(part) = self.proximity() else { continue };
                match first.take() {
                    None if all.is_empty() => first = Some(part),
                    before => all.extend(before.into_iter().chain([part])),
                }
            } else if let Some(operator) = self.eat(Mark::And) {
                self.need_operand(operator);
            } else if self.eat_near().is_none() {
                break;
            }
        }
        if all.is_empty() { first } else { Some(Expr::And(all)) }
    }

    /// negation ( NEAR/n negation )*
    fn proximity(&mut self) -> Option<Tree> {
        let mut left = self.negation();
        while let Some((distance, operator)) = self.eat_near() {
            self.need_operand(operator);
            let right = self.negation();
            left = match (left, right) {
                (Some(left), Some(right)) => self.near(left, right, distance, operator),
                (one, None) | (None, one) => one,
            };
        }
        left
    }

    /// ( NOT | - | + )* primary
    fn negation(&mut self) -> Option<Tree> {
        let mut negated = false;
        loop {
            if let Some(operator) = self.eat(Mark::Not) {
                negated = !negated;
                self.need_operand(operator);
            } else if self.eat(Mark::Plus).is_none() {
                break;
            }
        }
        let operand = self.primary()?;
        Some(if negated { Expr::negated(operand) } else { operand })
    }

    // ---- faults ----

    fn need_operand(&mut self, operator: Span) {
        if !self.starts_operand() {
            self.errors.push(faults::nothing_after(operator, self.tokens.text()));
        }
    }

    /// An operator at the start, or nothing in brackets.
    fn missing_operand(&mut self) {
        if let Some(token) = self.peek() {
            if !self.after_operator {
                let fault = match token.kind {
                    TokenKind::Mark(Mark::Close | Mark::CloseBrace) => {
                        faults::empty_group(token.span)
                    }
                    _ => faults::nothing_before(token.span, self.tokens.text()),
                };
                self.errors.push(fault);
            }
        } else if self.depth > 0
            && !self.errors.iter().any(|error| error.code == Code::MissingOperand)
        {
            self.errors.push(faults::ends_in_group(self.end));
        }
    }

    /// One of them but not both. Each is written twice, so a chain grows fast. Beyond the limit
    /// the parser ignores the rest of the text.
    fn either_or(&mut self, left: Tree, right: Tree, operator: Span) -> Option<Tree> {
        left.for_each_leaf(&mut |_| self.copies += 1);
        right.for_each_leaf(&mut |_| self.copies += 1);
        if self.terms.len() + self.copies > self.limits.terms {
            self.errors.push(self.limits.too_many_terms(operator));
            self.tokens.stop();
            return None;
        }
        Some(Expr::Or(vec![
            Expr::And(vec![left.clone(), Expr::negated(right.clone())]),
            Expr::And(vec![Expr::negated(left), right]),
        ]))
    }
}

fn is_mark(token: &Token<'_>, mark: Mark) -> bool {
    matches!(token.kind, TokenKind::Mark(found) if found == mark)
}

const fn is_operator(kind: &TokenKind<'_>) -> bool {
    matches!(
        kind,
        TokenKind::Mark(Mark::And | Mark::Or | Mark::Xor | Mark::Not) | TokenKind::Near(_)
    )
}
