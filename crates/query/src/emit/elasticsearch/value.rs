//! Tests of single values: whole strings, flags, numbers, moments.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::{Said, any, boolean};
use crate::analysis::lower_case;
use crate::emit::Json;
use crate::pattern::{Wildcard, WildcardPart};
use crate::query::{Among, Comparison, FlagTest, InstantTest, Number, NumberTest, StringTest};

/// `{name: {field: {value: …}}}`, the shape of every query for one term.
pub(super) fn of_term(name: &str, field: &str, value: impl Into<Json>) -> Json {
    Json::member(name, Json::member(field, Json::member("value", value)))
}

pub(super) fn term(field: &str, value: impl Into<Json>) -> Json {
    of_term("term", field, value)
}

pub(super) fn exists(field: &str) -> Json {
    Json::member("exists", Json::member("field", field))
}

pub(super) fn missing(field: &str) -> Json {
    boolean([("must_not", vec![exists(field)])])
}

pub(super) fn nothing() -> Json {
    Json::member("match_none", Json::object([]))
}

/// A pattern over a whole term; a lone `*` at the end is a prefix.
pub(super) fn shaped(field: &str, shape: &Wildcard) -> Json {
    match shape.prefix() {
        Some(prefix) => of_term("prefix", field, prefix),
        None => of_term("wildcard", field, pattern(shape)),
    }
}

/// The text of a wildcard query, in which `\` escapes.
pub(super) fn pattern(shape: &Wildcard) -> String {
    let parts = shape.parts().iter().map(|part| match part {
        WildcardPart::One => "?".to_owned(),
        WildcardPart::Many => "*".to_owned(),
        WildcardPart::Literal(text) => escaped(text),
    });
    parts.collect()
}

fn escaped(text: &str) -> String {
    let special = |c: char| matches!(c, '*' | '?' | '\\').then_some('\\');
    text.chars().flat_map(|c| special(c).into_iter().chain([c])).collect()
}

pub(super) fn ends_with(field: &str, end: &str) -> Json {
    of_term("wildcard", field, format!("*{}", escaped(end)))
}

/// The sub-field of a whole string in lower case.
pub(super) fn lower(field: &str) -> String {
    format!("{field}.lower")
}

pub(super) fn string(field: &str, test: &StringTest) -> Json {
    match test {
        StringTest::Is(text) => term(field, text.as_str()),
        StringTest::OneOf(texts) if texts.is_empty() => nothing(),
        StringTest::OneOf(texts) => {
            let texts = texts.iter().map(|text| text.as_str().into()).collect::<Vec<Json>>();
            Json::member("terms", Json::member(field, texts))
        }
        StringTest::Same(text) => term(&lower(field), lower_case(text)),
        StringTest::Shaped(shape) => shaped(&lower(field), shape),
        StringTest::PathEnd(end) => {
            let (field, end) = (lower(field), lower_case(end));
            let below = ends_with(&field, &format!("/{end}"));
            any(vec![Said::filter(term(&field, end)), Said::filter(below)]).query
        }
        StringTest::Missing => missing(field),
    }
}

pub(super) fn flag(field: &str, test: FlagTest) -> Json {
    match test {
        FlagTest::Is(wanted) => term(field, wanted),
        FlagTest::Missing => missing(field),
    }
}

pub(super) fn number(field: &str, test: NumberTest) -> Json {
    match test {
        NumberTest::Compare(comparison, number) => compared(field, comparison, number),
        NumberTest::Missing => missing(field),
    }
}

/// A fraction, as a bound over whole numbers: the field holds nothing else.
fn compared(field: &str, comparison: Comparison, number: Number) -> Json {
    let always = |holds: bool| if holds { exists(field) } else { nothing() };
    match number.among() {
        Some(Among::Between(floor, ceiling)) => {
            between(field, comparison, floor == ceiling, floor.into())
        }
        Some(Among::Above) => always(comparison.accepts(Ordering::Less)),
        Some(Among::Below) => always(comparison.accepts(Ordering::Greater)),
        None => nothing(),
    }
}

/// A comparison with a constant: `below` itself if it is `exact`, otherwise a value just above `below`.
fn between(field: &str, comparison: Comparison, exact: bool, below: Json) -> Json {
    if exact {
        return range(field, comparison, below);
    }
    match comparison {
        Comparison::Equal => nothing(),
        Comparison::Less | Comparison::AtMost => range(field, Comparison::AtMost, below),
        Comparison::Greater | Comparison::AtLeast => range(field, Comparison::Greater, below),
    }
}

fn range(field: &str, comparison: Comparison, constant: Json) -> Json {
    let bound = match comparison {
        Comparison::Equal => return term(field, constant),
        Comparison::Less => "lt",
        Comparison::AtMost => "lte",
        Comparison::Greater => "gt",
        Comparison::AtLeast => "gte",
    };
    Json::member("range", Json::member(field, Json::member(bound, constant)))
}

/// A moment. An engine may read a `term` over a date as a whole interval, so equality is a range.
pub(super) fn instant(field: &str, test: InstantTest) -> Json {
    match test {
        InstantTest::Compare(comparison, moment) => {
            let (text, exact) = milliseconds(moment);
            if exact && comparison == Comparison::Equal {
                let bounds = Json::object([("gte", text.as_str().into()), ("lte", text.into())]);
                return Json::member("range", Json::member(field, bounds));
            }
            between(field, comparison, exact, text.into())
        }
        InstantTest::Missing => missing(field),
    }
}

/// A moment with its milliseconds, and whether nothing was cut off. An engine fills missing parts with the
/// latest possible value.
pub(super) fn milliseconds(moment: Timestamp) -> (String, bool) {
    let nanoseconds = moment.as_nanosecond().rem_euclid(1_000_000);
    (format!("{moment:.3}"), nanoseconds == 0)
}
