//! `/v1/search`: the query language, over the best engine there is.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Instant;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query as Parameters, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use postern_query::schema::{InstantField, Sort, SortField};
use postern_query::{Compiled, Context, Fidelity, Parsed, datatap, odata, parse};
use postern_upstream::{Answer, SearchRequest, Target};
use serde::Deserialize;

use super::headers::{Served, query_id};
use super::problem::Problem;
use super::wire::{self, Count, CoverageView, Remark, SearchAnswer, Sent, ServedBy, Understood};
use super::{caller, dropin};
use crate::State;
use crate::access::Caller;
use crate::choose::{Decision, Question};
use crate::local;

/// Messages of a page when nothing is said, and at most.
const LIMIT: usize = 25;
const MAX_LIMIT: usize = 1_000;

/// The parameters of a search.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    #[serde(default)]
    q: String,
    filter: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    highlight: Option<bool>,
    #[serde(default)]
    engine: Engine,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Engine {
    #[default]
    Auto,
    Premium,
    Local,
    Cluster,
}

/// `GET /v1/search`
pub(super) async fn get(
    state: Shared<State>,
    headers: HeaderMap,
    request: Result<Parameters<Request>, QueryRejection>,
) -> Result<Response, Problem> {
    let request = request.map_err(|rejection| bad(rejection.body_text()))?;
    search(&state, &headers, request.0).await
}

/// `POST /v1/search`
pub(super) async fn post(
    state: Shared<State>,
    headers: HeaderMap,
    request: Result<Json<Request>, JsonRejection>,
) -> Result<Response, Problem> {
    let request = request.map_err(|rejection| {
        Problem::new(rejection.status(), "bad_request", rejection.body_text())
    })?;
    search(&state, &headers, request.0).await
}

pub(super) fn bad(title: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_request", title)
}

/// One search on its way.
struct Job<'a> {
    state: &'a State,
    caller: &'a Caller,
    parsed: Parsed,
    limit: usize,
    offset: usize,
    highlight: bool,
    /// What a cursor of this search must carry.
    mark: u64,
    id: String,
    began: Instant,
}

async fn search(state: &State, headers: &HeaderMap, request: Request) -> Result<Response, Problem> {
    let began = Instant::now();
    let caller = caller(state, headers)?;
    let limit = request.limit.unwrap_or(LIMIT);
    if limit > MAX_LIMIT {
        return Err(bad(format!("limit may be 0 to {MAX_LIMIT}, not {limit}")));
    }
    let parsed = understood(state, &request)?;
    let mark = mark(&request);
    let (offset, sticky) = cursor(request.cursor.as_deref(), mark)?;
    let engine = sticky.unwrap_or(request.engine);
    let highlight = request.highlight.unwrap_or(true);
    let job = Job {
        state,
        caller: &caller,
        parsed,
        limit,
        offset,
        highlight,
        mark,
        id: query_id(),
        began,
    };
    match engine {
        Engine::Local => job.local_answer("the local index was asked for").await,
        Engine::Auto => job.best(true).await,
        Engine::Premium => job.best(false).await,
        Engine::Cluster => Err(bad("no cluster is configured; leave engine out")),
    }
}

fn understood(state: &State, request: &Request) -> Result<Parsed, Problem> {
    let context = Context::at((state.0.clock)().to_zoned(TimeZone::UTC));
    let mut parsed = parse(&request.q, &context).map_err(|errors| Problem::of_query(&errors))?;
    if let Some(filter) = &request.filter {
        let filter = odata::parse_filter(filter).map_err(|errors| Problem::of_query(&errors))?;
        parsed.query = parsed.query.and(filter);
    }
    Ok(parsed)
}

impl Job<'_> {
    /// Premium where it can say the query and answers, else the local index.
    async fn best(self, fall_back: bool) -> Result<Response, Problem> {
        let compiled = datatap::compile(&self.parsed.query, &self.state.0.capabilities);
        let reason = match &compiled.sent {
            None => cannot_say(&compiled),
            Some(sent) => match self.ask(sent).await {
                Decision::Served(answer) => return self.premium_answer(&compiled, sent, &answer),
                Decision::BadKey(_) => return Err(refused_key()),
                Decision::BadRequest(answer) => {
                    let status = answer.status.as_u16();
                    tracing::error!(
                        query.id = self.id,
                        status,
                        "premium refused a request of our making"
                    );
                    tracing::debug!(
                        query.id = self.id,
                        filter = sent.filter,
                        query = sent.query,
                        "the refused request"
                    );
                    format!("premium refused our request (status {status})")
                }
                Decision::Local(reason) => reason,
            },
        };
        if fall_back {
            return self.local_answer(&reason).await;
        }
        Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            format!("only premium was asked for, but {reason}"),
        ))
    }

    async fn ask(&self, sent: &datatap::Request) -> Decision {
        let Some(tenant) = self.caller.tenant.as_deref() else {
            return Decision::Local("no tenant is known; start with --tenant and --key".to_owned());
        };
        let index = self.state.0.premium.as_ref().map_or("", |premium| premium.index.as_str());
        let request = SearchRequest {
            query: sent.query.clone(),
            filter: sent.filter.clone(),
            order_by: sent.order_by.clone().or_else(|| self.default_order()),
            top: self.limit,
            skip: self.offset,
        };
        let target = Target { tenant, index };
        dropin::ask(self.state, target, Question::Search(&request), self.caller, self.began).await
    }

    /// Newest first where nothing ranks, as people expect; the service's own order would be arbitrary.
    fn default_order(&self) -> Option<String> {
        let received = Sort::descending(SortField::Instant(InstantField::Received));
        (!self.parsed.query.is_scored()).then(|| format!("{} desc", received.by.path()))
    }

    fn premium_answer(
        self,
        compiled: &Compiled<datatap::Request>,
        sent: &datatap::Request,
        answer: &Answer,
    ) -> Result<Response, Problem> {
        let found = answer.found().ok_or_else(|| bad("premium's answer cannot be read"))?;
        let results: Vec<_> = found.hits.iter().map(wire::MessageView::from).collect();
        let shown = u64::try_from(self.offset + results.len()).unwrap_or(u64::MAX);
        let count = Count { value: found.count.unwrap_or(shown), exact: found.count.is_some() };
        let understood = Understood {
            sent: Some(Sent {
                query: sent.query.clone(),
                filter: sent.filter.clone(),
                order_by: sent.order_by.clone(),
            }),
            fidelity: compiled.fidelity().as_str(),
            notes: compiled.notes.iter().map(|note| note.message.clone()).collect(),
            ..self.understood()
        };
        let served = Served::premium(&self.id);
        Ok(self.answer(results, count, understood, &served, "premium"))
    }

    async fn local_answer(self, reason: &str) -> Result<Response, Problem> {
        let question = local::Question {
            order: self.parsed.query.natural_order(),
            query: self.parsed.query.clone(),
            offset: self.offset,
            limit: self.limit,
            highlight: self.highlight,
        };
        let page = self.state.0.local.search(question, &self.caller.mailboxes).await;
        let page = page.map_err(|error| Problem::of_search(&error, reason))?;
        let count = Count { value: u64::try_from(page.count).unwrap_or(u64::MAX), exact: true };
        let served = Served::local(&self.id, reason);
        let understood = self.understood();
        Ok(self.answer(wire::results(&page), count, understood, &served, "local"))
    }

    fn understood(&self) -> Understood {
        Understood {
            canonical: self.parsed.canonical.clone(),
            sent: None,
            fidelity: Fidelity::Exact.as_str(),
            notes: Vec::new(),
            advice: self.parsed.advice.iter().map(Remark::from).collect(),
        }
    }

    fn answer(
        &self,
        results: Vec<wire::MessageView>,
        count: Count,
        query: Understood,
        served: &Served,
        engine: &str,
    ) -> Response {
        let next = self.offset + results.len();
        let more = !results.is_empty() && u64::try_from(next).is_ok_and(|next| next < count.value);
        let coverage = self.state.0.local.coverage();
        let answer = SearchAnswer {
            results,
            count,
            next_cursor: more.then(|| format!("{engine}-{next}-{:016x}", self.mark)),
            served_by: ServedBy { engine: engine.to_owned(), reason: served.reason.clone() },
            coverage: coverage
                .as_ref()
                .map(|coverage| CoverageView::seen(coverage, &self.caller.mailboxes)),
            query,
            took_ms: wire::milliseconds(self.began),
        };
        tracing::info!(query.id = self.id, engine, ms = answer.took_ms, "search");
        served.mark(Json(answer).into_response(), coverage.as_ref())
    }
}

fn cannot_say(compiled: &Compiled<datatap::Request>) -> String {
    let why = compiled.notes.iter().find(|note| note.fidelity == Fidelity::Unsupported);
    format!("premium cannot say this: {}", why.map_or("", |note| note.message.as_str()))
}

fn refused_key() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "premium refuses the key")
}

// ---- cursors ----

/// What a cursor may continue: the same words and filter.
fn mark(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.q, &request.filter).hash(&mut hasher);
    hasher.finish()
}

/// Where a cursor goes on, and on which engine.
fn cursor(text: Option<&str>, mark: u64) -> Result<(usize, Option<Engine>), Problem> {
    let Some(text) = text else { return Ok((0, None)) };
    let unknown = || bad("the cursor is not one of this search; leave it out to begin again");
    let mut parts = text.split('-');
    let (Some(engine), Some(offset), Some(found), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(unknown());
    };
    let engine = match engine {
        "premium" => Engine::Premium,
        "local" => Engine::Local,
        _ => return Err(unknown()),
    };
    let offset = offset.parse().map_err(|_| unknown())?;
    if found == format!("{mark:016x}") { Ok((offset, Some(engine))) } else { Err(unknown()) }
}
