//! Tokens to syntax tree, going on after a fault so that all of them are known at once.

use super::ast::{FieldName, Relation, Syntax, Term};
use super::token::{Lexed, Token, TokenKind, tokenize};
use crate::{Advice, Code, Error, Expr, Limits, Span};

/// What was read.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The tree; with errors, only what could be understood.
    pub(crate) syntax: Syntax,
    pub(crate) errors: Vec<Error>,
    pub(crate) advice: Vec<Advice>,
}

/// Parses typed text within `limits`.
pub(crate) fn parse(text: &str, limits: Limits) -> Outcome {
    let Lexed { tokens, errors, advice } = tokenize(text);
    let end = Span::new(text.len(), text.len());
    let mut parser = Parser { tokens: &tokens, at: 0, end, depth: 0, limits, field: None, errors };
    let syntax = parser.whole();
    Outcome { syntax, errors: parser.errors, advice }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    end: Span,
    depth: usize,
    limits: Limits,
    /// The operator in front of the group we are in.
    field: Option<&'t FieldName>,
    errors: Vec<Error>,
}

impl<'t> Parser<'t> {
    fn whole(&mut self) -> Syntax {
        let mut parts = Vec::new();
        while let Some(token) = self.peek() {
            if matches!(token.kind, TokenKind::Close | TokenKind::CloseBrace) {
                self.at += 1;
                let title = "a bracket has no opening one";
                let error = Error::new(Code::UnclosedGroup, token.span, title, "closes nothing");
                self.errors.push(error.hint("leave it out, or put it in quotes"));
            } else {
                parts.extend(self.alternatives());
            }
        }
        Expr::group(parts, Expr::And)
    }

    // ---- tokens ----

    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn eat(&mut self, kind: &TokenKind) -> Option<Span> {
        let token = self.peek().filter(|token| token.kind == *kind)?;
        self.at += 1;
        Some(token.span)
    }

    fn starts_operand(&self) -> bool {
        self.peek().is_some_and(|token| match token.kind {
            TokenKind::Open
            | TokenKind::OpenBrace
            | TokenKind::Not
            | TokenKind::Plus
            | TokenKind::Field(_)
            | TokenKind::Value(_)
            | TokenKind::Proximity => true,
            TokenKind::Close
            | TokenKind::CloseBrace
            | TokenKind::And
            | TokenKind::Or
            | TokenKind::Xor => false,
        })
    }

    // ---- grammar: an absent operand was reported and is left out ----

    /// exclusive ( OR exclusive )*
    fn alternatives(&mut self) -> Option<Syntax> {
        let mut parts = Vec::from_iter(self.exclusive());
        while let Some(operator) = self.eat(&TokenKind::Or) {
            self.need_operand(operator);
            parts.extend(self.exclusive());
        }
        (!parts.is_empty()).then(|| Expr::group(parts, Expr::Or))
    }

    /// conjunction ( XOR conjunction )*
    fn exclusive(&mut self) -> Option<Syntax> {
        let mut left = self.conjunction();
        while let Some(operator) = self.eat(&TokenKind::Xor) {
            self.need_operand(operator);
            let right = self.conjunction();
            left = match (left, right) {
                (Some(left), Some(right)) => self.either_or(left, right, operator),
                (one, None) | (None, one) => one,
            };
        }
        left
    }

    /// negation ( AND? negation )*
    fn conjunction(&mut self) -> Option<Syntax> {
        let mut parts = Vec::new();
        if !self.starts_operand() {
            self.missing_operand();
        }
        loop {
            if self.starts_operand() {
                parts.extend(self.negation());
            } else if let Some(operator) = self.eat(&TokenKind::And) {
                self.need_operand(operator);
            } else {
                return (!parts.is_empty()).then(|| Expr::group(parts, Expr::And));
            }
        }
    }

    /// ( NOT | - | + )* primary
    fn negation(&mut self) -> Option<Syntax> {
        let mut negated = false;
        loop {
            if let Some(operator) = self.eat(&TokenKind::Not) {
                negated = !negated;
                self.need_operand(operator);
            } else if self.eat(&TokenKind::Plus).is_none() {
                break;
            }
        }
        let operand = self.primary()?;
        Some(if negated { Expr::negated(operand) } else { operand })
    }

    fn primary(&mut self) -> Option<Syntax> {
        let token = self.peek().filter(|_| self.starts_operand())?;
        self.at += 1;
        match &token.kind {
            TokenKind::Open => self.group(token.span, &TokenKind::Close, Self::alternatives),
            TokenKind::OpenBrace => self.group(token.span, &TokenKind::CloseBrace, Self::one_of),
            TokenKind::Field(name) => self.field_term(name, token.span),
            TokenKind::Value(pieces) => {
                let field = self.field.cloned();
                Some(Expr::Leaf(Term { field, value: pieces.clone(), span: token.span }))
            }
            TokenKind::Proximity => {
                let title = "words near each other cannot be asked for yet";
                let error = Error::new(Code::Unsupported, token.span, title, "not understood");
                self.errors
                    .push(error.hint(
                        "leave it out to find both words anywhere, or quote an exact phrase",
                    ));
                None
            }
            TokenKind::Close
            | TokenKind::CloseBrace
            | TokenKind::And
            | TokenKind::Or
            | TokenKind::Xor
            | TokenKind::Not
            | TokenKind::Plus => None,
        }
    }

    fn group(
        &mut self,
        open: Span,
        close: &TokenKind,
        inside: fn(&mut Self) -> Option<Syntax>,
    ) -> Option<Syntax> {
        if self.depth >= self.limits.depth {
            return self.too_deep(open);
        }
        self.depth += 1;
        let errors = self.errors.len();
        let inner = inside(self);
        self.depth -= 1;
        if self.eat(close).is_none()
            && !self.errors.iter().skip(errors).any(|error| error.code == Code::TooDeep)
        {
            let closing = if *close == TokenKind::Close { ")" } else { "}" };
            let error =
                Error::new(Code::UnclosedGroup, open, "a bracket is not closed", "opened here");
            self.errors.push(error.hint(format!("add `{closing}`")));
        }
        inner
    }

    /// Gmail's `{a b}`: one of them.
    fn one_of(&mut self) -> Option<Syntax> {
        let mut parts = Vec::new();
        loop {
            if self.starts_operand() {
                parts.extend(self.negation());
            } else if self.eat(&TokenKind::Or).is_none() {
                break;
            }
        }
        if parts.is_empty() {
            self.missing_operand();
        }
        (!parts.is_empty()).then(|| Expr::group(parts, Expr::Or))
    }

    fn field_term(&mut self, name: &'t FieldName, span: Span) -> Option<Syntax> {
        if let Some(outer) = self.field {
            let title = format!("`{}:` stands inside of `{}:(...)`", name.name, outer.name);
            let error = Error::new(Code::Syntax, name.span, title, "one operator at a time");
            self.errors.push(error.hint("close the group before it"));
        }
        match self.peek().map(|token| &token.kind) {
            Some(TokenKind::Value(pieces)) => {
                let whole = span.to(pieces.last().map_or(span, |piece| piece.span));
                self.at += 1;
                let field = Some(name.clone());
                Some(Expr::Leaf(Term { field, value: pieces.clone(), span: whole }))
            }
            Some(TokenKind::Open | TokenKind::OpenBrace) if name.relation == Relation::Colon => {
                let outer = self.field.replace(name);
                let group = self.primary();
                self.field = outer;
                group
            }
            Some(_) | None => {
                self.errors.push(empty_value(name, span));
                None
            }
        }
    }

    // ---- faults ----

    fn need_operand(&mut self, operator: Span) {
        if !self.starts_operand() {
            let error = Error::new(
                Code::MissingOperand,
                operator,
                "an operator has nothing after it",
                "nothing follows",
            );
            self.errors.push(
                error.hint("add a word after it, or put the operator in quotes to look for it"),
            );
        }
    }

    /// An operator at the start, or nothing in brackets.
    fn missing_operand(&mut self) {
        let Some(token) = self.peek() else {
            let already = self.errors.iter().any(|error| error.code == Code::MissingOperand);
            if !already && self.depth > 0 {
                let error = Error::new(
                    Code::MissingOperand,
                    self.end,
                    "the text ends inside of a bracket",
                    "expected a word",
                );
                self.errors.push(error);
            }
            return;
        };
        let after_operator =
            self.at.checked_sub(1).and_then(|before| self.tokens.get(before)).is_some_and(
                |before| {
                    matches!(
                        before.kind,
                        TokenKind::And | TokenKind::Or | TokenKind::Xor | TokenKind::Not
                    )
                },
            );
        if after_operator {
            return;
        }
        let (title, hint) = match token.kind {
            TokenKind::Close | TokenKind::CloseBrace => {
                ("there is nothing in these brackets", "put a word between them")
            }
            _ => (
                "an operator has nothing before it",
                "add a word before it, or put the operator in quotes to look for it",
            ),
        };
        self.errors.push(
            Error::new(Code::MissingOperand, token.span, title, "expected a word").hint(hint),
        );
    }

    /// One of them but not both. Each is written twice, so a chain grows fast and is bounded here.
    fn either_or(&mut self, left: Syntax, right: Syntax, operator: Span) -> Option<Syntax> {
        let mut terms = 0;
        left.for_each_leaf(&mut |_| terms += 2);
        right.for_each_leaf(&mut |_| terms += 2);
        if terms > self.limits.terms {
            if !self.errors.iter().any(|error| error.code == Code::TooManyTerms) {
                self.errors.push(self.limits.too_many_terms(operator));
            }
            return None;
        }
        Some(Expr::Or(vec![
            Expr::And(vec![left.clone(), Expr::negated(right.clone())]),
            Expr::And(vec![Expr::negated(left), right]),
        ]))
    }

    /// Leaves the rest of the text alone.
    fn too_deep(&mut self, span: Span) -> Option<Syntax> {
        let title = format!("more than {} brackets in each other", self.limits.depth);
        self.errors.push(Error::new(Code::TooDeep, span, title, "one too many"));
        self.at = self.tokens.len();
        None
    }
}

fn empty_value(name: &FieldName, span: Span) -> Error {
    let title = format!("`{}` has no value", name.name);
    Error::new(Code::EmptyValue, span, title, "nothing follows").hint(format!(
        "write a value after it, or quote it to look for the word itself: \"{}:\"",
        name.name
    ))
}
