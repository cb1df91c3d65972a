//! Where in a text the words stand that were looked for.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use postern_query::TextPattern;
use postern_query::analysis::Token;
use postern_query::pattern::{Fuzzy, Near, Sloppy};

use super::lines::{letters, tokens_near};
use crate::search::work::Counter;

/// A place that matches, and which of the needles it does.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) range: Range<usize>,
    pub(crate) needle: usize,
}

/// How many places of one text are marked at most.
pub(super) const MOST: usize = 20_000;

/// How many needles are told of one place at most, beside those that were met nowhere before.
const MOST_HERE: usize = 8;

/// How many needles there may be for a text to be searched for their letters first: each of them goes
/// over all of it.
const FEW: usize = 8;

/// Units to compare a word with a pattern.
const PATTERN: u64 = 6;

/// Words and patterns that are looked for in texts. However many words there are, a text is gone over
/// once.
#[derive(Debug, Default)]
pub(crate) struct Finder<'a> {
    letters: Option<Vec<&'a str>>,
    /// By its first word, each phrase with its number.
    phrases: HashMap<&'a str, Vec<(usize, &'a [String])>>,
    /// What is asked about each word.
    words: Vec<(usize, &'a TextPattern)>,
    /// What is asked about the whole text.
    placed: Vec<(usize, &'a TextPattern)>,
}

impl<'a> Finder<'a> {
    /// Of needles that are there twice the first counts.
    pub(crate) fn of(needles: &[&'a TextPattern]) -> Self {
        let letters = if needles.len() <= FEW { letters(needles) } else { None };
        let mut finder = Self { letters, ..Self::default() };
        for (number, needle) in needles.iter().copied().enumerate() {
            match needle {
                TextPattern::Phrase(phrase) => finder.add_phrase(number, phrase),
                TextPattern::Wildcard(_) | TextPattern::Regex(_) | TextPattern::Fuzzy(_) => {
                    finder.words.push((number, needle));
                }
                TextPattern::Sloppy(_) | TextPattern::Near(_) => {
                    finder.placed.push((number, needle));
                }
            }
        }
        finder
    }

    fn add_phrase(&mut self, number: usize, phrase: &'a [String]) {
        let Some(first) = phrase.first() else { return };
        let known = self.phrases.entry(first).or_default();
        if !(phrase.len() == 1 && known.iter().any(|(_, other)| *other == phrase)) {
            known.push((number, phrase));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty() && self.words.is_empty() && self.placed.is_empty()
    }

    /// Every place of `text` that matches, in order, as far as the work goes.
    pub(crate) fn matches(&self, text: &str, counter: &mut Counter) -> Vec<Match> {
        if self.is_empty() || !counter.count(text.len() as u64) {
            return Vec::new();
        }
        self.among(&self.tokens(text), counter)
    }

    /// The tokens of a text that may matter.
    pub(super) fn tokens(&self, text: &str) -> Vec<Token> {
        tokens_near(text, self.letters.as_deref())
    }

    /// Every place of such tokens that matches, in order, as far as the work goes.
    pub(super) fn among(&self, tokens: &[Token], counter: &mut Counter) -> Vec<Match> {
        let mut found = self.matches_by_word(tokens, counter);
        for (needle, pattern) in &self.placed {
            if !counter
                .count(PATTERN.saturating_mul(tokens.len() as u64).saturating_mul(parts(pattern)))
            {
                break;
            }
            let ranges = ranges(pattern, tokens).into_iter().take(MOST);
            found.extend(ranges.map(|range| Match { range, needle: *needle }));
        }
        found.sort_by_key(|one| (one.range.start, one.needle));
        found.truncate(MOST);
        found
    }

    fn matches_by_word(&self, tokens: &[Token], counter: &mut Counter) -> Vec<Match> {
        let (mut found, mut known, mut met) = (Vec::new(), HashMap::new(), HashSet::new());
        for (place, token) in tokens.iter().enumerate() {
            if found.len() >= MOST || !counter.count(1) {
                break;
            }
            // What stands for a part that was left out.
            if token.text.is_empty() {
                continue;
            }
            let here = tokens.get(place..).unwrap_or_default();
            let mut is_told = |(number, one): &(usize, Match)| {
                let is_new = met.insert(one.needle);
                is_new || *number < MOST_HERE
            };
            let begun = self.phrases_at(here, counter).into_iter().enumerate();
            found.extend(begun.filter(&mut is_told).map(|(_, one)| one));
            if self.words.is_empty() {
                continue;
            }
            let of_word = |needle: usize| Match { range: range(token), needle };
            let few: &mut Vec<usize> = match known.entry(token.text.as_str()) {
                Entry::Occupied(known) => known.into_mut(),
                // A needle that was met nowhere before can only be met by a word that was not.
                Entry::Vacant(new) => {
                    let mut asked = self.asked(&token.text, counter);
                    let more = asked.split_off(MOST_HERE.min(asked.len())).into_iter();
                    let more = more.map(of_word).enumerate();
                    let more = more.map(|(number, one)| (number + MOST_HERE, one));
                    found.extend(more.filter(&mut is_told).map(|(_, one)| one));
                    new.insert(asked)
                }
            };
            met.extend(few.iter().copied());
            found.extend(few.iter().copied().map(of_word));
        }
        found
    }

    /// The phrases that begin here.
    fn phrases_at(&self, here: &[Token], counter: &mut Counter) -> Vec<Match> {
        let first = here.first().and_then(|first| self.phrases.get(first.text.as_str()));
        let begun = first.into_iter().flatten();
        let whole = |(needle, phrase): &(usize, &[String])| {
            let here = here.get(..phrase.len())?;
            let holds = counter.count(phrase.len() as u64) && is_phrase(here, phrase);
            let range = here.first()?.span.start..here.last()?.span.end;
            holds.then_some(Match { range, needle: *needle })
        };
        begun.filter_map(whole).collect()
    }

    /// Which patterns a word matches.
    fn asked(&self, word: &str, counter: &mut Counter) -> Vec<usize> {
        let is_met = |(_, pattern): &&(usize, &TextPattern)| match pattern {
            TextPattern::Wildcard(shape) => counter.count(PATTERN) && shape.matches(word),
            TextPattern::Regex(regex) => {
                counter.count(PATTERN + word.len() as u64) && regex.matches(word)
            }
            TextPattern::Fuzzy(fuzzy) => {
                counter.count(misspelt(fuzzy, word)) && fuzzy.matches(word)
            }
            TextPattern::Phrase(_) | TextPattern::Sloppy(_) | TextPattern::Near(_) => false,
        };
        self.words.iter().filter(is_met).map(|(needle, _)| *needle).collect()
    }
}

/// Units to compare a word with a misspelt one: each letter with each, unless it is longer by far.
fn misspelt(fuzzy: &Fuzzy, word: &str) -> u64 {
    let (token, word) = (fuzzy.token().len() as u64, word.len() as u64);
    let is_far = word > 4 * (token + u64::from(Fuzzy::MAX_EDITS));
    PATTERN + if is_far { word } else { token * word }
}

/// How many phrases have to stand near each other.
const fn parts(pattern: &TextPattern) -> u64 {
    match pattern {
        TextPattern::Sloppy(sloppy) => sloppy.tokens.len() as u64,
        TextPattern::Near(near) => near.parts.len() as u64,
        TextPattern::Phrase(_)
        | TextPattern::Wildcard(_)
        | TextPattern::Regex(_)
        | TextPattern::Fuzzy(_) => 1,
    }
}

/// The bytes that match one needle: of words near each other each word for itself.
pub(crate) fn ranges(pattern: &TextPattern, tokens: &[Token]) -> Vec<Range<usize>> {
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
