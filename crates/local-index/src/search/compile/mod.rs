//! Condition to engine query.

pub(crate) mod bounds;
pub(crate) mod chosen;
mod element;
pub(crate) mod expand;
pub(crate) mod fuzzy;
pub(crate) mod open;
mod people;
mod place;
pub(crate) mod plan;
mod set;
mod text;
mod vacuous;
mod values;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use postern_query::schema::StringField;
use postern_query::{
    Condition, Expr, FILE, InstantTest, Located, NumberTest, Predicate, Span, TextPattern,
};
use tantivy::query::Query;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use super::Work;
use super::work::Meter;
use crate::Error;
use crate::format::terms::traits;
use crate::format::{former, schema};
use crate::search::compile::bounds::{Range, Ranges};
use crate::search::compile::element::Candidates;
use crate::search::compile::expand::{MAX_TERMS, Terms};
use crate::search::compile::plan::Plan;
use crate::search::documents::Among;
use crate::search::scope::asker::Scope;
use crate::search::scope::visible::Visible;
use crate::search::scorers::clause::{Clause, both, either, single, unscored};
use crate::search::scorers::metered::Metering;
use crate::search::scorers::union::FieldTerms;
use crate::search::scorers::verified::{Faults, Messages, Verified};

/// The plan for a condition over the documents of this searcher.
///
/// # Errors
///
/// When the work has to end, or the index cannot be read.
pub(crate) fn compile(
    searcher: &Searcher,
    condition: &Condition,
    work: &Work,
    visible: Option<Arc<Visible>>,
) -> Result<Plan, Error> {
    former::check(searcher.schema(), condition)?;
    work.begin(searcher.num_docs())?;
    let condition = &*vacuous::without(searcher, condition)?;
    if work.is_limited() {
        open::admit(condition)?;
    }
    let meter = work.meter("the search");
    let compiler = Compiler {
        searcher,
        work,
        visible: visible.as_deref(),
        words: meter.clone(),
        expanded: RefCell::default(),
        is_prunable: is_prunable(condition) && visible.is_none(),
        irregular: searcher.doc_freq(&trait_term(traits::IRREGULAR))? > 0,
        has_files: searcher
            .doc_freq(&Term::from_field_text(schema::whole(StringField::Kind), FILE))?
            > 0,
        has_several_places: searcher.doc_freq(&trait_term(traits::SEVERAL_PLACES))? > 0,
        in_values: Cell::new(false),
        scored: Cell::new(false),
        budget: Cell::new(MAX_TERMS),
        faults: Faults::new(work),
        messages: Arc::default(),
    };
    let mut clause = compiler.at_one_place(condition, Sign::Positive)?;
    if let Some(visible) = &visible {
        let scope = Clause::Only(unscored(Box::new(Among(Arc::clone(&visible.documents)))));
        let metering = compiler.metering(&meter);
        clause = both(vec![metering.of(scope), metering.of(clause)]);
    }
    Ok(Plan {
        query: clause.query(),
        place: compiler.matching_place(condition)?,
        scored: compiler.scored.get(),
        is_prunable: compiler.is_prunable,
        faults: compiler.faults,
        meter,
        visible,
    })
}

fn is_prunable(condition: &Condition) -> bool {
    let Expr::Leaf(leaf) = condition else { return false };
    let Predicate::Text(test) = &leaf.value else { return false };
    if test.fields.iter().any(|field| field.whose().is_some()) {
        return false;
    }
    match &test.pattern {
        TextPattern::Phrase(tokens) => test.fields.len() <= 2 && tokens.len() == 1,
        TextPattern::Wildcard(_) | TextPattern::Regex(_) => true,
        TextPattern::Fuzzy(_) | TextPattern::Sloppy(_) | TextPattern::Near(_) => false,
    }
}

/// Whether nothing is asked of the words of a text, which are never too long.
fn is_of_values(condition: &Condition) -> bool {
    match condition {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(is_of_values),
        Expr::Not(inner) => is_of_values(inner),
        Expr::Leaf(leaf) => !matches!(leaf.value, Predicate::Text(_)),
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
    work: &'a Work,
    visible: Option<&'a Visible>,
    /// What plain words spend.
    words: Meter,
    /// What was looked up: a pattern that is there twice leads through the dictionary once.
    expanded: RefCell<HashMap<(Terms, String), FieldTerms>>,
    is_prunable: bool,
    /// Whether some message must be read because its values are too long for terms.
    irregular: bool,
    /// Whether some message is a file, which words find by its name.
    has_files: bool,
    /// Whether some message lies in several places.
    has_several_places: bool,
    /// Whether such messages are asked for the whole of what is compiled now.
    in_values: Cell<bool>,
    scored: Cell<bool>,
    budget: Cell<usize>,
    faults: Faults,
    messages: Arc<Messages>,
}

impl Compiler<'_> {
    fn condition(&self, condition: &Condition, sign: Sign) -> Result<Clause, Error> {
        if self.reads_irregular() && is_of_values(condition) {
            return self.of_values(condition, sign);
        }
        match condition {
            Expr::And(_) => {
                let (mut clauses, mut ranges) = (Vec::new(), Ranges::default());
                self.conjuncts(condition, sign, &mut clauses, &mut ranges)?;
                clauses.extend(ranges.queries().map(|query| Clause::Only(unscored(query))));
                let metering = self.metering(&self.words);
                Ok(both(clauses.into_iter().map(|clause| metering.of(clause)).collect()))
            }
            Expr::Or(parts) => {
                let (values, others) = self.apart(parts.iter());
                let values = (!values.is_empty()).then_some(Expr::Or(values));
                let parts = values.iter().chain(others);
                let clauses = parts.map(|part| self.condition(part, sign));
                Ok(either(clauses.collect::<Result<_, _>>()?))
            }
            Expr::Not(inner) => Ok(self.at_one_place(inner, sign.opposite())?.negated()),
            Expr::Leaf(leaf) => self.leaf(&leaf.value, sign),
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
            let (values, others) = self.apart(parts.iter());
            if !values.is_empty() {
                clauses.push(self.of_values(&Expr::And(values), sign)?);
            }
            let mut others = others.into_iter();
            return others.try_for_each(|part| self.conjuncts(part, sign, clauses, ranges));
        }
        match range(condition) {
            Some((field, range)) => ranges.narrow(field, range),
            None => clauses.push(self.condition(condition, sign)?),
        }
        Ok(())
    }

    fn leaf(&self, predicate: &Predicate, sign: Sign) -> Result<Clause, Error> {
        let candidates = match predicate {
            Predicate::Text(test) => return self.text(test, sign),
            Predicate::String(field, test) => self.string_field(*field, test)?,
            Predicate::Flag(field, test) => self.flag_field(*field, *test),
            Predicate::Number(field, test) => values::number_field(*field, *test),
            Predicate::Instant(field, test) => values::instant_field(*field, *test),
            Predicate::Recipient(list, test) => self.recipient(*list, test)?,
            Predicate::Attachment(test) => self.attachment(test)?,
            Predicate::Category(test) => self.category(test)?,
            Predicate::Reference(id) => values::reference(id),
            Predicate::Set(set) => self.set(set)?,
            Predicate::Person { roles, pattern } => self.person(roles, pattern)?,
        };
        Ok(Clause::Only(unscored(self.checked(candidates, predicate))))
    }

    /// Whether messages whose values are too long for terms have to be read for what comes next.
    const fn reads_irregular(&self) -> bool {
        self.irregular && !self.in_values.get()
    }

    /// Where some messages have to be read: the parts that speak of values alone, and the others.
    fn apart<'c>(
        &self,
        parts: impl Iterator<Item = &'c Condition>,
    ) -> (Vec<Condition>, Vec<&'c Condition>) {
        let (values, others): (Vec<_>, Vec<_>) =
            parts.partition(|part| self.reads_irregular() && is_of_values(part));
        (values.into_iter().cloned().collect(), others)
    }

    /// A condition on values alone. A message whose values are too long for terms is read once for
    /// the whole of it, and not for each of its parts.
    fn of_values(&self, condition: &Condition, sign: Sign) -> Result<Clause, Error> {
        self.in_values.set(true);
        let by_terms = self.condition(condition, sign);
        self.in_values.set(false);
        let irregular = || has(traits::IRREGULAR);
        let regular = both(vec![by_terms?, Clause::Except(irregular())]);
        let read = Clause::Only(self.verified(irregular(), condition.clone()));
        Ok(Clause::Only(unscored(either(vec![regular, read]).query())))
    }

    /// The candidates for which the predicate holds.
    fn checked(&self, candidates: Candidates, predicate: &Predicate) -> Box<dyn Query> {
        let query = candidates.clause.query();
        if candidates.exact {
            return query;
        }
        self.verified(query, Expr::Leaf(Located::new(predicate.clone(), Span::default())))
    }

    fn verified(&self, candidates: Box<dyn Query>, condition: Condition) -> Box<dyn Query> {
        let (faults, meter) = (self.faults.clone(), self.work.meter("conditions on one element"));
        let (condition, messages) = (Arc::new(condition), Arc::clone(&self.messages));
        let scope = self.scope();
        Box::new(Verified { candidates, condition, messages, scope, faults, meter })
    }

    /// The places that may be seen.
    fn scope(&self) -> Scope {
        self.visible.map_or(Scope::All, |visible| visible.scope.clone())
    }

    fn metering(&self, meter: &Meter) -> Metering {
        Metering { meter: meter.clone(), keeps_place: self.visible.is_some() }
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
        | Predicate::Set(_)
        | Predicate::Person { .. } => None,
    }
}

/// The messages with a trait.
pub(super) fn has(name: &str) -> Box<dyn Query> {
    single(trait_term(name))
}

fn trait_term(name: &str) -> Term {
    Term::from_field_text(schema::TRAITS, name)
}
