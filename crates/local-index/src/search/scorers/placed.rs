//! Words that have to stand near each other: the documents with all of the words are looked at one
//! by one for where they stand.

use std::ops::Range;
use std::sync::Arc;

use postern_query::pattern::{Near, Sloppy};
use postern_query::{TextPattern, Whose};
use tantivy::postings::{Postings as _, SegmentPostings};
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet as _, Score, SegmentReader, Term};

use super::checked::{Check, Checked};
use super::clause::{Clause, both, single};
use super::metered::Metering;
use crate::format::passages::Passages;
use crate::search::work::{Counter, Meter};

/// How words have to stand to each other.
#[derive(Clone, Debug)]
pub(crate) enum Arrangement {
    Sloppy(Sloppy),
    Near(Near),
    /// One right after the other.
    Phrase(Vec<String>),
}

impl Arrangement {
    /// How a pattern wants words to stand; nothing of a pattern of single words.
    pub(crate) fn of(pattern: &TextPattern) -> Option<Self> {
        match pattern {
            TextPattern::Phrase(words) => Some(Self::Phrase(words.clone())),
            TextPattern::Sloppy(sloppy) => Some(Self::Sloppy(sloppy.clone())),
            TextPattern::Near(near) => Some(Self::Near(near.clone())),
            TextPattern::Wildcard(_) | TextPattern::Regex(_) | TextPattern::Fuzzy(_) => None,
        }
    }

    /// The phrases that have to be there.
    fn parts(&self) -> Vec<&[String]> {
        match self {
            Self::Sloppy(sloppy) => sloppy.tokens.iter().map(std::slice::from_ref).collect(),
            Self::Near(near) => near.parts.iter().map(Vec::as_slice).collect(),
            Self::Phrase(words) => vec![words.as_slice()],
        }
    }

    /// The positions of the words that stand so, where the phrases begin at these.
    fn found_at(&self, starts: &[Vec<usize>]) -> Vec<Range<usize>> {
        let single = |place: usize| place..place + 1;
        match self {
            Self::Sloppy(sloppy) => sloppy.found_at(starts).into_iter().map(single).collect(),
            Self::Near(near) => near.found_at(starts).into_iter().map(single).collect(),
            Self::Phrase(words) => {
                starts.iter().flatten().map(|start| *start..start + words.len()).collect()
            }
        }
    }

    /// Whether the phrases stand so, where they begin at these places.
    fn holds(&self, starts: &[Vec<usize>]) -> bool {
        match self {
            Self::Sloppy(sloppy) => sloppy.matches_at(starts),
            Self::Near(near) => near.matches_at(starts),
            Self::Phrase(_) => starts.iter().all(|starts| !starts.is_empty()),
        }
    }
}

/// The clause for every document in which the words stand so; they count for relevance as words. In a body they may
/// have to be somebody's.
pub(crate) fn placed(
    field: Field,
    whose: Option<Whose>,
    arrangement: Arrangement,
    metering: &Metering,
) -> Clause {
    let Some(wanted) = Wanted::of(field, whose, arrangement) else { return Clause::Nothing };
    let terms = wanted.terms.iter().cloned();
    let all = terms.map(|term| metering.of(Clause::Only(single(term)))).collect();
    Clause::Only(Box::new(Placed {
        candidates: both(all).query(),
        wanted: Arc::new(wanted),
        meter: metering.meter.clone(),
    }))
}

/// Words, and how they have to stand.
#[derive(Debug)]
pub(crate) struct Wanted {
    field: Field,
    /// Whose words they have to be.
    whose: Option<Whose>,
    /// Every word once.
    terms: Vec<Term>,
    /// The words of each phrase, as numbers of terms.
    parts: Vec<Vec<usize>>,
    arrangement: Arrangement,
}

#[derive(Debug)]
struct Placed {
    candidates: Box<dyn Query>,
    wanted: Arc<Wanted>,
    meter: Meter,
}

impl Clone for Placed {
    fn clone(&self) -> Self {
        let (candidates, meter) = (self.candidates.box_clone(), self.meter.clone());
        Self { candidates, wanted: Arc::clone(&self.wanted), meter }
    }
}

impl Query for Placed {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let candidates = self.candidates.weight(scoring)?;
        let (wanted, meter) = (Arc::clone(&self.wanted), self.meter.clone());
        Ok(Box::new(PlacedWeight { candidates, wanted, meter }))
    }
}

struct PlacedWeight {
    candidates: Box<dyn Weight>,
    wanted: Arc<Wanted>,
    meter: Meter,
}

impl Weight for PlacedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(standing) = Standing::of(reader, &self.wanted)? else {
            return Ok(Box::new(EmptyScorer));
        };
        let passages = match self.wanted.whose {
            Some(whose) => Some((Passages::of(reader)?, whose)),
            None => None,
        };
        let check = Places { standing, passages };
        Ok(Box::new(Checked::new(self.candidates.scorer(reader, boost)?, check, &self.meter)))
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

/// Where the words stand in one document after the other.
pub(crate) struct Standing {
    words: Vec<Word>,
    /// Where each phrase begins; kept for its room.
    starts: Vec<Vec<usize>>,
    wanted: Arc<Wanted>,
}

impl Standing {
    /// Before the first document of a segment; nothing where a word is in none of it.
    pub(crate) fn of(
        reader: &SegmentReader,
        wanted: &Arc<Wanted>,
    ) -> tantivy::Result<Option<Self>> {
        let index = reader.inverted_index(wanted.field)?;
        let option = IndexRecordOption::WithFreqsAndPositions;
        let mut words = Vec::new();
        for term in &wanted.terms {
            let Some(postings) = index.read_postings(term, option)? else { return Ok(None) };
            words.push(Word { postings, places: Vec::new() });
        }
        let starts = vec![Vec::new(); wanted.parts.len()];
        Ok(Some(Self { words, starts, wanted: Arc::clone(wanted) }))
    }

    /// Goes on to a document, and looks where the phrases begin there; `false` when it is time to end, or a word is
    /// not there.
    fn look(&mut self, candidate: DocId, counter: &mut Counter) -> bool {
        for word in &mut self.words {
            if word.postings.doc() < candidate {
                word.postings.seek(candidate);
            }
            if word.postings.doc() != candidate {
                return false;
            }
            word.postings.positions(&mut word.places);
            counter.count(20 + 2 * word.places.len() as u64);
        }
        for (part, starts) in self.wanted.parts.iter().zip(&mut self.starts) {
            starts.clear();
            if !counter.count(2 * steps(part, &self.words)) {
                return false;
            }
            begin(part, &self.words, starts);
        }
        counter.count(comparisons(&self.starts))
    }

    /// The positions in a document of the words that stand as wanted. Documents come in their order.
    pub(crate) fn positions(
        &mut self,
        document: DocId,
        counter: &mut Counter,
    ) -> Vec<Range<usize>> {
        if self.look(document, counter) {
            self.wanted.arrangement.found_at(&self.starts)
        } else {
            Vec::new()
        }
    }
}

/// Looks where the words stand.
struct Places {
    standing: Standing,
    /// Whose words they have to be, and which are theirs.
    passages: Option<(Passages, Whose)>,
}

impl Check for Places {
    const COST: u64 = 10;
    const UNITS: u64 = 20;

    fn holds(&mut self, candidate: DocId, counter: &mut Counter) -> bool {
        if !self.standing.look(candidate, counter) {
            return false;
        }
        let Standing { starts, wanted, .. } = &self.standing;
        let Some((passages, whose)) = &self.passages else {
            return wanted.arrangement.holds(starts);
        };
        passages.of_body(candidate, *whose).iter().any(|passage| {
            let within = wanted.within(starts, passage);
            counter.count(comparisons(starts)) && wanted.arrangement.holds(&within)
        })
    }
}

impl Wanted {
    /// Nothing where there are no words.
    pub(crate) fn of(field: Field, whose: Option<Whose>, arrangement: Arrangement) -> Option<Self> {
        let parts = arrangement.parts();
        let mut words: Vec<&String> = parts.iter().copied().flatten().collect();
        words.sort_unstable();
        words.dedup();
        let terms: Vec<_> = words.iter().map(|word| Term::from_field_text(field, word)).collect();
        let number = |word: &String| words.binary_search(&word).ok();
        let parts = parts.iter().map(|part| part.iter().filter_map(number).collect()).collect();
        (!terms.is_empty()).then_some(Self { field, whose, terms, parts, arrangement })
    }

    /// Those phrases that stand in one part of a body as a whole.
    fn within(&self, starts: &[Vec<usize>], passage: &Range<usize>) -> Vec<Vec<usize>> {
        let phrases = starts.iter().zip(&self.parts);
        let within = phrases.map(|(starts, part)| {
            let first = starts.partition_point(|start| *start < passage.start);
            let rest = starts.get(first..).unwrap_or_default().iter().copied();
            rest.take_while(|start| start + part.len() <= passage.end).collect()
        });
        within.collect()
    }
}

/// How many places are looked at at most to find where `part` begins.
fn steps(part: &[usize], words: &[Word]) -> u64 {
    let first = part.first().and_then(|first| words.get(*first));
    first.map_or(0, |first| (first.places.len() as u64).saturating_mul(part.len() as u64))
}

/// How often places are compared at most: from each of them on, one of each phrase is looked for, and
/// of equal words the last one.
fn comparisons(starts: &[Vec<usize>]) -> u64 {
    let (parts, places) =
        (starts.len() as u64, starts.iter().map(|one| one.len() as u64).sum::<u64>());
    places.saturating_mul(parts).saturating_mul((parts / 16).max(1))
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
