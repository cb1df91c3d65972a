//! `postern sources` against the fake upstream.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use postern_upstream::fake::{Fake, Mail, Misbehaviour};
use serde_json::{Value, json};

use crate::support::{KEY, TENANT, postern, run, stderr, stdout};

/// An upstream with three live mailboxes, of which two were collected, and the drive of one owner.
async fn upstream() -> Fake {
    let fake = Fake::start().await.unwrap();
    fake.demand_key(KEY);
    fake.hold(["ann@contoso.com", "bob@contoso.com"].map(|mailbox| Mail {
        mailbox: mailbox.to_owned(),
        folder: "Inbox".to_owned(),
        id: mailbox.to_owned(),
        created: "2024-02-03T04:05:06Z".to_owned(),
        bytes: format!("Message-ID: <{mailbox}>\r\nSubject: hello\r\n\r\nhello").into_bytes(),
        ..Mail::default()
    }));
    fake.own_drive("ann@contoso.com");
    fake.share("bob@contoso.com");
    fake
}

fn ask(fake: &Fake, data: &Path, command: &[&str], rest: &[&str]) -> Output {
    let service = ["--premium", &fake.url(), "--tenant", TENANT, "--key", KEY, "--quiet"];
    run(data, &[command, &service[..], rest].concat())
}

fn sources(fake: &Fake, data: &Path, rest: &[&str]) -> Output {
    ask(fake, data, &["sources"], rest)
}

fn owners(output: &Output) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&stdout(output)).unwrap();
    answer["owners"].as_array().unwrap().clone()
}

#[track_caller]
fn check(output: &Output, code: i32, said: &str) {
    let all = format!("{}{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{all}");
    assert!(all.contains(said), "`{said}` in {all}");
}

/// Recipes 1 and 2 of the service, and what is here.
#[tokio::test(flavor = "multi_thread")]
async fn mailboxes_and_drives_with_what_is_here_of_them() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    check(&ask(&fake, folder.path(), &["sync"], &["--mailbox", "ann@contoso.com"]), 0, "");
    let output = sources(&fake, folder.path(), &["--format", "json"]);
    let of = |owner: &Value| {
        ["what", "address", "type", "collected", "here"].map(|name| owner[name].clone())
    };
    let found: Vec<_> = owners(&output).iter().map(of).collect();
    let expected = [
        json!(["mailbox", "ann@contoso.com", "User", true, 1]),
        json!(["mailbox", "bob@contoso.com", "SharedMailbox", true, null]),
        json!(["drive", "ann@contoso.com", "OneDriveUser", false, null]),
    ];
    assert_eq!(json!(found), json!(expected));
    let output = sources(&fake, folder.path(), &["--format", "csv"]);
    check(
        &output,
        0,
        "tenant,source,what,address,name,id,type,listed,collected,known,here,synced,inArchiveTier\n",
    );
    check(
        &output,
        0,
        ",datatap,mailbox,ann@contoso.com,ann@contoso.com,owner-of-ann@contoso.com,User,true,true,1,1,",
    );
    check(&sources(&fake, folder.path(), &[]), 0, "1 of 1");
}

/// What was synced is known to be collected; the others are asked about, unless that was not wanted.
#[tokio::test(flavor = "multi_thread")]
async fn each_is_asked_about_once() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    check(&ask(&fake, folder.path(), &["sync"], &["--mailbox", "ann@contoso.com"]), 0, "");
    let asked =
        |fake: &Fake| fake.seen().iter().filter(|seen| seen.target.contains("/items/")).count();
    let before = asked(&fake);
    let output = sources(&fake, folder.path(), &["--no-collected", "--format", "json"]);
    let collected: Vec<_> = owners(&output).iter().map(|one| one["collected"].clone()).collect();
    assert_eq!((collected, asked(&fake)), (vec![json!(true), Value::Null, Value::Null], before));
    check(&sources(&fake, folder.path(), &[]), 0, "bob@contoso.com");
    assert_eq!(
        asked(&fake) - before,
        2,
        "bob's mailbox and ann's drive, which was never collected"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_no_longer_is_told() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    check(&ask(&fake, folder.path(), &["sync"], &[]), 0, "");
    fake.drop_mail();
    let output = sources(&fake, folder.path(), &["--format", "json"]);
    let listed: Vec<_> = owners(&output).iter().map(|one| one["listed"].clone()).collect();
    assert_eq!(listed, [json!(true), json!(false), json!(false)], "{}", stdout(&output));
    check(&sources(&fake, folder.path(), &[]), 0, "no longer listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_source_that_fails_keeps_nothing_from_the_others() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("postern.toml");
    let key = |tenant: &str, key: &str| {
        let digest = if tenant == "t1" { "a" } else { "b" }.repeat(64);
        format!(
            "[[keys]]\nname = \"{tenant}\"\nsha256 = \"{digest}\"\ntenant = \"{tenant}\"\nupstream_key = \"{key}\"\n"
        )
    };
    let data = folder.path().display();
    let tenants = format!(
        "[[tenants]]\nid = \"t1\"\ndata = \"{data}/d1\"\n[[tenants]]\nid = \"t2\"\ndata = \"{data}/d2\"\n"
    );
    let premium = format!("[premium]\nurl = \"{}\"\n", fake.url());
    std::fs::write(&file, format!("{premium}{}{}{tenants}", key("t1", KEY), key("t2", "wrong")))
        .unwrap();
    let ask = |more: &[&str]| {
        run(folder.path(), &[&["--config", file.to_str().unwrap(), "sources"], more].concat())
    };
    let output = ask(&[]);
    check(&output, 3, "datatap of t1: 2 mailboxes, 1 drive");
    check(
        &output,
        3,
        "datatap of t2: cannot list the locations: the service does not accept the key",
    );
    check(&ask(&["--tenant", "t1"]), 0, "ann@contoso.com");
    check(&ask(&["--tenant", "t2"]), 1, "check the key");
    check(&ask(&["--source", "veeam"]), 1, "there is no source `veeam`");
    check(&ask(&["--tenant", "t3"]), 1, "");
    let answer: Value = serde_json::from_str(&stdout(&ask(&["--format", "json"]))).unwrap();
    assert_eq!(
        (&answer["sources"][0]["error"], answer["owners"].as_array().unwrap().len()),
        (&Value::Null, 3)
    );
    assert!(answer["sources"][1]["error"].as_str().unwrap().contains("401"));

    // Whether all were collected is not known: nobody is listed as not collected for that.
    fake.misbehave_at("/items/", Misbehaviour::Status(403));
    let output = ask(&["--tenant", "t1", "--format", "json"]);
    check(&output, 0, "cannot find out of all of them whether they were collected");
    assert!(owners(&output).iter().all(|one| one["collected"] == Value::Null));
}

/// A source that does not answer can be left.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_list_can_be_stopped() {
    let (fake, folder) = (upstream().await, tempfile::tempdir().unwrap());
    fake.misbehave_at("/users", Misbehaviour::Hang);
    let mut command = postern(folder.path());
    command.args(["sources", "--premium", &fake.url(), "--tenant", TENANT, "--key", KEY]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while !fake.seen().iter().any(|seen| seen.target.contains("/users")) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let id = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    check(&child.wait_with_output().unwrap(), 1, "stopped");
}

#[test]
fn without_a_source_there_is_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    check(&run(folder.path(), &["sources"]), 1, "give its address with --premium URL");
}
