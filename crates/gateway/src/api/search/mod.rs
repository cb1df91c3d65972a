//! `/v1/search`: the language of people, and an answer that says where it comes from.

mod asked;
mod find;
mod list;

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::held::held;
use super::native::caller;
use super::params::{BadParam, Params};
use super::problem::{Problem, Problems};
use super::trace::{Engine, Source, Trace};
use crate::State as Shared;
use crate::choose::Reason;
use crate::wire::{Because, FacetName, SearchAnswer, ServedBy};
use asked::Asked;

/// What may be asked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"q": "from:alice has:attachment overdue", "limit": 25, "facets": ["sender", "year"]}))]
pub(super) struct SearchBody {
    /// The query; nothing finds everything.
    q: String,
    /// An OData filter that must hold too.
    filter: Option<String>,
    /// Messages of a page: 25, at most 1,000; 0 only counts. A page of long ones has fewer.
    #[schema(maximum = 1000)]
    limit: Option<usize>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// Whether to cut a piece out of each message and mark what was looked for.
    highlight: bool,
    /// What to count by, over all messages that match, in the local index.
    facets: Vec<FacetName>,
    /// Who is wanted.
    engine: EngineChoice,
}

/// Who is wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum EngineChoice {
    /// Premium if it answers, else the local index.
    #[default]
    Auto,
    /// Premium or nobody.
    Premium,
    /// The local index.
    Local,
}

/// Search
///
/// Answered by premium, or by the local index where premium cannot answer: `servedBy` and `coverage`
/// say which and how completely.
#[utoipa::path(get, path = "/v1/search", tag = "search",
    params(
        ("q" = Option<String>, Query, description = "The query; nothing finds everything", example = "from:alice has:attachment"),
        ("filter" = Option<String>, Query, description = "An OData filter that must hold too", example = "hasAttachments eq true"),
        ("limit" = Option<usize>, Query, maximum = 1000, description = "Messages of a page: 25, at most 1,000; 0 only counts. A page of long ones has fewer"),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the page before"),
        ("highlight" = Option<bool>, Query, description = "Whether to mark what was looked for"),
        ("facets" = Option<String>, Query, description = "Names between commas: sender, senderDomain, year, month, folder, mailbox, attachmentType, hasAttachment", example = "sender,year"),
        ("engine" = Option<EngineChoice>, Query, description = "Who is wanted"),
    ),
    responses((status = 200, description = "One page", body = SearchAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Response {
    answer(&state, &headers, from_params(&raw.unwrap_or_default())).await
}

/// Search, with the question in the body
#[utoipa::path(post, path = "/v1/search", tag = "search", request_body = SearchBody,
    responses((status = 200, description = "One page", body = SearchAnswer), Problems),
    security(("key" = []), ("bearer" = []), ()))]
pub(super) async fn post(
    State(state): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer(&state, &headers, from_json(body)).await
}

fn from_params(raw: &str) -> Result<SearchBody, Problem> {
    let known = ["q", "filter", "limit", "cursor", "highlight", "facets", "engine"];
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
        facets: facets(&params.take("facets").unwrap_or_default())?,
        q: params.take("q").unwrap_or_default(),
        filter: params.take("filter"),
        cursor: params.take("cursor"),
        engine,
    })
}

fn facets(list: &str) -> Result<Vec<FacetName>, BadParam> {
    let unknown = "are names between commas: sender, senderDomain, year, month, folder, mailbox, \
                   attachmentType, hasAttachment";
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| FacetName::parse(name).ok_or_else(|| BadParam::new("facets", unknown)))
        .collect()
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

async fn read(
    state: &Shared,
    headers: &HeaderMap,
    body: Result<SearchBody, Problem>,
    start: Instant,
) -> Result<Asked, Problem> {
    let caller = caller(state, headers)?;
    Asked::read(state, caller, body?, start).await
}

async fn answer(
    state: &Shared,
    headers: &HeaderMap,
    body: Result<SearchBody, Problem>,
) -> Response {
    let trace = Trace::start(headers);
    let asked = match read(state, headers, body, trace.start).await {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    state.metrics().compiled(trace.start.elapsed());
    let tenant = asked.caller.tenant.as_deref();
    let coverage = asked.caller.mailboxes.view(state.local_beside(tenant).coverage());
    let allowance = state.allowance(&asked.caller, trace.start);
    let (result, source) = Box::pin(find::find(state, &asked, &allowance, &trace)).await;
    let response = match result {
        Ok(found) => {
            let facets = find::facets(state, &asked, &allowance, &trace).await;
            let served_by = served_by(&source, state.now());
            let answer = asked.describe(found, facets, served_by, &source, &coverage, &trace);
            let written = serde_json::to_vec(&answer).unwrap_or_default();
            match held(state, &asked.caller, written) {
                Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
                Err(busy) => Problem::from(busy).into_response(),
            }
        }
        Err(problem) => problem.into_response(),
    };
    trace.finish(state, response, tenant, &source, &coverage)
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
