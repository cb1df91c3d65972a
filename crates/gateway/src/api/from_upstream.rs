//! An answer of the service on its way to a client: its body byte for byte, and of its headers only what
//! says something about that body. Whatever it is, a browser never runs it under our name.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use postern_upstream::without_hop_by_hop;

/// Nothing in it runs or is loaded, and no page shows it in a frame.
const POLICY: [(HeaderName, HeaderValue); 2] = [
    (
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    ),
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
];

/// Headers that would change what a browser does with all of our pages, or what a proxy before us sends.
const OF_THE_ORIGIN: [&str; 23] = [
    "accept-ch",
    "alt-svc",
    "authentication-info",
    "clear-site-data",
    "critical-ch",
    "document-policy",
    "expect-ct",
    "feature-policy",
    "link",
    "nel",
    "no-vary-search",
    "observe-browsing-topics",
    "permissions-policy",
    "public-key-pins",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "sourcemap",
    "speculation-rules",
    "strict-transport-security",
    "timing-allow-origin",
    "www-authenticate",
];

/// The beginnings of others of that kind; those of ours are written by us alone.
const ORIGIN_PREFIXES: [&str; 14] = [
    "access-control-",
    "activate-",
    "attribution-reporting-",
    "content-security-policy",
    "cross-origin-",
    "origin-",
    "postern-",
    "sec-",
    "set-",
    "surrogate-",
    "x-accel-",
    "x-dns-prefetch-",
    "x-sendfile",
    "x-sourcemap",
];

/// The answer as a client gets it.
pub(super) fn pass_on(status: StatusCode, headers: &HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = of_the_body(headers);
    response.headers_mut().extend(POLICY);
    response
}

fn of_the_body(headers: &HeaderMap) -> HeaderMap {
    let mut kept = without_hop_by_hop(headers);
    for name in headers.keys().filter(|name| is_of_the_origin(name.as_str())) {
        kept.remove(name);
    }
    kept
}

fn is_of_the_origin(name: &str) -> bool {
    OF_THE_ORIGIN.contains(&name) || ORIGIN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
