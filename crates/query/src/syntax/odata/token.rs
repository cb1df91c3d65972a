//! From filter text to tokens.

use nom::IResult;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{recognize, value};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair};

use super::ast::Constant;
use super::date::instant;
use super::{faults, marks};
use crate::{Budget, Code, Error, Span};

/// A token, its place, and whether white space stands before it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
    pub(crate) spaced: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    Open,
    Close,
    Comma,
    Colon,
    /// Names joined by slashes, a function name with its dot, or an operator word.
    Path(String),
    Constant(Constant),
    Geography,
}

/// The most tokens of a filter: eight for each term, as in `not (a eq 'b') or`.
const MAX_TOKENS: usize = 8 * Budget::TERMS;

/// Cuts a filter into tokens.
pub(crate) fn tokenize(text: &str) -> Result<Vec<Token>, Error> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let spaced = trimmed.len() < rest.len();
        if trimmed.is_empty() {
            return Ok(tokens);
        }
        let start = text.len() - trimmed.len();
        let (after, kind) = token(trimmed).map_err(|_| marks::unreadable(text, start))?;
        let span = Span::new(start, text.len() - after.len());
        if tokens.len() == MAX_TOKENS {
            return Err(faults::too_many_words(MAX_TOKENS, span));
        }
        let kind = kind.finish(span)?;
        tokens.push(Token { kind, span, spaced });
        rest = after;
    }
}

/// A token whose literal is not checked yet.
enum Raw<'a> {
    Done(TokenKind),
    Word(&'a str),
    Number(&'a str),
    Quoted(&'a str),
    Geography,
}

fn token(text: &str) -> IResult<&str, Raw<'_>> {
    alt((
        value(TokenKind::Open, char('(')).map(Raw::Done),
        value(TokenKind::Close, char(')')).map(Raw::Done),
        value(TokenKind::Comma, char(',')).map(Raw::Done),
        value(TokenKind::Colon, char(':')).map(Raw::Done),
        quoted.map(Raw::Quoted),
        pair(tag("geography"), quoted).map(|_| Raw::Geography),
        number.map(Raw::Number),
        path.map(Raw::Word),
    ))
    .parse(text)
}

/// `'…'`. A doubled quote stands for one, and nothing else is special.
fn quoted(text: &str) -> IResult<&str, &str> {
    let inner = recognize(many0_count(alt((tag("''"), take_while1(|c| c != '\'')))));
    delimited(char('\''), inner, char('\'')).parse(text)
}

/// A run that starts like a number or a date.
fn number(text: &str) -> IResult<&str, &str> {
    let first = satisfy(|c| c.is_ascii_digit() || matches!(c, '+' | '-'));
    let rest =
        take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-' | ':'));
    recognize(pair(first, rest)).parse(text)
}

fn path(text: &str) -> IResult<&str, &str> {
    let first = satisfy(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.'));
    recognize(pair(first, rest)).parse(text)
}

impl Raw<'_> {
    fn finish(self, span: Span) -> Result<TokenKind, Error> {
        Ok(match self {
            Self::Done(kind) => kind,
            Self::Geography => TokenKind::Geography,
            Self::Quoted(inner) => TokenKind::Constant(Constant::String(inner.replace("''", "'"))),
            Self::Number(run) => TokenKind::Constant(number_or_date(run, span)?),
            Self::Word(word) => word_token(word, span)?,
        })
    }
}

fn word_token(word: &str, span: Span) -> Result<TokenKind, Error> {
    Ok(TokenKind::Constant(match word {
        "null" => Constant::Null,
        "true" => Constant::Boolean(true),
        "false" => Constant::Boolean(false),
        "NaN" => Constant::Float(f64::NAN),
        "INF" => Constant::Float(f64::INFINITY),
        _ if word.ends_with('/') || word.contains("//") => {
            return Err(Error::new(
                Code::Syntax,
                span,
                format!("`{word}` is not a path"),
                "a name is missing beside a slash",
            )
            .hint("write names and slashes without white space, such as toRecipients/any"));
        }
        _ => return Ok(TokenKind::Path(word.to_owned())),
    }))
}

fn number_or_date(run: &str, span: Span) -> Result<Constant, Error> {
    if run == "-INF" {
        return Ok(Constant::Float(f64::NEG_INFINITY));
    }
    if is_date_like(run) {
        return instant(run).map(Constant::Instant).ok_or_else(|| bad_date(run, span));
    }
    if let Some(integer) = integer(run) {
        return integer.ok_or_else(|| {
            Error::new(
                Code::InvalidNumber,
                span,
                format!("`{run}` does not fit 64 bits"),
                "too large",
            )
            .hint("write a whole number of at most 18 digits")
        });
    }
    float(run).ok_or_else(|| {
        Error::new(
            Code::InvalidNumber,
            span,
            format!("`{run}` is not a number or a date"),
            "cannot be read",
        )
        .hint("write 123, -1.5, 1.2e7 or 2024-01-31T00:00:00Z; text stands in single quotes")
    })
}

fn is_date_like(run: &str) -> bool {
    let mut bytes = run.bytes();
    bytes.by_ref().take(4).filter(u8::is_ascii_digit).count() == 4 && bytes.next() == Some(b'-')
}

fn bad_date(run: &str, span: Span) -> Error {
    let day =
        run.get(..10).filter(|day| run.len() == 10 && instant(&format!("{day}T00:00Z")).is_some());
    let zoned = format!("{run}Z");
    let title = format!("`{run}` is not a date with time and zone");
    let error = Error::new(Code::InvalidDate, span, title, "not a date");
    let upper = run.to_ascii_uppercase();
    if let Some(day) = day {
        let whole = format!("{day}T00:00:00Z");
        return error.hint(format!("add the time and the zone: {whole}")).fix(span, whole);
    }
    if instant(&zoned).is_some() {
        let hint = format!("add the zone: {zoned}; in a URL write %2B for the + of +01:00");
        return error.hint(hint).fix(span, zoned);
    }
    if instant(&upper).is_some() {
        return error.hint(format!("write {upper}")).fix(span, upper);
    }
    error.hint("write a day that exists, a time and a zone: 2024-01-31T00:00:00Z")
}

/// `Some(None)` for digits that do not fit.
fn integer(run: &str) -> Option<Option<Constant>> {
    let digits = run.strip_prefix(['+', '-']).unwrap_or(run);
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| run.parse().ok().map(Constant::Integer))
}

/// sign? digits fraction? exponent?, the exponent with a lower-case `e`.
fn float(run: &str) -> Option<Constant> {
    let digits = run.strip_prefix(['+', '-']).unwrap_or(run);
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let plain = [whole, fraction, exponent]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| run.parse().ok().map(Constant::Float)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: impl Into<Option<Constant>>) {
        let expected = expected.into();
        let found = tokenize(text).ok().and_then(|tokens| match tokens.as_slice() {
            [Token { kind: TokenKind::Constant(constant), .. }] => Some(constant.clone()),
            _ => None,
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn literals() {
        check("'O''Brien'", Some(Constant::String("O'Brien".into())));
        check(r"'a\'", Some(Constant::String(r"a\".into())));
        check("''", Some(Constant::String(String::new())));
        check("'open", None);
        check("-456", Some(Constant::Integer(-456)));
        check("9223372036854775808", None);
        check("-1.2e7", Some(Constant::Float(-1.2e7)));
        check("1E7", None);
        check("1.", None);
        check(".5", None);
    }

    #[test]
    fn dates() {
        let at = |text: &str| Some(Constant::Instant(text.parse().unwrap()));
        check("2024-02-29T23:59:59Z", at("2024-02-29T23:59:59Z"));
        check("2024-02-29T23:59Z", at("2024-02-29T23:59:00Z"));
        check("2024-01-01T00:00:00.1234567891Z", at("2024-01-01T00:00:00.123456789Z"));
        check("2024-01-01T00:00:00+05:30", at("2023-12-31T18:30:00Z"));
        for bad in [
            "2023-02-29T00:00:00Z",
            "2024-01-31",
            "2024-01-31T00:00:00",
            "2024-01-31T24:00:00Z",
            "2024-01-31T23:60:00Z",
            "2024-01-31T23:59:60Z",
            "0000-01-31T23:59:00Z",
            "2024-1-31T23:59:00Z",
            "2024-01-31T23:59.5Z",
            "2024-01-31t23:59:00z",
            "2024-01-31T23:59:00+15:00",
        ] {
            check(bad, None);
        }
    }
}
