//! What operators and other programs see: pages, the description, metrics, traces, other origins.

use super::*;

#[tokio::test]
async fn pages_load_nothing_from_another_host() {
    let router = gateway(&one_key(None));
    for uri in [
        "/",
        "/docs",
        "/evidence",
        "/status",
        "/assets/page.js",
        "/assets/docs.js",
        "/assets/style.css",
    ] {
        let seen = send(&router, Method::GET, uri, None, "").await;
        assert_eq!(seen.status, 200, "{uri}");
        let text = String::from_utf8(seen.body.clone()).unwrap();
        assert!(!text.contains("://") && !text.contains("\"//"), "{uri}");
        assert!(!text.contains("innerHTML"), "{uri}: hostile text must stay text");
        let policy = seen.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    // Every control has a name, and what changes is told to those who do not see it.
    let page = String::from_utf8(get(&router, "/").await.body).unwrap();
    for part in
        ["data-label=\"box\"", "label for=\"key\"", "aria-live", "role=\"search\"", "lang=\"en\""]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[tokio::test]
async fn every_operation_is_described() {
    let router = gateway(&one_key(None));
    let json = send(&router, Method::GET, "/openapi.json", None, "").await.json();
    assert!(json["openapi"].as_str().unwrap().starts_with("3.1"), "{}", json["openapi"]);
    let paths: Vec<_> = json["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    for path in [
        "/v1/search",
        "/v1/translate",
        "/v1/complete",
        "/v1/messages/{id}",
        "/v1/messages/{id}/eml",
        "/v1/messages/{id}/attachments/{n}",
        "/v1/threads/{id}",
        "/v1/tickets",
        "/v1/saved",
        "/v1/saved/{name}",
        "/v1/export",
        "/v1/status",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/{tenant}/indexes/{index}/documents",
        "/api/{tenant}/indexes/{index}/fields",
    ] {
        assert!(paths.contains(&path), "{path}");
    }
    let text = json.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(json["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn what_is_counted_names_nobody() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    get(&router, "/v1/search?q=zebra+from:okapi").await;
    get(&router, "/v1/search?q=zebra&engine=local").await;
    let text = String::from_utf8(get(&router, "/metrics").await.body).unwrap();
    for line in [
        "postern_requests_total{engine=\"local\",outcome=\"asked_for\",status=\"200\"} 1",
        "postern_fallbacks_total{reason=\"asked_for\"} 1",
        "postern_latency_seconds_count{engine=\"local\"} ",
        "postern_compile_seconds_count 2",
        "postern_breaker_state 0",
        "postern_index_messages 4",
        "postern_index_size_bytes ",
        "postern_sync_lag_seconds 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    for secret in ["zebra", "okapi", TENANT, KEY, "inner-key"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_trace_goes_on_upstream() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let trace = "0af7651916cd43dd8448eb211c80319c";
    for uri in [DOCUMENTS, "/v1/search?q=a"] {
        let request = Request::get(uri)
            .header("x-api-key", KEY)
            .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"));
        let seen = exchange(&router, request.body(Body::empty()).unwrap()).await;
        let id = seen.header("postern-query-id").unwrap();
        let sent = fake.seen().pop().unwrap();
        assert_eq!(sent.header("traceparent"), Some(format!("00-{trace}-{id}-01").as_str()));
    }
}

async fn from_origin(router: &Router, method: Method, origin: &str) -> Seen {
    let request = Request::builder()
        .method(method)
        .uri("/v1/search")
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "x-api-key")
        .header("x-api-key", KEY);
    exchange(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn pages_of_configured_origins_may_ask() {
    let mut config = one_key(None);
    let own = "https://mail.example";
    let closed = from_origin(&gateway(&config), Method::GET, own).await;
    assert_eq!(closed.header("access-control-allow-origin"), None);
    config.origins = vec![own.into()];
    let router = gateway(&config);
    let preflight = from_origin(&router, Method::OPTIONS, own).await;
    assert_eq!(preflight.status, 200, "without a key, as browsers ask");
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        Some("x-api-key,authorization,content-type,mcp-protocol-version")
    );
    let seen = from_origin(&router, Method::GET, own).await;
    assert_eq!(
        (seen.status.as_u16(), seen.header("access-control-allow-origin")),
        (200, Some(own))
    );
    assert!(seen.header("access-control-expose-headers").unwrap().contains("postern-served-by"));
    let other = from_origin(&router, Method::GET, "https://evil.example").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
}
