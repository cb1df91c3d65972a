//! Which headers of a request go on to the service, and which of its answer come back.

use http::HeaderMap;
use http::header::CONNECTION;

/// Headers of one connection, not of the message (RFC 9110, 7.6.1).
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers with which a client would tell the service, or a proxy in front of it, that the request is
/// another one: another path, method, host, client or user.
const OF_THE_ROUTE: [&str; 21] = [
    "authorization",
    "base-url",
    "cf-connecting-ip",
    "client-ip",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "from",
    "front-end-https",
    "host",
    "max-forwards",
    "origin",
    "referer",
    "remote-user",
    "request-uri",
    "true-client-ip",
    "via",
    "x-api-key",
    "x-host",
    "x-real-ip",
];

/// The beginnings of others of that kind.
const ROUTE_PREFIXES: [&str; 23] = [
    "access-control-",
    "postern-",
    "proxy-",
    "sec-",
    "surrogate-",
    "x-accel-",
    "x-auth-",
    "x-authenticated-",
    "x-client-ip",
    "x-cluster-",
    "x-custom-ip",
    "x-envoy-",
    "x-forward",
    "x-http-",
    "x-method-",
    "x-original",
    "x-override",
    "x-proxy",
    "x-remote-",
    "x-rewrite-",
    "x-sendfile",
    "x-user",
    "x-waws-",
];

/// The headers without those of the connection they came over.
#[must_use]
pub fn without_hop_by_hop(headers: &HeaderMap) -> HeaderMap {
    let listed = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named = listed.flat_map(|list| list.split(',')).map(|name| name.trim().to_lowercase());
    let named: Vec<String> = named.collect();
    let mut kept = headers.clone();
    for name in OF_THE_CONNECTION.into_iter().chain(named.iter().map(String::as_str)) {
        kept.remove(name);
    }
    kept
}

/// What goes on to the service of a request: what it is about, and nothing that leads it elsewhere.
pub(crate) fn for_the_service(headers: &HeaderMap) -> HeaderMap {
    let mut kept = without_hop_by_hop(headers);
    for name in headers.keys().filter(|name| is_of_the_route(name.as_str())) {
        kept.remove(name);
    }
    kept
}

/// Some servers read `_` in a name as `-`.
fn is_of_the_route(name: &str) -> bool {
    let name = name.replace('_', "-");
    let fixed = OF_THE_ROUTE.into_iter().chain(OF_THE_CONNECTION).any(|one| one == name);
    fixed || ROUTE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], passes: bool) {
        for name in names {
            let mut headers = HeaderMap::new();
            headers.insert(name.parse::<http::HeaderName>().unwrap(), "1".parse().unwrap());
            assert_eq!(!for_the_service(&headers).is_empty(), passes, "{name}");
        }
    }

    #[test]
    fn what_leads_elsewhere_stays_here() {
        check(&["X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "x_original_url"], false);
        check(&["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"], false);
        check(&["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X_Forwarded_Prefix"], false);
        check(&["X-Real-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP"], false);
        check(&["Cookie", "Authorization", "Proxy-Authorization", "Proxy-Connection"], false);
        check(&["X-API-Key", "x_api_key", "Host", "X-Host", "Via", "Expect"], false);
        check(&["Origin", "Referer", "Sec-Fetch-Site", "Access-Control-Request-Method"], false);
        check(&["Remote-User", "X-Remote-User", "X-Auth-Request-User", "Postern-Served-By"], false);
        check(
            &["Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "transfer_encoding"],
            false,
        );
    }

    #[test]
    fn what_the_request_is_about_goes_on() {
        check(&["Accept", "Accept-Encoding", "Content-Type", "Content-Length", "Range"], true);
        check(&["If-None-Match", "User-Agent", "traceparent", "Prefer", "X-Request-Id"], true);
    }

    #[test]
    fn what_the_connection_names_is_of_the_connection() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("connection", "x-mine, Accept"), ("x-mine", "1"), ("accept", "1")] {
            headers.insert(name, value.parse().unwrap());
        }
        headers.insert("prefer", "1".parse().unwrap());
        let kept = without_hop_by_hop(&headers);
        assert_eq!(kept.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), ["prefer"]);
    }
}
