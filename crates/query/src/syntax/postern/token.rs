//! Typed text to tokens.

use nom::IResult;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{anychar, char, digit1, satisfy};
use nom::combinator::{eof, not, opt, peek, recognize, value, verify};
use nom::multi::fold_many0;
use nom::sequence::{delimited, pair, preceded, terminated};

use super::ast::{FieldName, Piece, PieceKind, Relation};
use crate::{Advice, AdviceCode, Code, Error, Span};

/// A token and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    And,
    Or,
    Xor,
    Not,
    /// `+` in front of a term: the term as it stands.
    Plus,
    Field(FieldName),
    /// Pieces without white space between them.
    Value(Vec<Piece>),
    /// `NEAR/5` and its kin.
    Proximity,
}

/// The tokens of a text, and what was noticed on the way.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) errors: Vec<Error>,
    pub(crate) advice: Vec<Advice>,
}

/// Cuts typed text into tokens; every text has some.
pub(crate) fn tokenize(text: &str) -> Lexed {
    let mut lexer = Lexer { text, rest: text.trim_start(), lexed: Lexed::default() };
    while !lexer.rest.is_empty() {
        lexer.token();
        lexer.rest = lexer.rest.trim_start();
    }
    lexer.lexed
}

/// Whether `text` alone is one bare word, so that it can be written without quotes.
pub(crate) fn is_plain_word(text: &str) -> bool {
    let lexed = tokenize(text);
    matches!(lexed.tokens.as_slice(), [value] if is_bare(value, text)) && lexed.errors.is_empty()
}

/// Whether `text` behind `name:` is one bare value, for an operator that does not compare.
pub(crate) fn is_plain_value(text: &str) -> bool {
    let lexed = tokenize(&format!("name:{text}"));
    let plain = match lexed.tokens.as_slice() {
        [Token { kind: TokenKind::Field(name), .. }, value] => {
            text.strip_prefix(name.relation.value_part()).is_some_and(|rest| is_bare(value, rest))
        }
        _ => false,
    };
    plain && lexed.errors.is_empty()
}

fn is_bare(token: &Token, expected: &str) -> bool {
    let TokenKind::Value(pieces) = &token.kind else { return false };
    matches!(pieces.as_slice(), [Piece { kind: PieceKind::Bare, text, .. }] if text == expected)
}

struct Lexer<'t> {
    text: &'t str,
    rest: &'t str,
    lexed: Lexed,
}

impl<'t> Lexer<'t> {
    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Takes what `parser` reads, with its place.
    fn take<T>(
        &mut self,
        mut parser: impl FnMut(&'t str) -> IResult<&'t str, T>,
    ) -> Option<(T, Span)> {
        let start = self.at();
        let (rest, found) = parser(self.rest).ok()?;
        self.rest = rest;
        Some((found, Span::new(start, self.at())))
    }

    fn push(&mut self, kind: TokenKind, span: Span) {
        self.lexed.tokens.push(Token { kind, span });
    }

    fn token(&mut self) {
        if let Some((kind, span)) = self.take(mark).or_else(|| self.take(word_operator)) {
            return self.push(kind, span);
        }
        if let Some(((name, relation), span)) = self.take(field) {
            let name_span = Span::new(span.start, span.start + name.len());
            let colon = self.text.get(name_span.end..).is_some_and(|rest| rest.starts_with(':'));
            let name = FieldName { name: name.to_owned(), relation, colon, span: name_span };
            self.push(TokenKind::Field(name), span);
            self.rest = self.rest.trim_start();
            if self.rest.starts_with(['(', '{', ')', '}', '|']) || self.rest.is_empty() {
                return;
            }
        }
        self.value();
    }

    /// Pieces that touch: after a comma or before one, a quoted piece may stand beside a bare one.
    fn value(&mut self) {
        let mut pieces: Vec<Piece> = Vec::new();
        while let Some(piece) = self.piece() {
            let comma_after = piece.text.ends_with(',') && piece.kind == PieceKind::Bare;
            pieces.push(piece);
            let goes_on = if comma_after {
                self.rest.starts_with(is_opening_quote)
            } else {
                self.rest.starts_with(',')
            };
            if !goes_on {
                break;
            }
        }
        if let (Some(first), Some(last)) = (pieces.first(), pieces.last()) {
            let span = first.span.to(last.span);
            self.push(TokenKind::Value(pieces), span);
        }
    }

    fn piece(&mut self) -> Option<Piece> {
        let pasted = self.rest.starts_with(is_typographic);
        if let Some(((text, slop), span)) = self.take(quoted) {
            if pasted {
                let message = "typographic quotes were read as plain ones";
                self.lexed.advice.push(Advice::new(AdviceCode::PastedQuotes, span, message));
            }
            let kind = if slop.is_some() { PieceKind::Near } else { PieceKind::Quoted };
            return Some(Piece { text, kind, span });
        }
        if self.rest.starts_with(is_opening_quote) {
            return Some(self.unclosed());
        }
        if let Some((text, span)) = self.take(regex) {
            return Some(Piece { text: text.to_owned(), kind: PieceKind::Regex, span });
        }
        let (text, span) = self.take(bare)?;
        Some(Piece { text: text.to_owned(), kind: PieceKind::Bare, span })
    }

    /// The rest of the text as a phrase, reported.
    fn unclosed(&mut self) -> Piece {
        let start = self.at();
        let quote = self.rest.chars().next().map_or(0, char::len_utf8);
        let span = Span::new(start, start + quote);
        let error = Error::new(Code::UnclosedQuote, span, "a quote is not closed", "opened here");
        let hint = "add `\"` at the end of the phrase; a quote inside is written \\\"";
        self.lexed.errors.push(error.hint(hint));
        let text = self.rest.get(quote..).unwrap_or_default().to_owned();
        self.rest = "";
        Piece { text, kind: PieceKind::Quoted, span: Span::new(start, self.text.len()) }
    }
}

/// Brackets, `|`, and `-` or `+` directly before a term.
fn mark(text: &str) -> IResult<&str, TokenKind> {
    let before_term = || peek(satisfy(|c| !c.is_whitespace() && !matches!(c, ')' | '}' | '|')));
    alt((
        value(TokenKind::Open, char('(')),
        value(TokenKind::Close, char(')')),
        value(TokenKind::OpenBrace, char('{')),
        value(TokenKind::CloseBrace, char('}')),
        value(TokenKind::Or, char('|')),
        value(TokenKind::Not, pair(char('-'), before_term())),
        value(TokenKind::Plus, pair(char('+'), before_term())),
    ))
    .parse(text)
}

/// Operators in capitals, whole words only.
fn word_operator(text: &str) -> IResult<&str, TokenKind> {
    let distance = || (take_while(char::is_whitespace), digit1);
    let proximity = alt((
        value((), (alt((tag("NEAR/"), tag("ADJ/"))), digit1, end_of_bare)),
        value((), (alt((tag("NEAR("), tag("ONEAR("), tag("AROUND("))), digit1, char(')'))),
        value((), (tag("AROUND"), distance(), end_of_bare)),
    ));
    let plain = alt((
        value(TokenKind::And, tag("AND")),
        value(TokenKind::Or, tag("OR")),
        value(TokenKind::Not, tag("NOT")),
        value(TokenKind::Xor, tag("XOR")),
    ));
    alt((value(TokenKind::Proximity, proximity), pair(plain, end_of_bare).map(|(kind, ())| kind)))
        .parse(text)
}

fn end_of_bare(text: &str) -> IResult<&str, ()> {
    alt((value((), eof), value((), peek(satisfy(ends_bare))))).parse(text)
}

const fn ends_bare(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '{' | '}' | '"' | '|')
}

fn bare(text: &str) -> IResult<&str, &str> {
    take_while1(|c| !ends_bare(c)).parse(text)
}

/// `name:` and `name>=`; not a time, a URL, a Windows path or a reply mark.
fn field(text: &str) -> IResult<&str, (&str, Relation)> {
    let name = recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic()),
        take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')),
    ));
    let (rest, found) = pair(name, relation).parse(text)?;
    not(alt((tag("//"), verify(tag("\\"), |_: &str| found.0.len() == 1)))).parse(rest)?;
    let word = found.0.to_ascii_lowercase();
    verify(nom::combinator::success(found), |_| {
        !(found.1 == Relation::Colon && matches!(word.as_str(), "re" | "fw" | "fwd" | "mailto"))
    })
    .parse(rest)
}

fn relation(text: &str) -> IResult<&str, Relation> {
    preceded(
        opt(char(':').and(peek(satisfy(|c| matches!(c, '<' | '>' | '='))))),
        alt((
            value(Relation::Colon, char(':')),
            value(Relation::AtLeast, tag(">=")),
            value(Relation::AtMost, tag("<=")),
            value(Relation::NotEqual, tag("<>")),
            value(Relation::Greater, char('>')),
            value(Relation::Less, char('<')),
            value(Relation::Equal, char('=')),
        )),
    )
    .parse(text)
}

fn is_typographic(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '«' | '»')
}

fn is_opening_quote(c: char) -> bool {
    c == '"' || is_typographic(c)
}

/// A quoted text with its escapes read, and the `~n` behind it.
///
/// Plain quotes end at a plain one; typographic quotes come in too many pairs, so any ends them.
fn quoted(text: &str) -> IResult<&str, (String, Option<&str>)> {
    let (rest, open) = satisfy(is_opening_quote).parse(text)?;
    let ends = |c: char| c == '"' || is_typographic(open) && is_typographic(c);
    let escaped = preceded(char('\\'), satisfy(|c| matches!(c, '"' | '\\')));
    let inner = fold_many0(alt((escaped, satisfy(|c| !ends(c)))), String::new, |mut text, c| {
        text.push(c);
        text
    });
    pair(terminated(inner, anychar), opt(preceded(char('~'), digit1))).parse(rest)
}

/// `/…/` up to the end of the run; `\/` stands for a slash inside.
fn regex(text: &str) -> IResult<&str, &str> {
    let inner = recognize(fold_many0(
        alt((
            value((), pair(char('\\'), anychar)),
            value((), satisfy(|c| c != '/' && !c.is_whitespace())),
        )),
        || (),
        |(), ()| (),
    ));
    let closed = delimited(char('/'), verify(inner, |inner: &str| !inner.is_empty()), char('/'));
    pair(closed, end_of_bare).map(|(inner, ())| inner).parse(text)
}
