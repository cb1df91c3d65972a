//! The two faces over HTTP: drop-in below `/api`, native below `/v1`.

mod actions;
mod audit_log;
mod audited;
mod body;
mod browse;
mod complete;
mod cors;
mod cursor;
mod download;
mod dropin;
mod export;
mod fields;
mod foreign;
mod forward;
mod from_upstream;
mod guard;
mod health;
mod held;
mod html;
mod item;
mod json;
mod message;
mod native;
mod openapi;
mod pages;
mod params;
mod path;
mod problem;
mod reports;
mod saved;
mod search;
mod sets;
mod status;
mod thread;
mod ticket;
mod trace;
pub mod translate;
mod upstream_shape;

use std::any::Any;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Uri};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::State as Shared;
#[cfg(test)]
pub(crate) use path::tests::steps;
use problem::Problem;
pub use search::ask;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// The whole gateway as one router.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use postern_gateway::config::{Config, Overrides};
/// use postern_gateway::{State, api};
/// use tower::ServiceExt as _;
///
/// let data = tempfile::tempdir()?;
/// let config = Config::load(None, &Overrides::default(), data.path().into())?;
/// let state = State::new(&config, || jiff::Timestamp::UNIX_EPOCH)?;
/// let request = axum::http::Request::get("/healthz").body(axum::body::Body::empty())?;
/// assert_eq!(api::app(state).oneshot(request).await?.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn app(state: Shared) -> Router {
    let (router, description) = described().split_for_parts();
    let description = Bytes::from(serde_json::to_vec(&description).unwrap_or_default());
    let locations = get(browse::locations).fallback(forward::other_method);
    let users = get(browse::users).fallback(forward::other_method);
    let items = get(browse::items).fallback(forward::other_method);
    let file = get(browse::file).fallback(forward::other_method);
    let discovery = "/api/{tenant}/discovery/{location}/source/{source}/items/{node}";
    let router = router
        .route("/api/{tenant}/locations", locations)
        .route("/api/{tenant}/discovery/{location}/users", users)
        .route(discovery, items)
        .route(&format!("{discovery}/download"), file)
        .route("/openapi.json", get(async || ([(CONTENT_TYPE, "application/json")], description)))
        .route("/", get(pages::search))
        .route("/docs", get(pages::docs))
        .route("/evidence", get(pages::evidence))
        .route("/status", get(pages::status))
        .route("/assets/{name}", get(pages::asset))
        .route("/ticket/{ticket}", get(ticket::page))
        .route("/ticket/{ticket}/attachments/{n}", get(ticket::attachment))
        .route("/ticket/{ticket}/pictures/{id}", get(ticket::linked))
        .method_not_allowed_fallback(wrong_method)
        .fallback(elsewhere);
    let router = guarded(router, state.clone());
    if !state.serves_assistants() {
        return router;
    }
    // What a tool asks passes the whole of the gateway again, with the key of its request.
    let assistants = Router::new().route(guard::ASSISTANTS, postern_mcp::http(router.clone()));
    router.merge(guarded(assistants, state))
}

/// Routes behind the guard and in front of it what every answer has.
fn guarded(router: Router<Shared>, state: Shared) -> Router {
    // The guard counts.
    let router = router
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(defect))
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard));
    let router = cors::allowed(router, state.origins());
    router.layer(middleware::map_response(for_nobody_else)).with_state(state)
}

/// Every operation that is described.
fn described() -> OpenApiRouter<Shared> {
    let forwarded = |routes: UtoipaMethodRouter<Shared>| {
        routes.map(|methods| methods.fallback(forward::other_method))
    };
    OpenApiRouter::with_openapi(openapi::description())
        .routes(forwarded(routes!(dropin::documents)))
        .routes(forwarded(routes!(dropin::fields)))
        .routes(routes!(search::get, search::post))
        .routes(routes!(translate::get, translate::post))
        .routes(routes!(complete::get))
        .routes(routes!(message::get))
        .routes(routes!(message::original))
        .routes(routes!(message::eml))
        .routes(routes!(message::attachment))
        .routes(routes!(item::get))
        .routes(routes!(item::content))
        .routes(routes!(thread::get))
        .routes(routes!(ticket::post))
        .routes(routes!(export::post))
        .routes(routes!(actions::post))
        .routes(routes!(status::get))
        .routes(routes!(audit_log::get))
        .routes(routes!(status::history))
        .routes(routes!(saved::list))
        .routes(routes!(saved::put, saved::remove))
        .routes(routes!(saved::open))
        .routes(routes!(reports::list, reports::post))
        .routes(routes!(reports::get, reports::remove))
        .routes(routes!(reports::result))
        .routes(routes!(sets::list))
        .routes(routes!(sets::get, sets::put, sets::hold::remove))
        .routes(routes!(sets::ids::get))
        .routes(routes!(sets::diff))
        .routes(routes!(sets::note))
        .routes(routes!(sets::hold::hold))
        .routes(routes!(sets::hold::release))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

/// Mail is nothing for a cache, for a page of another origin, or for a browser that guesses what it is.
/// What is made for everybody says so itself.
async fn for_nobody_else(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    response
}

/// A defect of ours, which ends one request and no other.
fn defect(_: Box<dyn Any + Send>) -> Response {
    Problem::new(500, "defect", "the gateway failed; this is a defect of it").into_response()
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
