//! `/v1/search`: the language of people, and an answer that says where it comes from.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use postern_local_index::search::{Coverage, Page, Position};
use postern_query::{Compiled, Fidelity, Query, datatap};
use postern_upstream::{Answer, SearchRequest, Target};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::{debug, error};

use super::cursor::{Cursor, fingerprint};
use super::params::{BadParam, Params};
use super::problem::Problem;
use super::trace::{Engine, Source, Trace};
use super::wire::{
    Because, Count, CoverageView, MessageView, Remark, SearchAnswer, Sent, ServedBy,
    Understood as Told,
};
use super::{PAGE_LIMIT, SKIP_LIMIT};
use crate::State as Shared;
use crate::access::Caller;
use crate::choose::{Face, Reason, Verdict};
use crate::language::Understood;
use crate::local::{LocalError, Question};

/// Hits of a page where nothing is said.
const PAGE: usize = 25;

/// What may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SearchBody {
    q: String,
    filter: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    highlight: bool,
    engine: EngineChoice,
}

/// Who is wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum EngineChoice {
    #[default]
    Auto,
    Premium,
    Local,
}

/// `GET /v1/search`
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Response {
    answer(&state, &headers, from_params(&raw.unwrap_or_default())).await
}

/// `POST /v1/search`
pub(super) async fn post(
    State(state): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer(&state, &headers, from_json(body)).await
}

fn from_params(raw: &str) -> Result<SearchBody, Problem> {
    let known = ["q", "filter", "limit", "cursor", "highlight", "engine"];
    let mut params = Params::parse(raw, &known)?;
    let engine = match params.take("engine").as_deref() {
        None | Some("auto") => EngineChoice::Auto,
        Some("premium") => EngineChoice::Premium,
        Some("local") => EngineChoice::Local,
        Some(_) => return Err(BadParam::new("engine", "is auto, premium or local").into()),
    };
    Ok(SearchBody {
        limit: params.number("limit")?,
        highlight: params.flag("highlight")?,
        q: params.take("q").unwrap_or_default(),
        filter: params.take("filter"),
        cursor: params.take("cursor"),
        engine,
    })
}

/// The JSON of a body that is not too large.
pub(super) fn from_json<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let body = body.map_err(|rejection| {
        Problem::new(rejection.status().as_u16(), "body_too_large", "the body cannot be read")
    })?;
    serde_json::from_slice(&body)
        .map_err(|error| Problem::new(400, "invalid_body", format!("the body is wrong: {error}")))
}

/// Who asks, by either header.
pub(super) fn admit(state: &Shared, headers: &HeaderMap) -> Result<Caller, Problem> {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|text| text.strip_prefix("Bearer "));
    let key = super::dropin::presented_key(headers).or(bearer);
    state.access().caller(key, None).map_err(|_| Problem::unauthorized())
}

/// A search that was understood.
struct Asked {
    caller: Caller,
    engine: EngineChoice,
    cursor: Option<Cursor>,
    limit: usize,
    highlight: bool,
    fingerprint: u64,
    understood: Understood,
    compiled: Compiled<datatap::Request>,
}

/// One page, whoever it came from.
struct Found {
    results: Vec<MessageView>,
    count: u64,
    exact: bool,
    /// Where the next page begins, if there is one.
    next: Option<Cursor>,
}

async fn answer(
    state: &Shared,
    headers: &HeaderMap,
    body: Result<SearchBody, Problem>,
) -> Response {
    let trace = Trace::start();
    let asked = match admit(state, headers).and_then(|caller| understand(state, caller, body?)) {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    let tenant = asked.caller.tenant.as_deref();
    let coverage = asked.caller.mailboxes.view(state.local(tenant).coverage());
    let (result, source) = Box::pin(find(state, &asked, &trace)).await;
    let response = match result {
        Ok(found) => {
            let answer = asked.describe(found, &source, &coverage, state.now(), &trace);
            Json(answer).into_response()
        }
        Err(problem) => problem.into_response(),
    };
    trace.finish(response, tenant, &source, &coverage)
}

fn understand(state: &Shared, caller: Caller, body: SearchBody) -> Result<Asked, Problem> {
    let limit = body.limit.unwrap_or(PAGE);
    if limit > PAGE_LIMIT {
        return Err(BadParam::new("limit", "may be 0 to 1000").into());
    }
    let understood = state.language().read(&body.q, body.filter.as_deref(), state.now())?;
    let tenant = caller.tenant.as_deref().unwrap_or_default();
    let filter = body.filter.as_deref().unwrap_or_default();
    let fingerprint = fingerprint(&[tenant, &understood.canonical, filter]);
    let cursor = body.cursor.map(|text| {
        Cursor::parse(&text, fingerprint).ok_or_else(|| {
            BadParam::new("cursor", "is not one of this search; leave it out to begin again")
        })
    });
    let cursor = cursor.transpose()?;
    let compiled = state.language().compile(&in_natural_order(&understood.query));
    Ok(Asked {
        engine: engine(body.engine, cursor.as_ref())?,
        cursor,
        caller,
        limit,
        highlight: body.highlight,
        fingerprint,
        understood,
        compiled,
    })
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

async fn find(state: &Shared, asked: &Asked, trace: &Trace) -> (Result<Found, Problem>, Source) {
    let reason = match ask_premium(state, asked, trace).await {
        Verdict::PassOn(answer) => return (asked.read(&answer), Source::PREMIUM),
        Verdict::Refuse(_) => {
            let problem = Problem::unauthorized().detail("premium refused the key");
            return (Err(problem), Source::PREMIUM);
        }
        Verdict::FallBack(reason) => reason,
    };
    if asked.engine == EngineChoice::Premium {
        return (Err(Problem::unavailable(reason.to_string())), Source::nobody(reason));
    }
    if let Reason::Refused(_) = reason {
        error!(query_id = trace.id(), "premium refused a filter of ours");
        debug!(query_id = trace.id(), sent = ?asked.compiled.sent, "the refused filter");
    }
    match find_locally(state, asked, trace).await {
        Ok(found) => (Ok(found), Source::local(reason)),
        Err(LocalError::TooMuch(why)) => {
            (Err(LocalError::TooMuch(why).into()), Source::local(reason))
        }
        Err(error @ (LocalError::Late | LocalError::Failed(_))) => {
            let problem = Problem::unavailable(format!("{reason}; {error}"));
            (Err(problem), Source::nobody(reason))
        }
    }
}

async fn find_locally(state: &Shared, asked: &Asked, trace: &Trace) -> Result<Found, LocalError> {
    let local = state.local(asked.caller.tenant.as_deref());
    let page = local.search(asked.question(), state.deadline(trace.start)).await?;
    Ok(asked.page(&page))
}

async fn ask_premium(state: &Shared, asked: &Asked, trace: &Trace) -> Verdict {
    if asked.engine == EngineChoice::Local {
        return Verdict::FallBack(Reason::AskedFor);
    }
    let (premium, key) = match state.premium_for(&asked.caller) {
        Ok(found) => found,
        Err(reason) => return Verdict::FallBack(reason),
    };
    // Without a configured key there is no tenant to ask for.
    let Some(tenant) = asked.caller.tenant.as_deref() else {
        return Verdict::FallBack(Reason::NoKey);
    };
    let Some(request) = asked.request() else {
        return Verdict::FallBack(Reason::CannotSay(asked.objection()));
    };
    let target = Target { tenant, index: premium.index() };
    let deadline = state.premium_deadline(trace.start);
    let asking = premium.client().search(target, &request, key, deadline);
    premium.ask(target, Face::Native, asking).await
}

impl Asked {
    /// What premium is sent, if it has words for it.
    fn request(&self) -> Option<SearchRequest> {
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

    fn objection(&self) -> String {
        let worst = self.compiled.notes.iter().max_by_key(|note| note.fidelity);
        worst.map(|note| note.message.clone()).unwrap_or_default()
    }

    fn question(&self) -> Question {
        let query = &self.understood.query;
        Question {
            condition: self.caller.mailboxes.restrict(query.condition().clone()),
            order: query.natural_order(),
            after: self.after().cloned(),
            offset: self.offset(),
            // One more tells whether there is another page.
            limit: if self.limit == 0 { 0 } else { self.limit + 1 },
            highlight: self.highlight,
        }
    }

    /// The page in an answer of premium; that it can be read was checked before it got here.
    fn read(&self, answer: &Answer) -> Result<Found, Problem> {
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

    /// The page in an answer of the local index, which was asked for one hit more.
    fn page(&self, page: &Page) -> Found {
        let order = self.understood.query.natural_order();
        let last = self.limit.checked_sub(1).filter(|_| page.hits.len() > self.limit);
        let next = last.and_then(|last| page.position(last, &order));
        Found {
            results: page.hits.iter().take(self.limit).map(MessageView::from).collect(),
            count: u64::try_from(page.count).unwrap_or(u64::MAX),
            exact: true,
            next: next.map(Cursor::Local),
        }
    }

    fn describe(
        &self,
        found: Found,
        source: &Source,
        coverage: &Coverage,
        now: Timestamp,
        trace: &Trace,
    ) -> SearchAnswer {
        SearchAnswer {
            next_cursor: found.next.map(|next| next.write(self.fingerprint)),
            results: found.results,
            count: Count { value: found.count, exact: found.exact },
            served_by: served_by(source, now),
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

fn served_by(source: &Source, now: Timestamp) -> ServedBy {
    let because = |reason: &Reason| Because {
        reason: reason.to_string(),
        since: reason
            .lasting()
            .and_then(|lasting| SignedDuration::try_from(lasting).ok())
            .and_then(|lasting| now.checked_sub(lasting).ok())
            .map(|since| since.to_string()),
    };
    ServedBy {
        engine: source.engine.map(Engine::as_str).unwrap_or_default().to_owned(),
        reason: source.reason.as_ref().map(because),
    }
}
