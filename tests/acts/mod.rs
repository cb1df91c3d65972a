//! Acting on mail at Veeam: a backup that was synced, and what its server is asked.

mod documents;
#[cfg(unix)]
mod hostile;
mod http;
mod promises;
mod published;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use postern_archive::{Archive, Entry, Holds, Location, Mailbox, Owner, ToFetch, Window};
use postern_sync::{Asking, Collection, Page, Progress, Site, SyncOptions};
use postern_upstream::fake::Fake;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{postern, stderr, stdout};

const PASSWORD: &str = "veeam-pa55word";
const RESTORER: [(&str, &str); 2] =
    [("POSTERN_RESTORE_USER", "jsmith@west.example"), ("POSTERN_RESTORE_PASSWORD", "paSSw0rd")];
/// A PST begins so.
const PST: &[u8] = b"!BDN and so on";

/// Mailboxes as a backup has them: two messages of Ann, one of Bob.
#[derive(Debug)]
struct Backed;

fn answer<T: Send + 'static>(items: T) -> Asking<'static, T> {
    Box::pin(std::future::ready(Ok(items)))
}

fn page<T: Send + 'static>(items: Vec<T>) -> Asking<'static, Page<T>> {
    answer(Page { items, marker: None })
}

fn entry(id: &str, name: &str) -> Entry {
    let created = Some("2024-01-02T03:04:05Z".parse().unwrap());
    let (id, name) = (id.to_owned(), Some(name.to_owned()));
    Entry { id, fragment: None, name, kind: None, created, listed: None, only_listed: false }
}

impl Collection for Backed {
    fn name(&self) -> &'static str {
        "veeam"
    }

    fn has_windows(&self) -> bool {
        false
    }

    fn locations(&self) -> Asking<'_, Vec<Site>> {
        let location = Location { id: "o1".into(), kind: "veeam".into(), name: None };
        answer(vec![Site { location, lists: &[Holds::Mail], keeps: &[Holds::Mail] }])
    }

    fn mailboxes<'a>(
        &'a self,
        _: &'a str,
        _: Holds,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Owner>> {
        let owner = |id: &str, address: &str| Owner {
            id: id.to_owned(),
            address: Some(address.to_owned()),
            name: None,
            kind: None,
        };
        page(vec![owner("m1", "ann@contoso.com"), owner("m2", "bob@contoso.com")])
    }

    fn folders<'a>(
        &'a self,
        _: &'a Mailbox,
        within: Option<&'a str>,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        page(if within.is_none() { vec![entry("f1", "Inbox")] } else { vec![] })
    }

    fn messages<'a>(
        &'a self,
        mailbox: &'a Mailbox,
        _: &'a str,
        _: Option<Window>,
        _: Option<&'a str>,
    ) -> Asking<'a, Page<Entry>> {
        page(match mailbox.id.as_str() {
            "m1" => vec![entry("i1==", "lease"), entry("i2==", "rent"), entry("i4==", "circular")],
            _ => vec![entry("i3==", "lease of Bob"), entry("i5==", "circular")],
        })
    }

    fn download<'a>(
        &'a self,
        _: &'a Mailbox,
        ToFetch { id, .. }: &'a ToFetch,
    ) -> Asking<'a, Vec<u8>> {
        let (subject, text) = match id.as_str() {
            "i1==" => ("lease", "support"),
            "i2==" => ("rent", "money"),
            "i3==" => ("lease of Bob", "keys"),
            _ => ("circular", "to all"),
        };
        // Ann and Bob have the same circular.
        let number = if id == "i5==" { "i4" } else { id.trim_end_matches('=') };
        let raw = format!(
            "From: c@x.example\r\nSubject: {subject}\r\nMessage-ID: <{number}@x>\r\n\r\n{text}\r\n"
        );
        answer(raw.into_bytes())
    }

    fn requests(&self) -> u64 {
        0
    }
}

fn now() -> Timestamp {
    "2024-05-22T12:00:00Z".parse().unwrap()
}

/// A backup that was synced, its server, and a configuration that names it.
struct Place {
    fake: Fake,
    folder: TempDir,
    config: PathBuf,
}

impl Place {
    async fn new(version: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::below(folder.path());
        let progress = Arc::new(Progress::default());
        let options = SyncOptions::default();
        let run = postern_sync::run(Arc::new(Backed), "contoso", &archive, options, now, progress);
        assert_eq!(run.await.unwrap().here, 5);
        let fake = Fake::start().await.unwrap();
        fake.answer_at("/token", r#"{"access_token":"a1","refresh_token":"r1","expires_in":3600}"#);
        fake.answer_at("GET /v4/Organizations", r#"[{"id":"o1","name":"contoso"}]"#);
        fake.answer_at("GET /v8/Organizations", r#"{"results":[{"id":"o1","name":"contoso"}]}"#);
        for explore in ["POST /v4/Organizations", "POST /v8/Organizations"] {
            fake.answer_at(explore, r#"{"id":"s1","state":"Working"}"#);
        }
        fake.answer_at("/VexEmailSettings", r#"{"enableNotification":true,"server":"smtp.x"}"#);
        fake.answer_at("/mailboxes?", r#"{"results":[{"id":"m1","email":"ann@contoso.com"}]}"#);
        fake.answer_at("/folders?", r#"{"results":[{"id":"f1","name":"Inbox"}]}"#);
        fake.answer("{}");
        let config = folder.path().join("postern.toml");
        let data = folder.path().display();
        let text = format!(
            "[[tenants]]\nid = \"contoso\"\ndata = \"{data}\"\n[tenants.veeam]\nurl = \"{}\"\n\
             version = \"{version}\"\nuser = \"admin\"\n",
            fake.url()
        );
        std::fs::write(&config, text).unwrap();
        Self { fake, folder, config }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = postern(self.data());
        command.arg("--config").arg(&self.config).env("POSTERN_VEEAM_PASSWORD", PASSWORD);
        command.envs(variables.iter().copied()).args(arguments).stdin(Stdio::null());
        command.output().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(&RESTORER, arguments)
    }

    /// What was asked for since then, of items: where and with which body.
    fn asked(&self, since: usize) -> Vec<(String, Value)> {
        let seen = self.fake.seen();
        let acts = seen.iter().skip(since).filter(|seen| {
            let target = seen.target.to_lowercase();
            let is_mailbox = target.contains("/organization/mailboxes/m");
            seen.method == "POST" && is_mailbox
        });
        let body = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or(Value::Null);
        acts.map(|seen| (seen.target.clone(), body(&seen.body))).collect()
    }

    fn mark(&self) -> usize {
        self.fake.seen().len()
    }

    fn record(&self) -> String {
        std::fs::read_to_string(self.data().join("actions.jsonl")).unwrap_or_default()
    }
}

#[track_caller]
fn check(output: &Output, code: i32, said: &str) {
    let text = format!("{}{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(said), "`{said}` in {text}");
}
