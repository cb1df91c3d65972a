//! Data that a release before wrote: it answers, it is upgraded, and nothing of it is lost.
//!
//! `tests/data/format-13.tar.gz` is what a binary of format 13 made of `samples/mail`, which then lay in `/srv/mail`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Answer, Gateway, get_with, postern, root, run, samples, stderr, stdout};

/// Queries, and how many messages the binary of format 13 said that each finds.
const COUNTED: [(&str, &str); 13] = [
    ("*", "96"),
    ("invoice", "12"),
    ("contents:*", "35"),
    ("has:attachment", "36"),
    ("from:alice", "0"),
    ("contents:invoice", "3"),
    ("is:unread", "0"),
    ("filename:pdf", "16"),
    ("subject:re", "26"),
    ("in:inbox", "50"),
    ("invoice NEAR/3 overdue", "2"),
    ("size>1K", "71"),
    ("contents:\"terms of\"", "0"),
];

/// A data folder of format 13.
struct Former(TempDir);

impl Former {
    /// The originals of which are gone.
    fn alone() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let packed = fs::File::open(root().join("tests/data/format-13.tar.gz")).unwrap();
        tar::Archive::new(GzDecoder::new(packed)).unpack(folder.path()).unwrap();
        Self(folder)
    }

    /// The originals of which lie where they were found.
    fn with_originals() -> Self {
        let former = Self::alone();
        let mail = root().join("samples/mail").canonicalize().unwrap();
        let ledger = Connection::open(former.data().join("index/ledger.sqlite")).unwrap();
        let change =
            "UPDATE files SET path = CAST(replace(CAST(path AS TEXT), '/srv/mail', ?1) AS BLOB)";
        assert_eq!(ledger.execute(change, [mail.to_str().unwrap()]).unwrap(), 96);
        former
    }

    fn data(&self) -> &Path {
        self.0.path()
    }

    #[track_caller]
    fn said(&self, arguments: &[&str]) -> String {
        let output = run(self.data(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    fn counts(&self) -> Vec<(&'static str, String)> {
        let count = |query: &str| self.said(&["search", query, "--count"]).trim().to_owned();
        COUNTED.iter().map(|(query, _)| (*query, count(query))).collect()
    }

    fn ids(&self, query: &str) -> String {
        ids(self.data(), query)
    }

    /// A run that finds no file.
    fn upgrade(&self) {
        let nothing = tempfile::tempdir().unwrap();
        self.said(&["index", "--quiet", nothing.path().to_str().unwrap()]);
    }

    fn version(&self) -> String {
        fs::read_to_string(self.data().join("index/version.json")).unwrap()
    }

    fn beside(&self) -> PathBuf {
        self.data().join("upgrade")
    }
}

fn ids(data: &Path, query: &str) -> String {
    stdout(&run(data, &["search", query, "--limit", "1000", "--sort", "newest", "--format", "ids"]))
}

fn counted() -> Vec<(&'static str, String)> {
    COUNTED.iter().map(|(query, count)| (*query, (*count).to_owned())).collect()
}

#[test]
fn an_index_of_the_release_before_answers_and_says_so() {
    let former = Former::alone();
    assert_eq!(former.counts(), counted());
    let refused = run(former.data(), &["search", "quoted:invoice"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = stderr(&refused);
    assert!(told.contains("`quoted:` has to wait") && told.contains("`postern sync`"), "{told}");
    assert!(former.said(&["status"]).contains("the index has a former format"));
    let doctor: Value =
        serde_json::from_str(&former.said(&["doctor", "--format", "json"])).unwrap();
    let found = doctor["findings"].as_array().unwrap();
    let is_told = |one: &&Value| one["about"] == "index" && one["severity"] == "advice";
    let finding = found.iter().find(is_told).unwrap();
    assert!(finding["do"].as_str().unwrap().contains("`postern sync`"), "{finding}");
    former.said(&["check"]);
    assert!(former.version().contains("13"), "nobody changed it");
}

#[test]
fn an_upgrade_loses_nothing() {
    let former = Former::with_originals();
    former.said(&["set", "kept", "subject:re"]);
    former.said(&["watch", "add", "due", "overdue"]);
    let [all, kept] = ["*", "set:kept"].map(|query| former.ids(query));
    former.upgrade();
    assert!(!former.version().contains("13") && !former.beside().exists());
    assert_eq!(former.counts(), counted());
    assert_eq!([former.ids("*"), former.ids("set:kept")], [all, kept]);
    assert_eq!(former.said(&["watch", "run"]), "", "an upgrade finds nothing new");
    // What the former format lacked is read from the originals.
    for query in ["quoted:re", "new:invoice", "quoted:the", "new:the"] {
        assert_eq!(former.ids(query), ids(samples(), query), "{query}");
    }
    assert!(!former.ids("new:the").is_empty());
    let found = |data: &Path| {
        let output = run(data, &["search", "contents:invoice", "--format", "json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["results"].clone()
    };
    assert_eq!(found(former.data()), found(samples()), "with the attachments that match");
    former.upgrade();
    assert_eq!(former.counts(), counted(), "a second one does nothing");
}

/// Whoever was killed behind the exchange left the former index in the folder of the upgrade.
#[test]
fn what_a_killed_upgrade_left_is_cleared_away() {
    let former = Former::with_originals();
    former.upgrade();
    let left = former.beside().join("index/tantivy");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("meta.json"), "{}").unwrap();
    former.upgrade();
    assert!(!former.beside().exists());
    assert_eq!(former.counts(), counted());
}

#[test]
fn a_query_that_waits_for_the_upgrade_keeps_its_line_of_a_report() {
    let former = Former::alone();
    let terms = former.data().join("terms.txt");
    fs::write(&terms, "overdue\tinvoice\nreplies\tquoted:invoice\n").unwrap();
    let output = run(former.data(), &["report", terms.to_str().unwrap(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["lines"][0]["matches"].as_u64().is_some_and(|count| count > 0), "{report}");
    assert_eq!(report["lines"][1]["errors"][0]["code"], "upgrading", "{report}");
}

/// Words inside of attachments are not stored, and the files they were read from are gone.
#[test]
fn an_upgrade_needs_no_original_for_what_was_found() {
    let former = Former::alone();
    let all = former.ids("contents:*");
    former.upgrade();
    assert_eq!(former.counts(), counted());
    assert_eq!(former.ids("contents:*"), all);
    former.said(&["check"]);
    let told = former.said(&["status"]);
    assert!(told.contains("of a former format had no original to be read again"), "{told}");
    let doctor = former.said(&["doctor"]);
    assert!(doctor.contains("their originals were gone"), "{doctor}");
}

#[test]
fn killed_while_upgrading() {
    let former = Former::with_originals();
    let (all, nothing) = (former.ids("*"), tempfile::tempdir().unwrap());
    for wait in [1, 5, 20, 60, 120, 200] {
        let mut upgrading = postern(former.data());
        let upgrading = upgrading.args(["index", "--quiet", nothing.path().to_str().unwrap()]);
        let mut child = upgrading.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(former.ids("*"), all, "after {wait} ms");
    }
    former.upgrade();
    assert_eq!((former.counts(), former.ids("*")), (counted(), all));
    assert!(!former.beside().exists() && !former.version().contains("13"));
}

async fn search(gateway: &Gateway, query: &str) -> Answer {
    get_with(&format!("{}/v1/search?q={query}", gateway.url), None).await
}

/// Waits until the gateway answers what a former index lacks.
async fn upgraded(gateway: &Gateway) {
    let end = Instant::now() + Duration::from_secs(60);
    while search(gateway, "quoted:the").await.status != 200 {
        assert!(Instant::now() < end, "it is not upgraded");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The gateway answers from the former index while somebody keeps it from being upgraded, and from the new one as soon
/// as that is whole.
#[tokio::test]
async fn a_gateway_answers_while_the_index_is_upgraded() {
    let former = Former::with_originals();
    let lock = fs::File::create(former.data().join("index/lock")).unwrap();
    lock.lock().unwrap();
    let gateway = Gateway::start(former.data(), &[]);
    assert_eq!(search(&gateway, "invoice").await.json()["count"]["value"], 12);
    let refused = search(&gateway, "quoted:the").await;
    assert_eq!((refused.status, &refused.json()["code"]), (503, &Value::from("upgrading")));
    assert!(!refused.header("retry-after").is_empty());
    let status = get_with(&format!("{}/v1/status", gateway.url), None).await;
    let doctor: Value =
        serde_json::from_str(&former.said(&["doctor", "--format", "json"])).unwrap();
    let of_index = |found: &Value| {
        let all = found["findings"].as_array().into_iter().flatten();
        all.filter(|one| one["about"] == "index").cloned().collect::<Vec<_>>()
    };
    assert_eq!(of_index(&status.json()), of_index(&doctor));
    assert_eq!(of_index(&doctor).len(), 1, "{doctor}");
    drop(lock);
    upgraded(&gateway).await;
    assert_eq!(search(&gateway, "invoice").await.json()["count"]["value"], 12);
    let status = get_with(&format!("{}/v1/status", gateway.url), None).await;
    assert_eq!(of_index(&status.json()), [] as [Value; 0]);
}

#[tokio::test]
async fn a_gateway_upgrades_by_itself() {
    let former = Former::alone();
    let gateway = Gateway::start(former.data(), &[]);
    upgraded(&gateway).await;
    assert_eq!(search(&gateway, "invoice").await.json()["count"]["value"], 12);
    drop(gateway);
    assert_eq!(former.counts(), counted());
}
