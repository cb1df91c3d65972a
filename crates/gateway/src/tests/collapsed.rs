//! Equal messages in one row.

use postern_upstream::fake::Misbehaviour;
use serde_json::json;
use tempfile::TempDir;

use super::indexed::{take_in, write};
use super::*;

/// A message as one of its recipients has it.
fn raw(message_id: &str, day: u8, to: &str) -> String {
    let id = if message_id.is_empty() {
        String::new()
    } else {
        format!("Message-ID: <{message_id}>\r\n")
    };
    format!(
        "Received: by {to}\r\nFrom: eve@x.example\r\nTo: all@x.example\r\nSubject: lease\r\n{id}\
         Date: Mon, {day} Jan 2024 10:00:00 +0000\r\n\r\nthe lease, {to}\r\n"
    )
}

/// Mail of Alice and Bob, and keys: one opens all, one Alice's mailbox alone.
fn shelf(config: &Config) -> (Router, [TempDir; 2]) {
    let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (path, raw) in [
        ("alice/Inbox/1.eml", raw("1@x", 1, "alice")),
        ("bob/Inbox/2.eml", raw("1@x", 2, "bob")),
        ("bob/Kept/3.eml", raw("1@x", 3, "bob")),
        ("alice/Inbox/4.eml", raw("2@x", 4, "alice")),
        ("alice/Inbox/5.eml", raw("", 5, "alice")),
        ("alice/Sent/6.eml", raw("", 6, "alice")),
    ] {
        write(mail.path(), path, &raw);
    }
    take_in(mail.path(), data.path(), false);
    (gateway_over(config, Local::below(data.path())), [mail, data])
}

fn keys() -> Config {
    let mut config = one_key(None);
    let narrow = Key { mailboxes: vec!["alice".into()], ..key("narrow", "narrow", TENANT) };
    config.access = Access::new(vec![key("main", KEY, TENANT), narrow]);
    config
}

/// Each row as its folder and those of its copies.
fn told(json: &Value) -> Vec<String> {
    let folder = |one: &Value| {
        format!("{}/{}", one["mailbox"].as_str().unwrap(), one["folder"].as_str().unwrap())
    };
    let row = |row: &Value| {
        let copies = row["copies"].as_array().unwrap().iter().map(folder);
        std::iter::once(folder(row)).chain(copies).collect::<Vec<_>>().join(" ")
    };
    json["results"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn one_row_with_its_copies_and_both_counts() {
    let (router, _folders) = shelf(&keys());
    let json = get(&router, "/v1/search?q=lease+sort:newest&collapse=messageId&facets=mailbox")
        .await
        .json();
    let rows = ["alice/Sent", "alice/Inbox", "alice/Inbox", "bob/Kept bob/Inbox alice/Inbox"];
    assert_eq!(told(&json), rows);
    assert_eq!(json["count"], json!({"value": 6, "exact": true, "rows": 4}));
    assert_eq!((&json["collapsed"], &json["nextCursor"]), (&json!(true), &Value::Null));
    // Facets count messages.
    assert_eq!(json["facets"]["mailbox"]["values"][0], json!({"value": "alice", "count": 4}));
    let copy = &json["results"][3]["copies"][0];
    let id = copy["id"].as_str().unwrap();
    assert_eq!(copy["links"]["self"], format!("/v1/messages/{id}"));
    assert_eq!(copy["receivedDateTime"], "2024-01-02T10:00:00Z");
    assert_eq!(copy["places"][0]["mailbox"], "bob");
    assert!(copy["size"].as_i64().unwrap() > 100);
    assert_eq!(get(&router, &format!("/v1/messages/{id}")).await.status, 200);
    let body = r#"{"q": "lease sort:oldest", "collapse": "messageId", "limit": 1}"#;
    let oldest = send(&router, Method::POST, "/v1/search", Some(KEY), body).await.json();
    assert_eq!(told(&oldest), ["alice/Inbox bob/Inbox bob/Kept"]);
}

#[tokio::test]
async fn without_asking_nothing_is_different() {
    let (router, _folders) = shelf(&keys());
    let json = get(&router, "/v1/search?q=lease").await.json();
    assert_eq!(json["count"], json!({"value": 6, "exact": true}));
    assert!(json["collapsed"].is_null() && json["results"][0]["copies"].is_null());
}

#[tokio::test]
async fn a_copy_that_the_key_may_not_see_is_neither_shown_nor_counted() {
    let (router, _folders) = shelf(&keys());
    let uri = "/v1/search?q=lease+sort:newest&collapse=messageId";
    let seen = send(&router, Method::GET, uri, Some("narrow"), "").await;
    assert_eq!(told(&seen.json()), ["alice/Sent", "alice/Inbox", "alice/Inbox", "alice/Inbox"]);
    assert_eq!(seen.json()["count"], json!({"value": 4, "exact": true, "rows": 4}));
    assert!(!String::from_utf8_lossy(&seen.body).contains("bob"));
}

#[tokio::test]
async fn pages_of_rows_follow_each_other() {
    let (router, _folders) = shelf(&keys());
    let start = "/v1/search?q=lease+sort:newest&collapse=messageId";
    let all = told(&get(&router, start).await.json());
    for limit in [1, 3, 1_000] {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let json = get(&router, &format!("{start}&limit={limit}{cursor}")).await.json();
            assert_eq!(json["count"]["rows"], 4);
            rows.extend(told(&json));
            let Some(next) = json["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(rows, all, "pages of {limit}");
    }
    let next = get(&router, &format!("{start}&limit=1")).await.json();
    let cursor = next["nextCursor"].as_str().unwrap();
    let other =
        get(&router, &format!("/v1/search?q=lease+sort:newest&limit=1&cursor={cursor}")).await;
    assert_eq!(other.status, 400, "pages of rows are no pages of messages");
}

#[tokio::test]
async fn premium_says_that_it_does_not() {
    let fake = Fake::start().await.unwrap();
    fake.answer(r#"{"Count":2,"Results":[{"Id":"a"},{"Id":"b"}]}"#);
    let (router, _folders) = shelf(&one_key(Some(&fake)));
    let json = get(&router, "/v1/search?q=lease&collapse=messageId").await.json();
    assert_eq!(json["servedBy"]["engine"], "premium");
    assert_eq!((&json["collapsed"], &json["count"]["rows"]), (&json!(false), &Value::Null));
    assert_eq!(json["results"].as_array().unwrap().len(), 2);
    let json = get(&router, "/v1/search?q=lease&collapse=messageId&engine=local").await.json();
    assert_eq!((&json["collapsed"], &json["count"]["rows"]), (&json!(true), &json!(4)));
}

/// Premium began with every message by itself; so does whoever goes on for it.
#[tokio::test]
async fn pages_that_began_with_every_message_go_on_so() {
    let fake = Fake::start().await.unwrap();
    fake.answer(r#"{"Count":6,"Results":[{"Id":"a"},{"Id":"b"}]}"#);
    let (router, _folders) = shelf(&one_key(Some(&fake)));
    let uri = "/v1/search?q=lease&collapse=messageId&limit=2";
    let first = get(&router, uri).await.json();
    fake.misbehave(Misbehaviour::Status(503));
    let cursor = first["nextCursor"].as_str().unwrap();
    let next = get(&router, &format!("{uri}&cursor={cursor}")).await.json();
    assert_eq!((&next["servedBy"]["engine"], &next["collapsed"]), (&json!("local"), &json!(false)));
    assert_eq!(next["count"], json!({"value": 6, "exact": true}));
    let cursor = next["nextCursor"].as_str().unwrap();
    let last = get(&router, &format!("{uri}&cursor={cursor}")).await.json();
    assert_eq!((&last["collapsed"], &last["nextCursor"]), (&json!(false), &Value::Null));
    assert_eq!(last["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_equal_means_is_said_or_refused() {
    let (router, _folders) = shelf(&keys());
    let search = "/v1/search";
    for (method, uri, body, told) in [
        (Method::GET, "/v1/search?collapse=subject", "", "collapse is messageId"),
        (Method::GET, "/v1/search?collapse=", "", "collapse is messageId"),
        (Method::POST, search, r#"{"collapse": "MessageId"}"#, "expected `messageId`"),
        (Method::POST, "/v1/export", r#"{"format": "csv", "collapse": "messageId"}"#, "`collapse`"),
    ] {
        let seen = send(&router, method, uri, Some(KEY), body).await;
        let text = String::from_utf8_lossy(&seen.body);
        assert_eq!(
            (seen.status.as_u16(), text.contains(told)),
            (400, true),
            "{uri} {body}: {text}"
        );
    }
}
