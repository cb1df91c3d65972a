//! The paths of DataTap: a client that works there works here.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use postern_upstream::Target;

use super::fields::list;
use super::params::{BadParam, Params};
use super::trace::{Source, Trace};
use super::upstream_shape::{UpstreamError, envelope, relay};
use super::{PAGE_LIMIT, SKIP_LIMIT};
use crate::State as Shared;
use crate::access::Caller;
use crate::choose::{Face, Reason, Verdict};
use crate::language::DropIn;
use crate::local::{LocalError, Question};

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
}

/// The key that a client of DataTap presents.
pub(super) fn presented_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-api-key")?.to_str().ok()
}

fn admit(state: &Shared, path: IndexPath, headers: &HeaderMap) -> Result<Asked, UpstreamError> {
    let key = presented_key(headers);
    let Ok(Path((tenant, index))) = path else {
        state.access().caller(key, None)?;
        return Err(UpstreamError::not_found());
    };
    let caller = state.access().caller(key, Some(&tenant))?;
    Ok(Asked { caller, tenant, index })
}

/// `GET /api/{tenant}/indexes/{index}/documents`
pub(super) async fn documents(
    State(state): State<Shared>,
    path: IndexPath,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let trace = Trace::start();
    let asked = match admit(&state, path, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let raw = raw.unwrap_or_default();
    let (response, source) = match ask_premium(&state, &asked, &raw, &trace).await {
        Verdict::PassOn(answer) | Verdict::Refuse(answer) => (relay(answer), Source::PREMIUM),
        Verdict::FallBack(reason) => {
            let answer = answer_locally(&state, &asked, &raw, &trace, &reason).await;
            let response = answer.unwrap_or_else(UpstreamError::into_response);
            let nobody = response.status() == StatusCode::SERVICE_UNAVAILABLE;
            (response, if nobody { Source::nobody(reason) } else { Source::local(reason) })
        }
    };
    let coverage = state.local(Some(&asked.tenant)).coverage();
    let coverage = asked.caller.mailboxes.view(coverage);
    trace.finish(response, Some(&asked.tenant), &source, &coverage)
}

async fn ask_premium(state: &Shared, asked: &Asked, raw: &str, trace: &Trace) -> Verdict {
    let (premium, key) = match state.premium_for(&asked.caller) {
        Ok(found) => found,
        Err(reason) => return Verdict::FallBack(reason),
    };
    let deadline = state.premium_deadline(trace.start);
    let asking = premium.client().search_raw(asked.target(), raw, key, deadline);
    premium.ask(asked.target(), Face::DropIn, asking).await
}

async fn answer_locally(
    state: &Shared,
    asked: &Asked,
    raw: &str,
    trace: &Trace,
    reason: &Reason,
) -> Result<Response, UpstreamError> {
    if !state.premium().is_none_or(|premium| premium.is_ours(&asked.index)) {
        return Err(UpstreamError::not_found());
    }
    let question = question(state, asked, raw)?;
    let local = state.local(Some(&asked.tenant));
    let page = local.search(question, state.deadline(trace.start)).await;
    page.map(|page| envelope(&page)).map_err(|error| neither(reason, &error))
}

/// What the client asks, with what the service does where nothing is said.
fn question(state: &Shared, asked: &Asked, raw: &str) -> Result<Question, UpstreamError> {
    let mut params = Params::parse(raw, &["query", "filter", "top", "skip", "$orderby"])?;
    let limit = params.number("top")?.unwrap_or(50).min(PAGE_LIMIT);
    let offset = params.number("skip")?.unwrap_or(0);
    if offset > SKIP_LIMIT {
        return Err(BadParam::new("skip", "may be 0 to 100000").into());
    }
    let request = DropIn {
        query: params.take("query"),
        filter: params.take("filter"),
        order_by: params.take("$orderby"),
    };
    let query = state.language().read_drop_in(&request)?;
    Ok(Question {
        condition: asked.caller.mailboxes.restrict(query.condition().clone()),
        after: None,
        order: query.service_order(),
        offset,
        limit,
        highlight: false,
    })
}

fn neither(premium: &Reason, local: &LocalError) -> UpstreamError {
    match local {
        LocalError::TooMuch(why) => UpstreamError::new(400, "InvalidRequestParameter", why),
        LocalError::Late | LocalError::Failed(_) => {
            UpstreamError::unavailable(format!("{premium}; {local}"))
        }
    }
}

/// `GET /api/{tenant}/indexes/{index}/fields`
pub(super) async fn fields(
    State(state): State<Shared>,
    path: IndexPath,
    headers: HeaderMap,
) -> Response {
    let trace = Trace::start();
    let asked = match admit(&state, path, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into_response(),
    };
    let verdict = match state.premium_for(&asked.caller) {
        Ok((premium, key)) => {
            let deadline = state.premium_deadline(trace.start);
            let asking = premium.client().fields(asked.target(), key, deadline);
            premium.ask(asked.target(), Face::DropIn, asking).await
        }
        Err(reason) => Verdict::FallBack(reason),
    };
    let (response, source) = match verdict {
        Verdict::PassOn(answer) | Verdict::Refuse(answer) => (relay(answer), Source::PREMIUM),
        Verdict::FallBack(reason) => (Json(list()).into_response(), Source::local(reason)),
    };
    let coverage = asked.caller.mailboxes.view(state.local(Some(&asked.tenant)).coverage());
    trace.finish(response, Some(&asked.tenant), &source, &coverage)
}
