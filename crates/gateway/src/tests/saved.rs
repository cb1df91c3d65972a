//! Searches that keys keep, and the rights of keys.

use serde_json::json;

use super::indexed::{Indexed, indexed, take_in, write};
use super::*;

const NEW: &str = "From: carol@contoso.com\r\nTo: alice@contoso.com\r\nSubject: contract again\r\nMessage-ID: <3@x>\r\n\
    Date: Wed, 3 Jan 2024 10:00:00 +0000\r\n\r\nhello\r\n";

async fn list(router: &Router, key: &str) -> Value {
    send(router, Method::GET, "/v1/saved", Some(key), "").await.json()["searches"].clone()
}

#[tokio::test]
async fn what_arrived_since_it_was_opened_is_new() {
    let Indexed { router, mail, data } = &indexed();
    assert_eq!(list(router, KEY).await, json!([]));
    let kept =
        send(router, Method::PUT, "/v1/saved/Con%20tracts", Some(KEY), r#"{"q":"contract"}"#);
    let kept = kept.await;
    assert_eq!(kept.status, 200, "{}", kept.json());
    let told = |all: &Value| {
        let one = &all[0];
        (one["name"].clone(), one["q"].clone(), one["count"].clone(), one["new"].clone())
    };
    let expected = |count, new| (json!("Con tracts"), json!("contract"), json!(count), json!(new));
    assert_eq!(told(&list(router, KEY).await), expected(2, 0), "what was there is not new");
    write(mail.path(), "alice/Inbox/3.eml", NEW);
    take_in(mail.path(), data.path(), false);
    let router = &gateway_over(&one_key(None), Local::below(data.path()));
    assert_eq!(told(&list(router, KEY).await), expected(3, 1));
    let open =
        async || send(router, Method::POST, "/v1/saved/Con%20tracts/open", Some(KEY), "").await;
    let new = open().await.json();
    assert_eq!(new["new"].as_array().unwrap().len(), 1, "{new}");
    assert_eq!(told(&list(router, KEY).await), expected(3, 0));
    assert_eq!(open().await.json(), json!({"new": []}));
    let gone = async || send(router, Method::DELETE, "/v1/saved/Con%20tracts", Some(KEY), "").await;
    assert_eq!(gone().await.status, 204);
    assert_eq!(gone().await.status, 404);
    assert_eq!(list(router, KEY).await, json!([]));
}

#[tokio::test]
async fn each_key_has_its_own() {
    let Indexed { data, .. } = &indexed();
    let mut config = one_key(None);
    let narrow = Key { mailboxes: vec!["bob".into()], ..key("narrow", "narrow", TENANT) };
    config.access = Access::new(vec![key("main", KEY, TENANT), narrow]);
    let router = gateway_over(&config, Local::below(data.path()));
    let put = async |key: &str, path: &str, body: &str| {
        send(&router, Method::PUT, path, Some(key), body).await.status.as_u16()
    };
    assert_eq!(put(KEY, "/v1/saved/a", r#"{"q":"contract"}"#).await, 200);
    assert_eq!(put("narrow", "/v1/saved/a", r#"{"q":"signed"}"#).await, 200);
    assert_eq!(list(&router, KEY).await[0]["count"], 2);
    let theirs = list(&router, "narrow").await;
    assert_eq!((&theirs[0]["q"], &theirs[0]["count"]), (&json!("signed"), &json!(0)));
    for (path, body, expected) in [
        ("/v1/saved/b", r#"{"q":"(open"}"#, 400),
        ("/v1/saved/b", r#"{"query":"a"}"#, 400),
        ("/v1/saved/%20", r#"{"q":"a"}"#, 400),
        ("/v1/saved/a%0Ab", r#"{"q":"a"}"#, 400),
    ] {
        assert_eq!(put(KEY, path, body).await, expected, "{path} {body}");
    }
    let stranger = send(&router, Method::GET, "/v1/saved", Some("wrong"), "").await;
    assert_eq!(stranger.status, 401);
}

/// What a key may not do is refused by the name of the right.
#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    for (rights, uri, body, expected) in [
        (vec![], "/v1/export", r#"{"format":"csv"}"#, "export"),
        (vec![Right::Operate], "/v1/export", r#"{"format":"csv"}"#, "export"),
        (vec![Right::Export], "/v1/export", r#"{"format":"csv"}"#, ""),
        (vec![Right::Export], "/v1/status/history", "", "operate"),
        (vec![Right::Operate], "/v1/status/history", "", ""),
        (vec![Right::Export], "/metrics", "", "operate"),
        (vec![Right::Operate], "/metrics", "", ""),
        (vec![], "/v1/search?q=a", "", ""),
        (vec![], "/v1/saved", "", ""),
    ] {
        let mut config = one_key(None);
        config.access =
            Access::new(vec![Key { rights: rights.clone(), ..key("main", KEY, TENANT) }]);
        let method = if body.is_empty() { Method::GET } else { Method::POST };
        let seen = send(&gateway(&config), method, uri, Some(KEY), body).await;
        if expected.is_empty() {
            assert_eq!(seen.status, 200, "{rights:?} {uri}");
            continue;
        }
        let problem = seen.json();
        assert_eq!((seen.status.as_u16(), &problem["code"]), (403, &json!("forbidden")), "{uri}");
        assert!(
            problem["detail"].as_str().unwrap().contains(&format!("`{expected}`")),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn the_last_hour_is_told_by_minutes() {
    let router = gateway(&one_key_that(Right::Operate));
    for uri in ["/v1/search?q=invoice", "/v1/search?q=holiday"] {
        assert_eq!(get(&router, uri).await.status, 200);
    }
    let seen = get(&router, "/v1/status/history").await.json();
    let minute = &seen["minutes"][0];
    assert_eq!((&minute["searches"], &minute["failed"]), (&json!(2), &json!(0)), "{seen}");
    assert_eq!(minute["byEngine"], json!({"local": 2}));
    let status = get(&router, "/v1/status").await.json();
    assert_eq!(status["key"], json!({"rights": ["operate"], "actions": []}));
}

/// What only operators see was told to every key.
#[tokio::test]
async fn the_whole_of_the_status_is_for_operators() {
    let Indexed { router, .. } = &indexed();
    let status = get(router, "/v1/status").await.json();
    assert!(status["engines"]["local"]["bytes"].as_u64().unwrap() > 0, "{status}");
    for (rights, boxes, is_told) in
        [(vec![Right::Operate], &["alice", "bob"][..], true), (vec![], &["bob"], false)]
    {
        let mut config = one_key(None);
        let narrow = Key { mailboxes: vec!["bob".into()], rights, ..key("main", KEY, TENANT) };
        config.access = Access::new(vec![narrow]);
        let status = get(&gateway(&config), "/v1/status").await.json();
        let local = &status["engines"]["local"];
        let told = local["coverage"]["mailboxes"].as_array().unwrap().iter();
        let told: Vec<_> = told.map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!((&*told, local["bytes"].is_u64()), (boxes, is_told), "{status}");
    }
}

fn one_key_that(right: Right) -> Config {
    let mut config = one_key(None);
    config.access = Access::new(vec![Key { rights: vec![right], ..key("main", KEY, TENANT) }]);
    config
}

/// What somebody confirmed is what is taken out.
#[tokio::test]
async fn an_export_of_another_number_is_refused() {
    let Indexed { router, .. } = &indexed();
    for (expect, status, code) in [("2", 200, json!(null)), ("3", 409, json!("other_count"))] {
        let body = format!(r#"{{"q":"contract","format":"jsonl","expect":{expect}}}"#);
        let seen = send(router, Method::POST, "/v1/export", Some(KEY), &body).await;
        assert_eq!(seen.status, status, "{expect}");
        let told = if status == 200 { json!(null) } else { seen.json()["code"].clone() };
        assert_eq!(told, code);
    }
}
