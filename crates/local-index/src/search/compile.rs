//! Condition to engine query.

use std::cell::Cell;
use std::sync::Arc;

use postern_query::{Condition, Expr, InstantTest, NumberTest, Predicate, TextPattern, TextTest};
use tantivy::query::{PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::any::Candidates;
use super::bounds::{self, Range, Ranges};
use super::clause::{Clause, both, either, unscored};
use super::expand::{MAX_TERMS, Pattern, Terms, expand};
use super::fuzzy::fuzzy;
use super::placed::{Arrangement, placed};
use super::union::AnyTerm;
use super::values;
use super::verified::{Faults, Verified};
use super::{Asker, Error, Scope};
use crate::index::schema;
use crate::index::terms::traits;

/// A condition for the engine.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Which documents.
    pub(crate) query: Box<dyn Query>,
    /// Whether relevance says anything about them.
    pub(crate) scored: bool,
    /// Whether the best are found without scoring every match: for one word in one field or two, and
    /// for what counts the same wherever it is found. With more, the order of adding could show in
    /// the last bit of a score.
    pub(crate) is_prunable: bool,
    /// What went wrong while matching.
    pub(crate) faults: Faults,
}

/// The plan for a condition over the documents of this searcher.
///
/// # Errors
///
/// When a pattern stands for too many terms, or the index cannot be read.
pub(crate) fn compile(
    searcher: &Searcher,
    condition: &Condition,
    asker: &Asker,
) -> Result<Plan, Error> {
    asker.work.begin(searcher.num_docs())?;
    let compiler = Compiler {
        searcher,
        irregular: searcher.doc_freq(&trait_term(traits::IRREGULAR))? > 0,
        scored: Cell::new(false),
        budget: Cell::new(MAX_TERMS),
        faults: Faults::default(),
    };
    let mut clause = compiler.condition(condition, Sign::Positive)?;
    if let Some(scope) = asker.scope.condition() {
        clause = both(vec![compiler.condition(&scope, Sign::Positive)?, clause]);
    }
    Ok(Plan {
        query: clause.query(),
        scored: compiler.scored.get(),
        is_prunable: is_prunable(condition) && asker.scope == Scope::All,
        faults: compiler.faults,
    })
}

fn is_prunable(condition: &Condition) -> bool {
    let Expr::Leaf(leaf) = condition else { return false };
    let Predicate::Text(test) = &leaf.value else { return false };
    match &test.pattern {
        TextPattern::Phrase(tokens) => test.fields.len() <= 2 && tokens.len() == 1,
        TextPattern::Wildcard(_) | TextPattern::Regex(_) => true,
        TextPattern::Fuzzy(_) | TextPattern::Sloppy(_) | TextPattern::Near(_) => false,
    }
}

/// Whether a condition stands under an odd number of negations. What is asked not to be there says
/// nothing about relevance.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Positive,
    Negative,
}

impl Sign {
    const fn opposite(self) -> Self {
        match self {
            Self::Positive => Self::Negative,
            Self::Negative => Self::Positive,
        }
    }
}

/// What the parts of a condition share while they are compiled.
pub(super) struct Compiler<'a> {
    pub(super) searcher: &'a Searcher,
    /// Whether some message must be read because its values are too long for terms.
    irregular: bool,
    scored: Cell<bool>,
    budget: Cell<usize>,
    faults: Faults,
}

impl Compiler<'_> {
    fn condition(&self, condition: &Condition, sign: Sign) -> Result<Clause, Error> {
        match condition {
            Expr::And(_) => {
                let (mut clauses, mut ranges) = (Vec::new(), Ranges::default());
                self.conjuncts(condition, sign, &mut clauses, &mut ranges)?;
                clauses.extend(ranges.queries().map(|query| Clause::Only(unscored(query))));
                Ok(both(clauses))
            }
            Expr::Or(parts) => {
                let clauses = parts.iter().map(|part| self.condition(part, sign));
                Ok(either(clauses.collect::<Result<_, _>>()?))
            }
            Expr::Not(inner) => Ok(self.condition(inner, sign.opposite())?.negated()),
            Expr::Leaf(leaf) => self.predicate(&leaf.value, sign),
        }
    }

    /// The parts of nested ands side by side: the engine then starts from the rarest of them.
    /// Ranges of one field become one: two ends of a period would be looked up one by one.
    fn conjuncts(
        &self,
        condition: &Condition,
        sign: Sign,
        clauses: &mut Vec<Clause>,
        ranges: &mut Ranges,
    ) -> Result<(), Error> {
        if let Expr::And(parts) = condition {
            let mut parts = parts.iter();
            return parts.try_for_each(|part| self.conjuncts(part, sign, clauses, ranges));
        }
        match range(condition) {
            Some((field, range)) => ranges.narrow(field, range),
            None => clauses.push(self.condition(condition, sign)?),
        }
        Ok(())
    }

    fn predicate(&self, predicate: &Predicate, sign: Sign) -> Result<Clause, Error> {
        let candidates = match predicate {
            Predicate::Text(test) => return self.text(test, sign),
            Predicate::String(field, test) => self.string_field(*field, test)?,
            Predicate::Flag(field, test) => values::flag_field(*field, *test),
            Predicate::Number(field, test) => values::number_field(*field, *test),
            Predicate::Instant(field, test) => values::instant_field(*field, *test),
            Predicate::Recipient(list, test) => self.recipient(*list, test)?,
            Predicate::Attachment(test) => self.attachment(test)?,
            Predicate::Category(test) => self.category(test)?,
            Predicate::Reference(id) => values::reference(id),
            Predicate::Person { roles, pattern } => self.person(roles, pattern)?,
        };
        Ok(Clause::Only(unscored(self.checked(candidates, predicate))))
    }

    /// The candidates for which the predicate holds, and those whose terms do not tell.
    fn checked(&self, candidates: Candidates, predicate: &Predicate) -> Box<dyn Query> {
        let exact = candidates.exact;
        let mut query = candidates.clause.query();
        if !exact {
            query = self.verified(query, predicate);
        }
        if !self.irregular {
            return query;
        }
        let others = self.verified(has(traits::IRREGULAR), predicate);
        either(vec![Clause::Only(query), Clause::Only(others)]).query()
    }

    fn verified(&self, candidates: Box<dyn Query>, predicate: &Predicate) -> Box<dyn Query> {
        let predicate = Arc::new(predicate.clone());
        Box::new(Verified { candidates, predicate, faults: self.faults.clone() })
    }

    fn text(&self, test: &TextTest, sign: Sign) -> Result<Clause, Error> {
        let fields = test.fields.iter().map(|field| schema::words(*field));
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

    fn text_in(&self, field: Field, pattern: &TextPattern) -> Result<Clause, Error> {
        match pattern {
            TextPattern::Phrase(tokens) => Ok(phrase(field, tokens.iter().map(String::as_str))),
            TextPattern::Wildcard(shape) => self.any_of([field], Pattern::Shape(shape)),
            TextPattern::Regex(regex) => self.any_of([field], Pattern::Regex(regex)),
            TextPattern::Fuzzy(word) => {
                self.within_budget(|budget| fuzzy(self.searcher, field, word, budget))
            }
            TextPattern::Sloppy(sloppy) => Ok(placed(field, Arrangement::Sloppy(sloppy.clone()))),
            TextPattern::Near(near) => Ok(placed(field, Arrangement::Near(near.clone()))),
        }
    }

    pub(super) fn expanded(
        &self,
        terms: Terms,
        pattern: Pattern<'_>,
    ) -> Result<Box<dyn Query>, Error> {
        let found = self.within_budget(|budget| expand(self.searcher, terms, pattern, budget))?;
        Ok(Box::new(AnyTerm(vec![found])))
    }

    /// The terms of several fields are one set of documents: no two have to be merged.
    fn any_of(
        &self,
        fields: impl IntoIterator<Item = Field>,
        pattern: Pattern<'_>,
    ) -> Result<Clause, Error> {
        let expanded = fields.into_iter().map(|field| {
            self.within_budget(|budget| expand(self.searcher, Terms::of(field), pattern, budget))
        });
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

/// The range of a field that a condition asks for, if that is all it asks.
fn range(condition: &Condition) -> Option<(Field, Range)> {
    let Expr::Leaf(leaf) = condition else { return None };
    match &leaf.value {
        Predicate::Instant(field, InstantTest::Compare(comparison, moment)) => {
            Some((schema::instant(*field), bounds::of_moment(*comparison, *moment)))
        }
        Predicate::Number(field, NumberTest::Compare(comparison, number)) => {
            Some((schema::number(*field), bounds::of_number(*comparison, *number)))
        }
        Predicate::Instant(_, InstantTest::Missing)
        | Predicate::Number(_, NumberTest::Missing)
        | Predicate::Text(_)
        | Predicate::String(..)
        | Predicate::Flag(..)
        | Predicate::Recipient(..)
        | Predicate::Attachment(_)
        | Predicate::Category(_)
        | Predicate::Reference(_)
        | Predicate::Person { .. } => None,
    }
}

/// These terms next to each other.
pub(super) fn phrase<S: AsRef<str>>(field: Field, texts: impl Iterator<Item = S>) -> Clause {
    let mut terms: Vec<_> = texts.map(|text| Term::from_field_text(field, text.as_ref())).collect();
    match terms.len() {
        0 => Clause::Nothing,
        1 => terms.pop().map_or(Clause::Nothing, |term| Clause::Only(single(term))),
        _ => Clause::Only(Box::new(PhraseQuery::new(terms))),
    }
}

/// One term.
pub(super) fn single(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

/// The messages with a trait.
pub(super) fn has(name: &str) -> Box<dyn Query> {
    single(trait_term(name))
}

fn trait_term(name: &str) -> Term {
    Term::from_field_text(schema::TRAITS, name)
}
