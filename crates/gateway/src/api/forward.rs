//! Every other path of DataTap, passed on as it is, streaming both ways.

use std::time::Instant;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use postern_upstream::{Fault, Forward};
use reqwest::Body as UpstreamBody;

use super::dropin::presented_key;
use super::from_upstream;
use super::upstream_shape::UpstreamError;
use crate::State as Shared;
use crate::access::{Caller, Mailboxes, UpstreamKey};
use crate::engine::Premium;

/// Any `/api/…` path that has no handler of its own.
pub(super) async fn forward(State(state): State<Shared>, request: Request) -> Response {
    let missing = || bad_gateway("no premium endpoint is configured; start with --premium URL");
    pass_on(&state, request, missing).await.unwrap_or_else(UpstreamError::into_response)
}

/// Another method of a path that has a handler of its own: without premium there is no such thing.
pub(super) async fn other_method(State(state): State<Shared>, request: Request) -> Response {
    let missing = || UpstreamError::new(405, "MethodNotAllowed", "this path is asked with GET");
    pass_on(&state, request, missing).await.unwrap_or_else(UpstreamError::into_response)
}

async fn pass_on(
    state: &Shared,
    request: Request,
    missing: fn() -> UpstreamError,
) -> Result<Response, UpstreamError> {
    let caller = admit(state, presented_key(request.headers()), request.uri().path())?;
    // An echo of what was sent would show the key that premium is asked with.
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        return Err(UpstreamError::new(405, "MethodNotAllowed", "this method is not passed on"));
    }
    let is_used = state.uses_premium(caller.tenant.as_deref());
    let (member, premium) = state.datatap().filter(|_| is_used).ok_or_else(missing)?;
    let answer = forward_for(premium, &caller, request).await;
    let response = answer.map_err(|fault| bad_gateway(format!("premium failed: {fault}")))?;
    if let (401, Some(key), Some(tenant)) =
        (response.status().as_u16(), &caller.upstream, &caller.tenant)
    {
        member.doubt(key, tenant, state.engine_deadline(Instant::now())).await;
    }
    Ok(response)
}

/// The request with the key of its caller, and the answer as it comes.
pub(super) async fn forward_for(
    premium: &Premium,
    caller: &Caller,
    request: Request,
) -> Result<Response, Fault> {
    let (head, body) = request.into_parts();
    let path_and_query = head.uri.path_and_query().map_or("/", |uri| uri.as_str());
    let request = Forward {
        method: head.method,
        path_and_query,
        headers: &head.headers,
        key: caller.upstream.as_ref().map(UpstreamKey::secret),
        body: upstream_body(body),
    };
    let answer = premium.client().forward(request).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    Ok(from_upstream::pass_on(status, &headers, Body::from_stream(answer.bytes_stream())))
}

/// The request alone. A body of a GET means nothing, and one that never ends would look as if it were
/// the service that does not answer.
pub(super) fn without_body(mut request: Request) -> Request {
    request.headers_mut().remove(CONTENT_LENGTH);
    request.map(|_| Body::empty())
}

/// A request without a body is sent without one, and not as an empty stream.
fn upstream_body(body: Body) -> UpstreamBody {
    if body.is_end_stream() {
        UpstreamBody::from("")
    } else {
        UpstreamBody::wrap_stream(body.into_data_stream())
    }
}

/// A key stays inside its tenant, whatever its upstream key could reach.
fn admit(state: &Shared, key: Option<&str>, path: &str) -> Result<Caller, UpstreamError> {
    let tenant = percent_decode_str(path.split('/').nth(2).unwrap_or_default());
    let tenant = tenant.decode_utf8().map_err(|_| UpstreamError::not_found())?;
    let caller = state.caller(key, Some(&tenant))?;
    if caller.mailboxes != Mailboxes::All {
        let why = "this key opens some mailboxes only; it can search, and nothing else";
        return Err(UpstreamError::new(403, "Forbidden", why));
    }
    Ok(caller)
}

fn bad_gateway(why: impl Into<String>) -> UpstreamError {
    UpstreamError::new(502, "BadGateway", why)
}
