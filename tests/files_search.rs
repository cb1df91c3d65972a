//! `--engine veeam` and `engine=veeam`: documents of drives beside mail, found where they are backed up.

use std::path::Path;

use postern_upstream::fake::Fake;
use serde_json::{Value, json};

use crate::files::{check, configured, run, server};
use crate::support::{Gateway, get, postern, stdout};

fn document(drive: &str, id: &str, name: &str) -> Value {
    json!({"id": id, "oneDriveId": drive, "name": name, "sizeBytes": 5, "version": "2.0",
           "versionId": 1024, "modificationTime": "2024-01-31T10:00:00Z", "isFolder": false})
}

/// A server whose searches find a document in each of two drives, and no mail.
async fn searching() -> Fake {
    let fake = server().await;
    let found = [document("d1", "1", "a.txt"), document("d2", "9", "plan.txt")];
    fake.answer_at("OneDrives/search", json!({"results": found}).to_string());
    fake.answer_at("OneDrives/d1/search", json!({"results": found[..1]}).to_string());
    fake.answer_at("mailboxes/search", r#"{"results":[]}"#);
    fake
}

fn search(fake: &Fake, folder: &Path, arguments: &[&str]) -> std::process::Output {
    run(fake, folder, &[&["search", "--engine", "veeam"], arguments].concat(), &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_found_where_they_are_backed_up() {
    let (fake, folder) = (searching().await, tempfile::tempdir().unwrap());
    let found = search(&fake, folder.path(), &["v8", "--format", "json", "ext:txt"]);
    check(&found, 0, &["a.txt", "plan.txt"]);
    let json: Value = serde_json::from_str(&stdout(&found)).unwrap();
    let told = |name: &str| -> Vec<&Value> {
        json["results"].as_array().unwrap().iter().map(|hit| &hit[name]).collect()
    };
    assert_eq!(told("kind"), ["file", "file"], "{json}");
    assert_eq!(told("owner"), ["ann@contoso.com", "press@contoso.com"]);
    assert_eq!(told("id"), ["veeam-~d1.1", "veeam-~d2.9"]);
    let sent = json!({"query": "attachments:\".txt\"", "documents": "filename:\".txt\""});
    assert_eq!(json["query"]["sent"], sent);
    let one = search(&fake, folder.path(), &["v8", "kind:file ext:txt mailbox:ann@contoso.com"]);
    check(&one, 0, &["a.txt"]);
    assert!(!stdout(&one).contains("plan.txt"));
    let stopped = fake.seen().iter().filter(|seen| seen.path().ends_with("/Stop")).count();
    assert_eq!(stopped, 4, "each run stops its session of mail and that of drives");
}

/// Before v6 nothing searches drives, and whoever asks is told.
#[tokio::test(flavor = "multi_thread")]
async fn in_v4_the_answer_says_why_there_are_no_documents() {
    let (fake, folder) = (searching().await, tempfile::tempdir().unwrap());
    fake.answer_at("mailboxes/Action", r#"{"results":[]}"#);
    let why = "the search of drives exists from v6 on, and v4 is spoken";
    let found = search(&fake, folder.path(), &["--format", "json", "ext:txt"]);
    check(&found, 0, &["filesMissing", why]);
    check(&search(&fake, folder.path(), &["kind:file ext:txt"]), 1, &[why]);
}

/// What is at home has the id that it has there, and what is not is fetched by its id.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_at_home_has_its_id_of_there() {
    let (fake, folder) = (searching().await, tempfile::tempdir().unwrap());
    fake.answer_at("Documents/9?", "");
    fake.answer_at("OneDrives/d2/Documents/9", document("d2", "9", "plan.txt").to_string());
    let config = configured(&fake, folder.path(), "v8");
    let mut command = postern(&folder.path().join("data"));
    command.env("POSTERN_VEEAM_PASSWORD", "s3cret").args(["serve", "--listen", "127.0.0.1:0"]);
    let gateway = Gateway::run(command.arg("--config").arg(config));
    let answer = get(&format!("{}/v1/search?q=kind:file+ext:txt&engine=veeam", gateway.url)).await;
    let id = answer.json()["results"][1]["id"].as_str().unwrap().to_owned();
    let item = get(&format!("{}/v1/items/{id}", gateway.url)).await.json();
    assert_eq!((&item["name"], &item["owner"]), (&"plan.txt".into(), &"press@contoso.com".into()));
}
