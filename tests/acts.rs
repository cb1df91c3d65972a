//! Acting on mail at Veeam: each published example of item actions as it is sent in v4 and in v8, and what
//! holds for every act.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use postern_archive::{Archive, Entry, Location, Mailbox, Owner, Window};
use postern_sync::{Asking, Collection, Page, Progress, Site, SyncOptions};
use postern_upstream::fake::{Fake, Misbehaviour};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Gateway, post_with, postern, stderr, stdout};

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
    Entry { id, fragment: None, name, kind: None, created, listed: None }
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
        answer(vec![Site { location, has_mailboxes: true, has_mail: true }])
    }

    fn mailboxes<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Asking<'a, Page<Owner>> {
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
            "m1" => vec![entry("i1==", "lease"), entry("i2==", "rent")],
            _ => vec![entry("i3==", "lease of Bob")],
        })
    }

    fn download<'a>(
        &'a self,
        _: &'a Mailbox,
        id: &'a str,
        _: Option<&'a str>,
    ) -> Asking<'a, Vec<u8>> {
        let (subject, text) = match id {
            "i1==" => ("lease", "support"),
            "i2==" => ("rent", "money"),
            _ => ("lease of Bob", "keys"),
        };
        let number = id.trim_end_matches('=');
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
        assert_eq!(run.await.unwrap().here, 3);
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

/// A command, its environment, the verb in an Action and in a URL, the arguments in v4 and in v8.
type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a str, Value, Value);

const ITEM_V4: &str = "/v4/RestoreSessions/s1/organization/mailboxes/m1/items/i1%3D%3D/Action";
const ITEM_V8: &str = "/v8/RestoreSessions/s1/organization/mailboxes/m1/items/i1%3D%3D";

/// Restoring and sending, as the page of item actions of v4 has it, and its form of v8.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_restores_and_sendings() {
    let certificate = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(certificate.path(), "MIIK").unwrap();
    let certificate = certificate.path().to_str().unwrap();
    let application = [
        ("POSTERN_RESTORE_APPLICATION_ID", "app"),
        ("POSTERN_RESTORE_CERTIFICATE_FILE", certificate),
        ("POSTERN_RESTORE_CERTIFICATE_PASSWORD", "xxx"),
    ];
    let user = json!({"userName": "jsmith@west.example", "userPassword": "paSSw0rd"});
    let by_certificate = json!({"applicationId": "app", "applicationCertificate": "MIIK",
                                "applicationCertificatePassword": "xxx"});
    let letter = json!({"from": "j@x.example", "to": "r@x.example", "subject": "Support Tickets",
                        "text": "Please find attached"});
    let sent_to = [
        "send",
        "--to",
        "r@x.example",
        "--from",
        "j@x.example",
        "--subject",
        "Support Tickets",
        "--text",
        "Please find attached",
    ];
    let impersonate = ["restore", "--impersonate", "svc@x.example"];
    let plain = ["restore"];
    let to = ["restore", "--to", "djohnes@west.example"];
    let table: [Row<'_>; 5] = [
        (&plain, &RESTORER, "restoretoOriginallocation", "restore", user.clone(), user.clone()),
        (
            &impersonate,
            &application,
            "restoretoOriginallocation",
            "restore",
            by_certificate.clone(),
            with(&by_certificate, "impersonationAccountName", "svc@x.example"),
        ),
        (
            &to,
            &RESTORER,
            "restoreTo",
            "restoreTo",
            with(&user, "mailbox", "djohnes@west.example"),
            with(&user, "mailbox", "djohnes@west.example"),
        ),
        (&["send"], &[], "sendtoDefaultaddress", "sendToDefaultAddress", Value::Null, Value::Null),
        (&sent_to, &[], "sendtoDifferentaddress", "sendToDifferentAddress", letter.clone(), letter),
    ];
    let (old, new) = (Place::new("v4").await, Place::new("v8").await);
    for (command, variables, in_action, in_url, in_v4, in_v8) in table {
        for (place, target, body) in [
            (&old, ITEM_V4.to_owned(), json!({ in_action: in_v4 })),
            (&new, format!("{ITEM_V8}/{in_url}"), in_v8),
        ] {
            let mark = place.mark();
            let arguments = [command, &["--yes", "--again", "id:i1@x"]].concat();
            check(&place.run_with(variables, &arguments), 0, "done");
            assert_eq!(place.asked(mark), [(target, body)], "{command:?}");
        }
    }
}

fn with(object: &Value, name: &str, value: &str) -> Value {
    let mut object = object.clone();
    object[name] = value.into();
    object
}

/// A person signs in. The server of v4 cannot say so; there the person presses Enter.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_restore_by_device_code() {
    for (version, target, body) in [
        ("v4", ITEM_V4.to_owned(), json!({"restoretoOriginallocation": {"userCode": "C6A9"}})),
        ("v8", format!("{ITEM_V8}/restore"), json!({"userCode": "C6A9"})),
    ] {
        let place = Place::new(version).await;
        let code =
            r#"{"userCode":"C6A9","verificationUrl":"https://x.example/device","expiresIn":60}"#;
        place.fake.answer_at("/restoreDeviceCode", code);
        place.fake.answer_at("/DeviceCode/check", r#"{"authenticated":true}"#);
        let application = [("POSTERN_RESTORE_APPLICATION_ID", "app")];
        let output =
            place.run_with(&application, &["restore", "--device-code", "--yes", "id:i1@x"]);
        check(&output, 0, "open https://x.example/device and enter the code C6A9");
        assert_eq!(place.asked(0), [(target, body)], "{version}");
        assert!(!place.record().contains("C6A9"), "a code is a secret");
    }
}

/// Exports, as the page has them: by keyword of an item up to v5, of its folder or mailbox from v6 on.
#[tokio::test(flavor = "multi_thread")]
async fn the_published_exports() {
    let old = Place::new("v4").await;
    old.fake.answer_file_at("/Action", PST);
    let out = old.data().join("case.pst");
    let out = out.to_str().unwrap();
    let keyword = ["--format", "pst", "--keywords", "support", "--yes", "--force", "--out", out];
    check(&old.run(&[&["export", "id:i1@x"], &keyword[..]].concat()), 0, "bytes in");
    let body = json!({"exportToPst": {"contentKeywords": "support", "enablePstSizeLimit": false}});
    assert_eq!(old.asked(0), [(ITEM_V4.to_owned(), body)]);
    assert_eq!(std::fs::read(out).unwrap(), PST);

    let new = Place::new("v8").await;
    new.fake.answer_file_at("/exportToPst", PST);
    let refused = new.run(&[&["export", "id:i1@x"], &keyword[..]].concat());
    check(&refused, 1, "ask for its folder: mailbox:ann@contoso.com in:\"Inbox\"");
    check(&refused, 1, "or for its mailbox: mailbox:ann@contoso.com");
    assert_eq!(new.asked(0), []);
    let mailbox = "/v8/RestoreSessions/s1/organization/mailboxes/m1";
    for (query, place) in [
        ("mailbox:ann@contoso.com", mailbox.to_owned()),
        ("mailbox:ann@contoso.com in:Inbox", format!("{mailbox}/folders/f1")),
    ] {
        let mark = new.mark();
        check(&new.run(&[&["export", query], &keyword[..]].concat()), 0, "Veeam decides");
        let body = json!({"contentKeyword": "support", "enablePstSizeLimit": false});
        assert_eq!(new.asked(mark), [(format!("{place}/exportToPst"), body)]);
    }
    // By id, with the size limit of the table.
    let mark = new.mark();
    let by_id = [
        "export",
        "mailbox:ann@contoso.com",
        "--format",
        "pst",
        "--pst-size-limit",
        "2G",
        "--yes",
        "--force",
        "--out",
        out,
    ];
    check(&new.run(&by_id), 0, "done");
    let body = json!({"items": [{"id": "i1=="}, {"id": "i2=="}], "enablePstSizeLimit": true,
                      "pstSizeLimitBytes": 2_u64 << 30});
    assert_eq!(new.asked(mark), [(format!("{mailbox}/items/exportToPst"), body)]);
}

/// What comes is known by its bytes. What is neither is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn several_psts_come_as_a_zip() {
    let place = Place::new("v8").await;
    let out = place.data().join("case.pst");
    let export = ["export", "id:i1@x", "--format", "pst", "--yes", "--out", out.to_str().unwrap()];
    place.fake.answer_file_at("/exportToPst", *b"PK\x03\x04 and so on");
    check(&place.run(&export), 0, "case.zip");
    assert!(place.data().join("case.zip").exists() && !out.exists());
    place.fake.answer_file_at("/exportToPst", "<html>");
    check(&place.run(&export), 1, "neither a PST nor a ZIP");
    assert!(!out.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_without_yes_or_for_another_plan() {
    let place = Place::new("v8").await;
    let shown = place.run(&["restore", "--format", "json", "subject:lease"]);
    let answer: Value = serde_json::from_str(&stdout(&shown)).unwrap();
    assert_eq!((&answer["plan"]["count"], &answer["carriedOut"]), (&json!(2), &json!(false)));
    let id = answer["plan"]["id"].as_str().unwrap();
    check(&place.run(&["restore", "subject:lease"]), 0, &format!("add --yes --plan {id}"));
    check(
        &place.run(&["restore", "subject:rent", "--yes", "--plan", id]),
        1,
        "the plan is another one now",
    );
    check(
        &place.run(&["restore", "subject:lease", "--to", "x@y.z", "--yes", "--plan", id]),
        1,
        "another",
    );
    check(
        &place.run(&["restore", "subject:lease", "--yes", "--limit", "1"]),
        1,
        "2 items were found, and the limit is 1",
    );
    assert_eq!(place.asked(0), []);
    check(&place.run(&["restore", "subject:lease", "--yes", "--plan", id]), 0, "done");
    assert_eq!(place.asked(0).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_twice() {
    let place = Place::new("v8").await;
    place.fake.misbehave_at("i2", Misbehaviour::CutOff);
    place.fake.misbehave_at("i3", Misbehaviour::Status(403));
    let all = ["restore", "mailbox:contoso.com", "--yes"];
    let first = place.run(&all);
    check(&first, 3, "1 done, 1 not done, 1 not known, 0 not begun");
    place.fake.misbehave(Misbehaviour::None);
    for part in ["i2", "i3"] {
        place.fake.misbehave_at(part, Misbehaviour::None);
    }
    let mark = place.mark();
    let second = place.run(&all);
    check(&second, 3, "not known since an earlier run");
    check(&second, 3, "done before");
    let asked: Vec<_> = place.asked(mark).into_iter().map(|(target, _)| target).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("i3"), "only what surely was not done");
    check(&place.run(&[&all[..], &["--again"]].concat()), 0, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_said_before_anything_is_done() {
    let place = Place::new("v8").await;
    check(&place.run_with(&[], &["restore", "id:i1@x", "--yes"]), 1, "POSTERN_RESTORE_USER");
    let half = [RESTORER[0]];
    check(
        &place.run_with(&half, &["restore", "id:i1@x", "--yes"]),
        1,
        "POSTERN_RESTORE_PASSWORD is missing",
    );
    check(&place.run(&["restore", "nosuchword", "--yes"]), 1, "finds no mail of a Veeam backup");
    check(&place.run(&["restore", "id:i1@x", "--source", "elsewhere", "--yes"]), 1, "veeam");
    place.fake.answer_at("/VexEmailSettings", "");
    let nowhere = Place::new("v8").await;
    nowhere.fake.misbehave_at("/VexEmailSettings", Misbehaviour::Status(404));
    check(&nowhere.run(&["send", "id:i1@x"]), 1, "an administrator of the backup server");
    check(&nowhere.run(&["send", "id:i1@x", "--to", "a@x.example"]), 2, "--from");
    assert_eq!((place.asked(0), nowhere.asked(0)), (vec![], vec![]));
}

/// Neither what is printed, nor the record, nor any other file has a secret in it.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_stay_secret() {
    let place = Place::new("v8").await;
    let mut told = String::new();
    for arguments in [
        &["restore", "id:i1@x", "--yes", "-vv"][..],
        &["restore", "id:i1@x", "--format", "json"],
        &["config", "show"],
    ] {
        let output = place.run(arguments);
        told += &stdout(&output);
        told += &stderr(&output);
    }
    told += &place.record();
    for secret in [PASSWORD, "paSSw0rd"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert!(place.record().contains(r#""verb":"restore""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_finds_is_exported_here() {
    let place = Place::new("v8").await;
    let export =
        |format: &str| place.run(&["export", "subject:lease", "--format", format, "--out", "-"]);
    let mbox = stdout(&export("mbox"));
    assert_eq!(mbox.matches("From postern@localhost").count(), 2);
    assert_eq!(stdout(&export("csv")).lines().count(), 3);
    assert_eq!(stdout(&export("jsonl")).lines().count(), 2);
    assert!(export("zip").stdout.starts_with(b"PK"));
    let out = place.data().join("out.mbox");
    let kept = ["export", "subject:lease", "--format", "mbox", "--out", out.to_str().unwrap()];
    check(&place.run(&kept), 0, "2 messages exported");
    check(&place.run(&kept), 1, "--force");
    assert_eq!(std::fs::read_to_string(out).unwrap(), mbox);
    let nowhere = crate::support::run(place.data(), &["export", "x", "--format", "pst"]);
    check(&nowhere, 1, "a PST cannot be made here");
    assert!(place.fake.seen().is_empty());
}

// ---- over HTTP ----

/// A key that may do all, one for Ann's mailbox that may do all, one that may only search: with their SHA-256.
const KEYS: [(&str, &str, &str); 3] = [
    (
        "wide",
        "0abaa40b10436a8fbba40ad39a0ba58da06f7aa0fd12a488f1ee358ed04fb942",
        "actions = [\"restore\", \"send\", \"export-pst\"]",
    ),
    (
        "ann",
        "49915e0d7d4b402e3017d010bc1c0e83cac6c797d6c16e66340fe3268693a6a1",
        "mailboxes = [\"ann@contoso.com\"]\nactions = [\"restore\", \"send\", \"export-pst\"]",
    ),
    ("reader", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30", ""),
];

impl Place {
    /// A gateway with these keys, which can restore.
    fn serve(&self) -> Gateway {
        let mut text = std::fs::read_to_string(&self.config).unwrap();
        for (name, digest, more) in KEYS {
            let key = ["[[keys]]\nname = \"", name, "\"\nsha256 = \"", digest];
            text.extend(key.into_iter().chain(["\"\ntenant = \"contoso\"\n", more, "\n"]));
        }
        let config = self.data().join("serve.toml");
        std::fs::write(&config, text).unwrap();
        let mut command = postern(self.data());
        command.arg("--config").arg(config).env("POSTERN_VEEAM_PASSWORD", PASSWORD).envs(RESTORER);
        Gateway::run(command.args(["serve", "--listen", "127.0.0.1:0"]))
    }
}

async fn act(gateway: &Gateway, key: &str, verb: &str, body: &Value) -> Answer {
    post_with(&format!("{}/v1/actions/{verb}", gateway.url), key, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_over_http_is_shown_and_then_confirmed() {
    let place = Place::new("v8").await;
    let gateway = place.serve();
    let shown = act(&gateway, "wide", "restore", &json!({"q": "subject:lease"})).await;
    assert_eq!((shown.status, &shown.json()["carriedOut"]), (200, &json!(false)), "{}", shown.body);
    let id = shown.json()["plan"]["id"].clone();
    assert_eq!(place.asked(0), []);
    let other =
        act(&gateway, "wide", "restore", &json!({"q": "subject:rent", "confirm": id})).await;
    assert_eq!((other.status, &other.json()["code"]), (409, &json!("other_plan")));
    let body = json!({"q": "subject:lease", "confirm": id});
    let done = act(&gateway, "wide", "restore", &body).await;
    let outcomes = |answer: &Answer| {
        let results = answer.json()["results"].as_array().unwrap().clone();
        results.iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&done), ["done", "done"], "{}", done.body);
    let again = act(&gateway, "wide", "restore", &body).await;
    assert_eq!(outcomes(&again), ["done before", "done before"]);
    assert_eq!(place.asked(0).len(), 2, "each once");
    assert!(place.record().contains(r#""by":"wide""#));
    let few = json!({"q": "subject:lease", "limit": 1});
    let few = act(&gateway, "wide", "restore", &few).await;
    assert_eq!((few.status, &few.json()["code"]), (400, &json!("too_many_items")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pst_over_http() {
    let place = Place::new("v8").await;
    place.fake.answer_file_at("/exportToPst", PST);
    let gateway = place.serve();
    let query = json!({"q": "id:i1@x", "pstSizeLimitGB": 2});
    let shown = act(&gateway, "wide", "export-pst", &query).await;
    let confirmed =
        json!({"q": "id:i1@x", "pstSizeLimitGB": 2, "confirm": shown.json()["plan"]["id"]});
    let file = act(&gateway, "wide", "export-pst", &confirmed).await;
    assert_eq!((file.status, file.body.as_bytes()), (200, PST));
    let two = act(&gateway, "wide", "export-pst", &json!({"q": "subject:lease"})).await;
    let two = json!({"q": "subject:lease", "confirm": two.json()["plan"]["id"]});
    let two = act(&gateway, "wide", "export-pst", &two).await;
    assert_eq!((two.status, &two.json()["code"]), (400, &json!("several_mailboxes")));
}

/// A key without the right does nothing, and one for a mailbox acts on it and into it alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_acts_within_its_rights_and_mailboxes() {
    let place = Place::new("v8").await;
    let gateway = place.serve();
    let all = json!({"q": "mailbox:contoso.com"});
    for verb in ["restore", "send", "export-pst"] {
        let refused = act(&gateway, "reader", verb, &all).await;
        assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("forbidden")));
        assert!(refused.body.contains(verb), "it names the right: {}", refused.body);
        let shown = act(&gateway, "ann", verb, &all).await;
        assert_eq!((shown.status, &shown.json()["plan"]["count"]), (200, &json!(2)));
        assert!(!shown.body.contains("Bob") && !shown.body.contains("i3"), "{}", shown.body);
        assert_eq!(act(&gateway, "nobody", verb, &all).await.status, 401);
    }
    let table = [
        // verb, more of the body, status
        ("restore", json!({"to": "bob@contoso.com"}), 403),
        ("restore", json!({"to": "ann@contoso.com"}), 200),
        ("send", json!({"to": "bob@contoso.com", "from": "ann@contoso.com"}), 403),
        ("send", json!({"to": "ann@contoso.com", "from": "ann@contoso.com"}), 403),
        ("send", json!({}), 200),
        ("send", json!({"to": "ann@contoso.com"}), 400),
        ("restore", json!({"from": "ann@contoso.com"}), 400),
        ("restore", json!({"at": "yesterday"}), 400),
        ("export-pst", json!({"pstSizeLimitGB": 50}), 400),
        ("restore", json!({"nonsense": 1}), 400),
        ("copy", json!({}), 404),
        ("delete", json!({}), 404),
    ];
    for (verb, more, status) in table {
        let mut body = all.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = act(&gateway, "ann", verb, &body).await;
        assert_eq!(answer.status, status, "{verb} {more}: {}", answer.body);
    }
    let of_bob = act(&gateway, "ann", "restore", &json!({"q": "id:i3@x"})).await;
    assert_eq!((of_bob.status, &of_bob.json()["code"]), (404, &json!("nothing_found")));
    let everything = act(&gateway, "wide", "restore", &json!({})).await;
    assert_eq!(everything.status, 400, "a query that says nothing is no query for an act");
    assert_eq!(place.asked(0), []);
}
