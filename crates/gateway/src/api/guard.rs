//! What is refused before anything looks at it.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::BODY_LIMIT;
use super::problem::Problem;
use super::upstream_shape::UpstreamError;
use crate::State as Shared;

/// Bytes that a request URI may have.
const URI_LIMIT: usize = 8 << 10;

/// Refuses what is too large, and what a foreign page makes a browser send to this machine.
pub(super) async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let refusal = if uri_length(&request) > URI_LIMIT {
        Some((414, "uri_too_long", format!("a request URI has at most {URI_LIMIT} bytes")))
    } else if content_length(request.headers()) > BODY_LIMIT {
        Some((413, "body_too_large", format!("a body has at most {BODY_LIMIT} bytes")))
    } else if state.access().is_open() && !is_local_name(&request) {
        let why = "without keys only this machine is served, under a loopback name";
        Some((403, "foreign_host", why.to_owned()))
    } else {
        None
    };
    match refusal {
        None => next.run(request).await,
        Some((status, code, why)) if request.uri().path().starts_with("/api/") => {
            UpstreamError::new(status, code, why).into_response()
        }
        Some((status, code, why)) => Problem::new(status, code, why).into_response(),
    }
}

fn uri_length(request: &Request) -> usize {
    request.uri().path_and_query().map_or(0, |uri| uri.as_str().len())
}

fn content_length(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH).map(HeaderValue::to_str);
    length.and_then(|text| text.ok()?.parse().ok()).unwrap_or_default()
}

/// A page elsewhere can point its own name at 127.0.0.1; the name still tells.
fn is_local_name(request: &Request) -> bool {
    let header = request.headers().get(HOST).map(HeaderValue::to_str);
    let authority = match header {
        Some(Ok(text)) => text.parse::<Authority>().ok(),
        Some(Err(_)) => None,
        None => return request.uri().host().is_none_or(is_loopback),
    };
    authority.is_some_and(|authority| is_loopback(authority.host()))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    bare.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
