//! The form of each token.

use std::borrow::Cow;

use nom::IResult;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::{anychar, char, digit1, satisfy};
use nom::combinator::{eof, not, opt, peek, recognize, value, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded, terminated};

use super::ast::{Distance, Relation};
use super::token::Mark;

/// Brackets, `|` and `||`, and `-` or `+` directly before a term.
pub(super) fn mark(text: &str) -> IResult<&str, Mark> {
    let before_term = || peek(satisfy(|c| !c.is_whitespace() && !matches!(c, ')' | '}' | '|')));
    alt((
        value(Mark::Open, char('(')),
        value(Mark::Close, char(')')),
        value(Mark::OpenBrace, char('{')),
        value(Mark::CloseBrace, char('}')),
        value(Mark::Or, alt((tag("||"), tag("|")))),
        value(Mark::Not, pair(satisfy(is_minus), before_term())),
        value(Mark::Plus, pair(char('+'), before_term())),
    ))
    .parse(text)
}

/// A minus, and the dashes that documents put in its place.
pub(crate) const fn is_minus(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

/// `!` directly before a term, which is NOT elsewhere.
pub(super) fn bang(text: &str) -> IResult<&str, char> {
    let before_term = peek(satisfy(|c| c.is_alphanumeric() || c == '(' || is_opening_quote(c)));
    terminated(char('!'), before_term).parse(text)
}

/// `name!=`, which leaves out elsewhere.
pub(super) fn unequal(text: &str) -> IResult<&str, &str> {
    let name = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    terminated(name, tag("!=")).parse(text)
}

/// `(c:c)` and `(c:s)`, which join conditions in the text that Purview shows of a search.
pub(super) fn purview_join(text: &str) -> IResult<&str, &str> {
    alt((tag("(c:c)"), tag("(c:s)"))).parse(text)
}

/// Operators in capitals, whole words only.
pub(super) fn word_operator(text: &str) -> IResult<&str, Mark> {
    let word = alt((
        value(Mark::And, tag("AND")),
        value(Mark::Or, tag("OR")),
        value(Mark::Not, tag("NOT")),
        value(Mark::Xor, tag("XOR")),
    ));
    terminated(word, end_of_bare).parse(text)
}

/// `NEAR/5`, `NEAR(5)`, `AROUND 5`, `AROUND(5)`; in this order `ADJ/5`, `ONEAR/5` and `ONEAR(5)`.
pub(super) fn near(text: &str) -> IResult<&str, Distance> {
    let any = alt((
        terminated(preceded(tag("NEAR/"), digit1), end_of_bare),
        preceded(alt((tag("NEAR"), tag("AROUND"))), delimited(char('('), digit1, char(')'))),
        terminated(
            preceded(pair(tag("AROUND"), take_while1(char::is_whitespace)), digit1),
            end_of_bare,
        ),
    ));
    let ordered = alt((
        terminated(preceded(alt((tag("ADJ/"), tag("ONEAR/"))), digit1), end_of_bare),
        preceded(alt((tag("ONEAR"), tag("ADJ"))), delimited(char('('), digit1, char(')'))),
    ));
    let distance = |ordered| move |digits| Distance { words: number(digits), ordered };
    alt((any.map(distance(false)), ordered.map(distance(true)))).parse(text)
}

/// Digits as a number. A number that is too large becomes the largest one.
fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

fn end_of_bare(text: &str) -> IResult<&str, ()> {
    alt((value((), eof), value((), peek(satisfy(ends_bare))))).parse(text)
}

const fn ends_bare(c: char) -> bool {
    matches!(c, '(' | ')' | '{' | '}' | '"' | '|') || c.is_whitespace()
}

pub(super) fn bare(text: &str) -> IResult<&str, &str> {
    take_while1(|c| !ends_bare(c)).parse(text)
}

/// `name:` and `name>=`, but not a time, a URL, a Windows path or a reply mark.
pub(super) fn field(text: &str) -> IResult<&str, (&str, Relation)> {
    let name = take_while1(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let (rest, found) = pair(name, relation).parse(text)?;
    not(alt((tag("//"), verify(tag("\\"), |_: &str| found.0.len() == 1)))).parse(rest)?;
    verify(nom::combinator::success(found), |found| {
        !(found.1 == Relation::Colon && is_word_before_colon(found.0))
    })
    .parse(rest)
}

/// Marks of replies, and links without slashes.
fn is_word_before_colon(name: &str) -> bool {
    ["re", "fw", "fwd", "mailto"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

fn relation(text: &str) -> IResult<&str, Relation> {
    preceded(
        opt(terminated(char(':'), peek(satisfy(|c| matches!(c, '<' | '>' | '='))))),
        alt((
            value(Relation::Colon, char(':')),
            value(Relation::AtLeast, tag(">=")),
            value(Relation::AtMost, tag("<=")),
            value(Relation::NotEqual, tag("<>")),
            value(Relation::Greater, char('>')),
            value(Relation::Less, char('<')),
            value(Relation::Equal, tag("==")),
            value(Relation::Equal, char('=')),
        )),
    )
    .parse(text)
}

pub(super) const fn is_typographic(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '«' | '»')
}

pub(super) const fn is_opening_quote(c: char) -> bool {
    c == '"' || is_typographic(c)
}

/// A quoted text without its escapes, and the `~n` after it.
///
/// A plain quote ends at a plain one. Typographic quotes come in too many pairs, so any of them ends
/// another.
pub(super) fn quoted(text: &str) -> IResult<&str, (Cow<'_, str>, Option<u32>)> {
    let (rest, open) = satisfy(is_opening_quote).parse(text)?;
    let ends = |c: char| c == '"' || is_typographic(open) && is_typographic(c);
    let escaped = value((), preceded(char('\\'), satisfy(|c| matches!(c, '"' | '\\'))));
    let inner = recognize(many0_count(alt((escaped, value((), satisfy(|c| !ends(c)))))));
    let distance = opt(preceded(char('~'), digit1.map(number)));
    pair(terminated(inner, anychar).map(unescaped), distance).parse(rest)
}

/// A quoted text without the backslashes of its escapes.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escapes = c == '\\' && chars.peek().is_some_and(|next| matches!(next, '"' | '\\'));
        out.push(if escapes { chars.next().unwrap_or(c) } else { c });
    }
    out.into()
}

/// `/…/` up to the end of the run. `\/` stands for a slash inside.
pub(super) fn regex(text: &str) -> IResult<&str, &str> {
    let plain = value((), verify(is_not("/\\"), |run: &str| !run.contains(char::is_whitespace)));
    let escaped = value((), pair(char('\\'), anychar));
    let inner =
        verify(recognize(many0_count(alt((escaped, plain)))), |inner: &str| !inner.is_empty());
    terminated(delimited(char('/'), inner, char('/')), end_of_bare).parse(text)
}
