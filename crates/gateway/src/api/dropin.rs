//! The paths of DataTap: a client that works there works here.

use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use postern_archive::search::Asker;
use postern_query::datatap;
use postern_upstream::{Call, Target};

use super::download::STREAMS;
use super::fields::list;
use super::held::Busy;
use super::params::{BadParam, Params};
use super::trace::{Source, Trace};
use super::upstream_shape::{Envelope, Refusals, UpstreamError, relay, write_envelope};
use super::{PAGE_LIMIT, SKIP_LIMIT};
use crate::State as Shared;
use crate::access::{Caller, Denied};
use crate::choose::{Chosen, Face, Reason, Verdict, choose};
use crate::local::{LocalEngine, LocalError, Question};
use crate::pipe::Pipe;
use crate::shadow;

type IndexPath = Result<Path<(String, String)>, PathRejection>;

/// A request by someone who may make it.
struct Asked {
    caller: Caller,
    tenant: String,
    index: String,
}

impl Asked {
    fn target(&self) -> Target<'_> {
        Target { tenant: &self.tenant, index: &self.index }
    }

    fn finish(
        &self,
        state: &Shared,
        trace: &Trace,
        response: Response,
        source: &Source,
    ) -> Response {
        let coverage = state.local_beside(Some(&self.tenant)).coverage();
        let coverage = self.caller.mailboxes.view(coverage);
        trace.finish(state, response, Some(&self.tenant), source, &coverage)
    }
}

/// The key that a client of DataTap presents.
pub(super) fn presented_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-api-key")?.to_str().ok()
}

fn admit(state: &Shared, path: IndexPath, headers: &HeaderMap) -> Result<Asked, UpstreamError> {
    let key = presented_key(headers);
    let Ok(Path((tenant, index))) = path else {
        state.caller(key, None)?;
        return Err(UpstreamError::not_found());
    };
    let caller = state.caller(key, Some(&tenant))?;
    Ok(Asked { caller, tenant, index })
}

/// Search as DataTap does
///
/// Premium's answers are passed through byte for byte; where it does not answer, the same filter and
/// text are evaluated over the local index, in the same envelope.
#[utoipa::path(get, path = "/api/{tenant}/indexes/{index}/documents", tag = "DataTap",
    params(
        ("tenant" = String, Path, description = "The tenant of the key"),
        ("index" = String, Path, description = "The name of the index"),
        ("query" = Option<String>, Query, description = "Lucene text over subject and body", example = "invoice AND overdue"),
        ("filter" = Option<String>, Query, description = "OData filter", example = "hasAttachments eq true"),
        ("$orderby" = Option<String>, Query, description = "OData order", example = "receivedDateTime desc"),
        ("top" = Option<usize>, Query, description = "Hits at most: 50, up to 1,000"),
        ("skip" = Option<usize>, Query, maximum = 100_000, description = "Hits to leave out"),
    ),
    responses((status = 200, description = "One page", body = Envelope), Refusals),
    security(("key" = []), ()))]
pub(super) async fn documents(
    State(state): State<Shared>,
    path: IndexPath,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let trace = Trace::start(&headers);
    let asked = match admit(&state, path, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let raw = raw.unwrap_or_default();
    let premium = ask_premium(&state, &asked, &raw, &trace);
    let local = find_locally(&state, &asked, &raw, &trace);
    let head_start = state.premium().and_then(|premium| premium.head_start());
    let (response, source) = match choose(premium, local, head_start, state.metrics()).await {
        Chosen::Premium(answer) => {
            let question = || {
                let (state, raw) = (state.clone(), raw.clone());
                async move { question(&state, &raw, Instant::now()).await.ok() }
            };
            let tenant = Some(asked.tenant.as_str());
            shadow::compare(&state, tenant, trace.id(), &answer, true, question);
            (relay(answer), Source::PREMIUM)
        }
        Chosen::Refused(answer) => (relay(answer), Source::PREMIUM),
        Chosen::Local(found, reason) => ours(found, reason),
    };
    asked.finish(&state, &trace, response, &source)
}

async fn ask_premium(state: &Shared, asked: &Asked, raw: &str, trace: &Trace) -> Verdict {
    let (premium, key) = match state.premium_for(&asked.caller) {
        Ok(found) => found,
        Err(reason) => return Verdict::FallBack(reason),
    };
    let (target, parent) = (asked.target(), trace.parent());
    let deadline = state.premium_deadline(trace.start);
    let call = Call { target, key: key.secret(), deadline, traceparent: Some(&parent) };
    premium.ask(target, key, Face::DropIn, premium.client().search_raw(call, raw)).await
}

/// Why there is no page.
enum NoPage {
    Denied(Denied),
    Refused(UpstreamError),
    Failed(LocalError),
}

impl<E: Into<UpstreamError>> From<E> for NoPage {
    fn from(refused: E) -> Self {
        Self::Refused(refused.into())
    }
}

async fn find_locally(
    state: &Shared,
    asked: &Asked,
    raw: &str,
    trace: &Trace,
) -> Result<Body, NoPage> {
    if !state.premium().is_none_or(|premium| premium.is_ours(&asked.index)) {
        return Err(NoPage::Refused(UpstreamError::not_found()));
    }
    let question = question(state, raw, trace.start).await?;
    let local = state.local_for(&asked.caller, state.premium_deadline(trace.start)).await;
    let local = local.map_err(NoPage::Denied)?;
    let allowance = state.allowance(&asked.caller, trace.start);
    let slot = state.slot_to_stream(&asked.caller);
    let slot = slot.map_err(|full| NoPage::Refused(Busy::new(state, full, STREAMS).into()))?;
    let write = move |engine: &dyn LocalEngine, asker: &Asker, pipe: &mut Pipe| {
        write_envelope(engine, &question.search(), asker, pipe)
    };
    let patience = state.limits().time;
    local.stream(&allowance, patience, slot, write).await.map_err(NoPage::Failed)
}

fn ours(found: Result<Body, NoPage>, reason: Reason) -> (Response, Source) {
    match found {
        Ok(body) => {
            let headers = [(CONTENT_TYPE, "application/json")];
            ((headers, body).into_response(), Source::local(reason))
        }
        Err(NoPage::Denied(denied)) => {
            (UpstreamError::from(denied).into_response(), Source::nobody(reason))
        }
        Err(NoPage::Refused(refusal)) => (refusal.into_response(), Source::local(reason)),
        Err(NoPage::Failed(LocalError::TooMuch(why))) => {
            let refusal = UpstreamError::new(400, "too_costly", why);
            (refusal.into_response(), Source::local(reason))
        }
        Err(NoPage::Failed(error)) => {
            let refusal = UpstreamError::unavailable(format!("{reason}; {error}"));
            (refusal.into_response(), Source::nobody(reason))
        }
    }
}

/// What the client asks, with what the service does where nothing is said.
async fn question(state: &Shared, raw: &str, start: Instant) -> Result<Question, NoPage> {
    let mut params = Params::parse(raw, &["query", "filter", "top", "skip", "$orderby"])?;
    let limit = params.number("top")?.unwrap_or(50).min(PAGE_LIMIT);
    let offset = params.number("skip")?.unwrap_or(0);
    if offset > SKIP_LIMIT {
        let bad = BadParam::new("skip", "may be 0 to 100000");
        return Err(NoPage::Refused(bad.into()));
    }
    let request = datatap::Request {
        query: params.take("query"),
        filter: params.take("filter"),
        order_by: params.take("$orderby"),
    };
    let language = state.language();
    let reading =
        language.aside(state.deadline(start), move |reader| reader.read_drop_in(&request));
    let query = reading.await.map_err(NoPage::Failed)?.map_err(NoPage::from)?;
    Ok(Question {
        query: query.clone(),
        after: None,
        order: query.service_order(),
        offset,
        limit,
        highlight: false,
    })
}

/// The fields of an index
///
/// Those of premium, kept for a while, or those of the local index.
#[utoipa::path(get, path = "/api/{tenant}/indexes/{index}/fields", tag = "DataTap",
    params(
        ("tenant" = String, Path, description = "The tenant of the key"),
        ("index" = String, Path, description = "The name of the index"),
    ),
    responses((status = 200, description = "The fields", body = Vec<serde_json::Value>), Refusals),
    security(("key" = []), ()))]
pub(super) async fn fields(
    State(state): State<Shared>,
    path: IndexPath,
    headers: HeaderMap,
) -> Response {
    let trace = Trace::start(&headers);
    let asked = match admit(&state, path, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let verdict = match state.premium_for(&asked.caller) {
        Ok((premium, key)) => {
            let (target, parent) = (asked.target(), trace.parent());
            let deadline = state.premium_deadline(trace.start);
            let call = Call { target, key: key.secret(), deadline, traceparent: Some(&parent) };
            premium.fields(call, key).await
        }
        Err(reason) => Verdict::FallBack(reason),
    };
    let (response, source) = match verdict {
        Verdict::PassOn(answer) | Verdict::Refuse(answer) => (relay(answer), Source::PREMIUM),
        Verdict::FallBack(reason) => own_fields(&state, &asked, reason, &trace).await,
    };
    asked.finish(&state, &trace, response, &source)
}

async fn own_fields(
    state: &Shared,
    asked: &Asked,
    reason: Reason,
    trace: &Trace,
) -> (Response, Source) {
    match state.local_for(&asked.caller, state.premium_deadline(trace.start)).await {
        Ok(_) => (Json(list()).into_response(), Source::local(reason)),
        Err(denied) => (UpstreamError::from(denied).into_response(), Source::nobody(reason)),
    }
}
