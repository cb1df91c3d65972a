//! Search-term reports of the real binary over the sample mail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Gateway, KEY, get, post_with, postern, root, run, samples, stderr, stdout};

/// A report over a list, and the exit code.
fn report(list: &str, arguments: &[&str]) -> (Value, i32) {
    let folder = tempfile::tempdir().unwrap();
    let terms = folder.path().join("terms");
    fs::write(&terms, list).unwrap();
    let command = ["report", terms.to_str().unwrap(), "--format", "json"];
    let output = run(samples(), &[&command[..], arguments].concat());
    let json =
        serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    (json, output.status.code().unwrap())
}

fn ids(query: &[&str]) -> BTreeSet<String> {
    let command = ["search", "--format", "ids", "--limit", "100000"];
    let found = run(samples(), &[&command[..], &["--"], query].concat());
    stdout(&found).lines().map(str::to_owned).collect()
}

fn shown(id: &str) -> Value {
    serde_json::from_str(&stdout(&run(samples(), &["show", id, "--format", "json"]))).unwrap()
}

const QUERIES: [&str; 8] = [
    "invoice",
    "overdue OR unpaid",
    "from:@fabrikam.com",
    "has:attachment",
    "subject:re",
    "after:2024-03 before:2024-05",
    "-invoice",
    "nobodywrotethisword",
];

/// After a kill each report that was begun says what became of it, and the next one is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_that_it_did_not_go_on_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let mail = root().join("samples/mail");
    let indexed = run(data.path(), &["index", "--quiet", mail.to_str().unwrap()]);
    assert!(indexed.status.success(), "{}", stderr(&indexed));
    let gateway = Gateway::start(data.path(), &[]);
    let begin = async |gateway: &Gateway, terms: &str| {
        let reports = format!("{}/v1/reports", gateway.url);
        let begun = post_with(&reports, KEY, &json!({"terms": terms})).await;
        assert_eq!(begun.status, 202, "{}", begun.body);
        begun.json()["links"]["self"].as_str().unwrap().to_owned()
    };
    let state = async |gateway: &Gateway, path: &str| {
        get(&format!("{}{path}", gateway.url)).await.json()["state"].as_str().unwrap().to_owned()
    };
    // So many that the first one is at work when the process ends, and the second one waits.
    let many = (0..10_000).map(|n| format!("invoice OR a{n}\n")).collect::<String>();
    let paths = [begin(&gateway, &many).await, begin(&gateway, "invoice").await];
    assert_eq!(state(&gateway, &paths[1]).await, "waiting", "one at a time for each key");
    drop(gateway);
    let gateway = Gateway::start(data.path(), &[]);
    for path in &paths {
        let job = get(&format!("{}{path}", gateway.url)).await.json();
        assert_eq!(job["state"], "interrupted", "{job}");
        assert!(job["error"].as_str().unwrap().contains("ask again"), "{job}");
        let result = get(&format!("{}{path}/result", gateway.url)).await;
        assert_eq!((result.status, &result.json()["code"]), (409, &"not_done".into()));
    }
    let again = begin(&gateway, "invoice").await;
    let until = Instant::now() + Duration::from_secs(60);
    while state(&gateway, &again).await != "done" {
        assert!(Instant::now() < until, "it is not made");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Each number is that of searches and of sets of ids.
#[test]
fn numbers_are_those_of_searches() {
    let (report, code) = report(&QUERIES.join("\n"), &[]);
    assert_eq!(code, 0, "{report}");
    let found: Vec<_> = QUERIES.iter().map(|query| ids(&[query])).collect();
    let lines = report["lines"].as_array().unwrap();
    assert_eq!(lines.len(), QUERIES.len());
    for (number, (line, own)) in lines.iter().zip(&found).enumerate() {
        let query = QUERIES[number];
        let counted = stdout(&run(samples(), &["search", "--count", "--", query]));
        assert_eq!(line["matches"].to_string(), counted.trim(), "{query}");
        assert_eq!(line["query"], query);
        assert_eq!((&line["name"], &line["exact"]), (&Value::Null, &Value::Bool(true)));
        assert_eq!(line["servedBy"]["engine"], "local");
        let others = found.iter().enumerate().filter(|(other, _)| *other != number);
        let others: BTreeSet<_> = others.flat_map(|(_, ids)| ids).collect();
        let alone = own.iter().filter(|id| !others.contains(id)).count();
        assert_eq!(line["unique"], alone, "{query}");
    }
    let all: BTreeSet<_> = found.iter().flatten().collect();
    let totals = &report["totals"];
    assert_eq!((&totals["matches"], &totals["lines"]), (&all.len().into(), &QUERIES.len().into()));
    assert_eq!((&totals["withErrors"], &totals["withoutMatches"]), (&0.into(), &1.into()));
}

/// Of a message and its attachments, its size, its day and its mailbox: read from the messages themselves.
#[test]
fn sums_are_those_of_the_messages() {
    let (report, _) = report("from:@fabrikam.com", &[]);
    let (line, messages) = (&report["lines"][0], ids(&["from:@fabrikam.com"]));
    let messages: Vec<_> = messages.iter().map(|id| shown(id)).collect();
    let sum = |each: &dyn Fn(&Value) -> u64| messages.iter().map(each).sum::<u64>();
    let attachments = |one: &Value| one["attachments"].as_array().map_or(0, |all| all.len() as u64);
    assert_eq!(line["family"], sum(&|one| 1 + attachments(one)));
    assert_eq!(line["bytes"], sum(&|one| one["size"].as_u64().unwrap()));
    let times = messages.iter().map(|one| one["receivedDateTime"].as_str().unwrap());
    let times: Vec<jiff::Timestamp> = times.map(|time| time.parse().unwrap()).collect();
    let time = |name: &str| line[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(Some(&time("first")), times.iter().min());
    assert_eq!(Some(&time("last")), times.iter().max());
    let mut mailboxes = BTreeMap::<&str, u64>::new();
    for one in &messages {
        *mailboxes.entry(one["mailbox"].as_str().unwrap()).or_default() += 1;
    }
    let told = line["mailboxes"].as_array().unwrap().iter();
    let told = told.map(|one| (one["name"].as_str().unwrap(), one["matches"].as_u64().unwrap()));
    assert_eq!(told.collect::<BTreeMap<_, _>>(), mailboxes);
}

/// A bad first line stopped the batch searches of others.
#[test]
fn a_bad_line_stops_nothing() {
    let (report, code) = report("form:alice\ninvoice\n(\nlate\toverdue\n", &[]);
    assert_eq!(code, 3);
    let lines = report["lines"].as_array().unwrap();
    let codes: Vec<_> = lines.iter().map(|line| line["errors"][0]["code"].as_str()).collect();
    assert_eq!((codes[0], codes[1], codes[3]), (Some("unknown_field"), None, None));
    assert!(
        codes[2].is_some() && lines[0]["errors"][0]["hint"].as_str().unwrap().contains("from:")
    );
    assert!(lines[0].get("matches").is_none() && lines[0]["canonical"].is_null());
    assert!(lines[1]["matches"].as_u64().unwrap() > 0);
    assert_eq!(lines[3]["name"], "late");
    assert_eq!(report["totals"]["withErrors"], 2);
}

#[test]
fn filters_and_mailboxes_bound_all_lines() {
    let (whole, _) = report("invoice\nfrom:@fabrikam.com", &[]);
    let filter = "receivedDateTime ge 2024-03-01T00:00:00Z";
    let (bounded, _) = report("invoice\nfrom:@fabrikam.com", &["--filter", filter]);
    for (number, query) in ["invoice", "from:@fabrikam.com"].into_iter().enumerate() {
        let counted = run(samples(), &["search", "--count", "--filter", filter, query]);
        assert_eq!(bounded["lines"][number]["matches"].to_string(), stdout(&counted).trim());
    }
    let mailbox = whole["lines"][0]["mailboxes"][0].clone();
    let name = mailbox["name"].as_str().unwrap();
    let (of_mailbox, _) = report("invoice", &["--mailbox", &name.to_uppercase()]);
    assert_eq!(of_mailbox["lines"][0]["matches"], mailbox["matches"]);
    assert_eq!(of_mailbox["lines"][0]["mailboxes"].as_array().unwrap().len(), 1);
    assert_eq!(of_mailbox["coverage"]["mailboxes"].as_array().unwrap().len(), 1);
    let unknown = run(samples(), &["report", "-", "--mailbox", "nobody"]);
    assert!(!unknown.status.success());
}

#[test]
fn what_is_no_list_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    for (bytes, expected) in [
        (&b"# nothing\n"[..], "there is no query in the list"),
        (b"a\n\xff\n", "line 2 of the list is not UTF-8"),
    ] {
        fs::write(&list, bytes).unwrap();
        let refused = run(samples(), &["report", list.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains(expected), "{}", stderr(&refused));
    }
    let missing = run(samples(), &["report", "no-such-list"]);
    assert!(stderr(&missing).contains("there is no file or folder"), "{}", stderr(&missing));
    fs::write(&list, "invoice").unwrap();
    let filter = run(samples(), &["report", list.to_str().unwrap(), "--filter", "isRead eq"]);
    assert_eq!((filter.status.code(), stdout(&filter).as_str()), (Some(1), ""));
    assert!(stderr(&filter).contains('^'), "{}", stderr(&filter));
}

/// Tables for people and spreadsheets, and a page; from standard input.
#[test]
fn one_report_in_each_form() {
    let of = |format: &str| {
        let mut command = postern(samples());
        command
            .args(["report", "-", "--format", format])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let list = "name,query\n<b>=1+1,invoice\n,\"form:x, <script>\"\n";
        child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        stdout(&output)
    };
    let count = stdout(&run(samples(), &["search", "--count", "invoice"]));
    let count = count.trim();
    let table = of("table");
    assert!(
        table.lines().nth(1).unwrap().starts_with(&format!("1  <b>=1+1           {count}")),
        "{table}"
    );
    assert!(table.contains("query 2:") && table.contains("^^^^"), "{table}");
    let csv = of("csv");
    let rows: Vec<_> =
        csv::Reader::from_reader(csv.as_bytes()).into_records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][0], &rows[0][3]), (3, "<b>=1+1", count));
    assert!(rows[1][14].starts_with("unknown_field at byte 0 `form`: "), "{}", &rows[1][14]);
    assert_eq!(&rows[2][3], count);
    let page = of("html");
    assert!(page.contains("&lt;b&gt;=1+1") && page.contains("<mark>form</mark>"), "{page}");
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
}

/// By a closed list of reasons, with the ids.
#[test]
fn what_cannot_be_searched_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (mail, data) = (folder.path().join("mail"), folder.path().join("data"));
    fs::create_dir(&mail).unwrap();
    let with = |name: &str, kind: &str, body: &str| {
        format!(
            "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n--b\nContent-Type: {kind}; \
             name={name}\n\n{body}\n--b--\n"
        )
    };
    fs::write(mail.join("1.eml"), "Subject: nothing else\n\n").unwrap();
    fs::write(mail.join("2.eml"), with("a.png", "image/png", "picture")).unwrap();
    fs::write(mail.join("3.eml"), with("a.csv", "text/csv", "1,paid")).unwrap();
    fs::write(mail.join("4.eml"), with("a.pdf", "application/pdf", "%PDF-1.4 broken")).unwrap();
    assert!(run(&data, &["index", "--quiet", mail.to_str().unwrap()]).status.success());
    fs::write(folder.path().join("list"), "words").unwrap();
    let list = folder.path().join("list");
    let output = run(&data, &["report", list.to_str().unwrap(), "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let reasons = report["unsearchable"].as_array().unwrap();
    let told = reasons.iter().map(|one| {
        let names = one["items"].as_array().unwrap().iter();
        let names = names.map(|item| item["name"].as_str().unwrap_or("message"));
        format!("{}: {}", one["reason"].as_str().unwrap(), names.collect::<Vec<_>>().join(" "))
    });
    let told: Vec<_> = told.collect();
    assert!(told.iter().any(|one| one.starts_with("damaged: a.pdf")), "{told:?}");
    let empty = told.iter().find(|one| one.starts_with("noText")).unwrap();
    assert!(
        empty.contains("message") && empty.contains("a.png") && !empty.contains("a.csv"),
        "{told:?}"
    );
    assert_eq!(report["lines"][0]["matches"], 3);
}
