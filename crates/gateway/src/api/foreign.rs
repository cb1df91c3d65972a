//! What a page of somebody else makes a browser send to a gateway that asks for no key. The browser says
//! where a request comes from: in `Host`, `Origin` and `Sec-Fetch-Site`.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Method};

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// It is addressed to another name than those of this machine.
    Host,
    /// A page of another origin sent it.
    Page,
}

/// Whether the request comes from this machine's user: by a program, by our own page, by a page of one of
/// `origins`, or by a link to one of our pages.
pub(super) fn check(request: &Request, origins: &[String]) -> Result<(), Foreign> {
    if !is_local_name(request) {
        return Err(Foreign::Host);
    }
    if is_asset(request) {
        return Ok(());
    }
    check_page(request, origins)
}

/// Whether no page of another origin than `origins` and our own sent it.
pub(super) fn check_page(request: &Request, origins: &[String]) -> Result<(), Foreign> {
    let origin = header(request, ORIGIN.as_str());
    if origin.is_some_and(|origin| origins.iter().any(|known| known == origin)) {
        return Ok(());
    }
    let is_own = origin.is_none_or(|origin| is_own(request, origin));
    let is_sent_here = is_sent_from_here(request) || is_link(request);
    if is_own && is_sent_here { Ok(()) } else { Err(Foreign::Page) }
}

/// A header; one that is no text is none that a browser sends from here.
fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("null"))
}

/// A page elsewhere can point its own name at 127.0.0.1; the name still tells.
fn is_local_name(request: &Request) -> bool {
    match request.headers().get(HOST).map(HeaderValue::to_str) {
        None => request.uri().host().is_none_or(is_loopback),
        Some(text) => {
            let authority = text.ok().and_then(|text| text.parse::<Authority>().ok());
            authority.is_some_and(|authority| is_loopback(authority.host()))
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    bare.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// An origin is our own when it has the name and port that the request is addressed to.
fn is_own(request: &Request, origin: &str) -> bool {
    let addressed =
        header(request, HOST.as_str()).or_else(|| request.uri().authority().map(Authority::as_str));
    let host = origin.split_once("://").map(|(_, host)| host);
    host.zip(addressed).is_some_and(|(host, addressed)| host.eq_ignore_ascii_case(addressed))
}

/// Programs, and browsers of before 2023, do not say.
fn is_sent_from_here(request: &Request) -> bool {
    matches!(header(request, "sec-fetch-site"), None | Some("same-origin" | "none"))
}

/// A link that somebody follows to a page of ours, in a window of its own and in no frame.
fn is_link(request: &Request) -> bool {
    let is_page = match request.uri().path() {
        "/" | "/docs" | "/evidence" | "/status" => true,
        path => path.strip_prefix("/v1/messages/").is_some_and(|id| !id.contains('/')),
    };
    let is_followed = header(request, "sec-fetch-mode") == Some("navigate")
        && header(request, "sec-fetch-dest") == Some("document");
    request.method() == Method::GET && is_page && is_followed
}

/// What our pages are made of, which is the same for everybody, and what a ticket opens, which nobody else can name.
/// The frame that shows mail asks for it from an origin that is nobody's, and says so in `Origin` or not.
fn is_asset(request: &Request) -> bool {
    let is_one = |path: &str| path.starts_with("/assets/") || path.starts_with("/ticket/");
    request.method() == Method::GET && is_one(request.uri().path())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[track_caller]
    fn check_all(line: &str, headers: &[(&str, &str)], expected: Result<(), Foreign>) {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost:7700");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let origins = ["https://mail.example".to_owned()];
        assert_eq!(check(&request, &origins), expected, "{line} {headers:?}");
    }

    #[test]
    fn programs_and_our_own_page_may_ask() {
        check_all("POST /v1/export", &[], Ok(()));
        check_all("POST /v1/export", &[("origin", "http://localhost:7700")], Ok(()));
        check_all("POST /v1/export", &[("sec-fetch-site", "same-origin")], Ok(()));
        check_all("GET /v1/search?q=a", &[("sec-fetch-site", "none")], Ok(()));
        check_all("GET /metrics", &[("host", "[::1]:7700")], Ok(()));
        check_all("GET http://127.0.0.1:7700/metrics", &[("host", "127.0.0.1:7700")], Ok(()));
    }

    #[test]
    fn configured_origins_may_ask() {
        let own = ("origin", "https://mail.example");
        check_all("POST /v1/export", &[own, ("sec-fetch-site", "cross-site")], Ok(()));
        check_all("POST /v1/export", &[own, ("host", "rebound.example")], Err(Foreign::Host));
        check_all(
            "POST /v1/export",
            &[("origin", "https://mail.example.evil")],
            Err(Foreign::Page),
        );
    }

    #[test]
    fn foreign_pages_may_not() {
        for origin in
            ["https://evil.example", "null", "http://localhost:3000", "http://localhost", "é"]
        {
            check_all("POST /v1/export", &[("origin", origin)], Err(Foreign::Page));
            check_all("GET /v1/search?q=a", &[("origin", origin)], Err(Foreign::Page));
        }
        for site in ["cross-site", "same-site", "anything"] {
            let site = ("sec-fetch-site", site);
            check_all("GET /v1/search?q=a", &[site], Err(Foreign::Page));
            check_all("GET /metrics", &[site], Err(Foreign::Page));
            check_all(
                "POST /v1/export",
                &[site, ("origin", "http://localhost:7700")],
                Err(Foreign::Page),
            );
        }
        for host in ["rebound.example:7700", "127.0.0.1.example", "localhost.evil", ""] {
            check_all("GET /healthz", &[("host", host)], Err(Foreign::Host));
        }
    }

    #[test]
    fn links_to_our_pages_may_be_followed() {
        let link = |dest| {
            [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", dest),
            ]
        };
        for path in ["/", "/?q=a", "/docs", "/v1/messages/m1?format=html"] {
            check_all(&format!("GET {path}"), &link("document"), Ok(()));
            check_all(&format!("GET {path}"), &link("iframe"), Err(Foreign::Page));
            check_all(&format!("POST {path}"), &link("document"), Err(Foreign::Page));
        }
        for path in
            ["/v1/search?q=a", "/v1/messages/m1/eml", "/v1/export", "/metrics", "/api/t1/jobs"]
        {
            check_all(&format!("GET {path}"), &link("document"), Err(Foreign::Page));
        }
        check_all("GET /assets/mail.css", &[("sec-fetch-site", "cross-site")], Ok(()));
        let of_the_frame = [("origin", "null"), ("sec-fetch-site", "cross-site")];
        check_all("GET /assets/mail.css", &of_the_frame, Ok(()));
    }
}
