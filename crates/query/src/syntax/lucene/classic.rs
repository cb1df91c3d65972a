//! The classic ("full") syntax.
//!
//! ```text
//! Query  = Clause (("AND" | "OR")? Clause)*
//! Clause = ("+" | "-" | "NOT")? (field ":")? (Term | "(" Query ")" Boost?)
//! Term   = (term | prefix | wildcard | regex | quoted) (Boost Tilde? | Tilde Boost?)?
//! ```
//!
//! There is no precedence. Every clause is optional, required or prohibited, and an operator marks
//! the clauses on both of its sides. See [`Clauses::push`].

use super::clauses::{Clauses, Conjunction, Modifier};
use super::escape::unescape;
use super::pattern::{check_length, starting_with, wildcard};
use super::token::{Kind, Token, tokens};
use super::{Clause, FieldName, Leaf, MAX_DEPTH, Mode, Node, Occur, Parsed, Words, fault};
use crate::pattern::{Fuzzy, Regex, Sloppy, Wildcard};
use crate::{Error, Located, Span, analysis};

/// Reads the text.
pub(super) fn parse(text: &str, mode: Mode) -> Result<Parsed, Error> {
    let tokens = tokens(text)?;
    let last = Span::default();
    let mut parser = Parser { text, tokens: &tokens, mode, last, fields: Vec::new() };
    let node = parser.query(&None, 0)?;
    match parser.tokens.first() {
        None => Ok(Parsed { node, fields: parser.fields }),
        Some(token) => Err(parser.unexpected(*token)),
    }
}

type Field = Option<FieldName>;

struct Parser<'t> {
    text: &'t str,
    /// The tokens that are left.
    tokens: &'t [Token],
    mode: Mode,
    /// The span of the last token.
    last: Span,
    fields: Vec<FieldName>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<Kind> {
        self.tokens.first().map(|token| token.kind)
    }

    fn take(&mut self) -> Option<Token> {
        let (token, rest) = self.tokens.split_first()?;
        (self.tokens, self.last) = (rest, token.span);
        Some(*token)
    }

    fn take_if(&mut self, kind: Kind) -> Option<Token> {
        if self.peek() == Some(kind) { self.take() } else { None }
    }

    fn query(&mut self, field: &Field, depth: usize) -> Result<Option<Node>, Error> {
        let mut clauses = Clauses::new(self.mode);
        let modifier = self.modifier();
        let first = self.clause(field.clone(), depth)?;
        clauses.start(modifier, first);
        while self.peek().is_some_and(continues) {
            let (conjunction, modifier) = (self.conjunction(), self.modifier());
            let node = self.clause(field.clone(), depth)?;
            clauses.push(conjunction, modifier, node);
        }
        Ok(clauses.finish())
    }

    fn conjunction(&mut self) -> Conjunction {
        if self.take_if(Kind::And).is_some() {
            Conjunction::And
        } else if self.take_if(Kind::Or).is_some() {
            Conjunction::Or
        } else {
            Conjunction::None
        }
    }

    fn modifier(&mut self) -> Modifier {
        if self.take_if(Kind::Plus).is_some() {
            Modifier::Required
        } else if self.take_if(Kind::Minus).or_else(|| self.take_if(Kind::Not)).is_some() {
            Modifier::Prohibited
        } else {
            Modifier::None
        }
    }

    fn clause(&mut self, outer: Field, depth: usize) -> Result<Option<Node>, Error> {
        let field = self.field()?.or(outer);
        match self.take_if(Kind::Open) {
            Some(open) => self.group(open, &field, depth + 1),
            None => self.term(field),
        }
    }

    /// A name before a colon.
    fn field(&mut self) -> Result<Field, Error> {
        let [name, Token { kind: Kind::Colon, .. }, ..] = self.tokens else { return Ok(None) };
        let name = *name;
        let typed = name.span.slice(self.text);
        if name.kind != Kind::Term && typed != "*" {
            return Ok(None);
        }
        self.take();
        self.take();
        let value = unescape(typed, name.span)?.into();
        Ok(Some(Located::new(value, name.span)))
    }

    fn group(&mut self, open: Token, field: &Field, depth: usize) -> Result<Option<Node>, Error> {
        if depth > MAX_DEPTH {
            return Err(fault::too_deep(open.span));
        }
        let node = self.query(field, depth)?;
        match self.take_if(Kind::Close) {
            Some(_) => Ok(if self.boost()? { node.map(boosted) } else { node }),
            None => Err(self.tokens.first().map_or_else(
                || fault::unclosed(open.span, self.text),
                |token| self.unexpected(*token),
            )),
        }
    }

    /// Whether there is a boost. It only matters for the score.
    fn boost(&mut self) -> Result<bool, Error> {
        let Some(token) = self.take_if(Kind::Boost) else { return Ok(false) };
        let number = token.span.slice(self.text).trim_start_matches('^').parse::<f32>();
        if number.is_ok_and(f32::is_finite) {
            return Ok(true);
        }
        Err(fault::boost(token.span))
    }

    fn term(&mut self, field: Field) -> Result<Option<Node>, Error> {
        let token = self.operand()?;
        let boosted = self.boost()?;
        let tilde = self.take_if(Kind::Tilde);
        if !boosted {
            self.boost()?;
        }
        let words = self.words(token, tilde)?;
        self.fields.extend(field.clone());
        let span = tilde.map_or(token.span, |tilde| token.span.to(tilde.span));
        Ok(words.map(|words| Node::Leaf(Leaf { field, words, span })))
    }

    fn operand(&mut self) -> Result<Token, Error> {
        match self.tokens.first() {
            Some(token) if is_operand(token.kind) => {
                self.take();
                Ok(*token)
            }
            other => Err(self.missing(other.copied())),
        }
    }

    fn words(&self, token: Token, tilde: Option<Token>) -> Result<Option<Words>, Error> {
        let typed = token.span.slice(self.text);
        let text = unescape(typed, token.span)?;
        Ok(match token.kind {
            Kind::Wildcard => Some(Words::Pattern(inner_wildcard(typed, token.span)?)),
            Kind::Prefix => Some(Words::Pattern(prefix(&text, token.span)?)),
            Kind::Regex => Some(regex(typed, token.span)?),
            Kind::Quoted => phrase(&text, self.slop(tilde)),
            _ => match tilde {
                Some(tilde) => Some(self.fuzzy(&text, tilde)?),
                None => Words::term(&text),
            },
        })
    }

    /// The slop of a phrase. Without a readable number it is 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as Lucene cuts it"
    )]
    fn slop(&self, tilde: Option<Token>) -> u32 {
        let slop = tilde.and_then(|tilde| self.number(tilde)).unwrap_or_default();
        // A negative slop is 0 to Lucene. No text is longer than the largest one.
        slop.max(0.0) as u32
    }

    /// A misspelt term. Without a readable number, within two edits.
    fn fuzzy(&self, text: &str, tilde: Token) -> Result<Words, Error> {
        let edits = self.number(tilde).unwrap_or(2.0);
        let edits = [0.0, 1.0, 2.0].iter().zip(0..).find(|(known, _)| edits == **known);
        let (_, edits) = edits.ok_or_else(|| fault::edits(tilde.span))?;
        Ok(Words::Fuzzy(Fuzzy::new(analysis::lower_case(text), edits)))
    }

    fn number(&self, tilde: Token) -> Option<f32> {
        tilde.span.slice(self.text).trim_start_matches('~').trim().parse().ok()
    }

    /// The fault of a missing term or group.
    fn missing(&self, found: Option<Token>) -> Error {
        let before = self.last;
        let typed = before.slice(self.text);
        let Some(found) = found else {
            return if typed == "(" {
                fault::unclosed(before, self.text)
            } else {
                fault::nothing_after(before, self.text)
            };
        };
        match found.kind {
            Kind::Close if typed == "(" => fault::empty_group(before.to(found.span), self.text),
            Kind::Close if !typed.is_empty() => fault::nothing_after(before, self.text),
            Kind::Plus | Kind::Minus | Kind::Not => fault::two_marks(found.span, self.text),
            Kind::And | Kind::Or => fault::nothing_before(found.span, self.text),
            _ => self.unexpected(found),
        }
    }

    /// The fault of a token at a wrong place.
    fn unexpected(&self, token: Token) -> Error {
        match token.kind {
            Kind::Close => fault::closes_nothing(token.span),
            Kind::Colon => fault::colon(token.span),
            _ => fault::suffix(token.span, self.text),
        }
    }
}

/// Whether a token starts or joins another clause.
const fn continues(kind: Kind) -> bool {
    !matches!(kind, Kind::Close | Kind::Colon | Kind::Boost | Kind::Tilde)
}

const fn is_operand(kind: Kind) -> bool {
    use Kind::{Bare, Prefix, Quoted, Regex, Term, Wildcard};
    matches!(kind, Bare | Prefix | Quoted | Regex | Term | Wildcard)
}

fn boosted(node: Node) -> Node {
    match node {
        // A boost adds a level: `(-a)^2` is no longer a query of negations alone.
        Node::Clauses(_) => Node::Clauses(vec![Clause { occur: Occur::Optional, node }]),
        Node::Leaf(_) | Node::Everything => node,
    }
}

fn inner_wildcard(typed: &str, span: Span) -> Result<Wildcard, Error> {
    if typed.starts_with(['*', '?']) {
        return Err(fault::leading_wildcard(span));
    }
    Ok(wildcard(typed))
}

fn prefix(text: &str, span: Span) -> Result<Wildcard, Error> {
    let text = text.strip_suffix('*').unwrap_or(text);
    if text.starts_with('*') {
        return Err(fault::leading_wildcard(span));
    }
    starting_with(text, span)
}

fn regex(typed: &str, span: Span) -> Result<Words, Error> {
    let inner = typed.get(1..typed.len() - 1).unwrap_or_default();
    check_length(inner, span)?;
    Regex::parse(inner).map(Words::Regex).map_err(|reason| fault::regex(&reason, inner, span))
}

fn phrase(quoted: &str, slop: u32) -> Option<Words> {
    let words = Words::phrase(quoted.strip_prefix('"')?.strip_suffix('"')?)?;
    match words {
        Words::Phrase(tokens) if slop > 0 && tokens.len() > 1 => {
            Some(Words::Sloppy(Sloppy { tokens, slop }))
        }
        other => Some(other),
    }
}
