//! Words, phrases and patterns of texts.

use postern_query::schema::TextField;
use postern_query::{TextPattern, TextTest};
use tantivy::Term;
use tantivy::query::Query;

use super::{Compiler, Sign};
use crate::Error;
use crate::format::schema;
use crate::search::compile::expand::{Pattern, Terms, expand};
use crate::search::compile::fuzzy::{Seen, fuzzy};
use crate::search::scorers::clause::{Clause, either, phrase, single, unscored};
use crate::search::scorers::metered::Metering;
use crate::search::scorers::placed::{Arrangement, placed};
use crate::search::scorers::union::{AnyTerm, FieldTerms};

/// Words of a phrase that the engine looks for itself: it does not look up from a longer one.
const LONG: usize = 16;

/// Units to see where a word of a phrase stands in a message.
const PLACES: u64 = 30;

impl Compiler<'_> {
    pub(super) fn text(&self, test: &TextTest, sign: Sign) -> Result<Clause, Error> {
        let fields = if self.has_files { test.searched() } else { &test.fields };
        let fields = fields.iter().copied();
        let clause = match &test.pattern {
            TextPattern::Wildcard(shape) => self.any_of(fields, Pattern::Shape(shape))?,
            TextPattern::Regex(regex) => self.any_of(fields, Pattern::Regex(regex))?,
            TextPattern::Phrase(_)
            | TextPattern::Fuzzy(_)
            | TextPattern::Sloppy(_)
            | TextPattern::Near(_) => {
                let found = fields.map(|field| self.text_in(field, &test.pattern));
                either(found.collect::<Result<_, _>>()?)
            }
        };
        if !test.scored || sign == Sign::Negative {
            return Ok(Clause::Only(unscored(clause.query())));
        }
        self.scored.set(true);
        Ok(clause)
    }

    fn text_in(&self, text: TextField, pattern: &TextPattern) -> Result<Clause, Error> {
        let (field, whose) = (schema::words(text), text.whose());
        match pattern {
            TextPattern::Phrase(tokens) => self.phrase(text, tokens),
            TextPattern::Wildcard(shape) => self.any_of([text], Pattern::Shape(shape)),
            TextPattern::Regex(regex) => self.any_of([text], Pattern::Regex(regex)),
            TextPattern::Fuzzy(word) => {
                let meter = self.work.meter(format_args!("{}~{}", word.token(), word.edits()));
                let (searcher, visible) = (self.searcher, self.visible);
                let seen = Seen { searcher, visible, meter: &meter };
                let part = |term: Term, text: &str| match whose {
                    None => single(term),
                    Some(_) => {
                        let arrangement = Arrangement::Phrase(vec![text.to_owned()]);
                        placed(field, whose, arrangement, &self.metering(&meter)).query()
                    }
                };
                self.within_budget(|budget| fuzzy(&seen, field, word, budget, &part))
            }
            TextPattern::Sloppy(sloppy) => {
                let arrangement = Arrangement::Sloppy(sloppy.clone());
                Ok(placed(field, whose, arrangement, &self.metering_of(&sloppy.tokens)))
            }
            TextPattern::Near(near) => {
                let arrangement = Arrangement::Near(near.clone());
                Ok(placed(field, whose, arrangement, &self.metering_of(&near.parts.concat())))
            }
        }
    }

    /// The list of a word is looked at once; of a phrase, each message with its rarest word.
    fn phrase(&self, text: TextField, tokens: &[String]) -> Result<Clause, Error> {
        let (field, whose) = (schema::words(text), text.whose());
        if self.is_prunable {
            return Ok(phrase(field, tokens.iter()));
        }
        if tokens.len() > LONG || whose.is_some() {
            let arrangement = Arrangement::Phrase(tokens.to_vec());
            return Ok(placed(field, whose, arrangement, &self.metering_of(tokens)));
        }
        let terms = tokens.iter().map(|token| Term::from_field_text(field, token));
        let frequencies = terms.map(|term| self.searcher.doc_freq(&term));
        let frequencies = frequencies.collect::<tantivy::Result<Vec<_>>>()?;
        let rarest = frequencies.into_iter().min().unwrap_or_default();
        let clause = phrase(field, tokens.iter());
        if tokens.len() == 1 {
            self.words.pay(rarest)?;
            return Ok(clause);
        }
        let metering = self.metering_of(tokens);
        metering.meter.pay(rarest.saturating_mul(PLACES * tokens.len() as u64))?;
        Ok(metering.of(clause))
    }

    fn metering_of(&self, tokens: &[String]) -> Metering {
        self.metering(&self.work.meter(tokens.join(" ")))
    }

    pub(super) fn expanded(
        &self,
        terms: Terms,
        pattern: Pattern<'_>,
    ) -> Result<Box<dyn Query>, Error> {
        Ok(Box::new(AnyTerm(vec![self.expand(terms, pattern)?])))
    }

    fn expand(&self, terms: Terms, pattern: Pattern<'_>) -> Result<FieldTerms, Error> {
        let key = (terms, pattern.key());
        if let Some(known) = self.expanded.borrow().get(&key) {
            return Ok(known.clone());
        }
        let meter = self.work.meter(pattern);
        let found =
            self.within_budget(|budget| expand(self.searcher, terms, pattern, budget, &meter))?;
        self.expanded.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    /// The terms of several fields are one set of documents: no two have to be merged.
    fn any_of(
        &self,
        fields: impl IntoIterator<Item = TextField>,
        pattern: Pattern<'_>,
    ) -> Result<Clause, Error> {
        let expanded = fields.into_iter().map(|field| self.expand(Terms::of_text(field), pattern));
        Ok(Clause::Only(Box::new(AnyTerm(expanded.collect::<Result<_, _>>()?))))
    }

    fn within_budget<T>(
        &self,
        spend: impl FnOnce(&mut usize) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut budget = self.budget.get();
        let spent = spend(&mut budget);
        self.budget.set(budget);
        spent
    }
}
