//! Tokens to syntax tree.
//!
//! The open brackets and lambdas are kept on a stack of our own, so that no nesting, however deep,
//! can use up the thread's: see [`MAX_DEPTH`].

use super::ast::{Argument, Call, Lambda, Operand, Path, Relation, Syntax, Term};
use super::token::{Token, TokenKind, tokenize};
use crate::{Code, Error, Expr, Located, Span};

/// Brackets in each other at the most.
pub(crate) const MAX_DEPTH: usize = 500;

/// Conditions in each other at the most, where brackets around one condition do not count. Later
/// stages walk the tree by recursion, and this bounds them.
pub(crate) const MAX_HEIGHT: usize = 128;

/// Parses a filter; blank text is every message.
pub(crate) fn parse(text: &str) -> Result<Syntax, Error> {
    let tokens = tokenize(text)?;
    if tokens.is_empty() {
        return Ok(Expr::everything());
    }
    let frame = Frame::new(Opener::Start);
    Parser { tokens: &tokens, at: 0, end: text.len(), frame, outer: Vec::new() }.run()
}

/// What a frame was opened by.
enum Opener {
    Start,
    Group(Span),
    Lambda { collection: Path, all: bool, variable: Path, span: Span },
}

/// An unfinished expression: alternatives of conjunctions.
struct Frame {
    opener: Opener,
    alternatives: Vec<Syntax>,
    conjunction: Vec<Syntax>,
    /// The places of the `not`s in front of the operand that comes next.
    nots: Vec<Span>,
    /// How many conditions stand in each other here.
    height: usize,
}

impl Frame {
    const fn new(opener: Opener) -> Self {
        Self {
            opener,
            alternatives: Vec::new(),
            conjunction: Vec::new(),
            nots: Vec::new(),
            height: 0,
        }
    }

    fn push(&mut self, operand: Syntax, height: usize) {
        let negated = !self.nots.len().is_multiple_of(2);
        self.nots.clear();
        self.height = self.height.max(height + usize::from(negated));
        self.conjunction.push(if negated { Expr::negated(operand) } else { operand });
    }

    fn end_conjunction(&mut self) {
        let parts = std::mem::take(&mut self.conjunction);
        self.height += usize::from(parts.len() > 1);
        self.alternatives.push(Expr::group(parts, Expr::And));
    }

    fn finish(mut self) -> (Opener, Syntax, usize) {
        self.end_conjunction();
        let height = self.height + usize::from(self.alternatives.len() > 1);
        (self.opener, Expr::group(self.alternatives, Expr::Or), height)
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    end: usize,
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
            (Opener::Group(span) | Opener::Lambda { span, .. }, ..) => Err(unclosed(span)),
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

    /// The next token, where it is a word.
    fn word(&self) -> Option<(&'t str, Span)> {
        match self.peek() {
            Some(Token { kind: TokenKind::Path(word), span, .. }) => Some((word, *span)),
            _ => None,
        }
    }

    /// The place of the next token, or the end of the text.
    fn here(&self) -> Span {
        self.peek().map_or(Span::new(self.end, self.end), |token| token.span)
    }

    // ---- the stack ----

    fn open(&mut self, opener: Opener, span: Span) -> Result<(), Error> {
        if self.outer.len() >= MAX_DEPTH {
            return Err(too_deep(MAX_DEPTH, span));
        }
        self.outer.push(std::mem::replace(&mut self.frame, Frame::new(opener)));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        let close = self.here();
        self.at += 1;
        let Some(outer) = self.outer.pop() else {
            return Err(Error::new(
                Code::UnclosedGroup,
                close,
                "a bracket has no opening one",
                "closes nothing",
            )
            .hint("leave it out"));
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
            return Err(too_deep(MAX_HEIGHT, close));
        }
        self.frame.push(operand, height);
        Ok(())
    }

    // ---- grammar ----

    /// `not* ( '(' | lambda | term )`, going on inside of whatever is opened.
    fn operand(&mut self) -> Result<(), Error> {
        loop {
            let Some(token) = self.next() else {
                return Err(missing_operand(self.here()));
            };
            match &token.kind {
                TokenKind::Path(word) if word == "not" => {
                    self.need_space(token.span)?;
                    self.frame.nots.push(token.span);
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
                    return Err(missing_operand(token.span));
                }
            }
        }
    }

    /// A field, a call or a lambda; false when a lambda was opened, so that an operand still has to come.
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
                return Err(Error::new(
                    Code::Syntax,
                    span,
                    "`all` needs a condition",
                    "nothing inside",
                )
                .hint("write all(x: ...), or any() for \"has at least one\""));
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
            Some(_) | None => Err(Error::new(
                Code::Syntax,
                self.here(),
                "a range variable is missing",
                "name it here",
            )
            .hint("write any(x: x/name eq '...'): a name, a colon, then the condition")),
        }
    }

    fn call(&mut self, name: Path) -> Result<Call, Error> {
        let open = self.here();
        self.at += 1;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.argument()?);
            let Some(token) = self.next() else { return Err(unclosed(open)) };
            match token.kind {
                TokenKind::Comma => {}
                TokenKind::Close => {
                    return Ok(Call { name: name.text, arguments, span: name.span.to(token.span) });
                }
                TokenKind::Open
                | TokenKind::Colon
                | TokenKind::Geography
                | TokenKind::Path(_)
                | TokenKind::Constant(_) => {
                    return Err(Error::new(
                        Code::Syntax,
                        token.span,
                        "a comma is missing",
                        "between arguments",
                    )
                    .hint("write a comma between arguments"));
                }
            }
        }
    }

    fn argument(&mut self) -> Result<Argument, Error> {
        let here = self.here();
        match self.next().map(|token| &token.kind) {
            Some(TokenKind::Path(text)) => {
                Ok(Argument::Path(Path { text: text.clone(), span: here }))
            }
            Some(TokenKind::Constant(constant)) => Ok(Argument::Constant(constant.clone(), here)),
            Some(TokenKind::Geography) => Ok(Argument::Geography(here)),
            Some(TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Colon)
            | None => Err(Error::new(
                Code::MissingOperand,
                here,
                "an argument is missing",
                "expected here",
            )
            .hint(
                "write a field, an operator and a value, such as fromAddress eq 'a@example.com'",
            )),
        }
    }

    /// An operand and the comparison after it, if there is one.
    fn term(&mut self, left: Operand) -> Result<(), Error> {
        let Some((relation, span)) = self.relation() else {
            let span = left.span();
            self.frame.push(Expr::Leaf(Located::new(Term::Alone(left), span)), 0);
            return Ok(());
        };
        if let Some(not) = self.frame.nots.first() {
            return Err(not_before_comparison(*not, left.span()));
        }
        self.need_spaces(span)?;
        let right = self.right_side()?;
        let span = left.span().to(right.span());
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
            | None => Err(missing_operand(here)),
        }
    }

    fn connective(&mut self) -> Result<(), Error> {
        let here = self.here();
        match self.word() {
            Some(("and", _)) => {}
            Some(("or", _)) => self.frame.end_conjunction(),
            Some((word, _)) => return Err(no_operator(word, here)),
            None => return Err(no_operator("", here)),
        }
        self.need_spaces(here)?;
        Ok(())
    }

    fn refuse_comparison(&mut self) -> Result<(), Error> {
        match self.relation() {
            None => Ok(()),
            Some((_, span)) => Err(Error::new(
                Code::Syntax,
                span,
                "a condition in brackets cannot be compared",
                "not after a bracket",
            )
            .hint("write `not (...)` for its opposite")),
        }
    }

    /// Steps over an operator word that needs white space or a bracket on both sides.
    fn need_spaces(&mut self, word: Span) -> Result<(), Error> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let apart = self.peek().is_some_and(|token| token.spaced)
            || before.is_some_and(|token| matches!(token.kind, TokenKind::Open | TokenKind::Close));
        if !apart {
            return Err(Error::new(
                Code::Syntax,
                word,
                "white space is missing",
                "before this word",
            )
            .hint("write a space"));
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
        Err(Error::new(Code::Syntax, word, "white space is missing", "after this word")
            .hint("write a space"))
    }
}

fn unclosed(open: Span) -> Error {
    Error::new(Code::UnclosedGroup, open, "a bracket is not closed", "opened here").hint("add `)`")
}

fn too_deep(limit: usize, span: Span) -> Error {
    let title = format!("more than {limit} conditions in each other");
    Error::new(Code::TooDeep, span, title, "one too many").hint("use fewer brackets")
}

fn missing_operand(span: Span) -> Error {
    Error::new(Code::MissingOperand, span, "a condition is missing", "expected here")
        .hint("write a field, an operator and a value, such as fromAddress eq 'a@example.com'")
}

fn not_before_comparison(not: Span, operand: Span) -> Error {
    Error::new(
        Code::Syntax,
        not.to(operand),
        "`not` binds tighter than a comparison",
        "negates the field, not the comparison",
    )
    .hint("put the comparison in brackets: not (field eq value)")
}

fn no_operator(word: &str, span: Span) -> Error {
    let error = Error::new(
        Code::Syntax,
        span,
        "an operator is missing",
        "expected `and`, `or` or a comparison",
    );
    let lower = word.to_ascii_lowercase();
    if lower != word
        && (matches!(lower.as_str(), "and" | "or" | "not") || Relation::from_word(&lower).is_some())
    {
        return error.hint(format!("operators are in small letters: {lower}"));
    }
    match lower.as_str() {
        "in" => error.hint("write search.in(field, 'a,b', ',')"),
        "has" | "add" | "sub" | "mul" | "div" | "mod" => {
            error.hint(format!("`{lower}` is not part of the service's filter language"))
        }
        _ => error.hint("join conditions with and, or; compare with eq, ne, gt, ge, lt, le"),
    }
}
