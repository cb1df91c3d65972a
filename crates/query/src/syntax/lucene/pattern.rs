//! Terms with wildcards. They become lower case, but are not analysed.

use super::fault;
use crate::pattern::Wildcard;
use crate::{Error, Span, analysis};

/// The most UTF-16 units of a prefix or a regular expression.
const MAX_PATTERN: usize = 1_000;

/// The shape of everything that starts with `text`.
pub(super) fn starting_with(text: &str, span: Span) -> Result<Wildcard, Error> {
    check_length(text, span)?;
    Ok(Wildcard::starting_with(&analysis::lower_case(text)))
}

pub(super) fn check_length(text: &str, span: Span) -> Result<(), Error> {
    if text.encode_utf16().count() <= MAX_PATTERN {
        return Ok(());
    }
    Err(fault::long_pattern(span, MAX_PATTERN))
}

/// The shape of a term with `*` and `?`. An escaped character is itself: it is not a wildcard, it keeps its
/// case, and `\u0041` is the text `u0041`.
pub(super) fn wildcard(typed: &str) -> Wildcard {
    let mut shape = Wildcard::parse("");
    let mut chars = typed.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => shape.push_many(),
            '?' => shape.push_one(),
            '\\' => chars.next().into_iter().for_each(|literal| shape.push_literal(literal)),
            literal => push_lower(&mut shape, literal),
        }
    }
    shape
}

fn push_lower(shape: &mut Wildcard, literal: char) {
    let lower = analysis::lower_case(literal.encode_utf8(&mut [0; 4]));
    lower.chars().for_each(|c| shape.push_literal(c));
}
