//! Faults in the form of typed text, and the text to type instead.

use super::ast::{FieldName, Term};
use crate::{Advice, AdviceCode, Code, Error, Span};

pub(super) fn closes_nothing(span: Span, text: &str) -> Error {
    Error::new(Code::UnclosedGroup, span, "a bracket has no opening one", "closes nothing")
        .hint("leave it out, or put it in quotes")
        .leave_out(span, text)
}

/// A bracket without its end, which belongs to the end of the text.
pub(super) fn unclosed_group(open: Span, closing: &str, end: Span) -> Error {
    Error::new(Code::UnclosedGroup, open, "a bracket is not closed", "opened here")
        .hint(format!("add `{closing}`"))
        .fix(end, closing)
}

pub(super) fn too_deep(span: Span, depth: usize) -> Error {
    let title = format!("more than {depth} brackets in each other");
    Error::new(Code::TooDeep, span, title, "one too many")
        .hint("write `(a OR b)` without brackets around single words")
}

pub(super) fn field_in_field(inner: FieldName<'_>, outer: FieldName<'_>, text: &str) -> Error {
    let title = format!("`{}:` stands inside of `{}:(...)`", inner.name, outer.name);
    let error = Error::new(Code::Syntax, inner.span, title, "one operator at a time")
        .hint("close the group before it");
    let before = text.get(..inner.span.start).unwrap_or_default();
    let kept = before.trim_end();
    let word = kept.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    // An operator would join the two in another way.
    if kept.len() == before.len() || matches!(word, "" | "AND" | "OR" | "XOR" | "NOT") {
        return error;
    }
    error.fix(Span::new(kept.len(), inner.span.start), ") ")
}

pub(super) fn empty_value(name: FieldName<'_>, span: Span) -> Error {
    let title = format!("`{}` has no value", name.name);
    let quoted = format!("\"{}:\"", name.name);
    Error::new(Code::EmptyValue, span, title, "nothing follows")
        .hint(format!("write a value after it, or quote it to look for the word itself: {quoted}"))
        .fix(span, quoted)
}

pub(super) fn nothing_after(operator: Span, text: &str) -> Error {
    let title = "an operator has nothing after it";
    Error::new(Code::MissingOperand, operator, title, "nothing follows")
        .hint("add a word after it, leave it out, or put it in quotes to look for it")
        .leave_out(operator, text)
}

pub(super) fn nothing_before(operator: Span, text: &str) -> Error {
    let title = "an operator has nothing before it";
    Error::new(Code::MissingOperand, operator, title, "expected a word")
        .hint("add a word before it, leave it out, or put it in quotes to look for it")
        .leave_out(operator, text)
}

pub(super) fn empty_group(close: Span) -> Error {
    let title = "there is nothing in these brackets";
    Error::new(Code::MissingOperand, close, title, "expected a word")
        .hint("put a word between them")
}

pub(super) fn ends_in_group(end: Span) -> Error {
    let title = "the text ends inside of a bracket";
    Error::new(Code::MissingOperand, end, title, "expected a word")
        .hint("add a word and the closing bracket")
}

pub(super) fn near_groups(operator: Span) -> Error {
    let title = "a distance stands between words and phrases only";
    Error::new(Code::Syntax, operator, title, "not between these").hint(
        "write word NEAR/5 \"a phrase\", with one distance for all of them; join groups by AND",
    )
}

pub(super) fn near_fields(left: &Term<'_>, right: &Term<'_>, operator: Span, text: &str) -> Error {
    let title = "words near each other stand in one field";
    let error = Error::new(Code::Syntax, operator, title, "between two fields");
    let field = left.field.or(right.field).map_or("subject", |field| field.name);
    let [one, near, two] =
        [left.value.span(), operator, right.value.span()].map(|span| span.slice(text));
    let together = format!("{field}:({one} {near} {two})");
    let error = error.hint(format!("write {together}"));
    if left.field.is_some() && right.field.is_some() {
        return error;
    }
    error.fix(left.span.to(right.span), together)
}

/// `[a TO b]` and `IN [a b]`, the ranges and lists of Lucene and similar languages.
pub(super) fn foreign_brackets(
    text: &str,
    rest: &str,
    span: Span,
    is_value: bool,
) -> Option<Error> {
    let after = rest.trim_start();
    let range = text.starts_with('[') && !text.contains(']') && after.starts_with("TO ");
    let list = text == "IN" && after.starts_with('[');
    (range || list).then(|| {
        let title = "ranges and lists are not written in square brackets here";
        let error = Error::new(Code::ForeignOperator, span, title, "known elsewhere")
            .hint("write a range as a..b, a list as (a OR b), and quote the text to look for it");
        match lucene_range(text, after).filter(|_| range && is_value) {
            Some((range, length)) => {
                let end = span.end + (rest.len() - after.len()) + length;
                error.fix(Span::new(span.start, end), range)
            }
            None => error,
        }
    })
}

/// `[a TO b]` as a range, and the length of what stands behind `[a`. A star leaves an end open.
fn lucene_range(text: &str, after: &str) -> Option<(String, usize)> {
    let (to, _) = after.strip_prefix("TO ")?.split_once(']')?;
    let ends = [text.strip_prefix('[')?, to.trim()];
    // Words have no order here.
    let is_plain = |end: &str| {
        let is_number = end.starts_with(|c: char| c.is_ascii_digit());
        end == "*" || is_number && !end.contains([' ', '[', '(', ')', '"', '{', '}'])
    };
    let [from, to] = ends.map(|end| if end == "*" { "" } else { end });
    let length = "TO ".len() + after.strip_prefix("TO ")?.find(']')? + 1;
    ends.into_iter().all(is_plain).then(|| (format!("{from}..{to}"), length))
}

pub(super) fn pasted_dash(dash: char, span: Span) -> Advice {
    let message = format!("`{dash}` before a word was read as `-`, which means NOT");
    Advice::new(AdviceCode::PastedDash, span, message)
}

pub(super) fn bang(span: Span, rest: &str) -> Error {
    let word = rest.split(char::is_whitespace).next().unwrap_or_default();
    let plain = word.chars().all(|c| c.is_alphanumeric() || c == ':');
    let hint = if plain { format!("write -{word}") } else { "write - in its place".to_owned() };
    let title = "`!` does not mean NOT here";
    Error::new(Code::ForeignOperator, span, title, "known elsewhere")
        .hint(format!("{hint}, or put the text in quotes to look for it"))
        .fix(span, "-")
}

pub(super) fn unequal(name: &str, span: Span) -> Error {
    Error::new(Code::ForeignOperator, span, "`!=` does not mean NOT here", "known elsewhere")
        .hint(format!("write -{name}:value, or put the text in quotes to look for it"))
        .fix(span, format!("-{name}:"))
}

pub(super) fn purview_join(span: Span) -> Error {
    let title =
        "`(c:s)` is a mark of Purview, which does not say whether all or one of both is meant";
    Error::new(Code::ForeignOperator, span, title, "known elsewhere")
        .hint("write AND or OR in its place")
}

/// `"overdue invoic"*`, with the place of the phrase and its text.
pub(super) fn prefix_of_phrase(star: Span, phrase: Span, text: &str) -> Error {
    let title = "a phrase cannot end in a wildcard";
    let error = Error::new(Code::ForeignOperator, star, title, "known elsewhere");
    let Some(apart) = last_apart(text) else {
        return error
            .hint("quote the whole words and write the last one apart: \"overdue\" invoic*");
    };
    error
        .hint(format!("quote the whole words and write the last one apart: {apart}"))
        .fix(phrase.to(star), format!("({apart})"))
}

/// The words of a phrase, the last of them apart with a wildcard.
fn last_apart(text: &str) -> Option<String> {
    let text = text.trim_end();
    let (words, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    if last.is_empty() || !last.chars().all(char::is_alphanumeric) || words.contains(['"', '\\']) {
        return None;
    }
    let words = words.trim();
    Some(if words.is_empty() { format!("{last}*") } else { format!("\"{words}\" {last}*") })
}

/// `ANY(a b)` and similar calls, as in KQL.
pub(super) fn foreign_call(name: &str, span: Span) -> Option<Error> {
    let hint = match name {
        "ANY" => "write (a OR b)",
        "ALL" => "write (a b)",
        "NONE" => "write -(a OR b)",
        "NEAR" | "ONEAR" | "ADJ" | "AROUND" | "WITHIN" => {
            "write the distance between two words: a NEAR/5 b, or a ADJ/5 b in this order"
        }
        "WORDS" => "write (a OR b); words meant alike are not known",
        "XRANK" => "leave it out; sort:relevance puts the best first",
        _ => return None,
    };
    let title = format!("`{name}(...)` is not known here");
    Some(Error::new(Code::ForeignOperator, span, title, "known elsewhere").hint(hint))
}
