//! A search body of `OpenSearch` or Elasticsearch, and of Quickwit's endpoint of that kind.
//!
//! The body needs an index with the [`mapping`] of this module, over documents of the shape that
//! [`document`] makes. Elastic's reference "Query DSL" defines the names of queries and parameters.
//! Quickwit's page "Elasticsearch compatible API" lists the ones that Quickwit has.

mod document;
mod known;
mod mapping;
mod order;
mod people;
mod places;
mod predicate;
mod text;
mod value;

pub use document::{document, places};
pub use known::Known;
pub use mapping::{MAPPING_VERSION, mapping};

use std::collections::BTreeSet;

use super::Direction;
use super::property::{Make, make};
use super::{Compiled, Json, Notes, Sent, Target};
use crate::query::{Condition, Predicate};
use crate::{Expr, Located, Query, Span};
use places::Asking;

/// The engine that answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `OpenSearch` and Elasticsearch, from version 7.
    #[default]
    OpenSearch,
    /// Quickwit: no nested queries, no intervals, no fuzzy queries. Its own tokenizer cuts words. It takes
    /// two sort keys, and not texts.
    Quickwit,
}

/// The target of this module.
pub(super) const TARGET: Target =
    Target::new("elasticsearch", "OpenSearch, Elasticsearch", |query, _| {
        compile(query, Profile::OpenSearch).map(Sent::Body)
    });

/// The same for Quickwit.
pub const QUICKWIT: Target = Target::new("quickwit", "Quickwit", |query, _| {
    compile(query, Profile::Quickwit).map(Sent::Body)
});

/// Clauses that a query may have: the engines' default for `indices.query.bool.max_clause_count`, less one for
/// whoever says which index is meant.
const MAX_CLAUSES: usize = 1_024 - 1;
/// Nested groups: the smallest default of `indices.query.bool.max_nested_depth`, less one for the same.
const MAX_DEPTH: usize = 20 - 1;

/// Translates a query into a search body: `query` and `sort`.
///
/// ```
/// use postern_query::emit::elasticsearch;
/// use postern_query::{odata, Fidelity};
///
/// let query = odata::parse_filter("isRead ne true")?;
/// let compiled = elasticsearch::compile(&query, elasticsearch::Profile::OpenSearch);
/// assert_eq!(compiled.fidelity(), Fidelity::Exact);
/// assert_eq!(
///     compiled.sent.unwrap().to_string(),
///     concat!(
///         r#"{"query":{"bool":{"must_not":[{"nested":{"path":"places","query":{"term":{"places.isRead":{"value":true}}}}}]}},"#,
///         r#""sort":[{"receivedDateTime":{"order":"desc","missing":"_last"}},{"id":{"order":"asc"}}]}"#
///     )
/// );
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query, profile: Profile) -> Compiled<Json> {
    compile_for(query, profile, &Known::default())
}

/// The same for an index of which something is known.
///
/// ```
/// use postern_query::emit::elasticsearch::{self, Known, Profile};
/// use postern_query::{Direction, odata};
///
/// let query = odata::parse_filter("subject eq 'a'")?;
/// let known = Known { left_out: ["subject".to_owned()].into(), ..Known::default() };
/// let compiled = elasticsearch::compile_for(&query, Profile::OpenSearch, &known);
/// assert_eq!(compiled.notes[0].direction, Some(Direction::Narrower));
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile_for(query: &Query, profile: Profile, known: &Known) -> Compiled<Json> {
    let mut emitter = Emitter::new(profile, known);
    let body = emitter.body(query);
    emitter.notes.compiled(body)
}

/// The fields whose whole values have a say in the answer: where `leftOut` names none of them, no value that is too
/// long for the index matters.
///
/// ```
/// use postern_query::emit::elasticsearch::{Known, whole_fields};
/// use postern_query::odata;
///
/// let asked = |filter| whole_fields(&odata::parse_filter(filter).unwrap(), &Known::default());
/// assert_eq!(asked("subject eq 'a'"), ["subject".to_owned()].into());
/// assert_eq!(asked("size gt 5"), [].into());
/// ```
#[must_use]
pub fn whole_fields(query: &Query, known: &Known) -> BTreeSet<String> {
    let mut emitter = Emitter::new(Profile::OpenSearch, known);
    emitter.body(query);
    emitter.whole
}

/// A query in the engine's language, and whether it says anything about relevance.
struct Said {
    query: Json,
    scored: bool,
}

impl Said {
    const fn filter(query: Json) -> Self {
        Self { query, scored: false }
    }
}

struct Emitter<'k> {
    profile: Profile,
    known: &'k Known,
    notes: Notes,
    /// Fields whose whole values are asked for.
    whole: BTreeSet<String>,
    /// Ids of messages that were said.
    ids: usize,
}

impl<'k> Emitter<'k> {
    fn new(profile: Profile, known: &'k Known) -> Self {
        Self { profile, known, notes: Notes::default(), whole: BTreeSet::new(), ids: 0 }
    }
}

impl Emitter<'_> {
    /// Condition and order; nothing where they cannot be said.
    fn body(&mut self, query: &Query) -> Option<Json> {
        let simple = query.simplified().query;
        let condition = self.condition(simple.condition());
        let sort = self.order(query);
        let said = self.within_limits(unscored_in_filter(condition?))?;
        Some(Json::object([("query", said), ("sort", sort?)]))
    }

    /// The whole condition. Quickwit has the first place of a message beside its other fields.
    fn condition(&mut self, condition: &Condition) -> Option<Said> {
        if self.profile == Profile::Quickwit {
            return self.tree(condition, &mut Self::predicate);
        }
        let visible = self.known.visible();
        match Asking::new(visible.as_ref()).at_a_place(condition) {
            Some(asked) => self.tree(&asked, &mut Self::asked),
            None => self.notes.unsupported(
                None,
                "conditions on the message and on its places are joined in too many ways",
            ),
        }
    }

    /// And, or, not over leaves of any kind. Every leaf is written, so that no note is missing.
    fn tree<L>(
        &mut self,
        expr: &Expr<L>,
        leaf: &mut impl FnMut(&mut Self, &L) -> Option<Said>,
    ) -> Option<Said> {
        match expr {
            Expr::Leaf(inner) => leaf(self, inner),
            Expr::Not(inner) => {
                let said = self.negated(inner, leaf)?;
                Some(Said::filter(boolean([("must_not", vec![said.query])])))
            }
            Expr::And(parts) => self.all(parts, leaf),
            Expr::Or(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.tree(part, leaf)).collect();
                parts.into_iter().collect::<Option<_>>().map(any)
            }
        }
    }

    /// What stands under a NOT, as it is without that.
    fn negated<L>(
        &mut self,
        expr: &Expr<L>,
        leaf: &mut impl FnMut(&mut Self, &L) -> Option<Said>,
    ) -> Option<Said> {
        self.notes.turn();
        let said = self.tree(expr, leaf);
        self.notes.turn();
        said
    }

    fn all<L>(
        &mut self,
        parts: &[Expr<L>],
        leaf: &mut impl FnMut(&mut Self, &L) -> Option<Said>,
    ) -> Option<Said> {
        let (mut must, mut filter, mut must_not) = (Vec::new(), Vec::new(), Vec::new());
        let mut complete = true;
        for part in parts {
            let (inner, negated) = match part {
                Expr::Not(inner) => (&**inner, true),
                Expr::And(_) | Expr::Or(_) | Expr::Leaf(_) => (part, false),
            };
            let said = if negated { self.negated(inner, leaf) } else { self.tree(inner, leaf) };
            match said {
                Some(said) if negated => must_not.push(said.query),
                Some(said) if said.scored => must.push(said.query),
                Some(said) => filter.push(said.query),
                None => complete = false,
            }
        }
        let scored = !must.is_empty();
        let query = match (must.is_empty(), filter.is_empty(), must_not.is_empty()) {
            (true, true, true) => Json::member("match_all", Json::object([])),
            _ => boolean([("must", must), ("filter", filter), ("must_not", must_not)]),
        };
        complete.then_some(Said { query, scored })
    }

    fn predicate(&mut self, leaf: &Located<Predicate>) -> Option<Said> {
        predicate::said(self, &leaf.value, leaf.span)
    }

    /// A condition on one element of a list. Quickwit does not separate elements.
    fn element<L>(
        &mut self,
        path: &str,
        test: &Expr<L>,
        span: Span,
        leaf: &mut impl FnMut(&mut Self, &L) -> Option<Said>,
    ) -> Option<Said> {
        let said = self.tree(test, leaf)?.query;
        match self.profile {
            Profile::OpenSearch => {
                let nested = Json::object([("path", path.into()), ("query", said)]);
                Some(Said::filter(Json::member("nested", nested)))
            }
            Profile::Quickwit if test.is_everything() => {
                Some(Said::filter(value::exists(&format!("{path}.present"))))
            }
            Profile::Quickwit => {
                if make(test) != Make::Alternatives {
                    self.notes.errs(Direction::Either, span, "Quickwit keeps no elements of a list apart: parts of the condition may hold of different elements, and a negation is one of all of them");
                }
                Some(Said::filter(said))
            }
        }
    }

    fn within_limits(&mut self, query: Json) -> Option<Json> {
        let (depth, clauses) = measure(&query);
        if depth > MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} groups in each other are refused");
            return self.notes.unsupported(None, message);
        }
        if clauses > MAX_CLAUSES {
            let message = format!("more than {MAX_CLAUSES} conditions are refused");
            return self.notes.unsupported(None, message);
        }
        Some(query)
    }
}

/// A `bool` query of the clauses that are not empty.
fn boolean<const N: usize>(clauses: [(&str, Vec<Json>); N]) -> Json {
    let clauses = clauses.into_iter().filter(|(_, queries)| !queries.is_empty());
    let clauses = clauses.map(|(name, queries)| (name.to_owned(), Json::List(queries)));
    Json::member("bool", Json::Object(clauses.collect()))
}

/// One of them. Parts without words must not count for relevance.
fn any(mut parts: Vec<Said>) -> Said {
    let scored = parts.iter().any(|part| part.scored);
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    if parts.is_empty() {
        return Said::filter(Json::member("match_none", Json::object([])));
    }
    let queries =
        parts.into_iter().map(|part| if scored { unscored_in_filter(part) } else { part.query });
    let should = Json::List(queries.collect());
    let query = Json::object([("should", should), ("minimum_should_match", 1.into())]);
    Said { query: Json::member("bool", query), scored }
}

/// A query without relevance becomes a filter, unless it has no score anyway.
fn unscored_in_filter(said: Said) -> Json {
    let needless = match &said.query {
        Json::Object(members) => members.iter().any(|(name, inner)| match name.as_str() {
            "match_all" | "match_none" => true,
            "bool" => !matches!(inner, Json::Object(clauses) if clauses.iter().any(|(name, _)| name == "should")),
            _ => false,
        }),
        Json::Bool(_) | Json::Integer(_) | Json::Text(_) | Json::List(_) => false,
    };
    if said.scored || needless { said.query } else { boolean([("filter", vec![said.query])]) }
}

/// The depth of nested `bool` queries, and the number of conditions.
fn measure(query: &Json) -> (usize, usize) {
    match query {
        Json::Bool(_) | Json::Integer(_) | Json::Text(_) => (0, 0),
        Json::List(parts) => {
            let inner = parts.iter().map(measure);
            let (depth, count) = inner.fold((0, 0), |(d, n), (e, m)| (d.max(e), n + m));
            (depth, count + parts.iter().filter(|part| matches!(part, Json::Object(_))).count())
        }
        Json::Object(members) => {
            let inner = members.iter().map(|(name, value)| {
                let (depth, count) = measure(value);
                (depth + usize::from(name == "bool"), count)
            });
            inner.fold((0, 0), |(d, n), (e, m)| (d.max(e), n + m))
        }
    }
}
