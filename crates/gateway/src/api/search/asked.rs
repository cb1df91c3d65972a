//! A search that was understood, and pages of it.

use std::time::Instant;

use postern_archive::search::{Coverage, Position};
use postern_query::{Compiled, Fidelity, Query, datatap};
use postern_upstream::{Answer, SearchRequest};

use super::find::Facets;
use super::list::Listed;
use super::{EngineChoice, SearchBody};
use crate::State as Shared;
use crate::access::Caller;
use crate::api::cursor::{Cursor, fingerprint};
use crate::api::params::BadParam;
use crate::api::problem::Problem;
use crate::api::trace::{Engine, Source, Trace};
use crate::api::{PAGE_LIMIT, SKIP_LIMIT};
use crate::language::{Reader, Refused, Understood};
use crate::local::Question;
use crate::wire::{
    Count, CoverageView, FacetName, MessageView, Remark, SearchAnswer, Sent, ServedBy,
    Understood as Told,
};

/// Hits of a page where nothing is said.
const PAGE: usize = 25;

/// A search that was understood.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) engine: EngineChoice,
    pub(super) facets: Vec<FacetName>,
    pub(super) compiled: Compiled<datatap::Request>,
    cursor: Option<Cursor>,
    pub(super) limit: usize,
    highlight: bool,
    fingerprint: u64,
    understood: Understood,
}

/// One page, whoever it came from.
pub(super) struct Found {
    results: Vec<MessageView>,
    count: u64,
    exact: bool,
    /// Where the next page begins, if there is one.
    next: Option<Cursor>,
}

impl Asked {
    pub(super) async fn read(
        state: &Shared,
        caller: Caller,
        body: SearchBody,
        start: Instant,
    ) -> Result<Self, Problem> {
        let limit = body.limit.unwrap_or(PAGE);
        if limit > PAGE_LIMIT {
            return Err(BadParam::new("limit", "may be 0 to 1000").into());
        }
        let (q, filter) = (body.q.clone(), body.filter.clone());
        let (shared, asking) = (state.clone(), caller.clone());
        let reading =
            state.language().aside(state.deadline(start), move |reader| -> Result<_, Refused> {
                let understood = reader.read(&q, filter.as_deref(), shared.now())?;
                Ok((compile(reader, &shared, &asking, &understood.query), understood))
            });
        let (compiled, understood) = reading.await??;
        let tenant = caller.tenant.as_deref().unwrap_or_default();
        let filter = body.filter.as_deref().unwrap_or_default();
        let fingerprint = fingerprint(&[tenant, &understood.canonical, filter]);
        let cursor = body.cursor.map(|text| {
            Cursor::parse(&text, fingerprint).ok_or_else(|| {
                BadParam::new("cursor", "is not one of this search; leave it out to begin again")
            })
        });
        let cursor = cursor.transpose()?;
        Ok(Self {
            engine: engine(body.engine, cursor.as_ref())?,
            compiled,
            cursor,
            caller,
            limit,
            facets: each_once(&body.facets),
            highlight: body.highlight,
            fingerprint,
            understood,
        })
    }

    /// What premium is sent, if it has words for it.
    pub(super) fn request(&self) -> Option<SearchRequest> {
        let sent = self.compiled.sent.clone()?;
        Some(SearchRequest {
            query: sent.query,
            filter: sent.filter,
            order_by: sent.order_by,
            top: self.limit,
            skip: self.offset(),
        })
    }

    /// How many hits to leave out; pages of premium go on locally from there.
    const fn offset(&self) -> usize {
        match &self.cursor {
            Some(Cursor::Premium(offset)) => *offset,
            Some(Cursor::Local(_)) | None => 0,
        }
    }

    const fn after(&self) -> Option<&Position> {
        match &self.cursor {
            Some(Cursor::Local(position)) => Some(position),
            Some(Cursor::Premium(_)) | None => None,
        }
    }

    /// Why the local index cannot be asked.
    pub(super) const fn too_costly(&self) -> Option<&Refused> {
        self.understood.too_costly.as_ref()
    }

    /// Why premium cannot be asked.
    pub(super) fn objection(&self) -> String {
        let worst = self.compiled.notes.iter().max_by_key(|note| note.fidelity);
        worst.map(|note| note.message.clone()).unwrap_or_default()
    }

    /// What the local index is asked.
    pub(super) fn question(&self) -> Question {
        let query = &self.understood.query;
        Question {
            query: query.clone(),
            order: query.natural_order(),
            after: self.after().cloned(),
            offset: self.offset(),
            // One more tells whether there is another page.
            limit: if self.limit == 0 { 0 } else { self.limit + 1 },
            highlight: self.highlight,
        }
    }

    /// The page in an answer of premium; that it can be read was checked before it got here.
    pub(super) fn read_page(&self, answer: &Answer) -> Result<Found, Problem> {
        let unreadable = || Problem::unavailable("the answer of premium cannot be read");
        let found = answer.found().ok_or_else(unreadable)?;
        let exact = self.compiled.notes.is_empty() && found.count.is_some();
        let next = self.offset() + found.hits.len();
        let seen = u64::try_from(next).unwrap_or(u64::MAX);
        let count = found.count.unwrap_or(seen);
        let more = seen < count && !found.hits.is_empty() && next <= SKIP_LIMIT;
        let results = found.hits.iter().map(MessageView::from).collect();
        Ok(Found { results, count, exact, next: more.then_some(Cursor::Premium(next)) })
    }

    /// The page in an answer of the local index.
    pub(super) fn page(listed: Listed) -> Found {
        Found {
            results: listed.messages,
            count: u64::try_from(listed.count).unwrap_or(u64::MAX),
            exact: true,
            next: listed.next.map(Cursor::Local),
        }
    }

    pub(super) fn describe(
        &self,
        found: Found,
        facets: Facets,
        served_by: ServedBy,
        source: &Source,
        coverage: &Coverage,
        trace: &Trace,
    ) -> SearchAnswer {
        SearchAnswer {
            next_cursor: found.next.map(|next| next.write(self.fingerprint)),
            results: found.results,
            count: Count { value: found.count, exact: found.exact },
            facets: facets.counted,
            facets_missing: facets.missing,
            served_by,
            coverage: Some(CoverageView::seen(coverage, &[])),
            query: self.explain(source.engine),
            took_ms: trace.millis(),
        }
    }

    /// How the engine that answered was asked; the local index is asked for exactly what is meant.
    fn explain(&self, engine: Option<Engine>) -> Told {
        let premium = (engine == Some(Engine::Premium)).then_some(&self.compiled);
        let fidelity = premium.map_or(Fidelity::Exact, Compiled::fidelity).as_str();
        let notes = premium.into_iter().flat_map(|compiled| &compiled.notes);
        Told {
            canonical: self.understood.canonical.clone(),
            sent: premium.and_then(|compiled| compiled.sent.as_ref()).map(Sent::from),
            fidelity,
            notes: notes.map(|note| note.message.clone()).collect(),
            advice: self.understood.advice.iter().map(Remark::from).collect(),
        }
    }
}

/// Each facet where it was named first: to count it again says nothing new.
fn each_once(names: &[FacetName]) -> Vec<FacetName> {
    let mut once = Vec::new();
    for name in names {
        if !once.contains(name) {
            once.push(*name);
        }
    }
    once
}

/// The query in the words of premium: with what its index can do, where that is known, and with the
/// addresses of the people that are known here.
fn compile(
    reader: &Reader,
    state: &Shared,
    caller: &Caller,
    query: &Query,
) -> Compiled<datatap::Request> {
    let query = in_natural_order(query);
    let tenant = caller.tenant.as_deref();
    let asked = state.premium_for(caller).ok().zip(tenant);
    let Some(((premium, key), tenant)) = asked else {
        return reader.compile(&query, &state.capabilities(), None);
    };
    let book = state.local_beside(Some(tenant)).address_book();
    reader.compile(&query, &premium.capabilities(tenant, key), book.as_deref())
}

/// Pages that began locally go on locally: another engine has another order.
fn engine(wanted: EngineChoice, cursor: Option<&Cursor>) -> Result<EngineChoice, BadParam> {
    match (wanted, cursor) {
        (EngineChoice::Premium, Some(Cursor::Local(_))) => {
            Err(BadParam::new("cursor", "is one of the local index"))
        }
        (_, Some(Cursor::Local(_))) => Ok(EngineChoice::Local),
        (_, Some(Cursor::Premium(_)) | None) => Ok(wanted),
    }
}

/// Premium orders by score where there are words; where there are none, newest first is said.
fn in_natural_order(query: &Query) -> Query {
    if query.order().is_empty() && query.is_scored() {
        query.clone()
    } else {
        query.clone().ordered_by(query.natural_order())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_is_counted_once() {
        use FacetName::{Month, Sender, Year};
        assert_eq!(each_once(&[Year, Sender, Year, Month, Sender]), [Year, Sender, Month]);
        assert_eq!(each_once(&[Sender; 10_000]), [Sender]);
    }
}
