//! Words that have to stand near each other: the documents with all of the words are looked at one
//! by one for where they stand.

use std::sync::Arc;

use postern_query::{Near, Sloppy};
use tantivy::postings::{Postings as _, SegmentPostings};
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet as _, Score, SegmentReader, Term};

use super::checked::{Check, Checked};
use super::clause::{Clause, both};
use super::compile::single;

/// How words have to stand to each other.
#[derive(Clone, Debug)]
pub(super) enum Arrangement {
    Sloppy(Sloppy),
    Near(Near),
}

impl Arrangement {
    /// The phrases that have to be there.
    fn parts(&self) -> Vec<&[String]> {
        match self {
            Self::Sloppy(sloppy) => sloppy.tokens.iter().map(std::slice::from_ref).collect(),
            Self::Near(near) => near.parts.iter().map(Vec::as_slice).collect(),
        }
    }

    /// Whether the phrases stand so, where they begin at these places.
    fn holds(&self, starts: &[Vec<usize>]) -> bool {
        match self {
            Self::Sloppy(sloppy) => sloppy.matches_at(starts),
            Self::Near(near) => near.matches_at(starts),
        }
    }
}

/// The clause for every document in which the words stand so; they count for relevance as words.
pub(super) fn placed(field: Field, arrangement: Arrangement) -> Clause {
    let parts = arrangement.parts();
    let mut words: Vec<&String> = parts.iter().copied().flatten().collect();
    words.sort_unstable();
    words.dedup();
    let terms: Vec<_> = words.iter().map(|word| Term::from_field_text(field, word)).collect();
    let number = |word: &String| words.binary_search(&word).ok();
    let parts = parts.iter().map(|part| part.iter().filter_map(number).collect()).collect();
    if terms.is_empty() {
        return Clause::Nothing;
    }
    let all = terms.iter().map(|term| Clause::Only(single(term.clone()))).collect();
    let plan = Plan { field, terms, parts, arrangement };
    Clause::Only(Box::new(Placed { candidates: both(all).query(), plan: Arc::new(plan) }))
}

#[derive(Debug)]
struct Plan {
    field: Field,
    /// Every word once.
    terms: Vec<Term>,
    /// The words of each phrase, as numbers of terms.
    parts: Vec<Vec<usize>>,
    arrangement: Arrangement,
}

#[derive(Debug)]
struct Placed {
    candidates: Box<dyn Query>,
    plan: Arc<Plan>,
}

impl Clone for Placed {
    fn clone(&self) -> Self {
        Self { candidates: self.candidates.box_clone(), plan: Arc::clone(&self.plan) }
    }
}

impl Query for Placed {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let candidates = self.candidates.weight(scoring)?;
        Ok(Box::new(PlacedWeight { candidates, plan: Arc::clone(&self.plan) }))
    }
}

struct PlacedWeight {
    candidates: Box<dyn Weight>,
    plan: Arc<Plan>,
}

impl Weight for PlacedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let index = reader.inverted_index(self.plan.field)?;
        let option = IndexRecordOption::WithFreqsAndPositions;
        let mut words = Vec::new();
        for term in &self.plan.terms {
            let Some(postings) = index.read_postings(term, option)? else {
                return Ok(Box::new(EmptyScorer));
            };
            words.push(Word { postings, places: Vec::new() });
        }
        let starts = vec![Vec::new(); self.plan.parts.len()];
        let check = Places { words, starts, plan: Arc::clone(&self.plan) };
        Ok(Box::new(Checked::new(self.candidates.scorer(reader, boost)?, check)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("words near each other", 1.0))
    }
}

/// Where a word stands in the document at hand.
struct Word {
    postings: SegmentPostings,
    places: Vec<u32>,
}

/// Looks where the words stand.
struct Places {
    words: Vec<Word>,
    /// Where each phrase begins; kept for its room.
    starts: Vec<Vec<usize>>,
    plan: Arc<Plan>,
}

impl Check for Places {
    const COST: u64 = 10;

    fn holds(&mut self, candidate: DocId) -> bool {
        for word in &mut self.words {
            if word.postings.doc() < candidate {
                word.postings.seek(candidate);
            }
            word.postings.positions(&mut word.places);
        }
        for (part, starts) in self.plan.parts.iter().zip(&mut self.starts) {
            starts.clear();
            begin(part, &self.words, starts);
        }
        self.plan.arrangement.holds(&self.starts)
    }
}

/// Gathers where the words of `part` begin to stand one after the other.
fn begin(part: &[usize], words: &[Word], starts: &mut Vec<usize>) {
    let places = |word: &usize| words.get(*word).map(|word| word.places.as_slice());
    let Some((first, rest)) = part.split_first() else { return };
    let stands = |place: u32| {
        (1..).zip(rest).all(|(after, word)| {
            places(word).is_some_and(|places| places.binary_search(&(place + after)).is_ok())
        })
    };
    let firsts = places(first).unwrap_or_default().iter().copied();
    starts.extend(firsts.filter(|place| stands(*place)).map(|place| place as usize));
}
