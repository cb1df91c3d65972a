//! HTTP in and out: the DataTap paths and our own `/v1`.

mod dropin;
mod fields;
mod forward;
mod headers;
mod messages;
mod problem;
mod search;
mod status;
pub mod translate;
pub mod wire;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::State;
use crate::access::{Caller, Denied};
use problem::Problem;

/// Bytes that a request URI may have.
const MAX_URI: usize = 8 * 1024;

/// Bytes that the body of a request of our own paths may have.
const MAX_BODY: usize = 1024 * 1024;

/// The whole gateway as a service, without a socket.
pub fn app(state: State) -> Router {
    Router::new()
        .route("/api/{tenant}/indexes/{index}/documents", get(dropin::documents))
        .route("/api/{tenant}/indexes/{index}/fields", get(dropin::fields))
        .route("/v1/search", get(search::get).post(search::post))
        .route("/v1/translate", get(translate::get).post(translate::post))
        .route("/v1/messages/{id}", get(messages::message))
        .route("/v1/status", get(status::status))
        .route("/healthz", get(status::alive))
        .route("/readyz", get(status::ready))
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(limit_uri))
        .with_state(state)
}

/// Whatever the upstream has and we do not is passed on; outside of it there is nothing.
async fn elsewhere(state: Shared<State>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return forward::any(state, request).await.into_response();
    }
    let title = "there is nothing at this path";
    Problem::new(StatusCode::NOT_FOUND, "not_found", title).into_response()
}

async fn limit_uri(request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
    if length > MAX_URI {
        let title = format!("the address has {length} bytes, and {MAX_URI} are allowed");
        return Problem::new(StatusCode::URI_TOO_LONG, "too_long", title).into_response();
    }
    next.run(request).await
}

/// The key that a client presents: `X-API-Key`, or a bearer token.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let key = headers.get("x-api-key").and_then(|value| value.to_str().ok());
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok());
    key.or_else(|| bearer.and_then(|value| value.strip_prefix("Bearer ")))
}

/// Who asks on a path of our own.
fn caller(state: &State, headers: &HeaderMap) -> Result<Caller, Problem> {
    state.0.access.caller(presented(headers), None).map_err(|denied| match denied {
        Denied::Key | Denied::Tenant => Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "the key is missing or not known; send it as X-API-Key",
        ),
    })
}
