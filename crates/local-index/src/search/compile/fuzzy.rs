//! Words spelt nearly so.
//!
//! As in Lucene a word stands for those fifty terms of a field at most that are most like it. They
//! are chosen from all segments together, and messages that are gone, or that may not be seen, have no
//! say in it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use levenshtein_automata::{DFA, LevenshteinAutomatonBuilder, SINK_STATE};
use postern_query::pattern::Fuzzy;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query};
use tantivy::schema::Field;
use tantivy::{Searcher, Term};
use tantivy_fst::Automaton;

use super::expand::{Steps, spend};
use crate::Error;
use crate::search::scope::visible::{Visible, is_seen};
use crate::search::scorers::blended::Blended;
use crate::search::scorers::clause::Clause;
use crate::search::work::{LOOKUP, Meter, TERM};

/// How many terms one word stands for in one field.
pub(crate) const MOST_VARIANTS: usize = 50;

/// Characters of a misspelt word: what leads through the dictionary grows with them.
const LONGEST: usize = 100;

/// Units to make what leads through the dictionary, for each character.
const LETTER: u64 = 2_000;

/// Units for a letter on the way through the dictionary: most ways soon end, and each begins anew in
/// another place.
const STEP: u64 = 45;

/// Whose words they are.
pub(crate) struct Seen<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) visible: Option<&'a Visible>,
    pub(crate) meter: &'a Meter,
}

/// What makes the automata for no edit, for one and for two.
static AUTOMATA: LazyLock<[LevenshteinAutomatonBuilder; 3]> =
    LazyLock::new(|| [0, 1, 2].map(|edits| LevenshteinAutomatonBuilder::new(edits, true)));

/// A term that is near enough.
#[derive(Debug)]
struct Variant {
    text: String,
    /// 1 is the word itself; may be negative.
    likeness: f32,
}

/// The clause for every document with a term that is near enough; `part` finds those with one of them.
///
/// # Errors
///
/// When the terms, with those that are left out, are more than `budget`, which shrinks by their
/// number, or the work has to end.
pub(crate) fn fuzzy(
    seen: &Seen<'_>,
    field: Field,
    fuzzy: &Fuzzy,
    budget: &mut usize,
    part: &dyn Fn(Term, &str) -> Box<dyn Query>,
) -> Result<Clause, Error> {
    let variants = nearest(seen, field, fuzzy, budget)?;
    if variants.is_empty() {
        return Ok(Clause::Nothing);
    }
    let term = |text: &str| Term::from_field_text(field, text);
    let terms = variants.iter().map(|one| term(&one.text)).collect();
    let part = |one: &Variant| -> (Occur, Box<dyn Query>) {
        let query = BoostQuery::new(part(term(&one.text), &one.text), one.likeness.max(0.0));
        (Occur::Should, Box::new(query))
    };
    let query = BooleanQuery::new(variants.iter().map(part).collect());
    Ok(Clause::Only(Box::new(Blended { terms, query: Box::new(query) })))
}

/// The terms that are most like the word, in their order where they are alike.
fn nearest(
    seen: &Seen<'_>,
    field: Field,
    fuzzy: &Fuzzy,
    budget: &mut usize,
) -> Result<Vec<Variant>, Error> {
    let texts = near(seen, field, fuzzy, budget)?;
    let variant = |text: String| Some(Variant { likeness: likeness(fuzzy, &text)?, text });
    let mut variants: Vec<_> = texts.into_iter().filter_map(variant).collect();
    variants.sort_by(|one, other| other.likeness.total_cmp(&one.likeness));
    let mut alive = Vec::new();
    // To see whether it is there, and to begin with its list.
    let lookups = 2 * LOOKUP * seen.searcher.segment_readers().len() as u64;
    for variant in variants {
        seen.meter.pay(lookups)?;
        let term = Term::from_field_text(field, &variant.text);
        if is_seen(seen.searcher, seen.visible, &term, seen.meter)? {
            seen.meter.pay(seen.searcher.doc_freq(&term)?)?;
            alive.push(variant);
        }
        if alive.len() == MOST_VARIANTS {
            break;
        }
    }
    Ok(alive)
}

/// The terms of all segments within the distance, in their order.
///
/// # Errors
///
/// When they are more than `budget`, which shrinks by their number, or the work has to end.
pub(crate) fn near(
    seen: &Seen<'_>,
    field: Field,
    fuzzy: &Fuzzy,
    budget: &mut usize,
) -> Result<BTreeSet<String>, Error> {
    let Some(automaton) = AUTOMATA.get(usize::from(fuzzy.edits())) else {
        return Ok(BTreeSet::new());
    };
    let name = format!("{}~{}", fuzzy.token(), fuzzy.edits());
    let length = fuzzy.token().chars().count();
    if length > LONGEST {
        return Err(Error::TooCostly { part: name });
    }
    seen.meter.pay(LETTER * length as u64)?;
    let steps = Steps::new(seen.meter, STEP);
    let automaton = Walk { automaton: automaton.build_dfa(fuzzy.token()), steps: &steps };
    let mut texts = BTreeSet::new();
    for reader in seen.searcher.segment_readers() {
        let index = reader.inverted_index(field)?;
        let mut stream = index.terms().search(&automaton).into_stream()?;
        while stream.advance() {
            spend(budget, 1, &name)?;
            seen.meter.pay(TERM)?;
            texts.extend(std::str::from_utf8(stream.key()).ok().map(str::to_owned));
        }
        seen.meter.pay(0)?;
    }
    Ok(texts)
}

/// Lucene's measure: each edit weighs by the length of the shorter word.
#[expect(clippy::cast_precision_loss, reason = "words are short")]
fn likeness(fuzzy: &Fuzzy, text: &str) -> Option<f32> {
    let edits = fuzzy.distance(text)?;
    let shorter = text.chars().count().min(fuzzy.token().chars().count());
    Some(if edits == 0 { 1.0 } else { 1.0 - f32::from(edits) / shorter as f32 })
}

/// An automaton that leads through a dictionary.
struct Walk<'a> {
    automaton: DFA,
    steps: &'a Steps,
}

impl Automaton for Walk<'_> {
    type State = u32;

    fn start(&self) -> u32 {
        self.automaton.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.automaton.distance(*state), levenshtein_automata::Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        self.steps.may_go_on() && *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.steps.count();
        self.automaton.transition(*state, byte)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::search::Work;

    use super::*;

    #[test]
    fn likenesses() {
        for (token, text, expected) in [
            ("invoice", "invoice", Some(1.0)),
            ("abcd", "abc", Some(1.0 - 1.0 / 3.0)),
            ("a", "bc", Some(-1.0)),
            ("a", "abcd", None),
        ] {
            assert_eq!(likeness(&Fuzzy::new(token, 2), text), expected, "{token} {text}");
        }
    }

    proptest! {
        /// The automaton leads to exactly the terms that the judge means.
        #[test]
        fn the_automaton_counts_as_the_judge(
            token in "[abé]{0,6}", text in "[abéc]{0,6}", edits in 0u8..=2,
        ) {
            let automaton = AUTOMATA[usize::from(edits)].build_dfa(&token);
            let steps = Steps::new(&Work::unlimited().meter("x"), STEP);
            let walk = Walk { automaton, steps: &steps };
            let end = text.bytes().fold(walk.start(), |state, byte| walk.accept(&state, byte));
            prop_assert_eq!(walk.is_match(&end), Fuzzy::new(token, edits).matches(&text));
        }
    }
}
