//! "One element for which all of it holds" as terms of the whole list.

use postern_query::Expr;
use tantivy::query::Query;

use crate::search::scorers::clause::{Clause, both, either};

/// Documents that may match, and whether each of them does.
#[derive(Debug)]
pub(crate) struct Candidates {
    pub(crate) clause: Clause,
    pub(crate) exact: bool,
}

impl Candidates {
    /// Every one of these matches.
    pub(crate) fn exact(query: Box<dyn Query>) -> Self {
        Self { clause: Clause::Only(query), exact: true }
    }

    /// All that match are among these.
    pub(crate) const fn among(clause: Clause) -> Self {
        Self { clause, exact: false }
    }

    /// Those that match one of these.
    pub(crate) fn either(parts: Vec<Self>) -> Self {
        let exact = parts.iter().all(|part| part.exact);
        Self { clause: either(parts.into_iter().map(|part| part.clause).collect()), exact }
    }
}

/// Documents with an element for which `test` holds. `leaf` says which documents have an element
/// for which one condition holds, `elements` which have an element at all.
///
/// "Or" goes through to the leaves. "And" must hold of one element, which terms do not say, and
/// neither do they say that an element lacks a value: there the terms only lead to candidates.
pub(crate) fn any<L, E>(
    test: &Expr<L>,
    elements: &impl Fn() -> Box<dyn Query>,
    leaf: &mut impl FnMut(&L) -> Result<Candidates, E>,
) -> Result<Candidates, E> {
    Search { elements, leaf }.part(test, false)
}

struct Search<'a, N, F> {
    elements: &'a N,
    leaf: &'a mut F,
}

impl<N: Fn() -> Box<dyn Query>, F> Search<'_, N, F> {
    fn part<L, E>(&mut self, test: &Expr<L>, negated: bool) -> Result<Candidates, E>
    where
        F: FnMut(&L) -> Result<Candidates, E>,
    {
        match test {
            Expr::Leaf(_) if negated => Ok(Candidates::among(Clause::Only((self.elements)()))),
            Expr::Leaf(leaf) => (self.leaf)(leaf),
            Expr::Not(inner) => self.part(inner, !negated),
            Expr::And(parts) if negated => self.one_of(parts, true),
            Expr::Or(parts) if !negated => self.one_of(parts, false),
            Expr::And(parts) | Expr::Or(parts) => self.all_of(parts, negated),
        }
    }

    fn one_of<L, E>(&mut self, parts: &[Expr<L>], negated: bool) -> Result<Candidates, E>
    where
        F: FnMut(&L) -> Result<Candidates, E>,
    {
        let parts = parts.iter().map(|part| self.part(part, negated)).collect::<Result<_, _>>()?;
        Ok(Candidates::either(parts))
    }

    fn all_of<L, E>(&mut self, parts: &[Expr<L>], negated: bool) -> Result<Candidates, E>
    where
        F: FnMut(&L) -> Result<Candidates, E>,
    {
        if let [single] = parts {
            return self.part(single, negated);
        }
        let mut clauses = vec![Clause::Only((self.elements)())];
        for part in parts {
            clauses.push(self.part(part, negated)?.clause);
        }
        Ok(Candidates { clause: both(clauses), exact: parts.is_empty() })
    }
}
