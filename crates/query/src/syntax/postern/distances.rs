//! Distances as other languages write them. Read as words they would mean something else.

use super::grammar::{bare, near};
use crate::{Code, Error, Span};

/// Names that only a distance has, as KQL, notmuch and Gmail write them.
const NAMES: [&str; 4] = ["near", "onear", "adj", "around"];

/// The fault of `w/5`, `pre/5`, `/s` and `NEAR/x` at the start of `rest`, which begins at byte `at`.
pub(super) fn foreign(rest: &str, at: usize) -> Option<Error> {
    let (_, run) = bare(rest).ok()?;
    let (name, reach) = run.split_once('/')?;
    let lower = name.to_ascii_lowercase();
    let number = !reach.is_empty() && reach.bytes().all(|byte| byte.is_ascii_digit());
    let sentence = ["s", "p"].iter().any(|word| reach.eq_ignore_ascii_case(word));
    let named =
        NAMES.contains(&&*lower) && (number || name.bytes().all(|b| b.is_ascii_uppercase()));
    let counted = matches!(&*lower, "" | "w" | "pre") && (number || sentence);
    let known = ["NEAR", "ONEAR", "ADJ"].contains(&name) && number;
    if known || !(named || counted) {
        return None;
    }
    let operator = if matches!(&*lower, "pre" | "onear" | "adj") { "ADJ" } else { "NEAR" };
    Some(fault(run, operator, if number { reach } else { "5" }, Span::new(at, at + run.len())))
}

/// `NEAR` without a number between two words, and the word behind it, which may be a number: `NEAR 5`.
pub(crate) fn without_number(word: &str, span: Span, next: Option<(&str, Span)>) -> Option<Error> {
    let operator = match word {
        "NEAR" | "AROUND" => "NEAR",
        "ONEAR" | "ADJ" => "ADJ",
        _ => return None,
    };
    let number = next.filter(|(text, _)| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (words, whole) = number.map_or(("8", span), |(text, end)| (text, span.to(end)));
    let title = format!("`{word}` has no distance: KQL means 8, notmuch 10");
    Some(
        Error::new(Code::ForeignOperator, span, title, "how near?")
            .hint(format!(
                "write {operator}/{words}, or put it in quotes to look for the word: \"{word}\""
            ))
            .fix(whole, format!("{operator}/{words}")),
    )
}

fn fault(run: &str, operator: &str, words: &str, span: Span) -> Error {
    let title = format!("`{run}` is not written so here");
    Error::new(Code::ForeignOperator, span, title, "a distance elsewhere")
        .hint(format!(
            "write {operator}/{words}, or put it in quotes to look for the text: \"{run}\""
        ))
        .fix(span, format!("{operator}/{words}"))
}

/// The text before and after a distance in quotes, and its number: `a AROUND 25 b`.
pub(crate) fn inside(text: &str) -> Option<(&str, u32, &str)> {
    let words = |at: usize| text.get(at..).map(str::trim_start);
    let starts = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    starts.filter_map(|at| Some((at, near(words(at)?).ok()?))).find_map(|(at, (rest, distance))| {
        let (before, after) = (text.get(..at)?.trim(), rest.trim());
        (!before.is_empty() && !after.is_empty()).then_some((before, distance.words, after))
    })
}
