//! What holds for every act, and for files that an export writes.

use postern_upstream::fake::Misbehaviour;
use serde_json::{Value, json};

use super::{PASSWORD, Place, RESTORER, check};
use crate::support::{stderr, stdout};

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

/// Veeam makes the file; what is in it stands beside it, with the ids of the backup.
#[tokio::test(flavor = "multi_thread")]
async fn a_pst_has_a_manifest_of_its_items_beside_it() {
    let place = Place::new("v8").await;
    let (out, folder) = (place.data().join("case.pst"), place.data().display());
    let export = ["export", "mailbox:contoso.com -subject:circular", "--format", "pst", "--yes"];
    let export = [&export[..], &["--out", out.to_str().unwrap()]].concat();
    place.fake.answer_file_at("mailboxes/m1/items", super::PST);
    place.fake.answer_file_at("mailboxes/m2/items", *b"PK\x03\x04 and so on");
    check(&place.run(&export), 0, "case.ann@contoso.com.pst");
    for (name, ids, mailbox) in [
        ("case.ann@contoso.com.pst", &["i1==", "i2=="][..], "ann@contoso.com"),
        ("case.bob@contoso.com.zip", &["i3=="], "bob@contoso.com"),
    ] {
        let manifest = std::fs::read(format!("{folder}/{name}.manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["query"], "mailbox:contoso.com -subject:circular");
        let items = manifest["items"].as_array().unwrap();
        let told: Vec<_> = items.iter().map(|item| item["itemId"].as_str().unwrap()).collect();
        assert_eq!((told, &manifest["counts"]["items"]), (ids.to_vec(), &json!(ids.len())));
        for item in items {
            assert_eq!(item["places"], json!([{"mailbox": mailbox, "folder": "Inbox"}]));
            let id = item["id"].as_str().unwrap();
            check(&place.run(&["show", id]), 0, "c@x.example");
        }
        // `--verify` finds a changed byte, and a file without its manifest.
        let path = format!("{folder}/{name}");
        let verify = || place.run(&["export", "--verify", &path]);
        check(&verify(), 0, "the package is whole");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        check(&verify(), 1, "is not what was written");
        std::fs::remove_file(format!("{path}.manifest.json")).unwrap();
        assert_eq!(verify().status.code(), Some(1));
    }
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
    let all = ["restore", "mailbox:contoso.com -subject:circular", "--yes"];
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

/// A line that cannot be read no longer keeps its act from being done twice, so `postern check` names it. A line that
/// a killed process left half written is no damage.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_line_of_the_record_is_found() {
    let place = Place::new("v8").await;
    check(&place.run(&["restore", "subject:rent", "--yes"]), 0, "done");
    let (file, whole) = (place.data().join("actions.jsonl"), place.record());
    check(&place.run(&["check"]), 0, "everything is as it was written");
    std::fs::write(&file, whole.trim_end().trim_end_matches('}')).unwrap();
    check(&place.run(&["check"]), 0, "everything is as it was written");
    std::fs::write(&file, whole.replacen("\"ended\"", "\u{1}ended\"", 1)).unwrap();
    check(
        &place.run(&["check"]),
        1,
        "line 3 cannot be read; what that line told may be done again",
    );
}

/// A message that lies in two mailboxes is acted on in one of them, and the plan says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_at_several_places_is_said_to_be_taken_from_one() {
    let place = Place::new("v8").await;
    let shown = place.run(&["restore", "subject:circular"]);
    check(&shown, 0, "messages found that lie at several places: 1");
    check(
        &place.run(&["restore", "subject:circular mailbox:bob@contoso.com"]),
        0,
        "bob@contoso.com",
    );
    let one = stdout(&place.run(&["restore", "subject:lease"]));
    assert!(!one.contains("several places"), "{one}");
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
