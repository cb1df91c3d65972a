//! Who may ask and what they see.

use postern_local_index::write::{Options, Writer};

use super::*;
use crate::config::Tenant;

fn restricted(premium: Option<&Fake>) -> Router {
    let mut config = one_key(premium);
    let mailboxes = vec!["alice".into()];
    config.access = Access::new(vec![Key { mailboxes, ..key("main", KEY, TENANT) }]);
    gateway(&config)
}

#[tokio::test]
async fn no_key_and_a_wrong_key_are_401() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let paths = [
        DOCUMENTS,
        "/api/t1/locations",
        "/v1/search",
        "/v1/translate?q=a",
        "/v1/messages/m1",
        "/v1/status",
    ];
    for uri in paths {
        for key in [None, Some("wrong"), Some(""), Some("outer-ke")] {
            let seen = send(&router, Method::GET, uri, key, "").await;
            assert_eq!(seen.status, 401, "{uri} {key:?}");
        }
    }
    assert!(fake.seen().is_empty(), "premium is not asked who may ask");
    assert_eq!(send(&router, Method::GET, "/healthz", None, "").await.status, 200);
}

#[tokio::test]
async fn a_bearer_token_is_a_key_too() {
    let request = Request::get("/v1/search").header("authorization", format!("Bearer {KEY}"));
    let seen = exchange(&gateway(&one_key(None)), request.body(Body::empty()).unwrap()).await;
    assert_eq!(seen.status, 200);
}

#[tokio::test]
async fn another_tenant_is_not_there() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&one_key(Some(&fake)));
    let paths = [
        "/api/t2/indexes/dg-search-index/documents",
        "/api/t2/indexes/dg-search-index/fields",
        "/api/t2/locations",
        "/api/T1/locations",
        "/api/authentication/generateApiKey",
    ];
    for uri in paths {
        let seen = get(&router, uri).await;
        assert_eq!(seen.status, 404, "{uri}");
        assert_eq!(seen.json()["error"]["code"], "NotFound");
    }
    for uri in ["/api/t1/../t2/locations", "/api/t1/%2e%2e/t2/locations", "/api/t1/x/.%2E"] {
        assert_eq!(get(&router, uri).await.status, 400, "{uri}");
    }
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn a_key_of_one_mailbox_sees_nothing_else() {
    let fake = Fake::start().await.unwrap();
    let router = restricted(Some(&fake));
    let everything = ["", "?filter=mailbox%20eq%20'bob'%20or%20mailbox%20ne%20'bob'", "?query=*"];
    for raw in everything {
        let seen = get(&router, &format!("{DOCUMENTS}{raw}")).await;
        assert_eq!(seen.ids(), ["m2", "m1"], "{raw}");
        assert_eq!(seen.header("postern-coverage"), Some("2/3; as-of=2024-06-01T12:00:00Z"));
    }
    let native = get(&router, "/v1/search?q=invoice%20OR%20holiday").await;
    assert_eq!(native.ids(), ["m2", "m1"]);
    let reason = "this key opens some mailboxes only, which premium cannot be told";
    assert_eq!(native.header("postern-reason"), Some(reason));
    assert!(!String::from_utf8_lossy(&native.body).contains("bob"));
    assert_eq!(get(&router, "/v1/messages/m1").await.status, 200);
    assert_eq!(get(&router, "/v1/messages/m3").await.status, 404);
    let (hidden, unknown) = ("/v1/messages/m3", "/v1/messages/none");
    assert_eq!(get(&router, hidden).await.body, get(&router, unknown).await.body);
    assert!(!String::from_utf8_lossy(&get(&router, "/v1/status").await.body).contains("bob"));
    assert_eq!(get(&router, "/api/t1/discovery/1/users").await.status, 403);
    assert!(fake.seen().is_empty(), "premium would show more");
}

#[tokio::test]
async fn two_tenants_have_two_indexes() {
    let mut config = one_key(None);
    config.access = Access::new(vec![key("a", KEY, "t1"), key("b", "second-key", "t2")]);
    let error = config.check().unwrap_err().to_string();
    assert!(error.contains("add [[tenants]] with id = \"t1\""), "{error}");
    let place =
        |id: &str, data: &str| Tenant { id: id.into(), data: data.into(), ..Tenant::default() };
    config.tenants = vec![place("t1", "/one"), place("t2", "/one")];
    assert!(config.check().is_err(), "no folder for two");
    // Only the first has an index.
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("one");
    let mut writer = Writer::open(&one, &Options::default()).unwrap();
    writer.commit(now()).unwrap();
    writer.close().unwrap();
    config.tenants = vec![place("t1", one.to_str().unwrap()), place("t2", "/two")];
    let router = app(State::new(&config, now).unwrap());
    for (presented, status) in [(KEY, 200), ("second-key", 503)] {
        let seen = send(&router, Method::GET, "/v1/search", Some(presented), "").await;
        assert_eq!(seen.status, status, "{}", seen.json());
        assert!(!seen.json().to_string().contains("/two"), "paths of this machine are its own");
    }
}

#[tokio::test]
async fn without_keys_this_machine_is_served() {
    let fake = Fake::start().await.unwrap();
    let router = gateway(&nobody(Some(&fake)));
    let seen = send(&router, Method::GET, DOCUMENTS, None, "").await;
    assert_eq!(seen.header("postern-reason"), Some("there is no key to ask premium with"));
    let seen = send(&router, Method::GET, DOCUMENTS, Some("my-own"), "").await;
    assert_eq!(seen.header("postern-served-by"), Some("premium"));
    assert_eq!(fake.seen()[0].header("x-api-key"), Some("my-own"));
    assert_eq!(send(&router, Method::GET, "/v1/search", None, "").await.status, 200);
}

#[tokio::test]
async fn without_keys_a_foreign_name_is_refused() {
    let router = gateway(&nobody(None));
    let table = [
        ("localhost:7700", 200),
        ("127.0.0.1:7700", 200),
        ("[::1]:7700", 200),
        ("rebound.example:7700", 403),
        ("127.0.0.1.example", 403),
    ];
    for (host, status) in table {
        let request = Request::get("/v1/search").header("host", host);
        let seen = exchange(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(seen.status, status, "{host}");
    }
}

/// What a page of somebody else makes a browser send to a gateway without keys.
#[tokio::test]
async fn without_keys_a_foreign_page_is_refused() {
    let fake = Fake::start().await.unwrap();
    let mut config = nobody(Some(&fake));
    config.origins = vec!["https://mail.example".into()];
    let router = gateway(&config);
    let ask = async |method: Method, uri: &str, name: &str, value: &str| {
        let request = Request::builder().method(method).uri(uri).header("host", "localhost:7700");
        let request = request.header("content-type", "application/json").header(name, value);
        exchange(&router, request.body(Body::from(r#"{"format":"jsonl"}"#)).unwrap()).await
    };
    for (name, value) in
        [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site")]
    {
        for (method, uri) in [
            (Method::POST, "/v1/export"),
            (Method::GET, "/v1/search?q=a"),
            (Method::GET, "/metrics"),
        ] {
            let seen = ask(method, uri, name, value).await;
            assert_eq!(
                (seen.status.as_u16(), &seen.json()["code"]),
                (403, &"foreign_page".into()),
                "{uri} {value}"
            );
        }
        let seen = ask(Method::POST, "/api/t1/jobs", name, value).await;
        assert_eq!(
            (seen.status.as_u16(), &seen.json()["error"]["code"]),
            (403, &"foreign_page".into())
        );
    }
    assert_eq!(fake.seen(), []);
    for value in ["https://mail.example", "http://localhost:7700"] {
        assert_eq!(ask(Method::POST, "/v1/export", "origin", value).await.status, 200, "{value}");
    }
    for uri in ["/metrics", "/healthz", "/readyz", "/", "/docs"] {
        let request = Request::get(uri).header("host", "rebound.example");
        let seen = exchange(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (seen.status.as_u16(), &seen.json()["code"]),
            (403, &"foreign_host".into()),
            "{uri}"
        );
    }
}

/// Whatever is answered is nothing for a cache, a guess or another origin.
#[tokio::test]
async fn every_answer_says_whom_it_is_for() {
    let fake = Fake::start().await.unwrap();
    fake.answer_header("Cache-Control", "public, max-age=9999");
    let router = gateway(&one_key(Some(&fake)));
    for uri in [
        "/",
        "/docs",
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
        "/assets/page.js",
        "/assets/mail.css",
        "/v1/search?q=a",
        "/v1/search?q=(",
        "/v1/status",
        "/v1/messages/m1",
        "/v1/messages/m1?format=html",
        "/nothing",
        DOCUMENTS,
        "/api/t1/jobs",
        "/api/t1/locations",
        "/api/t2/jobs",
        "/api/t1/..",
    ] {
        let seen = get(&router, uri).await;
        assert_eq!(seen.header("x-content-type-options"), Some("nosniff"), "{uri}");
        assert_eq!(seen.header("cache-control"), Some("no-store"), "{uri}");
        // How mail looks is asked for by a frame that is of no origin.
        let policy = if uri == "/assets/mail.css" { "cross-origin" } else { "same-origin" };
        assert_eq!(seen.header("cross-origin-resource-policy"), Some(policy), "{uri}");
    }
}

/// A frame cannot send a key: it has a path that opens one message, and shows no more than the key would.
#[tokio::test]
async fn a_ticket_opens_one_message() {
    let router = restricted(None);
    let ask = async |id: &str| {
        let body = serde_json::json!({"message": id}).to_string();
        send(&router, Method::POST, "/v1/tickets", Some(KEY), &body).await
    };
    let path = ask("m1").await.json()["path"].as_str().unwrap().to_owned();
    let seen = send(&router, Method::GET, &path, None, "").await;
    assert_eq!(seen.status, 200, "{path}");
    let policy = seen.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.ends_with("sandbox"), "{policy}");
    let hidden = ask("m3").await;
    assert_eq!(hidden.status, 404, "a message that the key may not see has none");
    let body = r#"{"message": "m1"}"#;
    let stranger = send(&router, Method::POST, "/v1/tickets", Some("wrong"), body).await;
    assert_eq!(stranger.status, 401);
    let cut = path.get(..path.len() - 1).unwrap().to_owned();
    for other in [format!("{path}0"), cut, "/ticket/".to_owned()] {
        assert_eq!(send(&router, Method::GET, &other, None, "").await.status, 404, "{other}");
    }
    let none = send(&router, Method::GET, &format!("{path}/attachments/0"), None, "").await;
    assert_eq!(none.status, 410, "its original is not here");
}
