//! `postern collect` and `postern restore` against the fake upstream.

use std::path::Path;
use std::process::Output;

use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use serde_json::{Value, json};

use crate::support::{KEY, TENANT, run, samples, stderr, stdout};

/// An upstream with the mailboxes of the samples.
async fn upstream() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.demand_key(KEY);
    let mailboxes = ["a.user@contoso.com", "b.user@contoso.com", "c.o-brien@contoso.com"];
    fake.hold(mailboxes.map(|mailbox| Mail {
        mailbox: mailbox.to_owned(),
        folder: "Inbox".to_owned(),
        id: mailbox.to_owned(),
        ..Mail::default()
    }));
    fake.share("c.o-brien@contoso.com");
    fake
}

/// Runs a command that talks to the upstream, quickly.
fn ask(fake: &Fake, arguments: &[&str]) -> Output {
    ask_with(fake, KEY, arguments)
}

fn ask_with(fake: &Fake, key: &str, arguments: &[&str]) -> Output {
    let (command, rest) = arguments.split_first().unwrap();
    let url = fake.url();
    let service = ["--premium", &url, "--tenant", TENANT, "--key", key, "--every", "5ms"];
    run(samples(), &[&[*command], &service[..], rest].concat())
}

#[track_caller]
fn check(output: &Output, code: i32, said: &str) {
    let (out, err) = (stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    assert!(format!("{out}{err}").contains(said), "`{said}` in {out}{err}");
}

/// The bodies of the jobs that were made.
fn jobs(fake: &Fake) -> Vec<Value> {
    let seen = fake.seen();
    let made = seen.iter().filter(|seen| seen.method == "POST" && seen.target.ends_with("/jobs"));
    made.map(|seen| serde_json::from_slice(&seen.body).unwrap()).collect()
}

/// Whether nothing but questions were asked.
fn only_looked(fake: &Fake) -> bool {
    fake.seen().iter().all(|seen| seen.method == "GET")
}

#[tokio::test(flavor = "multi_thread")]
async fn collects_everything_and_follows_the_job() {
    let fake = upstream().await;
    let output = ask(&fake, &["collect"]);
    check(&output, 0, "all mailboxes");
    let lines = stderr(&output);
    let at = |state: &str| lines.find(&format!("job job-1: {state}")).expect(state);
    assert!(at("STARTING") < at("RUNNING") && at("RUNNING") < at("READY"), "{lines}");
    let expected = json!({
        "name": "postern", "description": "Collection of mailboxes",
        "priority": "Medium", "type": "BACKUP", "schedule": {"type": "NOW"},
        "sourceId": "exchange", "destinationId": "blob", "indexFiles": false,
    });
    assert_eq!(jobs(&fake), [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn collects_the_mailboxes_that_are_named() {
    let fake = upstream().await;
    let named = ["--mailbox", "A.User@contoso.com", "--mailbox", "c.o-brien@contoso.com"];
    let rest = [&["collect", "--format", "json", "--index-files"][..], &named].concat();
    let output = ask(&fake, &rest);
    check(&output, 0, "");
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["run"]["state"], "READY");
    assert_eq!(
        (&answer["run"]["jobId"], &answer["run"]["taskId"]),
        (&json!("job-1"), &json!("task-1"))
    );
    let job = jobs(&fake).remove(0);
    assert_eq!(answer["job"], job);
    assert_eq!(job["indexFiles"], true);
    let user = |address: &str, kind: &str| {
        let id = format!("owner-of-{address}");
        json!({"type": "INCLUDE", "item": {"id": id, "name": address, "email": address, "type": kind}})
    };
    let users =
        [user("a.user@contoso.com", "User"), user("c.o-brien@contoso.com", "SharedMailbox")];
    assert_eq!(job["policy"], json!({"$type": "exchange-backup", "users": users}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_fails_or_does_not_end_is_said() {
    let fake = upstream().await;
    fake.job_states(&["STARTING", "FAILED"]);
    let output = ask(&fake, &["collect", "--format", "json"]);
    check(&output, 1, "the collection failed: the service says FAILED of the job job-1");
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["run"]["state"], "FAILED");
    fake.answer_at("/reporting", r#"[{"JobId":"job-2","Error":"mailbox is locked\u001b[2J"}]"#);
    let output = ask(&fake, &["collect"]);
    check(&output, 1, r#""error":"mailbox is locked"#);
    assert!(!stderr(&output).contains('\u{1b}'));

    fake.job_states(&["QUEUED", "QUEUED", "RUNNING", "READY"]);
    check(&ask(&fake, &["collect"]), 0, "QUEUED");

    fake.job_states(&["ARCHIVING\u{1b}[2J"]);
    let output = ask(&fake, &["collect", "--wait", "100ms"]);
    check(&output, 1, "the job job-4 is ARCHIVING");
    check(&output, 1, "goes on at the service");
    assert!(!stderr(&output).contains('\u{1b}'), "words of the service do not steer the screen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_only_looks() {
    let fake = upstream().await;
    check(&ask(&fake, &["collect", "--dry-run"]), 0, "nothing was done");
    assert!(only_looked(&fake));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_collection_is_said_with_the_next_step() {
    let fake = upstream().await;
    check(&ask(&fake, &["collect", "--mailbox", "x@contoso.com"]), 1, "no mailbox `x@contoso.com`");
    check(&ask_with(&fake, "wrong", &["collect"]), 1, "check the key");
    check(
        &ask(&fake, &["collect", "--from-location", "other"]),
        1,
        "which Exchange location is meant: Exchange (exchange)",
    );
    check(&run(samples(), &["collect"]), 1, "--premium URL");
    check(
        &run(samples(), &["collect", "--premium", &fake.url()]),
        1,
        "--tenant ID and --key-file FILE",
    );
    fake.answer_at(
        "/locations",
        r#"[{"Id":"e1","Type":"EXCHANGE"},{"Id":"e2","Type":"EXCHANGE"}]"#,
    );
    check(
        &ask(&fake, &["collect"]),
        1,
        "say with --from-location ID which Exchange location is meant: e1, e2",
    );
    fake.answer_at("/locations", "[]");
    check(&ask(&fake, &["collect"]), 1, "the tenant has no Exchange location");
    check(&ask_with(&fake, "k1:s3cret", &["collect"]), 1, "one of the operator");
    assert!(only_looked(&fake));
}

/// The answer is lost: whether there is a job nobody knows, and so none is made again.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_may_have_been_made_is_not_made_again() {
    let fake = upstream().await;
    fake.misbehave_at("POST", Misbehaviour::CutOff);
    check(&ask(&fake, &["collect"]), 1, "look at the service before you try again");
    assert_eq!(jobs(&fake).len(), 1);
}

/// `filename:contract.pdf` finds 6 messages of the samples.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_only_shown() {
    let fake = upstream().await;
    let output = ask(&fake, &["restore", "filename:contract.pdf"]);
    check(&output, 0, "6 messages found");
    check(&output, 0, "restores whole mailboxes");
    check(&output, 0, "add --yes --plan");
    let output = ask(&fake, &["restore", "--format", "json", "mailbox:b.user@contoso.com"]);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["run"], Value::Null);
    assert_eq!(answer["job"]["type"], "RESTORE");
    assert_eq!(answer["mailboxes"][0]["name"], "b.user@contoso.com");
    assert_eq!(answer["mailboxes"][0]["messages"], answer["found"]);
    assert!(only_looked(&fake), "nothing is changed without --yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_runs_with_yes() {
    let fake = upstream().await;
    let output = ask(&fake, &["restore", "--yes", "mailbox:b.user@contoso.com"]);
    check(&output, 0, "job job-1: READY");
    let address = "b.user@contoso.com";
    let item = json!({"id": format!("owner-of-{address}"), "name": address, "email": address, "type": "User"});
    let expected = json!({
        "name": "postern", "description": "Restore of mailboxes", "priority": "High",
        "type": "RESTORE", "schedule": {"type": "NOW"}, "sourceId": "blob",
        "destinationId": "exchange", "indexFiles": false,
        "policy": {"$type": "exchange-restore", "users": [{"type": "INCLUDE", "item": item}]},
    });
    assert_eq!(jobs(&fake), [expected]);
    fake.job_states(&["FAILED"]);
    let output = ask(&fake, &["restore", "--yes", "mailbox:b.user@contoso.com"]);
    check(&output, 1, "the restore failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_of_nothing_is_refused() {
    let fake = upstream().await;
    check(&ask(&fake, &["restore", "nosuchwordanywhere"]), 1, "there is nothing to restore");
    check(&ask(&fake, &["restore", "befor:2024"]), 1, "unknown_field");
    check(&ask(&fake, &["restore"]), 2, "QUERY");
    assert!(fake.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_names_the_service() {
    let fake = upstream().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    let key = |tenant: &str, digit: &str| {
        let digest = digit.repeat(64);
        format!(
            "[[keys]]\nname = \"{tenant}\"\nsha256 = \"{digest}\"\ntenant = \"{tenant}\"\nupstream_key = \"{KEY}\"\n"
        )
    };
    let premium = format!("[premium]\nurl = \"{}\"\n", fake.url());
    let collect = |file: &Path| {
        run(samples(), &["--config", file.to_str().unwrap(), "collect", "--every", "5ms"])
    };
    std::fs::write(&file, format!("{premium}{}", key("t1", "a"))).unwrap();
    check(&collect(&file), 0, "READY");
    assert!(fake.seen()[0].target.starts_with("/api/t1/"));
    let tenants =
        "[[tenants]]\nid = \"t1\"\ndata = \"d1\"\n[[tenants]]\nid = \"t2\"\ndata = \"d2\"\n";
    std::fs::write(&file, format!("{premium}{}{}{tenants}", key("t1", "a"), key("t2", "b")))
        .unwrap();
    check(&collect(&file), 1, "several tenants");
}
