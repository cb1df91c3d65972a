//! Tokens of the classic syntax. The longest possible token wins.
//!
//! A term starts with any character that is not special, and continues over `+` and `-`. `&` and `|`
//! are only special as `&&` and `||`. A backslash makes any character plain.

use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::character::complete::{anychar, char, digit1, none_of, one_of, satisfy};
use nom::combinator::{cut, map, opt, peek, recognize, value};
use nom::error::{Error as Fault, ErrorKind};
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser as _};

use super::fault;
use crate::{Error, Span};

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    And,
    Or,
    Not,
    Plus,
    Minus,
    /// `+`, `-` or `!` before white space: a term, which analysis drops.
    Bare,
    Open,
    Close,
    Colon,
    /// `^` and its number.
    Boost,
    /// `~` and what follows it without a gap.
    Tilde,
    Quoted,
    Term,
    /// A term whose only wildcard is a `*` at its end.
    Prefix,
    /// A term with other wildcards.
    Wildcard,
    Regex,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// Cuts the whole text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let (after, kind) = token(rest).map_err(|_| fault::no_token(text, start))?;
        tokens.push(Token { kind, span: Span::new(start, text.len() - after.len()) });
        rest = after.trim_start_matches(is_space);
    }
    Ok(tokens)
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

fn token(input: &str) -> IResult<&str, Kind> {
    alt((operator, path, word, quoted, regex, boost, tilde)).parse(input)
}

/// `Operator = ("+" | "-" | "!") White | "+" | "-" | "!" | "(" | ")" | ":"`
fn operator(input: &str) -> IResult<&str, Kind> {
    alt((
        value(Kind::Bare, terminated(one_of("+-!"), peek(satisfy(is_space)))),
        value(Kind::Plus, char('+')),
        value(Kind::Minus, char('-')),
        value(Kind::Not, char('!')),
        value(Kind::Open, char('(')),
        value(Kind::Close, char(')')),
        value(Kind::Colon, char(':')),
    ))
    .parse(input)
}

/// `Path = Name "/" Name &":"`: a sub-field, where a slash would else start a regular expression.
///
/// It accepts any name, so that the error for a misspelt one can say so.
fn path(input: &str) -> IResult<&str, Kind> {
    let name = || take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_');
    value(Kind::Term, (name(), char('/'), name(), peek(char(':')))).parse(input)
}

/// `Word = (Start | "*" | "?") (Start | "-" | "+" | "*" | "?")*`
fn word(input: &str) -> IResult<&str, Kind> {
    let more = many0_count(alt((term_char, one_of("+-*?"))));
    map(recognize((alt((term_char, one_of("*?"))), more)), word_kind).parse(input)
}

/// `Start = "\" any | any but the special ones`
fn term_char(input: &str) -> IResult<&str, char> {
    alt((escaped, none_of(" \t\n\r\u{3000}+-!():^[]\"{}~*?\\/"))).parse(input)
}

fn escaped(input: &str) -> IResult<&str, char> {
    preceded(char('\\'), anychar).parse(input)
}

fn word_kind(word: &str) -> Kind {
    match word {
        "AND" | "&&" => Kind::And,
        "OR" | "||" => Kind::Or,
        "NOT" => Kind::Not,
        _ => wildcard_kind(word),
    }
}

fn wildcard_kind(word: &str) -> Kind {
    let mut kind = Kind::Term;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '*' if chars.as_str().is_empty() && kind == Kind::Term && word.len() > 1 => {
                kind = Kind::Prefix;
            }
            '*' | '?' => kind = Kind::Wildcard,
            _ => {}
        }
    }
    kind
}

/// `Quoted = '"' ("\" any | any but '"' and "\")* '"'`
fn quoted(input: &str) -> IResult<&str, Kind> {
    let inside = many0_count(alt((escaped, none_of("\"\\"))));
    value(Kind::Quoted, (char('"'), cut((inside, char('"'))))).parse(input)
}

/// `Regex = "/" ("\/" | any but "/")* "/"`. It ends at the first slash without a backslash, or else
/// at the last slash.
fn regex(input: &str) -> IResult<&str, Kind> {
    let (body, _) = char('/').parse(input)?;
    let plain = |(at, _): &(usize, &str)| !body.get(..*at).is_some_and(|s| s.ends_with('\\'));
    let end = body.match_indices('/').find(plain).or_else(|| body.match_indices('/').next_back());
    let after = end.and_then(|(at, slash)| body.get(at + slash.len()..));
    let fault = nom::Err::Failure(Fault::new(input, ErrorKind::Char));
    after.map(|after| (after, Kind::Regex)).ok_or(fault)
}

/// `Boost = "^" digits ("." digits)?`
fn boost(input: &str) -> IResult<&str, Kind> {
    let number = (digit1, opt((char('.'), digit1)));
    value(Kind::Boost, (char('^'), cut(number))).parse(input)
}

/// `Tilde = "~" (Start | "-" | "+")*`
fn tilde(input: &str) -> IResult<&str, Kind> {
    let distance = many0_count(alt((term_char, one_of("+-"))));
    value(Kind::Tilde, (char('~'), distance)).parse(input)
}
