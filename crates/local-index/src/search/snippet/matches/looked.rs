//! What the clauses of a query look for in one field.

use std::collections::HashMap;
use std::ops::Range;

use postern_query::analysis::Token;
use postern_query::schema::TextField;
use postern_query::{Message, Span, TextPattern};

use super::{Clauses, InFiles};
use crate::search::snippet::needle::{Finder, MOST, Match};
use crate::search::work::Counter;

/// The patterns that are looked for in one field, each once, and which clauses want each.
#[derive(Debug, Default)]
pub(crate) struct Looked<'a> {
    finder: Finder<'a>,
    patterns: Vec<&'a TextPattern>,
    clauses: Vec<Vec<usize>>,
}

/// A place of one of several texts that matches.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::search::snippet) struct Found {
    /// The number of the text.
    pub(super) text: usize,
    pub(super) range: Range<usize>,
    pub(super) needle: usize,
}

impl<'a> Looked<'a> {
    /// The patterns of clauses, each by its number.
    #[expect(clippy::mutable_key_type, reason = "an expression is told by its text alone")]
    pub(super) fn of(wanted: impl Iterator<Item = (usize, &'a TextPattern)>) -> Self {
        let (mut patterns, mut clauses): (Vec<&TextPattern>, Vec<Vec<usize>>) = Default::default();
        let mut known: HashMap<&TextPattern, usize> = HashMap::new();
        for (clause, pattern) in wanted {
            let needle = *known.entry(pattern).or_insert(patterns.len());
            if needle == patterns.len() {
                patterns.push(pattern);
                clauses.push(Vec::new());
            }
            clauses.get_mut(needle).into_iter().for_each(|all| all.push(clause));
        }
        Self { finder: Finder::of(&patterns), patterns, clauses }
    }

    pub(in crate::search::snippet) fn is_empty(&self) -> bool {
        self.finder.is_empty()
    }

    /// Each pattern, and the clauses that want it.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = (&'a TextPattern, &[usize])> {
        self.patterns.iter().copied().zip(self.clauses.iter().map(Vec::as_slice))
    }

    /// The clauses that want a needle.
    pub(in crate::search::snippet) fn clauses(&self, needle: usize) -> &[usize] {
        self.clauses.get(needle).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every place of a text that matches, and whether these are all.
    pub(in crate::search::snippet) fn matches(
        &self,
        text: &str,
        counter: &mut Counter,
    ) -> (Vec<Match>, bool) {
        let found = self.finder.matches(text, counter);
        let is_whole = found.len() < MOST && !counter.is_over();
        (found, is_whole)
    }

    /// The same of several texts, from each of which a phrase may run on to the next.
    pub(super) fn matches_among(
        &self,
        texts: &[&str],
        counter: &mut Counter,
    ) -> (Vec<Found>, bool) {
        let bytes = texts.iter().map(|text| text.len()).sum::<usize>();
        if self.is_empty() || !counter.count(u64::try_from(bytes).unwrap_or(u64::MAX)) {
            return (Vec::new(), !counter.is_over());
        }
        let (mut tokens, mut starts, mut start) = (Vec::new(), Vec::new(), 0);
        for text in texts {
            starts.push(start);
            tokens.extend(self.finder.tokens(text).into_iter().map(|token| moved(token, start)));
            start += text.len() + 1;
        }
        let found = self.finder.among(&tokens, counter);
        let is_whole = found.len() < MOST && !counter.is_over();
        (found.into_iter().flat_map(|one| divided(&one, &starts, texts)).collect(), is_whole)
    }
}

impl Clauses<'_> {
    /// In which files of a message clauses match inside; nothing where no file has its text.
    pub(in crate::search::snippet) fn inside(
        &self,
        message: &Message,
        counter: &mut Counter,
    ) -> Option<InFiles> {
        let texts: Vec<_> =
            message.files().map(|file| file.text.as_deref().unwrap_or_default()).collect();
        if texts.iter().all(|text| text.is_empty()) {
            return None;
        }
        let mut inside = InFiles::default();
        if let Some(looked) = self.looked(TextField::AttachmentText) {
            let (found, _) = looked.matches_among(&texts, counter);
            found.iter().for_each(|one| inside.add(looked.clauses(one.needle), one.text));
        }
        Some(inside)
    }
}

fn moved(token: Token, by: usize) -> Token {
    Token { span: Span::new(token.span.start + by, token.span.end + by), ..token }
}

/// A match of several texts as its part of each.
fn divided(one: &Match, starts: &[usize], texts: &[&str]) -> Vec<Found> {
    let first = starts.partition_point(|start| *start <= one.range.start).saturating_sub(1);
    let behind = starts.iter().zip(texts).enumerate().skip(first);
    let inside = behind.take_while(|(_, (start, _))| **start < one.range.end);
    let part = |(text, (start, value)): (usize, (&usize, &&str))| {
        let range =
            one.range.start.saturating_sub(*start)..(one.range.end - start).min(value.len());
        (!range.is_empty()).then_some(Found { text, range, needle: one.needle })
    };
    inside.filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Work;

    #[test]
    fn a_phrase_runs_from_one_text_to_the_next() {
        let phrase =
            |words: &str| TextPattern::Phrase(words.split(' ').map(str::to_owned).collect());
        let [both, one] = ["due invoice", "invoice"].map(phrase);
        let looked = Looked::of([(7, &both), (8, &one), (9, &one)].into_iter());
        let mut counter = Work::unlimited().meter("x").counter();
        let (found, is_whole) = looked.matches_among(&["é Due", "", "Invoice"], &mut counter);
        let found: Vec<_> = found.iter().map(|one| (one.text, one.range.clone())).collect();
        assert_eq!((found, is_whole), (vec![(0, 3..6), (2, 0..7), (2, 0..7)], true));
        assert_eq!((looked.clauses(0), looked.clauses(1)), (&[7][..], &[8, 9][..]));
    }
}
