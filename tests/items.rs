//! Files as items of the index: found, shown and exported beside mail.

use std::io::{Cursor, Read as _};

use serde_json::Value;

use crate::ingest::Setting;
use crate::support::{run, stderr, stdout};

/// A message, a file without content, and two versions of another.
const LINES: &str = r#"
{"id":"m1","subject":"The harbour plan","receivedDateTime":"2024-01-05T00:00:00Z","mailbox":"ann@x.com","folder":"Inbox","attachments":[{"name":"plan.pdf"}],"hasAttachments":true}
{"kind":"file","id":"","source":"datatap","owner":"ann@x.com","item":"i1","name":"Harbour_plan.PDF","folder":"Documents/2024","size":1234,"createdDateTime":"2024-01-01T00:00:00Z","modifiedDateTime":"2024-03-01T00:00:00Z"}
{"kind":"file","id":"","source":"veeam","owner":"bob@x.com","item":"i2","version":"2","name":"budget.xlsx","title":"Plan of money","author":"Bob","modifiedDateTime":"2024-02-01T00:00:00Z"}
{"kind":"file","id":"","source":"veeam","owner":"bob@x.com","item":"i2","version":"1","newest":"NEWEST","name":"budget.xlsx","modifiedDateTime":"2023-02-01T00:00:00Z"}
"#;

/// The id of a file, by the rule that the documentation gives.
fn id(parts: [&str; 4]) -> String {
    postern_mail::id_of(parts.join("\n").as_bytes())
}

fn setting() -> Setting {
    let setting = Setting::new();
    let newest = id(["veeam", "bob@x.com", "i2", "2"]);
    setting.write("items.jsonl", LINES.trim_start().replace("NEWEST", &newest));
    assert_eq!(setting.index(&[])["indexed"], 4);
    setting
}

fn found(setting: &Setting, arguments: &[&str]) -> String {
    let arguments: Vec<_> = std::iter::once("search").chain(arguments.iter().copied()).collect();
    stdout(&run(&setting.data("data"), &arguments))
}

fn count(setting: &Setting, query: &str) -> String {
    found(setting, &["--count", query]).trim().to_owned()
}

#[test]
fn queries_mean_files_too() {
    let setting = setting();
    for (query, expected) in [
        ("plan", "3"),
        ("plan kind:file", "2"),
        ("plan kind:email", "0"),
        ("plan -kind:file", "1"),
        ("kind:file ext:pdf mailbox:ann@x.com", "1"),
        ("ext:pdf", "2"),
        ("in:2024 size:1k..2k", "1"),
        ("source:veeam author:bob", "1"),
        ("created:2024-01", "1"),
        ("modified>=2024-02-15", "1"),
        ("harbour_plan.pdf", "1"),
        ("has:attachment", "1"),
        ("contents:plan", "0"),
    ] {
        assert_eq!(count(&setting, query), expected, "{query}");
    }
    assert_eq!(found(&setting, &["--count", "--versions", "budget"]).trim(), "2");
    for (query, told) in [("contents:zebra", true), ("zebra", false)] {
        let output = run(&setting.data("data"), &["search", query]);
        assert_eq!(stderr(&output).contains("the content of 3 files is not here"), told, "{query}");
    }
}

#[test]
fn a_file_is_printed_as_one() {
    let setting = setting();
    let table = found(&setting, &["kind:file", "ext:pdf", "mailbox:ann@x.com"]);
    for part in
        ["2024-03-01 00:00  ann@x.com", "Harbour_plan.PDF", "1234 bytes", "in Documents/2024"]
    {
        assert!(table.contains(part), "{part} in {table}");
    }
    let json: Value =
        serde_json::from_str(&found(&setting, &["--format", "json", "--versions", "budget"]))
            .unwrap();
    let newest = id(["veeam", "bob@x.com", "i2", "2"]);
    assert_eq!(json["results"][0]["id"], newest);
    assert_eq!(
        (&json["results"][1]["version"], &json["results"][1]["newest"]),
        (&"1".into(), &newest.clone().into())
    );
    assert_eq!(json["coverage"]["filesWithoutContent"], 3);
    let shown = stdout(&run(&setting.data("data"), &["show", &newest]));
    for part in ["budget.xlsx", "Plan of money", "Bob", "2024-02-01T00:00:00Z", "veeam"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let shown = stdout(&run(&setting.data("data"), &["show", "--format", "json", &newest]));
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["kind"], &shown["title"]), (&"file".into(), &"Plan of money".into()));
}

fn exported(setting: &Setting, format: &str) -> Vec<u8> {
    run(&setting.data("data"), &["export", "--format", format, "--out", "-", "plan"]).stdout
}

#[test]
fn exports_hold_files() {
    let setting = setting();
    let table = String::from_utf8(exported(&setting, "csv")).unwrap();
    let row = table.lines().find(|line| line.contains("Harbour_plan")).unwrap();
    assert!(row.ends_with(",file,2024-01-01T00:00:00Z,2024-03-01T00:00:00Z,,datatap"), "{row}");
    let mailbox = String::from_utf8(exported(&setting, "mbox")).unwrap();
    assert_eq!(mailbox.matches("X-Postern-Missing").count(), 1, "the message alone: {mailbox}");
    let mut zip = zip::ZipArchive::new(Cursor::new(exported(&setting, "zip"))).unwrap();
    assert_eq!(zip.len(), 4, "with the manifest");
    let name = format!("{}.missing.txt", id(["datatap", "ann@x.com", "i1", ""]));
    let mut note = String::new();
    zip.by_name(&name).unwrap().read_to_string(&mut note).unwrap();
    // What was exported line by line is taken in again as the same.
    let again = Setting::new();
    again.write("again.jsonl", exported(&setting, "jsonl"));
    assert_eq!(again.index(&[])["indexed"], 3);
    let ids = |setting: &Setting| found(setting, &["--format", "ids", "plan kind:file"]);
    assert_eq!(ids(&again), ids(&setting));
}
