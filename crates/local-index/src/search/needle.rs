//! Where in a text the words stand that were looked for.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use postern_query::analysis::Token;
use postern_query::{Near, Sloppy, TextPattern};

use super::lines::{letters, tokens_near};

/// A place that matches, and which of the needles it does.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) range: Range<usize>,
    pub(super) needle: usize,
}

/// Every place of `text` that matches, in order.
pub(super) fn matches(text: &str, needles: &[&TextPattern]) -> Vec<Match> {
    if needles.is_empty() {
        return Vec::new();
    }
    let tokens = tokens_near(text, letters(needles).as_deref());
    let mut found = Vec::new();
    for (needle, pattern) in needles.iter().enumerate() {
        let ranges = ranges(pattern, &tokens).into_iter();
        found.extend(ranges.map(|range| Match { range, needle }));
    }
    found.sort_by_key(|one| (one.range.start, one.needle));
    found
}

/// The bytes that match one needle: of words near each other each word for itself.
pub(super) fn ranges(pattern: &TextPattern, tokens: &[Token]) -> Vec<Range<usize>> {
    match pattern {
        TextPattern::Phrase(phrase) => phrases(phrase, tokens),
        TextPattern::Wildcard(shape) => words(tokens, |text| shape.matches(text)),
        TextPattern::Regex(regex) => words(tokens, |text| regex.matches(text)),
        TextPattern::Fuzzy(fuzzy) => words(tokens, |text| fuzzy.matches(text)),
        TextPattern::Sloppy(sloppy) => at(&sloppy_places(sloppy, tokens), tokens),
        TextPattern::Near(near) => at(&near_places(near, tokens), tokens),
    }
}

fn phrases(phrase: &[String], tokens: &[Token]) -> Vec<Range<usize>> {
    let whole = |here: &[Token]| Some(here.first()?.span.start..here.last()?.span.end);
    let windows = tokens.windows(phrase.len().max(1));
    windows.filter(|here| is_phrase(here, phrase)).filter_map(whole).collect()
}

fn is_phrase(tokens: &[Token], phrase: &[String]) -> bool {
    tokens.iter().map(|token| &token.text).eq(phrase)
}

fn words(tokens: &[Token], wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    tokens.iter().filter(|token| wanted(&token.text)).map(range).collect()
}

fn at(places: &BTreeSet<usize>, tokens: &[Token]) -> Vec<Range<usize>> {
    places.iter().filter_map(|place| tokens.get(*place)).map(range).collect()
}

const fn range(token: &Token) -> Range<usize> {
    token.span.start..token.span.end
}

fn sloppy_places(sloppy: &Sloppy, tokens: &[Token]) -> BTreeSet<usize> {
    let words = places(tokens);
    let starts =
        sloppy.tokens.iter().map(|token| begin(std::slice::from_ref(token), tokens, &words));
    sloppy.found_at(&starts.collect::<Vec<_>>())
}

fn near_places(near: &Near, tokens: &[Token]) -> BTreeSet<usize> {
    let words = places(tokens);
    let starts = near.parts.iter().map(|part| begin(part, tokens, &words));
    near.found_at(&starts.collect::<Vec<_>>())
}

/// Where each word stands.
fn places(tokens: &[Token]) -> HashMap<&str, Vec<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, token) in tokens.iter().enumerate() {
        places.entry(&token.text).or_default().push(place);
    }
    places
}

/// Where `phrase` begins.
fn begin(phrase: &[String], tokens: &[Token], places: &HashMap<&str, Vec<usize>>) -> Vec<usize> {
    let firsts = phrase.first().and_then(|first| places.get(first.as_str()));
    let whole = |place: &usize| {
        tokens.get(*place..place + phrase.len()).is_some_and(|here| is_phrase(here, phrase))
    };
    firsts.into_iter().flatten().copied().filter(whole).collect()
}
