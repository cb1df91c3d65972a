//! What is written of each request, and what happens when it cannot be.

use std::ops::ControlFlow;
use std::path::Path;

use axum::Router;
use axum::http::Method;
use postern_audit::{Filter, Signer, each, folder, key_file, verify};
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::{DOCUMENTS, KEY, TENANT, get, key, mail, now, one_key, send};
use crate::access::{Access, Right};
use crate::api::app;
use crate::config::Level;
use crate::{Local, Locals, State};

/// A gateway that audits into a folder.
pub(super) fn audited(data: &Path) -> Router {
    let mut config = one_key(None);
    config.audit.level = Level::On;
    config.mcp_over_http = true;
    data.clone_into(&mut config.data);
    let all = crate::access::Key { rights: Right::ALL.to_vec(), ..key("reviewer", KEY, TENANT) };
    config.access = Access::new(vec![all]);
    let local = Local::answering(std::sync::Arc::new(mail()));
    app(State::over(&config, Locals::common(local), now).unwrap().having_asked())
}

fn entries(data: &Path) -> Vec<Map<String, Value>> {
    let mut entries = Vec::new();
    each(&folder(data), &Filter::default(), &mut |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    })
    .unwrap();
    entries
}

/// The entries of a deed, and what each has in some of its fields.
#[track_caller]
pub(super) fn check(data: &TempDir, fields: &[&str], expected: &[&str]) {
    let told = entries(data.path()).into_iter().map(|entry| {
        let told = fields.iter().map(|field| match entry.get(*field) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "-".to_owned(),
        });
        told.collect::<Vec<_>>().join(" | ")
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn each_request_is_written_before_it_is_answered() {
    let data = tempfile::tempdir().unwrap();
    let gateway = audited(data.path());
    let body = r#"{"q": "invoice", "limit": 1}"#;
    assert_eq!(get(&gateway, "/v1/search?q=subject:invoice+from:alice").await.status, 200);
    assert_eq!(send(&gateway, Method::POST, "/v1/search", Some(KEY), body).await.status, 200);
    assert_eq!(get(&gateway, "/v1/search?q=nonsense:").await.status, 400);
    assert_eq!(get(&gateway, &format!("{DOCUMENTS}?query=invoice%20one&top=5")).await.status, 200);
    assert_eq!(get(&gateway, "/v1/messages/m1").await.status, 200);
    assert_eq!(get(&gateway, "/v1/messages/m9").await.status, 404);
    let fields =
        ["n", "what", "who", "tenant", "path", "status", "query", "canonical", "count", "engine"];
    check(
        &data,
        &fields,
        &[
            "1 | search | reviewer | t1 | /v1/search | 200 | subject:invoice from:alice | subject:invoice from:alice | 2 | local",
            "2 | search | reviewer | t1 | /v1/search | 200 | invoice | invoice | 3 | local",
            "3 | search | reviewer | t1 | /v1/search | 400 | nonsense: | - | - | -",
            "4 | search | reviewer | t1 | /api/t1/indexes/dg-search-index/documents | 200 | query=invoice one&top=5 | - | - | local",
            "5 | view | reviewer | t1 | /v1/messages/m1 | 200 | - | - | - | -",
            "6 | view | reviewer | t1 | /v1/messages/m9 | 404 | - | - | - | -",
        ],
    );
    let signer = Signer::read(&key_file(data.path())).unwrap();
    let found = verify(&folder(data.path()), signer.verifier(), Some(&signer), None).unwrap();
    assert_eq!((found.is_intact(), found.entries + found.sealed, found.unsigned), (true, 6, 0));
}

#[tokio::test]
async fn who_is_not_known_is_not_written_and_no_secret_ever_is() {
    let data = tempfile::tempdir().unwrap();
    let gateway = audited(data.path());
    assert_eq!(send(&gateway, Method::GET, "/v1/search", Some("other-key"), "").await.status, 401);
    assert!(!folder(data.path()).exists());
    let seen = send(&gateway, Method::POST, "/v1/tickets", Some(KEY), r#"{"message": "m1"}"#).await;
    let path = seen.json()["path"].as_str().unwrap().to_owned();
    get(&gateway, &path).await;
    check(
        &data,
        &["what", "path", "message"],
        &["view | /v1/tickets | m1", "view | /ticket/*** | m1"],
    );
    let log = std::fs::read_to_string(folder(data.path()).join("000001.jsonl")).unwrap();
    let secret = path.rsplit('/').next().unwrap();
    let private = std::fs::read_to_string(key_file(data.path())).unwrap();
    // `PRIVATE+KEY+name+hash+key`, and the key may have a `+` of its own.
    let private = private.trim_end().splitn(5, '+').nth(4).unwrap();
    for secret in [KEY, "inner-key", secret, private] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn an_export_is_on_the_disk_before_it_begins_and_when_it_ended() {
    let data = tempfile::tempdir().unwrap();
    let gateway = audited(data.path());
    let body = r#"{"q": "invoice", "format": "jsonl"}"#;
    assert_eq!(send(&gateway, Method::POST, "/v1/export", Some(KEY), body).await.status, 200);
    let mut told = Vec::new();
    for _ in 0..200 {
        told = entries(data.path());
        if told.len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let begun = &told[0];
    assert_eq!(
        (&begun["event"], &begun["query"], &begun["format"]),
        (&"begun".into(), &"invoice".into(), &"jsonl".into())
    );
    // Whether it was answered or had ended first, both stand there.
    let ended = told.iter().find(|entry| entry["event"] == "ended").unwrap();
    assert_eq!((&ended["messages"], &ended["what"]), (&3.into(), &"export".into()));
    assert!(told.iter().any(|entry| entry["event"] == "answered" && entry["status"] == 200));
}

/// The hash of the manifest is that of the last file of the package.
#[tokio::test]
async fn how_an_export_ended_tells_the_hash_of_its_manifest() {
    use std::io::Read as _;

    for body in [
        r#"{"q": "invoice", "format": "zip"}"#,
        r#"{"q": "invoice", "format": "csv", "manifest": true}"#,
    ] {
        let data = tempfile::tempdir().unwrap();
        let gateway = audited(data.path());
        let answer = send(&gateway, Method::POST, "/v1/export", Some(KEY), body).await;
        assert_eq!(answer.status, 200);
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(answer.body)).unwrap();
        let mut manifest = Vec::new();
        zip.by_name("manifest.json").unwrap().read_to_end(&mut manifest).unwrap();
        // It is noted while nobody waits.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let ended = loop {
            let ended = entries(data.path()).into_iter().find(|entry| entry["event"] == "ended");
            if let Some(ended) = ended {
                break ended;
            }
            assert!(std::time::Instant::now() < until, "{body}");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        assert_eq!(ended["manifest"], postern_audit::digest(&manifest).to_string(), "{body}");
    }
}

#[tokio::test]
async fn who_may_read_the_log_over_http() {
    let data = tempfile::tempdir().unwrap();
    let gateway = audited(data.path());
    assert_eq!(get(&gateway, "/v1/audit").await.json()["entries"], Value::Array(Vec::new()));
    for query in ["invoice", "holiday"] {
        get(&gateway, &format!("/v1/search?q={query}")).await;
    }
    let seen = get(&gateway, "/v1/audit?what=search&limit=1").await.json();
    assert_eq!(
        (&seen["entries"][0]["query"], &seen["complete"]),
        (&"holiday".into(), &true.into())
    );
    let seen = get(&gateway, "/v1/audit?text=invoice&who=reviewer").await.json();
    assert!(seen["entries"].as_array().unwrap().iter().any(|entry| entry["query"] == "invoice"));
    assert_eq!(
        get(&gateway, "/v1/audit?who=other").await.json()["entries"],
        Value::Array(Vec::new())
    );
    for bad in ["what=nothing", "since=yesterday", "limit=1001", "x=1"] {
        assert_eq!(get(&gateway, &format!("/v1/audit?{bad}")).await.status, 400, "{bad}");
    }
    let mut without_rights = one_key(None);
    without_rights.access = Access::new(vec![key("main", KEY, TENANT)]);
    let plain = super::gateway(&without_rights);
    let refused = get(&plain, "/v1/audit").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &"forbidden".into()));
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_answered() {
    let data = tempfile::tempdir().unwrap();
    // A file where the folder would be.
    std::fs::write(folder(data.path()), "").unwrap();
    let gateway = audited(data.path());
    for uri in ["/v1/search?q=invoice", "/v1/messages/m1"] {
        let seen = get(&gateway, uri).await;
        assert_eq!((seen.status.as_u16(), &seen.json()["code"]), (503, &"not_audited".into()));
        assert!(!String::from_utf8(seen.body).unwrap().contains("invoice one"));
    }
    let seen = get(&gateway, &format!("{DOCUMENTS}?query=invoice")).await;
    assert_eq!(seen.status, 503);
    let body = r#"{"q": "", "format": "jsonl"}"#;
    let seen = send(&gateway, Method::POST, "/v1/export", Some(KEY), body).await;
    assert_eq!(seen.json()["code"], "not_audited");
    // What is no mail goes on.
    assert_eq!(get(&gateway, "/healthz").await.status, 200);
    // And with room again all does.
    std::fs::remove_file(folder(data.path())).unwrap();
    assert_eq!(get(&gateway, "/v1/search?q=invoice").await.status, 200);
}
