//! Faults in the form of a filter, and the text to write instead.

use super::ast::{Constant, Relation};
use super::token::{Token, TokenKind};
use crate::{Code, Error, Span};

/// An example of a condition.
const CONDITION: &str =
    "write a field, an operator and a value, such as fromAddress eq 'a@example.com'";

/// A bracket without its end, which belongs to the end of the text.
pub(super) fn unclosed(open: Span, end: usize) -> Error {
    Error::new(Code::UnclosedGroup, open, "a bracket is not closed", "opened here")
        .hint("add `)`")
        .fix(Span::new(end, end), ")")
}

pub(super) fn too_deep(limit: usize, span: Span) -> Error {
    let title = format!("more than {limit} conditions in each other");
    Error::new(Code::TooDeep, span, title, "one too many")
        .hint("write fewer `not` and brackets inside of each other")
}

pub(super) fn too_many_words(limit: usize, span: Span) -> Error {
    let title = format!("a filter has at most {limit} words, values and marks");
    Error::new(Code::TooCostly, span, title, "one too many").hint(
        "write values of one field as search.in(field, 'a,b', ','), or ask in several requests",
    )
}

pub(super) fn missing_operand(span: Span) -> Error {
    Error::new(Code::MissingOperand, span, "a condition is missing", "expected here")
        .hint(CONDITION)
}

/// `not field eq value`, with the places of the field and of the whole comparison.
pub(super) fn not_before_comparison(not: Span, operand: Span, whole: Span, text: &str) -> Error {
    Error::new(
        Code::Syntax,
        not.to(operand),
        "`not` binds tighter than a comparison",
        "negates the field, not the comparison",
    )
    .hint("put the comparison in brackets: not (field eq value)")
    .fix(whole, format!("({})", whole.slice(text)))
}

/// `NOT` and other words that are written in small letters.
pub(super) fn capitals(word: &str, span: Span) -> Error {
    let lower = word.to_ascii_lowercase();
    Error::new(Code::Syntax, span, "an operator is in capitals", "not known so")
        .hint(format!("operators are in small letters: {lower}"))
        .fix(span, lower)
}

pub(super) fn no_operator(word: &str, span: Span) -> Error {
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
        return error.hint(format!("operators are in small letters: {lower}")).fix(span, lower);
    }
    match lower.as_str() {
        "in" => error.hint("write search.in(field, 'a,b', ',')"),
        "has" | "add" | "sub" | "mul" | "div" | "mod" => {
            error.hint(format!("`{lower}` is not part of the service's filter language"))
        }
        _ => error.hint("join conditions with and, or; compare with eq, ne, gt, ge, lt, le"),
    }
}

/// Whether a bracket belongs to the name.
pub(super) fn takes_bracket(path: &str) -> bool {
    path.starts_with("search.") || path.ends_with("/any") || path.ends_with("/all")
}

pub(super) fn missing_argument(span: Span) -> Error {
    Error::new(Code::MissingOperand, span, "an argument is missing", "expected here")
        .hint(CONDITION)
}

pub(super) fn closes_nothing(span: Span) -> Error {
    Error::new(Code::UnclosedGroup, span, "a bracket has no opening one", "closes nothing")
        .hint("leave it out")
        .fix(span, "")
}

pub(super) fn empty_all(span: Span) -> Error {
    Error::new(Code::Syntax, span, "`all` needs a condition", "nothing inside")
        .hint("write all(x: ...), or any() for \"has at least one\"")
}

/// A lambda without `x:` before the tokens of its condition.
pub(super) fn missing_variable(span: Span, condition: &[Token]) -> Error {
    let error = Error::new(Code::Syntax, span, "a range variable is missing", "name it here")
        .hint("write any(x: x/name eq '...'): a name, a colon, then the condition");
    let here = Span::new(span.start, span.start);
    match condition {
        [Token { kind: TokenKind::Constant(_), .. }, ..] => error.fix(here, "x: x eq "),
        [
            Token { kind: TokenKind::Path(word), span, .. },
            Token { kind: TokenKind::Path(next), spaced: true, .. },
            ..,
        ] if Relation::from_word(next).is_none() && !word.contains('/') && word != "not" => {
            error.fix(Span::new(span.end, span.end), ":")
        }
        [Token { kind: TokenKind::Path(path), .. }, ..] => {
            let variable = path.split_once('/').map_or("x", |(first, _)| first);
            let is_own = !variable.contains('.') && variable != "emailAddress";
            error.fix(here, format!("{}: ", if is_own { variable } else { "x" }))
        }
        [Token { kind: TokenKind::Open, .. }, ..] => error.fix(here, "x: "),
        _ => error,
    }
}

/// Two arguments, the first of which ends at `end`.
pub(super) fn missing_comma(span: Span, end: usize) -> Error {
    Error::new(Code::Syntax, span, "a comma is missing", "between arguments")
        .hint("write a comma between arguments")
        .fix(Span::new(end, end), ",")
}

/// `field in ('a', 'b')`, with the tokens of the field and of the list. Its text is that of a call.
pub(super) fn is_in_list(field: &Token, list: &[Token]) -> Option<(Span, String)> {
    let TokenKind::Path(path) = &field.kind else { return None };
    let [Token { kind: TokenKind::Open, .. }, rest @ ..] = list else { return None };
    let end = rest.iter().position(|token| token.kind == TokenKind::Close)?;
    let mut values = Vec::new();
    for token in rest.get(..end)? {
        match &token.kind {
            TokenKind::Constant(Constant::String(text)) if !text.contains('|') => {
                values.push(text.replace('\'', "''"));
            }
            TokenKind::Comma => {}
            _ => return None,
        }
    }
    let call = format!("search.in({path}, '{}', '|')", values.join("|"));
    (!values.is_empty()).then_some((field.span.to(rest.get(end)?.span), call))
}

pub(super) fn compared_group(span: Span) -> Error {
    let title = "a condition in brackets cannot be compared";
    Error::new(Code::Syntax, span, title, "not after a bracket")
        .hint("write `not (...)` for its opposite")
}

pub(super) fn missing_space(word: Span, place: &str) -> Error {
    let here = if place == BEFORE { word.start } else { word.end };
    Error::new(Code::Syntax, word, "white space is missing", place)
        .hint("write a space; a single quote inside of text is written twice: 'O''Brien'")
        .fix(Span::new(here, here), " ")
}

/// Where white space is missing.
pub(super) const BEFORE: &str = "before this word";
pub(super) const AFTER: &str = "after this word";
