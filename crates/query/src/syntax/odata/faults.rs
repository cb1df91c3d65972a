//! Faults in the form of a filter, and the text to write instead.

use super::ast::Relation;
use crate::{Code, Error, Span};

/// An example of a condition.
const CONDITION: &str =
    "write a field, an operator and a value, such as fromAddress eq 'a@example.com'";

pub(super) fn unclosed(open: Span) -> Error {
    Error::new(Code::UnclosedGroup, open, "a bracket is not closed", "opened here").hint("add `)`")
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

pub(super) fn not_before_comparison(not: Span, operand: Span) -> Error {
    Error::new(
        Code::Syntax,
        not.to(operand),
        "`not` binds tighter than a comparison",
        "negates the field, not the comparison",
    )
    .hint("put the comparison in brackets: not (field eq value)")
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

pub(super) fn missing_argument(span: Span) -> Error {
    Error::new(Code::MissingOperand, span, "an argument is missing", "expected here")
        .hint(CONDITION)
}

pub(super) fn closes_nothing(span: Span) -> Error {
    Error::new(Code::UnclosedGroup, span, "a bracket has no opening one", "closes nothing")
        .hint("leave it out")
}

pub(super) fn empty_all(span: Span) -> Error {
    Error::new(Code::Syntax, span, "`all` needs a condition", "nothing inside")
        .hint("write all(x: ...), or any() for \"has at least one\"")
}

pub(super) fn missing_variable(span: Span) -> Error {
    Error::new(Code::Syntax, span, "a range variable is missing", "name it here")
        .hint("write any(x: x/name eq '...'): a name, a colon, then the condition")
}

pub(super) fn missing_comma(span: Span) -> Error {
    Error::new(Code::Syntax, span, "a comma is missing", "between arguments")
        .hint("write a comma between arguments")
}

pub(super) fn compared_group(span: Span) -> Error {
    let title = "a condition in brackets cannot be compared";
    Error::new(Code::Syntax, span, title, "not after a bracket")
        .hint("write `not (...)` for its opposite")
}

pub(super) fn missing_space(word: Span, place: &str) -> Error {
    Error::new(Code::Syntax, word, "white space is missing", place)
        .hint("write a space; a single quote inside of text is written twice: 'O''Brien'")
}
