//! A search request of the DataTap API: an OData filter and Lucene text.
//!
//! Top-level conditions on fields go to `filter`, top-level words to `query`. Words under `OR`
//! together with fields need `search.ismatch` inside the filter, which an endpoint may not pass.

mod known;
mod people;
mod predicate;
mod text;

use super::odata::{self as filter, Filter};
use super::{Capabilities, Compiled, Notes, Sent, Target};
use crate::emit::KnownPeople;
use crate::query::{Condition, TextTest};
use crate::schema::Sort;
use crate::{Expr, Query, Span};

/// The target of this module.
pub(super) const TARGET: Target = Target::new("datatap", "DataTap", |query, capabilities| {
    compile(query, capabilities).map(|request| Sent::Parameters(request.parameters()))
});

/// A request to the search endpoint. Absent parts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Lucene text for `query`.
    pub query: Option<String>,
    /// OData for `filter`.
    pub filter: Option<String>,
    /// Keys for `$orderby`.
    pub order_by: Option<String>,
}

impl Request {
    /// The parts that are sent, by the names of their parameters.
    fn parameters(self) -> Vec<(&'static str, String)> {
        let parts = [("query", self.query), ("filter", self.filter), ("$orderby", self.order_by)];
        parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Translates a query for an endpoint with these capabilities.
///
/// ```
/// use postern_query::{datatap, odata, Capabilities, Fidelity};
///
/// let query = odata::parse_filter("hasAttachments and not (size gt 10)")?;
/// let compiled = datatap::compile(&query, &Capabilities::default());
/// assert_eq!(compiled.fidelity(), Fidelity::Unsupported);
/// assert_eq!(compiled.notes[0].message, "the premium index has no field `size` to filter by");
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn compile(query: &Query, capabilities: &Capabilities) -> Compiled<Request> {
    compiled(query, capabilities, None)
}

/// Translates a query for an endpoint with these capabilities, people as lists of their known addresses.
///
/// Where such a list is too long for a request, the query is translated as [`compile`] does it. See
/// [`KnownPeople`] for an example.
#[must_use]
pub fn compile_knowing(
    query: &Query,
    capabilities: &Capabilities,
    known: &KnownPeople<'_>,
) -> Compiled<Request> {
    let listed = compiled(query, capabilities, Some(known));
    if listed.sent.is_some() { listed } else { compile(query, capabilities) }
}

fn compiled(
    query: &Query,
    capabilities: &Capabilities,
    known: Option<&KnownPeople<'_>>,
) -> Compiled<Request> {
    let mut emitter = Emitter { capabilities, known, notes: Notes::default() };
    let request = emitter.request(&query.simplified().query);
    emitter.notes.compiled(request)
}

/// Writes the condition of a query as one filter, with its words inside `search.ismatch`.
///
/// Leaves the order out. See [`odata::compile`].
pub(crate) fn compile_filter(query: &Query, capabilities: &Capabilities) -> Compiled<String> {
    let mut emitter = Emitter { capabilities, known: None, notes: Notes::default() };
    let filter = emitter.condition(query.condition()).and_then(|said| match said {
        Said::Filter(filter) => Some(filter),
        Said::Text(text, span) => emitter.text_in_filter(&text, span),
    });
    let text = filter.map(Filter::into_text);
    emitter.notes.compiled(text)
}

/// Translates the condition of a query into query text alone. See [`lucene::compile`].
pub(crate) fn compile_text(query: &Query, capabilities: &Capabilities) -> Compiled<String> {
    let mut emitter = Emitter { capabilities, known: None, notes: Notes::default() };
    let text = match emitter.condition(query.condition()) {
        _ if query.condition().is_everything() => Some("*".to_owned()),
        Some(Said::Text(words, _)) => emitter.query_text(vec![words]).and_then(|(text, _)| text),
        Some(Said::Filter(_)) => {
            emitter.notes.unsupported(None, "query text has no conditions on values, only words")
        }
        None => None,
    };
    emitter.notes.compiled(text)
}

/// A part of a query, written for one side of the request.
#[derive(Clone, Debug)]
enum Said {
    Filter(Filter),
    /// Words, and the place of the first of them.
    Text(Expr<TextTest>, Span),
}

struct Emitter<'c> {
    capabilities: &'c Capabilities,
    known: Option<&'c KnownPeople<'c>>,
    notes: Notes,
}

impl Emitter<'_> {
    fn request(&mut self, query: &Query) -> Option<Request> {
        let parts = match query.condition() {
            Expr::And(parts) => parts.as_slice(),
            single => std::slice::from_ref(single),
        };
        let said: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        let (texts, filters) = split(said.into_iter().collect::<Option<_>>()?);
        let texts = texts.into_iter().map(|(text, _)| text).collect();
        let order_by = self.order_by(query.order());
        let (query, extra) = self.query_text(texts)?;
        let filters: Vec<_> = filters.into_iter().chain(extra).collect();
        let filter = (!filters.is_empty()).then(|| Filter::all(filters).into_text());
        self.within_budget(Request { query, filter, order_by: order_by? })
    }

    /// Writes a condition for one side. Words beside conditions go into the filter.
    fn condition(&mut self, condition: &Condition) -> Option<Said> {
        match condition {
            Expr::Leaf(leaf) => self.predicate(&leaf.value, leaf.span),
            Expr::Not(inner) => Some(match self.negated(inner)? {
                Said::Filter(filter) => Said::Filter(filter.negated()),
                Said::Text(text, span) => Said::Text(Expr::negated(text), span),
            }),
            Expr::And(parts) => self.joined(parts, Expr::And, Filter::all),
            Expr::Or(parts) => self.joined(parts, Expr::Or, Filter::any),
        }
    }

    /// What stands under a NOT, as it is without that.
    fn negated(&mut self, condition: &Condition) -> Option<Said> {
        self.notes.turn();
        let said = self.condition(condition);
        self.notes.turn();
        said
    }

    fn joined(
        &mut self,
        parts: &[Condition],
        texts: fn(Vec<Expr<TextTest>>) -> Expr<TextTest>,
        filters: fn(Vec<Filter>) -> Filter,
    ) -> Option<Said> {
        // Every part is written, so that one run finds everything that cannot be said.
        let said: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        let said: Vec<Said> = said.into_iter().collect::<Option<_>>()?;
        let before = said.iter().take_while(|part| matches!(part, Said::Filter(_))).count();
        let (words, mut rest) = split(said);
        let Some((_, span)) = words.first() else { return Some(Said::Filter(filters(rest))) };
        let span = *span;
        let words = Expr::group(words.into_iter().map(|(text, _)| text).collect(), texts);
        if rest.is_empty() {
            return Some(Said::Text(words, span));
        }
        rest.insert(before, self.text_in_filter(&words, span)?);
        Some(Said::Filter(filters(rest)))
    }

    fn order_by(&mut self, order: &[Sort]) -> Option<Option<String>> {
        for sort in order {
            let path = sort.by.path();
            if path != "search.score()" && !self.capabilities.fields.get(path).sortable {
                let message = format!("the premium index cannot order by `{path}`");
                return self.notes.unsupported(None, message);
            }
        }
        Some((!order.is_empty()).then(|| filter::order_by(order)))
    }

    fn within_budget(&mut self, request: Request) -> Option<Request> {
        let parts = [
            ("query", &request.query),
            ("filter", &request.filter),
            ("$orderby", &request.order_by),
        ];
        let length: usize = parts
            .iter()
            .filter_map(|(name, value)| {
                value.as_ref().map(|value| name.len() + 2 + encoded_length(value))
            })
            .sum();
        let budget = self.capabilities.url_budget;
        if length > budget {
            let message =
                format!("the request takes {length} bytes of URL, and {budget} are allowed");
            return self.notes.unsupported(None, message);
        }
        Some(request)
    }
}

fn split(said: Vec<Said>) -> (Vec<(Expr<TextTest>, Span)>, Vec<Filter>) {
    let (mut texts, mut filters) = (Vec::new(), Vec::new());
    for one in said {
        match one {
            Said::Text(text, span) => texts.push((text, span)),
            Said::Filter(filter) => filters.push(filter),
        }
    }
    (texts, filters)
}

/// Bytes of a value in a query string: letters, digits and `-._~` stand as they are.
fn encoded_length(value: &str) -> usize {
    value
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { 1 } else { 3 })
        .sum()
}
