//! What is refused before anything looks at it.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use super::path;
use super::problem::Problem;
use super::upstream_shape::UpstreamError;
use crate::State as Shared;

/// Why a request is not looked at.
struct Refusal {
    status: u16,
    code: &'static str,
    why: String,
}

/// Refuses what is too large or too much, and what a foreign page makes a browser send to this machine.
pub(super) async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    // An operator must be able to look at a gateway that is busy.
    if matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics") {
        return next.run(request).await;
    }
    let is_drop_in = request.uri().path().starts_with("/api/");
    let room = state.room();
    let refusal = match refusal(&state, &request) {
        None if room.is_none() => busy(&state),
        None => match run(&state, request, next, is_drop_in).await {
            Ok(response) => return response,
            Err(refusal) => refusal,
        },
        Some(refusal) => refusal,
    };
    state.metrics().refusal(refusal.code);
    refusal.in_shape(is_drop_in)
}

/// The answers of our own paths begin within a time; premium may take its own for what is passed on.
async fn run(
    state: &Shared,
    request: Request,
    next: Next,
    is_drop_in: bool,
) -> Result<Response, Refusal> {
    if is_drop_in {
        return Ok(next.run(request).await);
    }
    let limit = state.limits().time;
    timeout(limit, next.run(request)).await.map_err(|_| {
        let why = format!("a request takes at most {} seconds", limit.as_secs());
        Refusal { status: 408, code: "request_timeout", why }
    })
}

fn busy(state: &Shared) -> Refusal {
    let why = format!("{} requests at the same time are answered", state.limits().concurrency);
    Refusal { status: 503, code: "busy", why }
}

fn refusal(state: &Shared, request: &Request) -> Option<Refusal> {
    let limits = state.limits();
    let (status, code, why) = if uri_length(request) > limits.uri {
        (414, "uri_too_long", format!("a request URI has at most {} bytes", limits.uri))
    } else if headers_length(request.headers()) > limits.headers {
        (431, "headers_too_large", format!("headers have at most {} bytes", limits.headers))
    } else if content_length(request.headers()) > limits.body {
        (413, "body_too_large", format!("a body has at most {} bytes", limits.body))
    } else if let Some(why) = unsafe_path(request) {
        (400, "unsafe_path", why.to_owned())
    } else if state.access().is_open() && !is_local_name(request) {
        let why = "without keys only this machine is served, under a loopback name";
        (403, "foreign_host", why.to_owned())
    } else {
        return None;
    };
    Some(Refusal { status, code, why })
}

/// Why the path of a request to the service may not go on.
fn unsafe_path(request: &Request) -> Option<&'static str> {
    let path = Some(request.uri().path()).filter(|path| path.starts_with("/api/"));
    path.and_then(|path| path::check(path).err()).map(path::Unsafe::why)
}

impl Refusal {
    fn in_shape(self, drop_in: bool) -> Response {
        if drop_in {
            UpstreamError::new(self.status, self.code, self.why).into_response()
        } else {
            Problem::new(self.status, self.code, self.why).into_response()
        }
    }
}

fn uri_length(request: &Request) -> usize {
    request.uri().path_and_query().map_or(0, |uri| uri.as_str().len())
}

fn headers_length(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
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
