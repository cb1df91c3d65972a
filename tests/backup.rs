//! Copies of an installation, and the way back.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Gateway, get_with, postern, root, run, stderr, stdout};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What the command says as JSON.
#[track_caller]
fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn said(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

/// Sample mail of this test alone.
fn mail() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    said(data.path(), &["index", "--quiet", text(&root().join("samples/mail"))]);
    data
}

/// What people have in a data folder, as the commands show it.
fn content(data: &Path) -> [String; 5] {
    [
        said(data, &["search", "*", "--limit", "1000", "--format", "ids"]),
        said(data, &["search", "set:kept", "--format", "ids"]),
        said(data, &["set", "show", "kept", "--format", "json"]),
        said(data, &["watch", "list", "--format", "json"]),
        said(data, &["key", "list", "--format", "json"]),
    ]
}

#[tokio::test]
async fn a_running_installation_is_backed_up_and_comes_back_whole() {
    let (data, other) = (mail(), tempfile::tempdir().unwrap());
    let all = other.path().join("backups");
    said(data.path(), &["set", "kept", "subject:invoice"]);
    said(data.path(), &["set", "hold", "kept"]);
    said(data.path(), &["watch", "add", "due", "overdue"]);
    let key = said(data.path(), &["key", "new", "me"]).trim().to_owned();
    let gateway = Gateway::start(data.path(), &[]);
    let made = json(data.path(), &["backup", "make", text(&all)]);
    assert_eq!(made["files"], made["newFiles"], "{made}");
    assert_eq!(made["secrets"], serde_json::json!([data.path().join("audit/key")]));
    let found = get_with(&format!("{}/v1/search?q=invoice&limit=0", gateway.url), Some(&key)).await;
    assert_eq!(found.status, 200);
    // The audit log has grown, by the backup too, and nothing else has.
    let again = json(data.path(), &["backup", "make", text(&all)]);
    let (first, new) = (made["bytes"].as_u64().unwrap(), again["newBytes"].as_u64().unwrap());
    assert!(new > 0 && new < first / 10, "{new} of {first}");

    let expected = content(data.path());
    drop(gateway);
    let secret = fs::read(data.path().join("audit/key")).unwrap();
    let moved = other.path().join("moved");
    fs::rename(data.path(), &moved).unwrap();
    said(data.path(), &["backup", "verify", text(&all)]);
    said(data.path(), &["backup", "restore", text(&all)]);
    fs::write(data.path().join("audit/key"), secret).unwrap();
    assert_eq!(content(data.path()), expected);
    assert!(said(data.path(), &["check"]).starts_with("everything is as it was written"));
    said(data.path(), &["audit", "verify"]);
    // What was held stays held, and the next run goes on where the backup was made.
    let output = run(
        data.path(),
        &["index", "--prune", text(&root().join("samples/mail/b.user@contoso.com"))],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(said(data.path(), &["search", "set:kept", "--format", "ids"]), expected[1]);
    let gateway = Gateway::start(data.path(), &[]);
    let found = get_with(&format!("{}/v1/search?q=invoice&limit=0", gateway.url), Some(&key)).await;
    assert_eq!(found.status, 200, "the key of before is good");
}

#[test]
fn a_backup_of_two_tenants_has_both_and_no_secret() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::write(at("password"), "s3cret-of-veeam\n").unwrap();
    let tenant = |id: &str| {
        format!("[[tenants]]\nid = '{id}'\ndata = {:?}\n", at(id))
            + "[tenants.veeam]\nurl = 'https://backup.example:4443'\nuser = 'x'\n"
            + &format!("password_file = {:?}\n", at("password"))
    };
    let config = format!("data = {:?}\n{}{}", at("common"), tenant("one"), tenant("two"));
    fs::write(at("postern.toml"), config).unwrap();
    let (file, all, to) = (at("postern.toml"), at("backups"), at("restored"));
    for id in ["one", "two"] {
        said(&at(id), &["index", "--quiet", text(&root().join("samples/mail"))]);
    }
    let common = at("common");
    let told = said(&common, &["--config", text(&file), "backup", "make", text(&all)]);
    assert!(told.contains("keep them elsewhere") && told.contains(text(&at("password"))), "{told}");
    said(&common, &["backup", "restore", text(&all), "--to", text(&to)]);
    for id in ["one", "two"] {
        let count = |data: &Path| said(data, &["search", "*", "--count"]);
        assert_eq!(count(&to.join(id)), count(&at(id)));
    }
    assert_eq!(fs::read(to.join("postern.toml")).unwrap(), fs::read(&file).unwrap());
    let found = std::process::Command::new("grep")
        .args(["--recursive", "--files-with-matches", "s3cret", text(&all)])
        .output()
        .unwrap();
    assert_eq!(stdout(&found), "", "no secret lies there");
}

#[test]
fn what_is_held_stays_held_in_another_place() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mail, all, to) =
        (other.path().join("mail"), other.path().join("backups"), other.path().join("to"));
    fs::create_dir_all(mail.join("ann@x.com")).unwrap();
    for (name, subject) in [("1.eml", "kept"), ("2.eml", "gone")] {
        let message = format!("From: ann@x.com\r\nSubject: {subject}\r\n\r\nText\r\n");
        fs::write(mail.join("ann@x.com").join(name), message).unwrap();
    }
    said(data.path(), &["index", "--quiet", text(&mail)]);
    said(data.path(), &["set", "one", "subject:kept"]);
    said(data.path(), &["set", "hold", "one"]);
    said(data.path(), &["backup", "make", "--quiet", text(&all)]);
    said(data.path(), &["backup", "restore", "--quiet", text(&all), "--to", text(&to)]);
    let key = data.path().join("audit/key");
    let moved = to.join("data");
    fs::copy(key, moved.join("audit/key")).unwrap();
    drop(data);
    for name in ["1.eml", "2.eml"] {
        fs::remove_file(mail.join("ann@x.com").join(name)).unwrap();
    }
    said(&moved, &["index", "--quiet", "--prune", text(&mail)]);
    let found = said(&moved, &["search", "*", "--format", "ids"]);
    assert_eq!(found, said(&moved, &["search", "subject:kept", "--format", "ids"]));
    assert_eq!(found.lines().count(), 1);
    let original = said(&moved, &["show", found.trim(), "--eml"]);
    assert!(original.starts_with("From: ann@x.com"), "{original}");
}

/// Killed at any moment, there is the backup of before, and the next one is whole.
#[test]
fn a_backup_that_is_killed_is_none() {
    let (data, other) = (mail(), tempfile::tempdir().unwrap());
    let all = other.path().join("backups");
    let mut whole = 0;
    for pause in [0, 5, 10, 20, 40, 80, 160, 320] {
        let mut child = postern(data.path())
            .args(["backup", "make", "--quiet", text(&all)])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        whole += usize::from(child.wait().unwrap().success());
        let list = json(data.path(), &["backup", "list", text(&all)]);
        assert!(list.as_array().unwrap().len() >= whole, "{pause} ms");
        if list != serde_json::json!([]) {
            said(data.path(), &["backup", "verify", text(&all)]);
        }
    }
    let made = json(data.path(), &["backup", "make", text(&all), "--keep", "1"]);
    assert_eq!(json(data.path(), &["backup", "list", text(&all)])[0]["name"], made["name"]);
    let (to, name) = (other.path().join("restored"), made["name"].as_str().unwrap());
    said(data.path(), &["backup", "restore", text(&all), "--backup", name, "--to", text(&to)]);
    assert!(said(&to.join("data"), &["check"]).starts_with("everything is as it was written"));
    // What killed runs left is gone.
    let left = walk(&all).into_iter().filter(|name| name.ends_with(".new")).count();
    assert_eq!(left, 0);
}

fn walk(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let each = |path: std::path::PathBuf| {
        if path.is_dir() { walk(&path) } else { vec![path.display().to_string()] }
    };
    entries.flat_map(each).collect()
}

#[test]
fn mistakes_are_told_with_the_next_step() {
    let (data, other) = (mail(), tempfile::tempdir().unwrap());
    fs::write(other.path().join("letter.txt"), "mine").unwrap();
    let all = tempfile::tempdir().unwrap();
    said(data.path(), &["backup", "make", text(all.path())]);
    let inside = data.path().join("backups");
    for (arguments, expected) in [
        (
            &["make", text(other.path())][..],
            "holds other things than backups; give a new or an empty folder",
        ),
        (&["make", text(&inside)], "lies in a data folder; give a folder outside of it"),
        (
            &["restore", text(all.path())],
            "is not empty, and nothing is written over; move it away first",
        ),
        (
            &["restore", text(all.path()), "--backup", "x"],
            "there is no backup x; `postern backup list` names",
        ),
        (&["restore", text(&all.path().join("none"))], "there is no backup in"),
    ] {
        let output = run(data.path(), &[&["backup"], arguments].concat());
        let told = stderr(&output);
        assert!(
            output.status.code() == Some(1) && told.contains(expected),
            "{arguments:?}: {told}"
        );
    }
}
