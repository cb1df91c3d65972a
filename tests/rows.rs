//! Equal messages in one row, by the real binary and over HTTP, also while mail is taken in.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ingest::Setting;
use crate::support::{Gateway, get, run, stderr, stdout};

/// A message as one mailbox got it: minutes apart, in bytes of its own.
fn raw(message_id: Option<usize>, minute: usize, mailbox: &str) -> String {
    let id = message_id.map(|id| format!("Message-ID: <{id}@x.org>\n")).unwrap_or_default();
    format!(
        "From: ann@x.org\nSubject: lease\n{id}Date: Mon, 5 Jan 2026 {:02}:{:02}:00 +0000\nX-Got: {mailbox} {minute}\n\nthe lease\n",
        minute / 60,
        minute % 60
    )
}

/// 40 messages: 30 of ten Message-IDs, and ten without one.
fn setting() -> Setting {
    let setting = Setting::new();
    for minute in 0..40 {
        let id = (minute % 4 != 3).then_some(minute % 10 + 100);
        let mailbox = ["ann", "bob", "carol"][minute % 3];
        setting.write(&format!("{mailbox}/Inbox/{minute}.eml"), raw(id, minute, mailbox));
    }
    setting.index(&[]);
    setting
}

fn searched(setting: &Setting, arguments: &[&str]) -> String {
    let output = run(&setting.data("data"), &[&["search"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

/// The obvious way: the whole list newest first, each message in the first row with its Message-ID.
fn grouped(setting: &Setting) -> Vec<Vec<String>> {
    let exported =
        run(&setting.data("data"), &["export", "--format", "jsonl", "--out", "-", "lease"]);
    let mut rows: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for line in stdout(&exported).lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| message[name].as_str().map(str::to_owned);
        let (id, own) = (text("id").unwrap(), text("internetMessageId"));
        match rows.iter_mut().find(|(of, _)| own.is_some() && *of == own) {
            Some((_, row)) => row.push(id),
            None => rows.push((own, vec![id])),
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

fn told(results: &Value) -> Vec<Vec<String>> {
    let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let copies = row["copies"].as_array().unwrap().iter().map(id);
        std::iter::once(id(row)).chain(copies).collect()
    };
    results.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn every_form_of_an_answer_has_rows() {
    let setting = setting();
    let expected = grouped(&setting);
    let all = ["--collapse", "--limit", "1000", "--sort", "newest", "lease"];
    let json: Value =
        serde_json::from_str(&searched(&setting, &[&all[..], &["--format", "json"]].concat()))
            .unwrap();
    assert_eq!(told(&json["results"]), expected);
    let rows = expected.len();
    assert_eq!(json["count"], json!({"value": 40, "exact": true, "rows": rows}));
    assert_eq!(json["collapsed"], true);
    let first: Vec<_> = expected.iter().map(|row| row[0].clone()).collect();
    let ids = searched(&setting, &[&all[..], &["--format", "ids"]].concat());
    assert_eq!(ids.lines().collect::<Vec<_>>(), first);
    let lines = searched(&setting, &[&all[..], &["--format", "jsonl"]].concat());
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told(&json!(lines)), expected);
    assert_eq!(searched(&setting, &["--collapse", "--count", "lease"]).trim(), rows.to_string());
    assert_eq!(searched(&setting, &["--count", "lease"]).trim(), "40");

    let table = searched(&setting, &["--collapse", "--limit", "3", "--sort", "newest", "lease"]);
    assert!(
        table.ends_with(&format!(
            "40 found in {rows} rows, the first 3 shown (--limit N for more)\n"
        )),
        "{table}"
    );
    let also = expected[..3].iter().flat_map(|row| &row[1..]);
    for id in also.clone() {
        assert!(table.contains(&format!("also {id}  ")), "{id} in {table}");
    }
    assert_eq!(table.matches("also ").count(), also.count());
}

/// The rows of another order are the same rows, each beginning with its other end.
#[test]
fn the_row_is_the_first_in_the_order_asked_for() {
    let setting = setting();
    let json = |arguments: &[&str]| -> Value {
        let whole = ["--collapse", "--format", "json", "--limit", "1000", "lease"];
        serde_json::from_str(&searched(&setting, &[&whole[..], arguments].concat())).unwrap()
    };
    let oldest: BTreeSet<_> = told(&json(&["--sort", "oldest"])["results"]).into_iter().collect();
    let backwards = |row: Vec<String>| row.into_iter().rev().collect();
    assert_eq!(oldest, grouped(&setting).into_iter().map(backwards).collect());
    let of_one = json(&["mailbox:ann"]);
    let is_hers = |one: &Value| one["mailbox"] == "ann";
    for row in of_one["results"].as_array().unwrap() {
        assert!(is_hers(row) && row["copies"].as_array().unwrap().iter().all(is_hers), "{row}");
    }
}

/// Copies that come in while somebody turns the pages are newer than all of them.
#[tokio::test]
async fn pages_while_mail_is_taken_in() {
    let setting = setting();
    let gateway = Gateway::start(&setting.data("data"), &[]);
    let mut all = 40;
    for limit in [1, 7, 1_000] {
        let (expected, before) = (grouped(&setting), all);
        let query = "q=lease+sort:newest&collapse=messageId";
        let uri = format!("{}/v1/search?{query}&limit={limit}", gateway.url);
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let json = get(&format!("{uri}{cursor}")).await.json();
            let counts = json!({"value": before, "exact": true, "rows": expected.len()});
            assert_eq!(json["count"], counts, "pages of {limit}");
            walked.extend(told(&json["results"]));
            let Some(next) = json["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
            if all < before + 3 {
                take_in_a_copy(&setting, &gateway, all).await;
                all += 1;
            }
        }
        assert_eq!(walked, expected, "pages of {limit}");
    }
}

/// Takes in one more copy beside so many messages, and waits until the gateway sees it in a search that begins.
async fn take_in_a_copy(setting: &Setting, gateway: &Gateway, all: usize) {
    setting.write(&format!("dave/Inbox/{all}.eml"), raw(Some(all % 10 + 100), 100 + all, "dave"));
    setting.index(&[]);
    let count = format!("{}/v1/search?q=lease&limit=0", gateway.url);
    while get(&count).await.json()["count"]["value"] != all + 1 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
