//! And, or, not over engine queries.
//!
//! The engine has no plain "not": a query with only negative parts finds nothing there. Here a
//! negation is a value of its own until it meets something to take away from.

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::guarded::Guarded;

/// A set of documents.
#[derive(Debug)]
pub(crate) enum Clause {
    /// Every document.
    All,
    /// None.
    Nothing,
    /// These.
    Only(Box<dyn Query>),
    /// All but these.
    Except(Box<dyn Query>),
}

impl Clause {
    /// The opposite.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::All => Self::Nothing,
            Self::Nothing => Self::All,
            Self::Only(query) => Self::Except(query),
            Self::Except(query) => Self::Only(query),
        }
    }

    /// The query for these documents.
    pub(crate) fn query(self) -> Box<dyn Query> {
        match self {
            Self::All => all(),
            Self::Nothing => Box::new(EmptyQuery),
            Self::Only(query) => query,
            Self::Except(query) => boolean(vec![(Occur::Must, all()), without(query)]),
        }
    }
}

/// What is in all of them.
pub(crate) fn both(clauses: Vec<Clause>) -> Clause {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for clause in clauses {
        match clause {
            Clause::All => {}
            Clause::Nothing => return Clause::Nothing,
            Clause::Only(query) => wanted.push(query),
            Clause::Except(query) => unwanted.push(query),
        }
    }
    match (wanted.is_empty(), unwanted.is_empty()) {
        (true, true) => Clause::All,
        (true, false) => Clause::Except(should(unwanted)),
        (false, _) => {
            let wanted = wanted.into_iter().map(|query| (Occur::Must, query));
            let unwanted = unwanted.into_iter().map(without);
            Clause::Only(boolean(wanted.chain(unwanted).collect()))
        }
    }
}

/// What is in at least one of them.
pub(crate) fn either(clauses: Vec<Clause>) -> Clause {
    let mut queries = Vec::new();
    for clause in clauses {
        match clause {
            Clause::All => return Clause::All,
            Clause::Nothing => {}
            some @ (Clause::Only(_) | Clause::Except(_)) => {
                queries.extend(alternatives(some.query()));
            }
        }
    }
    if queries.is_empty() { Clause::Nothing } else { Clause::Only(should(queries)) }
}

/// What a query finds one or the other of: the engine is faster with many side by side than with
/// some in each other.
fn alternatives(query: Box<dyn Query>) -> Vec<Box<dyn Query>> {
    let Some(boolean) = query.downcast_ref::<BooleanQuery>() else { return vec![query] };
    if boolean.clauses().iter().any(|(occur, _)| *occur != Occur::Should) {
        return vec![query];
    }
    boolean.clauses().iter().map(|(_, part)| part.box_clone()).collect()
}

/// Every document; it says nothing about relevance.
fn all() -> Box<dyn Query> {
    unscored(Box::new(AllQuery))
}

/// The same documents with no say in relevance.
pub(crate) fn unscored(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn without(query: Box<dyn Query>) -> (Occur, Box<dyn Query>) {
    (Occur::MustNot, Box::new(Guarded(query)))
}

fn should(queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    boolean(queries.into_iter().map(|query| (Occur::Should, query)).collect())
}

fn boolean(mut parts: Vec<(Occur, Box<dyn Query>)>) -> Box<dyn Query> {
    match parts.pop() {
        Some((Occur::Must | Occur::Should, single)) if parts.is_empty() => single,
        last => {
            parts.extend(last);
            Box::new(BooleanQuery::new(parts))
        }
    }
}

/// These terms next to each other.
pub(crate) fn phrase<S: AsRef<str>>(field: Field, texts: impl Iterator<Item = S>) -> Clause {
    let mut terms: Vec<_> = texts.map(|text| Term::from_field_text(field, text.as_ref())).collect();
    match terms.len() {
        0 => Clause::Nothing,
        1 => terms.pop().map_or(Clause::Nothing, |term| Clause::Only(single(term))),
        _ => Clause::Only(Box::new(PhraseQuery::new(terms))),
    }
}

/// One term.
pub(crate) fn single(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}
