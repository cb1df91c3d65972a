//! A server of Veeam whose names and words are hostile, secrets in logs, and a disk that is full.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use super::http::{act, serving};
use super::{PASSWORD, Place, RESTORER, check};
use crate::private::{HOSTILE, assert_harmless, on_a_terminal};
use crate::support::{Gateway, postern, stderr, stdout};

impl Place {
    /// A server whose every name is hostile.
    async fn hostile() -> Self {
        let place = Self::new("v8").await;
        let list = |value: Value| json!({"results": [value]}).to_string();
        let address = format!("{HOSTILE}@x.example");
        let mailbox = json!({"id": "m9", "name": HOSTILE, "email": address});
        let item = json!({"id": "i9", "mailboxId": "m9", "subject": HOSTILE, "from": HOSTILE, "to": HOSTILE,
                          "itemClass": "IPM.Note", "attachments": [{"name": HOSTILE}],
                          "_links": {"parent": {"href": "/v8/x/folders/f9"}}});
        let job = json!({"id": HOSTILE, "name": HOSTILE, "type": HOSTILE, "storageType": HOSTILE, "dataState": HOSTILE,
                         "lastStatus": HOSTILE});
        let run = json!({"id": "r9", "name": HOSTILE, "retrievalId": "gone", "status": HOSTILE});
        place.fake.answer_at("GET /v8/Organizations", list(json!({"id": "o1", "name": HOSTILE})));
        place.fake.answer_at("/mailboxes?", list(mailbox));
        place.fake.answer_at("/folders?", list(json!({"id": "f9", "name": HOSTILE})));
        place.fake.answer_at("/items?", list(item.clone()));
        place.fake.answer_at("/search?", list(item));
        place
            .fake
            .answer_at("/OneDrives?", list(json!({"id": "d9", "name": HOSTILE, "url": HOSTILE})));
        // A listing that cannot be read, or a message that comes broken, would be asked for again and again.
        place
            .fake
            .answer_at("d9/Folders?parentId=null", list(json!({"id": "f9", "name": HOSTILE})));
        place.fake.answer_at("d9/Folders?", r#"{"results":[]}"#);
        let document = json!({"id": "n9", "name": HOSTILE, "size": 5, "version": HOSTILE});
        place.fake.answer_at("/Documents?", list(document.clone()));
        place.fake.answer_at("/Versions?", list(document));
        let words = json!({"message": HOSTILE, "errorCode": HOSTILE}).to_string();
        place.fake.refuse_at("/save", 404, words);
        place.fake.answer_at("/DataRetrievals?", list(job));
        place.fake.answer_at("/DataRetrievalSessions", list(run));
        place
    }

    fn command(&self) -> Command {
        let mut command = postern(self.data());
        command.arg("--config").arg(&self.config).env("POSTERN_VEEAM_PASSWORD", PASSWORD);
        command.envs(RESTORER);
        command
    }
}

/// Names of mailboxes, folders, items, drives, organizations and jobs, and the words of errors.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_veeam_says_steers_the_terminal() {
    let place = Place::hostile().await;
    let owner = format!("mailbox:\"{HOSTILE}@x.example\"");
    let commands: [&[&str]; 13] = [
        &["sources"],
        &["status"],
        &["status", "--retrieval", "x"],
        &["sync", "--dry-run"],
        &["search", "--engine", "veeam", "x"],
        &["files", "list"],
        &["files", "list", HOSTILE],
        &["retrieve", HOSTILE],
        &["export", &owner, "--format", "pst", "--keywords", "x"],
        &["restore", "id:i1@x"],
        &["restore", "id:i1@x", "--yes"],
        &["send", "id:i1@x", "--yes"],
        &["sync"],
    ];
    for words in commands {
        let mut command = place.command();
        command.args(words);
        assert_harmless(&on_a_terminal(command), words);
    }
    // Each request fails in hostile words now.
    let words = json!({"message": HOSTILE, "errorCode": HOSTILE}).to_string();
    place.fake.refuse_at("organization/", 400, words);
    for words in [commands[0], commands[3], commands[4], commands[8], commands[10]] {
        let mut command = place.command();
        command.args(words).arg("-v");
        assert_harmless(&on_a_terminal(command), words);
    }
}

/// Tables for a spreadsheet hold no formula that the server wrote.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_veeam_says_is_a_formula() {
    let place = Place::new("v8").await;
    let formula = "=HYPERLINK(\"http://evil.example\")";
    let mailbox = json!({"results": [{"id": "m9", "name": "+1", "email": formula}]});
    place.fake.answer_at("/mailboxes?", mailbox.to_string());
    let drive = json!({"results": [{"id": "d9", "name": "@SUM(1)", "url": "-1"}]});
    place.fake.answer_at("/OneDrives?", drive.to_string());
    let table = stdout(&place.run(&["sources", "--format", "csv"]));
    assert!(table.contains("HYPERLINK") && table.contains("SUM"), "{table}");
    for cell in table.lines().flat_map(|line| line.split(',')) {
        let cell = cell.trim_start_matches('"');
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell} in {table}");
    }
}

/// What must stand in no log.
const SECRETS: [&str; 7] = [
    PASSWORD,
    "paSSw0rd",
    "acce55-token",
    "refre5h-token",
    "C6A9-code",
    "MIIK-certificate",
    "xxx-of-it",
];

/// Whatever is logged, neither a password nor a token nor a code is, at any level.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_log_at_any_level() {
    let place = Place::new("v8").await;
    let token =
        r#"{"access_token":"acce55-token","refresh_token":"refre5h-token","expires_in":3600}"#;
    place.fake.answer_at("/token", token);
    let code =
        r#"{"userCode":"C6A9-code","verificationUrl":"https://x.example/device","expiresIn":60}"#;
    place.fake.answer_at("/restoreDeviceCode", code);
    place.fake.answer_at("/DeviceCode/check", r#"{"authenticated":true}"#);
    let certificate = place.data().join("app.pfx");
    std::fs::write(&certificate, "MIIK-certificate").unwrap();
    let by_certificate = [
        ("POSTERN_RESTORE_APPLICATION_ID", "app"),
        ("POSTERN_RESTORE_CERTIFICATE_FILE", certificate.to_str().unwrap()),
        ("POSTERN_RESTORE_CERTIFICATE_PASSWORD", "xxx-of-it"),
    ];
    let restore = ["restore", "id:i1@x", "--yes", "--again"];
    let impersonate = [&restore[..], &["--impersonate", "a@x.example"]].concat();
    let device = [&restore[..], &["--device-code"]].concat();
    // The first repeats in its words what it was sent; the others do what they are told.
    let words = json!({"message": format!("no {PASSWORD} acce55-token")}).to_string();
    for refused in [true, false] {
        if refused {
            place.fake.refuse_at("/restore", 500, words.clone());
        } else {
            place.fake.answer_at("/restore", "{}");
        }
        for level in ["error", "warn", "info", "debug", "trace"] {
            for (variables, arguments) in [
                (&RESTORER[..], &restore[..]),
                (&by_certificate, &impersonate),
                (&by_certificate[..1], &device),
                (&[], &["search", "--engine", "veeam", "x"]),
                (&[], &["status"]),
            ] {
                let mut all = variables.to_vec();
                all.push(("POSTERN_LOG", level));
                let output = place.run_with(&all, arguments);
                let told = format!("{}{}{}", stdout(&output), stderr(&output), place.record());
                // The code is shown to the person who types it in.
                let told = told.replace("enter the code C6A9-code", "");
                let found: Vec<_> =
                    SECRETS.iter().filter(|secret| told.contains(**secret)).collect();
                assert!(found.is_empty(), "{found:?} at {level} by {arguments:?}: {told}");
            }
        }
    }
    gateway_logs_no_secret(&place).await;
}

/// A restore over HTTP, with everything logged.
async fn gateway_logs_no_secret(place: &Place) {
    let log = place.data().join("log");
    let mut command = serving(place.data(), &place.config, "");
    command.env("POSTERN_LOG", "trace");
    let script = format!("exec \"$0\" \"$@\" 2>'{}'", log.display());
    let gateway = Gateway::run(&mut by_shell(&script, &command));
    let shown = act(&gateway, "wide", "restore", &json!({"q": "id:i1@x"})).await;
    let confirmed = json!({"q": "id:i1@x", "again": true, "confirm": shown.json()["plan"]["id"]});
    let done = act(&gateway, "wide", "restore", &confirmed).await;
    assert_eq!(done.status, 200, "{}", done.body);
    drop(gateway);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("TRACE"), "{log}");
    for secret in &SECRETS[..4] {
        assert!(!log.contains(secret), "{secret} in the log of the gateway");
    }
}

/// The command, started by a script.
fn by_shell(script: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// Where no file may grow beyond some size, as on a full disk.
fn without_space(place: &Place, blocks: usize, arguments: &[&str]) -> Output {
    let mut command = place.command();
    command.args(arguments);
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut limited = by_shell(&script, &command);
    limited.stdin(Stdio::null());
    limited.output().unwrap()
}

/// What cannot be noted before is not done, and what was done and could not be noted is not done again by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_keeps_an_act_from_being_done_unrecorded() {
    const BLOCKS: usize = 80;
    let all = ["restore", "mailbox:contoso.com -subject:circular", "--yes"];
    // A line that says nothing of any act, and is so long.
    let line = |length: usize| {
        let [before, after] = [r#"{"event":"note","time":"","text":""#, "\"}\n"];
        [before, &"x".repeat(length - before.len() - after.len()), after].concat()
    };
    let mut sent_of = Vec::new();
    for left in (0..8).map(|part| 100 + part * 400) {
        let place = Place::new("v8").await;
        std::fs::write(place.data().join("actions.jsonl"), line(BLOCKS * 512 - left)).unwrap();
        let full = without_space(&place, BLOCKS, &all);
        let said = stderr(&full);
        assert!(!said.contains("panicked"), "{said}");
        let record = place.record();
        let lines = |event: &str| record.lines().filter(|line| line.contains(event)).count();
        let (begun, sent) = (lines(r#""event":"begun""#), place.asked(0).len());
        assert!(begun == sent, "{left}: {begun} begun, {sent} sent: {said}");
        let mark = place.mark();
        let after = place.run(&all);
        let again = place.asked(mark).len();
        // An item that was done and could not be noted is not known.
        assert_eq!(
            sent + again,
            3,
            "{left}: nothing twice, {sent} and {again}: {}",
            stdout(&after)
        );
        sent_of.push(sent);
    }
    assert!(
        sent_of.contains(&0) && sent_of.iter().any(|sent| (1..3).contains(sent)),
        "{sent_of:?}"
    );
    let place = Place::new("v8").await;
    check(&without_space(&place, 0, &all), 1, "there is no space");
    assert_eq!(place.asked(0), [], "what cannot be recorded is not done");
    check(&place.run(&all), 0, "done");
    assert_eq!(place.asked(0).len(), 3);
}
