//! Patterns over terms: the terms that match are gathered from the dictionaries, and whatever part
//! of a dictionary cannot match is not walked.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use postern_query::evaluate::string_matches;
use postern_query::pattern::{Regex, RegexState, Wildcard, WildcardPart};
use postern_query::schema::TextField;
use postern_query::{StringTest, Whose};
use tantivy::Searcher;
use tantivy::index::InvertedIndexReader;
use tantivy::postings::TermInfo;
use tantivy::schema::Field;
use tantivy::termdict::TermStreamer;
use tantivy_fst::Automaton;

use crate::Error;
use crate::format::schema;
use crate::format::terms::is_regular;
use crate::search::scorers::union::FieldTerms;
use crate::search::work::{Counter, Meter, TERM};

/// How many different terms the patterns of one search may stand for, in all segments together.
pub const MAX_TERMS: usize = 500_000;

/// Units for a letter on the way through a dictionary.
const STEP: u64 = 15;

/// With how many different bytes the words of a pattern may begin that still has a beginning.
const FEW: usize = 8;

/// What a pattern is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Terms {
    /// The field.
    pub(crate) field: Field,
    /// What its terms of interest begin with.
    pub(crate) kind: &'static str,
    /// Whether a term with nothing after that counts.
    pub(crate) may_be_empty: bool,
    /// Whose words they have to be in a body.
    pub(crate) whose: Option<Whose>,
}

impl Terms {
    /// Every term of a field.
    pub(crate) const fn of(field: Field) -> Self {
        Self { field, kind: "", may_be_empty: true, whose: None }
    }

    /// The words of a text.
    pub(crate) const fn of_text(field: TextField) -> Self {
        Self { whose: field.whose(), ..Self::of(schema::words(field)) }
    }
}

/// What a term has to be like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pattern<'a> {
    /// It has this shape.
    Shape(&'a Wildcard),
    /// It matches as a whole.
    Regex(&'a Regex),
    /// It is a value that passes, and not one that was cut to be a term.
    Value(&'a StringTest),
}

impl Pattern<'_> {
    /// Whether its words may begin with anything. A value is looked for among values, which are few.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Shape(shape) => literal_start(shape).is_empty(),
            Self::Regex(regex) => {
                let leads = |byte: &u8| !regex.is_dead(regex.next(regex.start(), *byte));
                (0..=u8::MAX).filter(leads).count() > FEW
            }
            Self::Value(_) => false,
        }
    }

    /// Whether it was not compiled, and would silently match nothing.
    fn is_too_large(&self) -> bool {
        matches!(self, Self::Regex(regex) if regex.size().is_none())
    }

    /// What tells it from every other pattern.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Shape(_) | Self::Regex(_) => self.to_string(),
            Self::Value(test) => format!("{test:?}"),
        }
    }
}

impl fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Shape(shape) | Self::Value(StringTest::Shaped(shape)) => write!(f, "{shape}"),
            Self::Regex(regex) => write!(f, "/{}/", regex.as_str()),
            Self::Value(StringTest::Is(text) | StringTest::Same(text)) => f.write_str(text),
            Self::Value(StringTest::PathEnd(end)) => write!(f, "*/{end}"),
            Self::Value(StringTest::OneOf(_) | StringTest::Missing) => f.write_str("*"),
        }
    }
}

/// The terms that match, of each segment.
///
/// # Errors
///
/// When the terms are more than `budget`, which shrinks by their number, when the pattern is too large
/// to be compiled, or the work has to end.
pub(crate) fn expand(
    searcher: &Searcher,
    terms: Terms,
    pattern: Pattern<'_>,
    budget: &mut usize,
    meter: &Meter,
) -> Result<FieldTerms, Error> {
    if pattern.is_too_large() {
        return Err(Error::TooCostly { part: pattern.to_string() });
    }
    let mut found = HashMap::new();
    for reader in searcher.segment_readers() {
        let index = reader.inverted_index(terms.field)?;
        let of_segment = walk(&index, terms, pattern, *budget, meter)?;
        spend(budget, of_segment.len(), &pattern)?;
        meter.pay(0)?;
        found.insert(reader.segment_id(), of_segment.into());
    }
    let (field, whose) = (terms.field, terms.whose);
    Ok(FieldTerms { field, whose, terms: Arc::new(found), meter: meter.clone() })
}

/// Takes the terms of a pattern from what is left.
///
/// # Errors
///
/// When they are more.
pub(crate) fn spend(
    budget: &mut usize,
    terms: usize,
    pattern: &impl fmt::Display,
) -> Result<(), Error> {
    let too_many = || Error::TooCostly { part: pattern.to_string() };
    *budget = budget.checked_sub(terms).ok_or_else(too_many)?;
    Ok(())
}

/// The terms that match; one more than `most` when there are more.
fn walk(
    index: &InvertedIndexReader,
    terms: Terms,
    pattern: Pattern<'_>,
    most: usize,
    meter: &Meter,
) -> Result<Vec<TermInfo>, Error> {
    match pattern {
        Pattern::Shape(shape) => walk_shape(index, terms, shape, most, meter),
        Pattern::Regex(regex) => {
            let steps = Steps::new(meter, STEP);
            let stream = index.terms().search(Walk { regex, steps: &steps }).into_stream()?;
            Ok(gather(stream, most, meter, |_| true))
        }
        Pattern::Value(test) => Ok(gather(index.terms().stream()?, most, meter, |text| {
            is_regular(text) && string_matches(test, Some(text))
        })),
    }
}

/// The terms that begin with the literal beginning of the shape are walked, never the whole
/// dictionary where there is such a beginning.
fn walk_shape(
    index: &InvertedIndexReader,
    terms: Terms,
    shape: &Wildcard,
    most: usize,
    meter: &Meter,
) -> Result<Vec<TermInfo>, Error> {
    let is_prefix = shape.prefix().is_some();
    let start = format!("{}{}", terms.kind, literal_start(shape));
    let mut range = index.terms().range().ge(&start);
    if let Some(end) = after_prefix(start.as_bytes()) {
        range = range.lt(end);
    }
    Ok(gather(range.into_stream()?, most, meter, |term| {
        let text = term.strip_prefix(terms.kind).unwrap_or_default();
        (terms.may_be_empty || !text.is_empty()) && (is_prefix || shape.matches(text))
    }))
}

/// What is wanted of a stream of terms; one more than `most` when there are more.
fn gather<A: Automaton>(
    mut stream: TermStreamer<'_, A>,
    most: usize,
    meter: &Meter,
    wanted: impl Fn(&str) -> bool,
) -> Vec<TermInfo> {
    let (mut found, mut counter) = (Vec::new(), meter.counter());
    while found.len() <= most && counter.count(TERM) && stream.advance() {
        if std::str::from_utf8(stream.key()).is_ok_and(&wanted) {
            found.push(stream.value().clone());
        }
    }
    found
}

/// Counts the steps of an automaton through a dictionary: most of them lead to no term.
pub(crate) struct Steps {
    counter: RefCell<Counter>,
    units: u64,
}

impl Steps {
    /// Each step costs so many units.
    pub(crate) fn new(meter: &Meter, units: u64) -> Self {
        Self { counter: RefCell::new(meter.counter()), units }
    }

    pub(crate) fn count(&self) {
        self.counter.borrow_mut().count(self.units);
    }

    pub(crate) fn may_go_on(&self) -> bool {
        !self.counter.borrow().is_over()
    }
}

/// A regular expression that leads through a dictionary.
struct Walk<'a> {
    regex: &'a Regex,
    steps: &'a Steps,
}

impl Automaton for Walk<'_> {
    type State = RegexState;

    fn start(&self) -> RegexState {
        self.regex.start()
    }

    fn is_match(&self, state: &RegexState) -> bool {
        self.regex.is_match(*state)
    }

    fn can_match(&self, state: &RegexState) -> bool {
        self.steps.may_go_on() && !self.regex.is_dead(*state)
    }

    fn accept(&self, state: &RegexState, byte: u8) -> RegexState {
        self.steps.count();
        self.regex.next(*state, byte)
    }
}

fn literal_start(shape: &Wildcard) -> &str {
    match shape.parts().first() {
        Some(WildcardPart::Literal(text)) => text,
        Some(WildcardPart::One | WildcardPart::Many) | None => "",
    }
}

/// The least bytes after everything that begins with `prefix`; `None` when there are none.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let keep = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix.get(..=keep)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_ranges() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(b"a\xff"), Some(b"b".to_vec()));
        assert_eq!(after_prefix(b""), None);
    }

    #[test]
    fn patterns_that_may_begin_with_anything() {
        for (pattern, expected) in [("*ab*", true), ("?b", true), ("ab*", false)] {
            assert_eq!(Pattern::Shape(&Wildcard::parse(pattern)).is_open(), expected, "{pattern}");
        }
        for (text, expected) in
            [(".*x", true), ("[a-z]+x", true), ("in.*ce", false), ("(invoice|bill).*", false)]
        {
            let regex = Regex::parse(text).unwrap();
            assert_eq!(Pattern::Regex(&regex).is_open(), expected, "{text}");
        }
    }

    #[test]
    fn beginnings_of_patterns() {
        for (pattern, expected) in [("ab*c", "ab"), ("*ab", ""), ("?a", ""), ("ab", "ab")] {
            assert_eq!(literal_start(&Wildcard::parse(pattern)), expected);
        }
    }
}
