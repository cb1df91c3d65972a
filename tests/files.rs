//! `postern files` against a fake server of Veeam.

use std::path::{Path, PathBuf};
use std::process::Output;

use postern_upstream::fake::Fake;
use serde_json::{Value, json};

use crate::support::{postern, stderr, stdout};

/// A server of that version with the drive of Ann, a folder, and two documents.
pub(crate) async fn server() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.answer_at("/token", r#"{"access_token":"a","refresh_token":"r","expires_in":3600}"#);
    fake.answer_at("POST /v4/Organizations", r#"{"id":"s1","state":"Working"}"#);
    fake.answer_at("POST /v8/Organizations", r#"{"id":"s1","state":"Working"}"#);
    fake.answer_at("/Organizations", r#"[{"id":"o1","name":"contoso"}]"#);
    fake.answer_at("mailboxes?", r#"{"results":[{"id":"m1","email":"ann@contoso.com"}]}"#);
    let url = "https://contoso-my.sharepoint.com/personal";
    let drives = json!({"results": [
        {"id": "d1", "name": "Ann", "url": format!("{url}/ann_contoso_com")},
        {"id": "d2", "name": "Press", "url": format!("{url}/press")},
    ]});
    fake.answer_at("OneDrives?", drives.to_string());
    fake.answer_at("d1/Folders?parentId=null", r#"{"results":[{"id":"f1","name":"Reports"}]}"#);
    fake.answer_at("/Folders?", r#"{"results":[]}"#);
    fake.answer_at(
        "d1/Documents?parentId=null",
        json!({"results": [document(1, "a.txt")]}).to_string(),
    );
    let below = json!({"results": [document(2, "b.txt"), document(3, "../../evil\u{1b}[2J.txt")]});
    fake.answer_at("d1/Documents?parentId=f1", below.to_string());
    fake.answer_at("/Versions?", json!({"results": [document(2, "b.txt")]}).to_string());
    fake.answer("{}");
    fake
}

fn document(id: u32, name: &str) -> Value {
    json!({"id": id.to_string(), "name": name, "size": 5, "version": "2.0",
           "modificationTime": "2024-01-31T10:00:00"})
}

/// Runs `postern files` with a configuration of one tenant.
pub(crate) fn files(fake: &Fake, folder: &Path, arguments: &[&str]) -> Output {
    run(fake, folder, &[&["files"], arguments].concat(), &[])
}

/// Runs a command in a folder. The word `v8` among its arguments chooses that version; it is v4 otherwise.
pub(crate) fn run(
    fake: &Fake,
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Output {
    let (data, version) =
        (folder.join("data"), if arguments.contains(&"v8") { "v8" } else { "v4" });
    let config = configured(fake, folder, version);
    let mut command = postern(&data);
    command
        .current_dir(folder)
        .env("POSTERN_VEEAM_PASSWORD", "s3cret")
        .arg("--config")
        .arg(&config);
    command.envs(environment.iter().copied());
    command.args(arguments.iter().filter(|argument| **argument != "v8")).output().unwrap()
}

/// A configuration of one tenant.
pub(crate) fn configured(fake: &Fake, folder: &Path, version: &str) -> PathBuf {
    let (data, config) = (folder.join("data"), folder.join("postern.toml"));
    let text = format!(
        "[[tenants]]\nid = \"contoso\"\ndata = {data:?}\n[tenants.veeam]\nurl = {:?}\nversion = \"{version}\"\n\
         user = \"admin\"\n[tenants.veeam.drives]\nPress = \"press@contoso.com\"\n",
        fake.url()
    );
    std::fs::write(&config, text).unwrap();
    config
}

#[track_caller]
pub(crate) fn check(output: &Output, code: i32, said: &[&str]) {
    let told = format!("{}{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{told}");
    for said in said {
        assert!(told.contains(said), "`{said}` in {told}");
    }
    assert!(!told.contains('\u{1b}') && !told.contains("s3cret"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_drives_by_their_owners() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    let listed = files(&fake, folder.path(), &["list"]);
    check(&listed, 0, &["ann@contoso.com  Ann  https://", "press@contoso.com  Press  https://"]);
    let stopped = fake.seen().iter().filter(|seen| seen.body.starts_with(b"{\"stop\"")).count();
    assert_eq!(stopped, 2, "the session of drives, and that of the mailboxes");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_folders_documents_and_versions() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    let listed = files(&fake, folder.path(), &["list", "Ann@contoso.com"]);
    check(&listed, 0, &["Reports/", "5  2024-01-31T10:00:00Z  2.0     a.txt"]);
    let deep = files(&fake, folder.path(), &["list", "ann", "--recursive", "--format", "json"]);
    let deep: Value = serde_json::from_str(&stdout(&deep)).unwrap();
    let paths: Vec<_> =
        deep["documents"].as_array().unwrap().iter().map(|it| &it["path"]).collect();
    assert_eq!(paths, ["a.txt", "Reports/b.txt", "Reports/../../evil\u{1b}[2J.txt"]);
    let one = files(&fake, folder.path(), &["list", "ann", "reports/B.TXT", "--versions"]);
    check(&one, 0, &["Reports/b.txt", "(this version)"]);
    check(
        &files(&fake, folder.path(), &["list", "ann", "Reports/c.txt"]),
        1,
        &["in `Reports` there is no `c.txt`"],
    );
    check(&files(&fake, folder.path(), &["list", "bob"]), 1, &["`bob`", "ann@contoso.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn saves_a_document_under_a_name_of_this_folder() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    fake.answer_file_at("Documents/1/Action", "hello");
    fake.answer_file_at("Documents/3/Action", "evil");
    let saved = files(&fake, folder.path(), &["save", "ann", "a.txt"]);
    check(&saved, 0, &["1 document, 5 bytes, in a.txt"]);
    assert_eq!(std::fs::read(folder.path().join("a.txt")).unwrap(), b"hello");
    let body = fake.seen().into_iter().find(|seen| seen.target.ends_with("Documents/1/Action"));
    assert_eq!(body.unwrap().body, br#"{"save":{"asZip":false}}"#);

    let again = files(&fake, folder.path(), &["save", "ann", "a.txt"]);
    check(&again, 1, &["is there already", "--force"]);
    check(&files(&fake, folder.path(), &["save", "ann", "a.txt", "--force"]), 0, &["5 bytes"]);
    check(
        &files(&fake, folder.path(), &["save", "ann", "Reports/../../evil\u{1b}[2J.txt"]),
        1,
        &["no"],
    );
    let names = || {
        let names = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["a.txt", "data", "postern.toml"], "nothing is left of what failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn saves_several_documents_as_a_zip_file() {
    let (fake, folder) = (server().await, tempfile::tempdir().unwrap());
    fake.answer_file_at("Documents/Action", "not a zip");
    check(&files(&fake, folder.path(), &["save", "ann", "Reports"]), 1, &["no ZIP file"]);
    assert!(!folder.path().join("ann@contoso.com.zip").exists());
    fake.answer_file_at("Documents/Action", "PK\u{3}\u{4}zip");
    check(
        &files(&fake, folder.path(), &["save", "ann", "Reports", "a.txt"]),
        0,
        &["3 documents, 7 bytes"],
    );
    let zip = std::fs::read(folder.path().join("ann@contoso.com.zip")).unwrap();
    assert_eq!(zip, b"PK\x03\x04zip");
    let body = fake.seen().into_iter().rfind(|seen| seen.target.ends_with("Documents/Action"));
    let body: Value = serde_json::from_slice(&body.unwrap().body).unwrap();
    let documents = body["save"]["Documents"].as_array().unwrap();
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[2], document(1, "a.txt"), "whole objects, as they were listed");
    let few = files(&fake, folder.path(), &["save", "ann", "Reports", "--limit", "1", "--force"]);
    check(&few, 1, &["2 documents are meant, and the limit is 1"]);
}
