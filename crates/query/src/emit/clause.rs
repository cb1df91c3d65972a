//! The text of one condition, as the name by which an answer speaks of it.

use jiff::Timestamp;

use crate::emit::{Capabilities, Compiled, Fidelity, IndexFields, datatap, english, postern};
use crate::{Context, Predicate, Query, parse};

/// One condition as it is typed, else as an OData filter, if one of them says exactly that. Else what says
/// it best.
///
/// ```
/// use postern_query::emit::clause;
/// use postern_query::{Context, odata, parse};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let clauses = |query: &postern_query::Query| {
///     let mut clauses = Vec::new();
///     query.condition().for_each_leaf(&mut |leaf| clauses.push(clause(&leaf.value)));
///     clauses
/// };
/// let query = parse("from:(Ann OR bob) \"overdue  invoice\" in:Projects", &context)?.query;
/// assert_eq!(clauses(&query), ["from:ann", "from:bob", "\"overdue invoice\"", "in:Projects"]);
/// let query = odata::parse_filter("fromAddress eq 'A@x.com' and isRead eq true")?;
/// assert_eq!(clauses(&query), ["fromAddress eq 'A@x.com'", "is:read"]);
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn clause(predicate: &Predicate) -> String {
    let query = Query::of(predicate.clone());
    let typed = postern::compile(&query);
    if typed.fidelity() == Fidelity::Exact {
        let typed = text(typed, &query);
        return plain(&typed, &query).unwrap_or(typed);
    }
    let filter = datatap::compile_filter(&query, &everything());
    text(if filter.fidelity() == Fidelity::Exact { filter } else { typed }, &query)
}

/// A quoted value without its quotes, where that reads back as the same.
fn plain(typed: &str, query: &Query) -> Option<String> {
    let (name, value) = typed.split_once(":\"")?;
    let plain = format!("{name}:{}", value.strip_suffix('"')?);
    let read = parse(&plain, &Context::utc(Timestamp::UNIX_EPOCH)).ok()?;
    (read.query == *query).then_some(plain)
}

fn text(compiled: Compiled<String>, query: &Query) -> String {
    compiled.sent.unwrap_or_else(|| english::describe(query))
}

/// A filter that nobody is sent.
fn everything() -> Capabilities {
    Capabilities {
        fields: IndexFields::complete(),
        search_functions: true,
        url_budget: usize::MAX,
        ..Capabilities::default()
    }
}
