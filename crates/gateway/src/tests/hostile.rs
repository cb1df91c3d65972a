//! Requests and answers that try to get out of their tenant, or of the page they belong to.

use postern_upstream::fake::Misbehaviour;

use super::*;
use crate::api::steps;

/// A path of every handler below `/api`, with a place for something in it.
const HANDLERS: [&str; 9] = [
    "/api/t1/indexes/{}/documents",
    "/api/t1/indexes/{}/fields",
    "/api/t1/{}/locations",
    "/api/t1/discovery/{}/users",
    "/api/t1/discovery/x/source/{}/items/y",
    "/api/t1/discovery/x/source/y/items/{}",
    "/api/t1/discovery/x/source/y/items/{}/download",
    "/api/t1/{}",
    "/api/{}/jobs",
];

/// However a step out of the tenant is spelt, at whichever handler, it is 400 and goes nowhere.
#[tokio::test]
async fn no_spelling_leaves_its_tenant() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let steps = steps();
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    let handlers = HANDLERS.iter().cycle().zip(methods.iter().cycle());
    // Five methods and nine handlers meet in every pair, each with over eighty spellings.
    for (step, (handler, method)) in steps.iter().zip(handlers) {
        let uri = handler.replace("{}", step);
        let seen = send(&router, method.clone(), &uri, Some(KEY), "").await;
        assert_eq!(seen.status, 400, "{method} {uri}");
        assert_eq!(seen.json()["error"]["code"], "unsafe_path", "{method} {uri}");
    }
    assert_eq!(fake.seen(), []);
}

#[tokio::test]
async fn a_slash_inside_an_id_is_sent_as_it_came() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    for uri in [
        "/api/t1/discovery/x/source/y/items/folder%2FSent%20Items?types=MailboxFolder",
        "/api/t1/discovery/x/source/y/items/folder%2fSent%20Items/download",
        "/api/t1/jobs/a%2Fb%25",
    ] {
        assert_eq!(get(&router, uri).await.status, 200, "{uri}");
        assert_eq!(fake.seen().pop().unwrap().target, uri);
    }
}

#[tokio::test]
async fn paths_beside_the_service_never_reach_it() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    for uri in [
        "/API/t1/jobs",
        "/Api/t1/jobs",
        "//api/t1/jobs",
        "/api",
        "/%61pi/t1/jobs",
        "/t1/jobs",
        "/apix/t1",
    ] {
        assert_eq!(get(&router, uri).await.status, 404, "{uri}");
    }
    assert_eq!(fake.seen(), []);
}

fn requests(headers: &[(&str, &str)]) -> Vec<Request<Body>> {
    let request = |(method, uri): (Method, &str)| {
        let mut request = Request::builder().method(method).uri(uri).header("x-api-key", KEY);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    };
    let fields = "/api/t1/indexes/dg-search-index/fields";
    let items = "/api/t1/discovery/x/source/y/items/z?types=MailboxFolder";
    let download = "/api/t1/discovery/x/source/y/items/z/download";
    let all = [
        (Method::GET, DOCUMENTS),
        (Method::GET, fields),
        (Method::GET, "/api/t1/locations"),
        (Method::GET, "/api/t1/discovery/x/users"),
        (Method::GET, items),
        (Method::GET, download),
        (Method::GET, "/api/t1/jobs"),
        (Method::POST, "/api/t1/jobs"),
        (Method::POST, DOCUMENTS),
    ];
    all.into_iter().map(request).collect()
}

/// What a client says to a proxy, or of itself, is not said to the service.
#[tokio::test]
async fn headers_that_lead_elsewhere_are_not_sent() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let hostile = [
        ("X-Original-URL", "/api/t2/jobs"),
        ("X-Rewrite-URL", "/api/t2/jobs"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-HTTP-Method", "DELETE"),
        ("X-Method-Override", "DELETE"),
        ("Forwarded", "for=127.0.0.1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Prefix", "/admin"),
        ("X_Forwarded_Host", "elsewhere"),
        ("X-Real-IP", "127.0.0.1"),
        ("Cookie", "session=1"),
        ("Authorization", "Bearer outer"),
        ("Proxy-Authorization", "Basic eA=="),
        ("Postern-Served-By", "premium"),
        ("Connection", "close, x-named"),
        ("X-Named", "1"),
    ];
    for request in requests(&hostile) {
        let uri = request.uri().to_string();
        assert_eq!(exchange(&router, request).await.status, 200, "{uri}");
        let sent = fake.seen().pop().unwrap();
        assert_eq!(sent.header("x-api-key"), Some("inner-key"), "{uri}");
        for (name, value) in hostile {
            let found = sent.header(&name.to_lowercase());
            assert!(!found.is_some_and(|found| found.contains(value)), "{uri}: {name}");
        }
    }
}

/// What the service says to a browser about its own pages is not said about ours.
#[tokio::test]
async fn headers_for_the_origin_are_not_passed_on() {
    let fake = Fake::start().await.unwrap();
    let hostile = [
        ("Set-Cookie", "a=b"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Clear-Site-Data", "\"*\""),
        ("Service-Worker-Allowed", "/"),
        ("Refresh", "0; url=//elsewhere"),
        ("Alt-Svc", "h3=\":443\""),
        ("NEL", "{}"),
        ("Report-To", "{}"),
        ("Strict-Transport-Security", "max-age=1"),
        ("Link", "</x.js>; rel=preload"),
        ("WWW-Authenticate", "Basic"),
        ("Content-Security-Policy", "script-src *"),
        ("Postern-Served-By", "forged"),
        ("Postern-Other", "forged"),
    ];
    for (name, value) in hostile {
        fake.answer_header(name, value);
    }
    fake.answer_header("X-Total", "7");
    let router = gateway(&one_key(Some(&fake)));
    for request in requests(&[]) {
        let uri = request.uri().to_string();
        let seen = exchange(&router, request).await;
        assert_eq!((seen.status.as_u16(), seen.header("x-total")), (200, Some("7")), "{uri}");
        for (name, value) in hostile {
            assert_ne!(seen.header(name), Some(value), "{uri}: {name}");
        }
        assert!(seen.header("set-cookie").is_none() && seen.header("postern-other").is_none());
        check_sandbox(&seen, &uri);
    }
}

#[track_caller]
fn check_sandbox(seen: &Seen, uri: &str) {
    assert_eq!(seen.header("x-content-type-options"), Some("nosniff"), "{uri}");
    let policy = seen.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.ends_with("sandbox"), "{uri}");
}

/// A page of the service is passed on byte for byte, and runs nothing.
#[tokio::test]
async fn html_of_the_service_runs_nothing() {
    let fake = Fake::start().await.unwrap();
    fake.misbehave(Misbehaviour::Html);
    let router = gateway(&one_key(Some(&fake)));
    for uri in
        ["/api/t1/jobs", "/api/t1/locations", "/api/t1/discovery/x/source/y/items/z/download"]
    {
        let seen = get(&router, uri).await;
        assert_eq!(seen.body, b"<!doctype html><p>Please sign in.", "{uri}");
        check_sandbox(&seen, uri);
    }
}

/// A client that never ends its body must not look like a service that never answers.
#[tokio::test]
async fn a_body_that_never_ends_is_no_silence_of_the_service() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    for (name, value) in [("content-length", "10"), ("transfer-encoding", "chunked")] {
        for asked in requests(&[(name, value)]).into_iter().filter(is_answered_from_here_too) {
            let uri = asked.uri().to_string();
            let body =
                Body::from_stream(tokio_stream::pending::<Result<Vec<u8>, std::io::Error>>());
            let seen = exchange(&router, asked.map(|_| body)).await;
            assert_eq!(seen.status, 200, "{uri}");
            assert_eq!(seen.header("postern-served-by"), Some("premium"), "{uri}");
            assert_eq!(fake.seen().pop().unwrap().body, b"", "{uri}");
        }
    }
    let metrics = String::from_utf8(get(&router, "/metrics").await.body).unwrap();
    assert!(metrics.contains("postern_breaker_state 0"), "{metrics}");
}

fn is_answered_from_here_too(request: &Request<Body>) -> bool {
    request.method() == Method::GET && !request.uri().path().ends_with("/jobs")
}
