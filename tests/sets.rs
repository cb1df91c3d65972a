//! Frozen sets and holds of the real binary over mail of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::{run, stderr, stdout};

/// A folder of mail, and the data folder of its index.
struct Place {
    _folder: tempfile::TempDir,
    mail: PathBuf,
    data: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mail, data) = (folder.path().join("mail"), folder.path().join("data"));
        let place = Self { _folder: folder, mail, data };
        for number in 0..6 {
            place.write(&format!("ann/Inbox/{number}.eml"), &text(number));
        }
        place.index(&[]);
        place
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.mail.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn index(&self, arguments: &[&str]) {
        let mail = self.mail.to_str().unwrap();
        let output = self.run(&[&["index", "--quiet", mail], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.data, arguments)
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    fn ids(&self, query: &str) -> BTreeSet<String> {
        let found = self.done(&["search", "--format", "ids", "--limit", "100", query]);
        found.lines().map(str::to_owned).collect()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(&[arguments, &["--format", "json"]].concat())).unwrap()
    }
}

fn text(number: usize) -> String {
    let kind = if number.is_multiple_of(2) { "even" } else { "odd" };
    format!("Subject: {kind} number{number}\r\n\r\nhello\r\n")
}

/// What arrives later is not in it, nor does an index that is made anew change it.
#[test]
fn a_set_is_frozen_compared_and_used() {
    let place = Place::new();
    let even = place.ids("even");
    assert_eq!(
        place.done(&["set", "even", "even", "--note", "round 1"]),
        "even: 3 messages frozen\n"
    );
    place.write("ann/Inbox/8.eml", &text(8));
    place.index(&[]);
    assert_eq!(place.ids("even").len(), 4);
    assert_eq!(place.ids("set:even"), even);
    assert_eq!(place.ids("even -set:even").len(), 1);
    assert_eq!(place.ids("set:even number2").len(), 1);
    place.done(&["set", "later", "even"]);
    let diff = place.json(&["set", "diff", "even", "later"]);
    assert_eq!((diff["onlyOne"].as_array().unwrap().len(), &diff["both"]), (0, &3.into()));
    assert_eq!(diff["onlyOther"].as_array().unwrap().len(), 1);
    place.index(&["--rebuild"]);
    assert_eq!(place.ids("set:even"), even);
    let shown = place.json(&["set", "show", "even"]);
    assert_eq!((&shown["count"], &shown["here"]), (&3.into(), &3.into()));
    assert_eq!(
        (&shown["q"], &shown["note"], &shown["by"]),
        (&"even".into(), &"round 1".into(), &"local".into())
    );
    assert_eq!(shown["coverage"]["indexed"], 6);
    let ids: BTreeSet<String> =
        place.done(&["set", "show", "even", "--ids"]).lines().map(str::to_owned).collect();
    assert_eq!(ids, even);
    let list = place.json(&["set", "list"]);
    let names: Vec<_> = list["sets"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["even", "later"]);
    place.done(&["set", "note", "even", "seen", "by", "bob"]);
    assert_eq!(place.json(&["set", "show", "even"])["note"], "seen by bob");
}

#[test]
fn names_are_told_apart_from_verbs_and_faults_say_what_to_do() {
    let place = Place::new();
    place.done(&["set", "lease", "number1"]);
    for (arguments, expected) in [
        (&["set", "Lease", "x"][..], "`Lease` is no name of a set"),
        (&["set", "lease", "x"], "there is a set `lease` already"),
        (&["set", "show", "nothing"], "there is no set `nothing`; `postern set list`"),
        (&["set", "release", "lease"], "the set `lease` is not held"),
    ] {
        let refused = place.run(arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&refused).contains(expected), "{}", stderr(&refused));
    }
    let unknown = place.run(&["search", "set:leas"]);
    let told = stderr(&unknown);
    assert!(told.contains("unknown_value") && told.contains("did you mean lease?"), "{told}");
    let translated = place.json(&["translate", "set:lease"]);
    assert_eq!(translated["canonical"], "set:lease");
    assert_eq!(translated["targets"]["elasticsearch"]["fidelity"], "exact");
    for target in ["datatap", "kql", "aqs"] {
        assert_eq!(translated["targets"][target]["fidelity"], "unsupported", "{target}");
    }
    assert_eq!(place.done(&["set", "delete", "lease"]), "lease is gone\n");
    assert!(stderr(&place.run(&["search", "set:lease"])).contains("no set is known here"));
}

/// The files are gone, and the messages and their bytes stay.
#[test]
fn what_is_held_outlives_its_files() {
    let place = Place::new();
    place.done(&["set", "odd", "odd"]);
    let odd = place.ids("odd");
    let told = place.done(&["set", "hold", "odd"]);
    assert!(
        told.contains("3 messages of odd held") && told.contains("nothing is held upstream"),
        "{told}"
    );
    fs::remove_dir_all(place.mail.join("ann")).unwrap();
    fs::create_dir_all(&place.mail).unwrap();
    for arguments in [&["--prune"][..], &["--rebuild"], &["--prune", "--rebuild"]] {
        place.index(arguments);
        assert_eq!(place.ids(""), odd, "{arguments:?}");
        assert_eq!(place.ids("mailbox:ann in:Inbox"), odd);
    }
    let id = place.ids("number1").into_iter().next().unwrap();
    assert_eq!(place.done(&["show", &id, "--eml"]), text(1));
    assert!(place.done(&["check"]).contains("0 damaged") || place.run(&["check"]).status.success());
    let refused = place.run(&["set", "delete", "odd"]);
    assert!(stderr(&refused).contains("postern set release odd"), "{}", stderr(&refused));
    place.done(&["set", "release", "odd"]);
    assert!(place.ids("").is_empty());
    assert_eq!(files_below(&place.data.join("held")), 1, "nothing but the lock");
}

/// Each hold and release is in the log before it is done, and what came of it afterwards. Looking is not.
#[test]
fn holds_are_audited() {
    let place = Place::new();
    place.done(&["set", "odd", "odd"]);
    for verb in ["hold", "show", "release"] {
        place.done(&["set", verb, "odd"]);
    }
    let listed = place.done(&["audit", "search", "--what", "evidence", "--format", "jsonl"]);
    let entries: Vec<Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |entry: &Value| {
        let verb = entry["arguments"].as_array().unwrap().iter().rev().nth(1).unwrap().clone();
        (verb, entry["event"].clone(), entry["held"].clone())
    };
    // The newest are listed first.
    let told: Vec<_> = entries.iter().rev().map(told).collect();
    let expected = [
        ("odd", "begun", Value::Null),
        ("odd", "ended", Value::Null),
        ("hold", "begun", Value::Null),
        ("hold", "ended", 3.into()),
        ("release", "begun", Value::Null),
        ("release", "ended", Value::Null),
    ];
    assert_eq!(told, expected.map(|(verb, event, held)| (verb.into(), event.into(), held)));
}

/// A package of a set has what is here of it.
#[test]
fn a_set_is_exported() {
    let place = Place::new();
    place.done(&["set", "odd", "odd"]);
    let out = place.mail.join("../out.mbox");
    let out = out.to_str().unwrap();
    place.done(&["set", "export", "odd", "--format", "mbox", "--out", out]);
    let exported = fs::read_to_string(out).unwrap();
    assert_eq!(exported.matches("Subject: odd").count(), 3);
    let refused =
        place.run(&["set", "export", "even", "--format", "mbox", "--out", out, "--force"]);
    assert!(stderr(&refused).contains("unknown_value"), "{}", stderr(&refused));
}

fn files_below(folder: &Path) -> usize {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_file()).count()
}

/// A message whose bytes are gone already is named, and the others are held.
#[test]
fn what_cannot_be_held_is_named() {
    let place = Place::new();
    place.done(&["set", "all", ""]);
    fs::remove_file(place.mail.join("ann/Inbox/4.eml")).unwrap();
    let held = place.run(&["set", "hold", "all"]);
    assert_eq!(held.status.code(), Some(3));
    let lost = place.ids("number4").into_iter().next().unwrap();
    assert!(stdout(&held).contains("5 messages of all held") && stderr(&held).contains(&lost));
    assert_eq!(place.json(&["set", "show", "all"])["notHeld"][0]["id"], lost.as_str());
}
