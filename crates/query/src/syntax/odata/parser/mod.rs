//! From tokens to a syntax tree.
//!
//! Open brackets and lambdas stand on a stack of our own, so that deep nesting cannot exhaust the stack of
//! the thread. See [`MAX_DEPTH`].

mod call;

use super::ast::{Lambda, Operand, Path, Relation, Syntax, Term};
use super::faults;
use super::frame::{Frame, Opener};
use super::token::{Token, TokenKind, tokenize};
use crate::{Error, Expr, Located, Span};

/// The most nested brackets.
pub(crate) const MAX_DEPTH: usize = 500;

/// The most nested conditions. Brackets around one condition do not count. Later stages walk the tree by
/// recursion, and this bounds them.
pub(crate) const MAX_HEIGHT: usize = 128;

/// Parses a filter. Blank text means every message.
pub(crate) fn parse(text: &str) -> Result<Syntax, Error> {
    let tokens = tokenize(text)?;
    if tokens.is_empty() {
        return Ok(Expr::everything());
    }
    let frame = Frame::new(Opener::Start);
    Parser { text, tokens: &tokens, at: 0, frame, outer: Vec::new() }.run()
}

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    frame: Frame,
    outer: Vec<Frame>,
}

impl<'t> Parser<'t> {
    fn run(mut self) -> Result<Syntax, Error> {
        loop {
            self.operand()?;
            while self.is(&TokenKind::Close) {
                self.close()?;
            }
            if self.peek().is_none() {
                return self.finish();
            }
            self.connective()?;
        }
    }

    fn finish(self) -> Result<Syntax, Error> {
        match self.frame.finish() {
            (Opener::Start, syntax, _) => Ok(syntax),
            (Opener::Group(span) | Opener::Lambda { span, .. }, ..) => {
                Err(faults::unclosed(span, self.text.len()))
            }
        }
    }

    // ---- tokens ----

    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, kind: &TokenKind) -> bool {
        self.peek().is_some_and(|token| token.kind == *kind)
    }

    fn next(&mut self) -> Option<&'t Token> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// The next token, if it is a word.
    fn word(&self) -> Option<(&'t str, Span)> {
        match self.peek() {
            Some(Token { kind: TokenKind::Path(word), span, .. }) => Some((word, *span)),
            _ => None,
        }
    }

    /// The place of the next token, or the end of the text.
    fn here(&self) -> Span {
        self.peek().map_or(Span::new(self.text.len(), self.text.len()), |token| token.span)
    }

    // ---- the stack ----

    fn open(&mut self, opener: Opener, span: Span) -> Result<(), Error> {
        if self.outer.len() >= MAX_DEPTH {
            return Err(faults::too_deep(MAX_DEPTH, span));
        }
        self.outer.push(std::mem::replace(&mut self.frame, Frame::new(opener)));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        let close = self.here();
        self.at += 1;
        let Some(outer) = self.outer.pop() else {
            return Err(faults::closes_nothing(close));
        };
        let (opener, body, height) = std::mem::replace(&mut self.frame, outer).finish();
        let operand = match opener {
            Opener::Start | Opener::Group(_) => body,
            Opener::Lambda { collection, all, variable, span } => {
                let body = Some((variable, Box::new(body)));
                let term = Term::Lambda(Lambda { collection, all, body });
                Expr::Leaf(Located::new(term, span.to(close)))
            }
        };
        self.refuse_comparison()?;
        if height >= MAX_HEIGHT {
            return Err(faults::too_deep(MAX_HEIGHT, close));
        }
        self.frame.push(operand, height);
        Ok(())
    }

    // ---- grammar ----

    /// `not* ( '(' | lambda | term )`. It continues inside an opened bracket or lambda.
    fn operand(&mut self) -> Result<(), Error> {
        loop {
            let Some(token) = self.next() else {
                return Err(faults::missing_operand(self.here()));
            };
            match &token.kind {
                TokenKind::Path(word) if word == "not" => {
                    self.need_space(token.span)?;
                    self.frame.nots.push(token.span);
                }
                TokenKind::Path(word) if word.eq_ignore_ascii_case("not") => {
                    return Err(faults::capitals(word, token.span));
                }
                TokenKind::Open => self.open(Opener::Group(token.span), token.span)?,
                TokenKind::Path(text) => {
                    let path = Path { text: text.clone(), span: token.span };
                    if self.after_path(path)? {
                        return Ok(());
                    }
                }
                TokenKind::Constant(constant) => {
                    return self.term(Operand::Constant(constant.clone(), token.span));
                }
                TokenKind::Close | TokenKind::Comma | TokenKind::Colon | TokenKind::Geography => {
                    return Err(faults::missing_operand(token.span));
                }
            }
        }
    }

    /// A field, a call or a lambda. It returns false after opening a lambda, because an operand must follow.
    fn after_path(&mut self, path: Path) -> Result<bool, Error> {
        if !self.peek().is_some_and(|token| token.kind == TokenKind::Open && !token.spaced) {
            return self.term(Operand::Path(path)).map(|()| true);
        }
        let quantifier =
            path.text.rsplit_once('/').filter(|(_, last)| matches!(*last, "any" | "all"));
        if let Some((collection, last)) = quantifier {
            let span = Span::new(path.span.start, path.span.start + collection.len());
            let collection = Path { text: collection.to_owned(), span };
            return self.lambda(collection, last == "all", path.span);
        }
        let call = self.call(path)?;
        self.term(Operand::Call(call)).map(|()| true)
    }

    fn lambda(&mut self, collection: Path, all: bool, span: Span) -> Result<bool, Error> {
        self.at += 1;
        if self.is(&TokenKind::Close) {
            let span = span.to(self.here());
            self.at += 1;
            if all {
                return Err(faults::empty_all(span));
            }
            self.refuse_comparison()?;
            let term = Term::Lambda(Lambda { collection, all, body: None });
            self.frame.push(Expr::Leaf(Located::new(term, span)), 0);
            return Ok(true);
        }
        let variable = self.variable()?;
        self.open(Opener::Lambda { collection, all, variable, span }, span)?;
        Ok(false)
    }

    /// `name :`
    fn variable(&mut self) -> Result<Path, Error> {
        let word = self.word().filter(|(word, _)| !word.contains(['/', '.']));
        let colon =
            self.tokens.get(self.at + 1).is_some_and(|token| token.kind == TokenKind::Colon);
        match word {
            Some((text, span)) if colon => {
                self.at += 2;
                Ok(Path { text: text.to_owned(), span })
            }
            Some(_) | None => {
                let condition = self.tokens.get(self.at..).unwrap_or_default();
                Err(faults::missing_variable(self.here(), condition))
            }
        }
    }

    /// An operand and the comparison after it, if there is one.
    fn term(&mut self, left: Operand) -> Result<(), Error> {
        let Some((relation, span)) = self.relation() else {
            let span = left.span();
            self.frame.push(Expr::Leaf(Located::new(Term::Alone(left), span)), 0);
            return Ok(());
        };
        self.need_spaces(span)?;
        let right = self.right_side()?;
        let whole = left.span().to(right.span());
        if let Some(not) = self.frame.nots.first() {
            return Err(faults::not_before_comparison(*not, left.span(), whole, self.text));
        }
        let span = whole;
        let term = Term::Compare { left, relation, right };
        self.frame.push(Expr::Leaf(Located::new(term, span)), 0);
        Ok(())
    }

    fn relation(&mut self) -> Option<(Relation, Span)> {
        let (word, span) = self.word()?;
        Relation::from_word(word).map(|relation| (relation, span))
    }

    fn right_side(&mut self) -> Result<Operand, Error> {
        let here = self.here();
        match self.next().map(|token| &token.kind) {
            Some(TokenKind::Constant(constant)) => Ok(Operand::Constant(constant.clone(), here)),
            Some(TokenKind::Path(text)) => {
                let path = Path { text: text.clone(), span: here };
                if self.peek().is_some_and(|token| token.kind == TokenKind::Open && !token.spaced) {
                    return self.call(path).map(Operand::Call);
                }
                Ok(Operand::Path(path))
            }
            Some(
                TokenKind::Open
                | TokenKind::Close
                | TokenKind::Comma
                | TokenKind::Colon
                | TokenKind::Geography,
            )
            | None => Err(faults::missing_operand(here)),
        }
    }

    fn connective(&mut self) -> Result<(), Error> {
        let here = self.here();
        match self.word() {
            Some(("and", _)) => {}
            Some(("or", _)) => self.frame.end_conjunction(),
            Some((word, _)) => return Err(self.no_operator(word, here)),
            None => return Err(self.no_connective(here)),
        }
        self.need_spaces(here)?;
        Ok(())
    }

    /// Something stands where an operator should: a bracket after a space, or anything else.
    fn no_connective(&self, here: Span) -> Error {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let error = faults::no_operator("", here);
        match before {
            Some(Token { kind: TokenKind::Path(path), span, .. })
                if self.is_open() && faults::takes_bracket(path) =>
            {
                error
                    .hint("write names and brackets without white space: toRecipients/any(x: ...)")
                    .fix(Span::new(span.end, here.start), "")
            }
            _ => error,
        }
    }

    fn is_open(&self) -> bool {
        self.is(&TokenKind::Open)
    }

    fn no_operator(&self, word: &str, here: Span) -> Error {
        let error = faults::no_operator(word, here);
        if !word.eq_ignore_ascii_case("in") {
            return error;
        }
        let field = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let list = self.tokens.get(self.at + 1..).unwrap_or_default();
        match field.and_then(|field| faults::is_in_list(field, list)) {
            Some((span, call)) => error.fix(span, call),
            None => error,
        }
    }

    fn refuse_comparison(&mut self) -> Result<(), Error> {
        match self.relation() {
            None => Ok(()),
            Some((_, span)) => Err(faults::compared_group(span)),
        }
    }

    /// Steps over an operator word that needs white space or a bracket on both sides.
    fn need_spaces(&mut self, word: Span) -> Result<(), Error> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let apart = self.peek().is_some_and(|token| token.spaced)
            || before.is_some_and(|token| matches!(token.kind, TokenKind::Open | TokenKind::Close));
        if !apart {
            return Err(faults::missing_space(word, faults::BEFORE));
        }
        self.at += 1;
        self.need_space(word)
    }

    fn need_space(&self, word: Span) -> Result<(), Error> {
        let apart = self.peek().is_none_or(|token| {
            token.spaced || matches!(token.kind, TokenKind::Open | TokenKind::Close)
        });
        if apart {
            return Ok(());
        }
        Err(faults::missing_space(word, faults::AFTER))
    }
}
