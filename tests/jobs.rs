//! `postern collect` and `postern restore` against the fake upstream.

use std::path::Path;
use std::process::Output;

use postern_upstream::fake::{Fake, Filed, Mail, Misbehaviour};
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

/// Has it collect, confirmed, in a data folder of its own: one act at a time is at work in one.
fn collect(fake: &Fake, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    ask_in(folder.path(), fake, KEY, &[&["collect", "--yes"], arguments].concat())
}

fn ask_with(fake: &Fake, key: &str, arguments: &[&str]) -> Output {
    ask_in(samples(), fake, key, arguments)
}

fn ask_in(data: &Path, fake: &Fake, key: &str, arguments: &[&str]) -> Output {
    let (command, rest) = arguments.split_first().unwrap();
    let url = fake.url();
    let service = ["--premium", &url, "--tenant", TENANT, "--key", key, "--every", "5ms"];
    run(data, &[&[*command], &service[..], rest].concat())
}

#[track_caller]
fn check(output: &Output, code: i32, said: &str) {
    let (out, err) = (stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    assert!(format!("{out}{err}").contains(said), "`{said}` in {out}{err}");
}

/// The bodies of the jobs that were made.
pub(crate) fn jobs(fake: &Fake) -> Vec<Value> {
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
    let output = collect(&fake, &[]);
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
    let rest = [&["--format", "json", "--index-files"][..], &named].concat();
    let output = collect(&fake, &rest);
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
    let output = collect(&fake, &["--format", "json"]);
    check(&output, 1, "the collection failed: the service says FAILED of the job job-1");
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["run"]["state"], "FAILED");
    fake.answer_at("/reporting", r#"[{"JobId":"job-2","Error":"mailbox is locked\u001b[2J"}]"#);
    let output = collect(&fake, &[]);
    check(&output, 1, r#""error":"mailbox is locked"#);
    assert!(!stderr(&output).contains('\u{1b}'));

    fake.job_states(&["QUEUED", "QUEUED", "RUNNING", "READY"]);
    check(&collect(&fake, &[]), 0, "QUEUED");

    fake.job_states(&["ARCHIVING\u{1b}[2J"]);
    let output = collect(&fake, &["--wait", "100ms"]);
    check(&output, 1, "the job job-4 is ARCHIVING");
    check(&output, 1, "goes on at the service");
    assert!(!stderr(&output).contains('\u{1b}'), "words of the service do not steer the screen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_only_shown() {
    let fake = upstream().await;
    let output = ask(&fake, &["collect"]);
    check(&output, 0, "nothing was done; to do it, add --yes --plan ");
    check(&ask(&fake, &["collect", "--yes", "--dry-run"]), 0, "nothing was done");
    let shown = stdout(&output);
    let (_, plan) = shown.trim_end().rsplit_once(' ').unwrap();
    check(&collect(&fake, &["--plan", plan, "--name", "other"]), 1, "the plan is another one now");
    assert!(only_looked(&fake));
    check(&collect(&fake, &["--plan", plan]), 0, "READY");
}

/// Recipe 5 of the service, and the rest of its body.
#[tokio::test(flavor = "multi_thread")]
async fn collects_drives() {
    let fake = upstream().await;
    fake.own_drive("alice@contoso.com");
    let named = ["--drive", "Alice@contoso.com", "--name", "OneDrive collection"];
    let words = ["--description", "Full drive collection", "--owner", "me@contoso.com"];
    let output = collect(&fake, &[&named[..], &words, &["--priority", "high"]].concat());
    check(&output, 0, "READY");
    check(&output, 0, "Alice@contoso.com");
    let item = json!({"id": "owner-of-alice@contoso.com", "name": "alice@contoso.com",
                      "email": "alice@contoso.com", "type": "OneDriveUser"});
    let expected = json!({
        "name": "OneDrive collection", "description": "Full drive collection", "priority": "High",
        "type": "BACKUP", "schedule": {"type": "NOW"}, "sourceId": "onedrive", "destinationId": "blob",
        "indexFiles": false, "owner": "me@contoso.com",
        "policy": {"$type": "onedrive-backup", "users": [{"type": "INCLUDE", "item": item}]},
    });
    assert_eq!(jobs(&fake), [expected]);
    let users = fake.seen().into_iter().find(|seen| seen.target.contains("/users")).unwrap();
    assert!(
        !users.target.contains("filter.type"),
        "drives have no shared mailboxes: {}",
        users.target
    );

    check(&collect(&fake, &["--drives"]), 0, "all drives");
    let job = jobs(&fake).remove(1);
    assert_eq!((&job["sourceId"], job.get("policy")), (&json!("onedrive"), None));
    check(&collect(&fake, &["--drive", "bob@contoso.com"]), 1, "no drive of `bob@contoso.com`");
    check(&collect(&fake, &["--drive", "a@x", "--mailbox", "a@x"]), 2, "cannot be used with");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_makes_the_job_and_waits() {
    let fake = upstream().await;
    let output = collect(&fake, &["--daily", "2:00"]);
    check(&output, 0, "every day at 02:00");
    check(&output, 0, "the job job-1 is made and waits for its time");
    let output = collect(&fake, &["--weekly", "thu,mon@02:00", "--format", "json"]);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["run"], json!({"jobId": "job-2", "taskId": null, "state": null}));
    let schedules: Vec<_> = jobs(&fake).into_iter().map(|job| job["schedule"].clone()).collect();
    let days = ["Monday", "Thursday"];
    assert_eq!(
        schedules,
        [
            json!({"type": "DAILY", "executionTime": "02:00"}),
            json!({"type": "WEEKLY", "executionTime": "02:00", "daysOfWeek": days}),
        ]
    );
    assert!(!fake.seen().iter().any(|seen| seen.target.ends_with("/start")));
    check(&collect(&fake, &["--daily", "02:00", "--now"]), 0, "job job-3: READY");

    let before = fake.seen().len();
    for (arguments, said) in [
        (&["--daily", "2am"][..], "`2am` is no time of day; write 02:00"),
        (&["--weekly", "mon"], "write mon,thu@02:00"),
        (&["--weekly", "mo@02:00"], "`mo` is no day; write mon, tue"),
        (&["--daily", "02:00", "--weekly", "mon@02:00"], "cannot be used with"),
        (&["--now"], "--daily <TIME>|--weekly"),
    ] {
        check(&collect(&fake, arguments), 2, said);
    }
    assert_eq!(fake.seen().len(), before, "wrong usage asks nobody");
}

/// What runs and what ran, and one run followed to its end.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_and_followed() {
    let fake = upstream().await;
    check(&ask(&fake, &["jobs"]), 0, "the service lists no such run");
    check(&collect(&fake, &["--name", "first\u{1b}[2J"]), 0, "READY");
    fake.job_states(&["RUNNING"]);
    check(
        &collect(&fake, &["--name", "second", "--wait", "20ms"]),
        1,
        "postern jobs job-2 --follow",
    );

    fake.job_states(&["STARTING", "RUNNING", "READY"]);
    let output = ask(&fake, &["jobs", "--format", "csv"]);
    let rows = stdout(&output);
    assert!(rows.starts_with("state,type,started,ended,job,task,name\n"), "{rows}");
    check(&output, 0, "READY,BACKUP,,,job-1,task-1,first");
    let shown = stdout(&ask(&fake, &["jobs"]));
    assert!(!shown.contains('\u{1b}'), "words of the service do not steer the screen: {shown}");
    for (arguments, count) in [
        (&["jobs", "job-1"][..], 1),
        (&["jobs", "--kind", "restore"], 0),
        (&["jobs", "--kind", "backup"], 2),
        (&["jobs", "nobody"], 0),
    ] {
        let output = ask(&fake, &[arguments, &["--format", "json"]].concat());
        let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(answer["runs"].as_array().unwrap().len(), count, "{arguments:?}: {answer}");
    }
    let asked = |part: &str| fake.seen().iter().any(|seen| seen.target.contains(part));
    assert!(asked("/monitoring?jobTypes=RESTORE&") && asked("/reporting?jobId=job-1&"));

    let output = ask(&fake, &["jobs", "job-2", "--follow"]);
    check(&output, 0, "job job-2: READY");
    let output = ask(&fake, &["jobs", "job-2", "--follow", "--format", "json"]);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&answer["state"], &answer["taskId"]), (&json!("READY"), &json!("task-1")));
    fake.job_states(&["FAILED"]);
    check(&ask(&fake, &["jobs", "job-2", "--follow"]), 1, "the run failed");
    check(
        &ask(&fake, &["jobs", "job-2", "--follow", "--task", "task-9"]),
        1,
        "cannot follow the job",
    );
    check(&ask(&fake, &["jobs", "job-9", "--follow"]), 1, "no run of the job job-9");
    check(&ask(&fake, &["jobs", "--since", "soon"]), 2, "`soon` is no day; write 2024-01-31");
    assert_eq!(jobs(&fake).len(), 2, "looking makes no job");
}

/// The shape of these answers is not published.
#[tokio::test(flavor = "multi_thread")]
async fn runs_of_another_shape_are_shown_as_they_came() {
    let fake = upstream().await;
    fake.answer_at("/monitoring", r#"{"Value":[{"Progress":40}]}"#);
    fake.answer_at(
        "/reporting",
        r#"[{"id":7,"status":"Ready","startTime":"2024-05-01T02:00:00"}]"#,
    );
    let output = ask(&fake, &["jobs"]);
    check(&output, 0, r#"{"progress":40}"#);
    check(&output, 0, "2024-05-01T02:00:00Z");
    check(&ask(&fake, &["jobs", "7", "--follow"]), 1, "give it with --task ID");
    fake.answer_at("/reporting", "<html>");
    check(&ask(&fake, &["jobs", "--finished"]), 1, "cannot list what ran");
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
    check(&collect(&fake, &[]), 1, "look at the service before you try again");
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
        run(
            folder.path(),
            &["--config", file.to_str().unwrap(), "collect", "--yes", "--every", "5ms"],
        )
    };
    std::fs::write(&file, format!("{premium}{}", key("t1", "a"))).unwrap();
    check(&collect(&file), 0, "READY");
    assert!(fake.seen()[0].target.starts_with("/api/t1/"));
    let data = folder.path().display();
    let tenants = format!(
        "[[tenants]]\nid = \"t1\"\ndata = \"{data}/d1\"\n[[tenants]]\nid = \"t2\"\ndata = \"{data}/d2\"\n"
    );
    std::fs::write(&file, format!("{premium}{}{}{tenants}", key("t1", "a"), key("t2", "b")))
        .unwrap();
    check(&collect(&file), 1, "several tenants");
}

/// An upstream with files in two drives, and a data folder in which they were synced.
pub(crate) async fn with_files() -> (Fake, tempfile::TempDir) {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let files = [
        ("a@x.com", "Plan.pdf"),
        ("a@x.com", "Docs/old.PDF"),
        ("a@x.com", "Docs/plan.docx"),
        ("b@x.com", "Notes/plan.pdf"),
        ("b@x.com", "README"),
    ];
    let filed = |(owner, path): (&str, &str)| Filed {
        owner: owner.to_owned(),
        path: path.to_owned(),
        size: 1,
        modified: "2024-01-01T00:00:00Z".to_owned(),
    };
    fake.hold_files(files.map(filed).into());
    let url = fake.url();
    let sync = ["sync", "--premium", &url, "--tenant", TENANT, "--key", KEY, "--mailbox"];
    for owner in ["a@x.com", "b@x.com"] {
        check(&run(folder.path(), &[&sync[..], &[owner]].concat()), 0, "known files are here");
    }
    (fake, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_of_files_says_what_else_goes_back() {
    let (fake, folder) = with_files().await;
    let ask = |rest: &[&str]| ask_in(folder.path(), &fake, KEY, &[&["restore"], rest].concat());
    let shown = ask(&["kind:file plan ext:pdf"]);
    check(&shown, 0, "2 files found, by owner:");
    check(&shown, 0, "of these kinds: PDF.");
    check(
        &shown,
        0,
        "1 other file that is known here goes back with them:\n         a@x.com: Docs/old.PDF",
    );
    assert!(jobs(&fake).is_empty());
    let told: Value =
        serde_json::from_str(&stdout(&ask(&["--format", "json", "kind:file plan ext:pdf"])))
            .unwrap();
    assert_eq!((&told["found"], &told["others"]["count"]), (&json!(2), &json!(1)), "{told}");
    assert_eq!(told["extensions"], json!(["PDF"]));
    check(&ask(&["--limit", "1", "kind:file plan"]), 1, "the files are of 2 owners");
    // A file without an extension is named by no rule, so all of the drive goes back.
    check(&ask(&["kind:file filename:README"]), 0, "of all kinds");
    check(&ask(&["kind:file nosuchwordanywhere"]), 1, "there is nothing to restore");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_of_files_runs_with_yes_and_its_plan() {
    let (fake, folder) = with_files().await;
    let ask = |rest: &[&str]| ask_in(folder.path(), &fake, KEY, &[&["restore"], rest].concat());
    let query = "kind:file plan mailbox:a@x.com";
    let told: Value = serde_json::from_str(&stdout(&ask(&["--format", "json", query]))).unwrap();
    let plan = told["plan"].as_str().unwrap();
    check(&ask(&["--yes", "--plan", plan, "kind:file ext:pdf"]), 1, "the plan is another one now");
    assert!(jobs(&fake).is_empty());
    check(&ask(&["--yes", "--plan", plan, query]), 0, "job job-1: READY");
    let address = "a@x.com";
    let item = json!({"id": format!("owner-of-{address}"), "name": address, "email": address, "type": "OneDriveUser"});
    let include = |item: Value| json!({"type": "INCLUDE", "item": item});
    let job = &jobs(&fake)[0];
    assert_eq!((&job["sourceId"], &job["destinationId"]), (&json!("blob"), &json!("onedrive")));
    let policy = json!({
        "$type": "onedrive-restore", "users": [include(item)],
        "extensions": [include("DOCX".into()), include("PDF".into())],
    });
    assert_eq!(job["policy"], policy);
    let record = std::fs::read_to_string(folder.path().join("actions.jsonl")).unwrap();
    assert!(record.contains(plan), "{record}");
}
