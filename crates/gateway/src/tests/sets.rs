//! Frozen sets over HTTP: of the tenant, seen by each key as far as its mailboxes go.

use serde_json::json;

use super::audited::check;
use super::indexed::{Indexed, indexed, take_in, write};
use super::*;
use crate::config::Tenant;

/// Mail of alice and bob; a key for all of it, one for bob's, and one without the right.
fn with_keys(place: &Indexed) -> Router {
    write(place.mail.path(), "bob/Inbox/3.eml", "Subject: the contract of bob\r\n\r\nhello\r\n");
    take_in(place.mail.path(), place.data.path(), false);
    let mut config = one_key(None);
    let evidence = |key: Key| Key { rights: vec![Right::Evidence], ..key };
    let narrow = Key { mailboxes: vec!["bob".into()], ..evidence(key("narrow", "narrow", TENANT)) };
    config.access =
        Access::new(vec![evidence(key("main", KEY, TENANT)), narrow, key("bare", "bare", TENANT)]);
    gateway_over(&config, Local::below(place.data.path()))
}

async fn count(router: &Router, key: &str, q: &str) -> Value {
    let path = format!("/v1/search?q={q}&limit=0");
    send(router, Method::GET, &path, Some(key), "").await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sees_and_counts_only_its_own_mailboxes() {
    let place = indexed();
    let router = &with_keys(&place);
    let body = r#"{"q": "contract", "note": "x"}"#;
    let made = send(router, Method::PUT, "/v1/sets/all", Some(KEY), body).await;
    assert_eq!(
        (made.status.as_u16(), made.json()["count"].clone()),
        (200, json!(3)),
        "{}",
        made.json()
    );
    assert_eq!(made.json()["by"], "main");
    let seen = send(router, Method::GET, "/v1/sets/all", Some("narrow"), "").await.json();
    assert_eq!((&seen["count"], &seen["here"]), (&json!(1), &json!(1)));
    assert_eq!((&made.json()["coverage"]["indexed"], &seen["coverage"]), (&json!(3), &Value::Null));
    let ids = send(router, Method::GET, "/v1/sets/all/ids", Some("narrow"), "").await.json();
    assert_eq!(ids["ids"].as_array().unwrap().len(), 1);
    let list = send(router, Method::GET, "/v1/sets", Some("narrow"), "").await.json();
    assert_eq!(list["sets"][0]["count"], 1);
    assert_eq!(count(router, KEY, "set:all").await["count"]["value"], 3);
    assert_eq!(count(router, "narrow", "set:all").await["count"]["value"], 1);
    assert_eq!(count(router, "bare", "set:all").await["code"], "unknown_value");
    let what = send(router, Method::GET, "/v1/complete?q=set:a", Some(KEY), "").await.json();
    assert_eq!(what["suggestions"][0]["text"], "all");
    let again = send(router, Method::PUT, "/v1/sets/all", Some(KEY), body).await;
    assert_eq!((again.status.as_u16(), again.json()["code"].clone()), (409, json!("set_exists")));
    let narrow = send(router, Method::PUT, "/v1/sets/bobs", Some("narrow"), body).await.json();
    assert_eq!(narrow["count"], 1);
    let diff = send(router, Method::GET, "/v1/sets/all/diff/bobs", Some(KEY), "").await.json();
    assert_eq!((diff["onlyOne"].as_array().unwrap().len(), &diff["both"]), (2, &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_are_decided_by_keys_that_see_all() {
    let place = indexed();
    let router = &with_keys(&place);
    send(router, Method::PUT, "/v1/sets/all", Some(KEY), r#"{"q": "contract"}"#).await;
    let act = async |key: &str, method: Method, path: &str| {
        let answer = send(router, method, &format!("/v1/sets/all{path}"), Some(key), "").await;
        let json = if answer.body.is_empty() { json!({}) } else { answer.json() };
        (answer.status.as_u16(), json)
    };
    assert_eq!(act("narrow", Method::POST, "/hold").await.0, 403);
    assert_eq!(act("bare", Method::POST, "/hold").await.0, 403);
    let (status, held) = act(KEY, Method::POST, "/hold").await;
    assert_eq!((status, held), (200, json!({"held": 3, "notHeld": []})));
    assert_eq!(act(KEY, Method::GET, "").await.1["held"], now().to_string());
    let (status, refused) = act(KEY, Method::DELETE, "").await;
    assert_eq!((status, refused["code"].clone()), (409, json!("set_held")));
    assert_eq!(act("narrow", Method::POST, "/release").await.0, 403);
    assert_eq!(act(KEY, Method::POST, "/release").await.0, 200);
    assert_eq!(act("narrow", Method::DELETE, "").await.0, 403);
    assert_eq!(act(KEY, Method::DELETE, "").await.0, 204);
    assert_eq!(act(KEY, Method::GET, "").await.1["code"], "unknown_set");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_names_and_queries_are_refused() {
    let place = indexed();
    let router = &with_keys(&place);
    for (key, name, body, expected) in [
        (KEY, "hold", r#"{"q": "a"}"#, "invalid_parameter"),
        (KEY, "A", r#"{"q": "a"}"#, "invalid_parameter"),
        (KEY, "a", r#"{"q": "form:a"}"#, "unknown_field"),
        (KEY, "a", r#"{"q": "a", "x": 1}"#, "invalid_body"),
        ("bare", "a", r#"{"q": "a"}"#, "forbidden"),
    ] {
        let path = format!("/v1/sets/{name}");
        let refused = send(router, Method::PUT, &path, Some(key), body).await;
        assert_eq!(refused.json()["code"], expected, "{name} {body}");
    }
    let list = send(router, Method::GET, "/v1/sets", Some(KEY), "").await.json();
    assert_eq!(list["sets"], json!([]));
}

/// What one tenant freezes, no other sees, and none may take its name away.
#[tokio::test(flavor = "multi_thread")]
async fn sets_of_two_tenants_are_apart() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut config = one_key(None);
    let evidence = |id: &str| Key { rights: vec![Right::Evidence], ..key(id, id, id) };
    config.access = Access::new(vec![evidence("t1"), evidence("t2")]);
    for (id, folder) in ["t1", "t2"].into_iter().zip(&folders) {
        let (mail, data) = (folder.path().join("mail"), folder.path().join("data"));
        write(&mail, "ann/Inbox/1.eml", &format!("Subject: contract {id}\r\n\r\nhello\r\n"));
        take_in(&mail, &data, false);
        config.tenants.push(Tenant { id: id.into(), data, ..Tenant::default() });
    }
    let router = &app(State::new(&config, now).unwrap());
    let put = async |key: &str| {
        send(router, Method::PUT, "/v1/sets/a", Some(key), r#"{"q": "contract"}"#).await
    };
    assert_eq!(put("t1").await.status, 200);
    let list = send(router, Method::GET, "/v1/sets", Some("t2"), "").await.json();
    assert_eq!(list["sets"], json!([]));
    assert_eq!(count(router, "t2", "set:a").await["code"], "unknown_value");
    assert_eq!(put("t2").await.status, 200);
    let ids = async |key: &str| {
        send(router, Method::GET, "/v1/sets/a/ids", Some(key), "").await.json()["ids"].clone()
    };
    assert_ne!(ids("t1").await, ids("t2").await);
    assert_eq!(send(router, Method::DELETE, "/v1/sets/a", Some("t2"), "").await.status, 204);
    assert_eq!(count(router, "t1", "set:a").await["count"]["value"], 1);
}

/// A saved search may name a set, and is counted by what its key sees of it.
#[tokio::test(flavor = "multi_thread")]
async fn other_requests_know_sets_too() {
    let place = indexed();
    let router = &with_keys(&place);
    send(router, Method::PUT, "/v1/sets/all", Some(KEY), r#"{"q": "contract"}"#).await;
    for (key, expected) in [(KEY, 3), ("narrow", 1)] {
        let body = r#"{"q": "set:all"}"#;
        let saved = send(router, Method::PUT, "/v1/saved/a", Some(key), body).await;
        assert_eq!(saved.json()["count"], expected, "{key}");
    }
    let body = r#"{"q": "set:all"}"#;
    let translated = send(router, Method::POST, "/v1/translate", Some(KEY), body).await.json();
    assert_eq!(translated["targets"]["datatap"]["fidelity"], "unsupported");
    assert_eq!(translated["targets"]["elasticsearch"]["fidelity"], "exact");
}

/// A hold is on the disk before it is done, and not done where that cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn holds_are_audited_before_they_are_done() {
    let place = indexed();
    let mut config = one_key(None);
    config.audit.level = Level::On;
    place.data.path().clone_into(&mut config.data);
    let all = Key { rights: Right::ALL.to_vec(), ..key("reviewer", KEY, TENANT) };
    config.access = Access::new(vec![all]);
    let router = &gateway_over(&config, Local::below(place.data.path()));
    send(router, Method::PUT, "/v1/sets/a", Some(KEY), r#"{"q": "contract"}"#).await;
    for verb in ["hold", "release"] {
        let path = format!("/v1/sets/a/{verb}");
        assert_eq!(send(router, Method::POST, &path, Some(KEY), "").await.status, 200);
    }
    check(
        &place.data,
        &["what", "who", "event", "path", "set", "held"],
        &[
            "evidence | reviewer | answered | /v1/sets/a | - | -",
            "evidence | reviewer | begun | - | a | -",
            "evidence | reviewer | answered | /v1/sets/a/hold | a | 2",
            "evidence | reviewer | begun | - | a | -",
            "evidence | reviewer | answered | /v1/sets/a/release | a | -",
        ],
    );
    let log = postern_audit::folder(place.data.path());
    std::fs::remove_dir_all(&log).unwrap();
    std::fs::write(&log, "in the way").unwrap();
    let again = gateway_over(&config, Local::below(place.data.path()));
    let refused = send(&again, Method::POST, "/v1/sets/a/hold", Some(KEY), "").await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()["code"].clone()),
        (503, json!("not_audited"))
    );
    assert_eq!(
        postern_archive::Archive::below(place.data.path()).sets().get("a").unwrap().unwrap().held,
        None
    );
}
