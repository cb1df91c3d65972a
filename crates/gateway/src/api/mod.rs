//! The two faces over HTTP: drop-in below `/api`, native below `/v1`.

mod cursor;
mod dropin;
mod fields;
mod forward;
mod guard;
mod health;
mod message;
mod params;
mod place;
mod problem;
mod search;
mod status;
mod trace;
pub mod translate;
mod upstream_shape;
pub mod wire;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Uri;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::State as Shared;
use problem::Problem;

/// Bytes that the body of a request may have.
const BODY_LIMIT: usize = 1 << 20;
/// Hits that one page may have.
const PAGE_LIMIT: usize = 1_000;
/// Hits that may be left out.
const SKIP_LIMIT: usize = 100_000;

/// The whole gateway as one router.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use postern_gateway::config::{Config, Overrides};
/// use postern_gateway::{State, api};
/// use tower::ServiceExt as _;
///
/// let config = Config::load(None, &Overrides::default(), "no-index-yet".into())?;
/// let state = State::new(&config, || jiff::Timestamp::UNIX_EPOCH)?;
/// let request = axum::http::Request::get("/healthz").body(axum::body::Body::empty())?;
/// assert_eq!(api::app(state).oneshot(request).await?.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn app(state: Shared) -> Router {
    let documents = get(dropin::documents).fallback(forward::forward);
    let fields = get(dropin::fields).fallback(forward::forward);
    let guards = middleware::from_fn_with_state(state.clone(), guard::guard);
    Router::new()
        .route("/api/{tenant}/indexes/{index}/documents", documents)
        .route("/api/{tenant}/indexes/{index}/fields", fields)
        .route("/v1/search", get(search::get).post(search::post))
        .route("/v1/translate", get(translate::get).post(translate::post))
        .route("/v1/messages/{id}", get(message::get))
        .route("/v1/status", get(status::get))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(wrong_method)
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(guards)
        .with_state(state)
}

/// Paths of DataTap without a handler of their own are passed on; others are not there.
async fn elsewhere(state: State<Shared>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        return forward::forward(state, request).await;
    }
    let detail = format!("there is nothing at {path}");
    Problem::not_found("not_found").detail(detail).into_response()
}

async fn wrong_method(uri: Uri) -> Response {
    let detail = format!("{} is asked in another way", uri.path());
    Problem::new(405, "method_not_allowed", "method not allowed").detail(detail).into_response()
}
