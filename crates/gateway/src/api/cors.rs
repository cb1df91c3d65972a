//! Pages of other origins that may ask.

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::CorsLayer;

use super::trace::{COVERAGE, QUERY_ID, REASON, SERVED_BY};
use crate::State;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// What an assistant sends with each request: the [version](https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#protocol-version-header).
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The router for pages of these origins too; with none a browser lets nobody else ask.
pub(super) fn allowed(router: Router<State>, origins: &[String]) -> Router<State> {
    if origins.is_empty() {
        return router;
    }
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|text| text.parse().ok()).collect();
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([API_KEY, AUTHORIZATION, CONTENT_TYPE, PROTOCOL_VERSION])
        .expose_headers([QUERY_ID, SERVED_BY, REASON, COVERAGE, RETRY_AFTER]);
    router.layer(layer)
}
