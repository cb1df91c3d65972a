//! Index, search and translate as a person runs them.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::support::{postern, root, run, samples, stderr, stdout};

#[track_caller]
fn count(query: &str, expected: usize) {
    let output = run(samples(), &["search", "--count", "--", query]);
    assert_eq!(stdout(&output).trim(), expected.to_string(), "{query}: {}", stderr(&output));
}

/// The counts were found by other means: a MIME reader of another language over the raw files.
#[test]
fn searches_of_the_samples() {
    count("", 96);
    count("invoice overdue", 10);
    count("from:a.user@contoso.com has:attachment after:2024-01-01 before:2024-04-01", 11);
    count("to:b.user@contoso.com", 24);
    count("thread:27217c93ae47007223e7400e3ee9959c", 11);
    count("filename:contract.pdf", 6);
    count("договор", 2);
    count("会議", 3);
    count("الفاتورة", 2);
    count("Zürich", 3);
    count("Zurich", 1);
    count("\"crane foundation\"", 12);
    count("crane foundation", 13);
    count("from:@fabrikam.com", 15);
    count("invoice -overdue OR overdue -invoice OR invoice overdue", {
        let either = run(samples(), &["search", "--count", "invoice OR overdue"]);
        stdout(&either).trim().parse().unwrap()
    });
}

#[test]
fn results_for_people_and_programs() {
    let table = stdout(&run(samples(), &["search", "--limit", "2", "invoice", "overdue"]));
    assert!(table.contains("10 found, the first 2 shown") && table.contains("Invoice"), "{table}");
    let json = stdout(&run(
        samples(),
        &["search", "--format", "json", "--limit", "3", "filename:contract.pdf sort:oldest"],
    ));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["count"]["value"], json["results"].as_array().unwrap().len()),
        (&6.into(), 3)
    );
    assert_eq!(json["servedBy"]["engine"], "local");
    assert_eq!(json["coverage"]["indexed"], 96);
    let dates: Vec<_> = json["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["receivedDateTime"].as_str().unwrap().to_owned())
        .collect();
    assert!(dates.is_sorted(), "{dates:?}");
    let ids = stdout(&run(samples(), &["search", "--format", "ids", "filename:contract.pdf"]));
    assert_eq!(ids.lines().count(), 6);
    let id = ids.lines().next().unwrap();
    let shown = stdout(&run(samples(), &["show", id]));
    assert!(shown.contains("From") && shown.to_lowercase().contains("contract.pdf"), "{shown}");
}

#[test]
fn words_stand_out_in_snippets() {
    let json = stdout(&run(samples(), &["search", "--format", "json", "invoice overdue"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    for hit in json["results"].as_array().unwrap() {
        let pieces = |text: &serde_json::Value, ranges: &serde_json::Value| {
            let text = text.as_str().unwrap().to_owned();
            let each = ranges.as_array().unwrap().iter().map(move |range| {
                let (start, end) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
                text[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()].to_lowercase()
            });
            each.collect::<Vec<_>>()
        };
        let mut marked = pieces(&hit["snippet"]["text"], &hit["snippet"]["ranges"]);
        marked.extend(pieces(&hit["subject"], &hit["snippet"]["subjectRanges"]));
        assert!(
            !marked.is_empty()
                && marked.iter().all(|word| ["invoice", "overdue"].contains(&word.as_str())),
            "{hit}"
        );
    }
}

#[test]
fn a_batch_of_requests() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    let requests = [
        r#"{"query":"invoice AND overdue"}"#,
        r#"{"filter":"attachments/any(x: x/name eq 'contract.pdf')","orderby":"receivedDateTime desc","top":2}"#,
        r#"{"q":"filename:contract.pdf","top":0}"#,
        r#"{"filter":"not fromAddress eq 'a'"}"#,
        r#"{"filtre":"x"}"#,
        "nonsense",
        r#"{"top":-1}"#,
    ];
    fs::write(&file, requests.join("\n")).unwrap();
    let output = run(samples(), &["search", "--requests", file.to_str().unwrap()]);
    let answers: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["count"], 10);
    assert_eq!((&answers[1]["count"], answers[1]["ids"].as_array().unwrap().len()), (&5.into(), 2));
    assert_eq!((&answers[2]["count"], &answers[2]["ids"]), (&6.into(), &serde_json::json!([])));
    assert_eq!(answers[3]["error"]["code"], "syntax");
    assert!(answers[4]["error"]["message"].as_str().unwrap().contains("unknown field `filtre`"));
    assert_eq!(answers[5]["error"]["code"], "bad_request");
    assert_eq!(answers[6]["error"]["code"], "out_of_range");
}

/// A small folder of every format, read twice, changed, and read again.
#[test]
fn formats_and_second_runs() {
    const FROM: &str = "From a@x.com Sat Jan  1 10:00:00 2024\n";
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("mail");
    let write = |path: &str, text: &str| {
        let path = mail.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("ann@x.com/Inbox/one", "From: a@x.com\nSubject: alpha\n\nfirst");
    write("ann@x.com/Inbox/copy", "From: a@x.com\nSubject: alpha\n\nfirst");
    write("ann@x.com/archive", &format!("{FROM}Subject: beta\n\nx\n\n{FROM}Subject: gamma\n\ny\n"));
    for part in ["cur", "new", "tmp"] {
        write(&format!("bob/{part}/1:2,S"), &format!("Subject: maildir {part}\n\nz"));
    }
    write("documents.jsonl", "{\"id\":\"d1\",\"subject\":\"document\"}\nbroken\n");
    write("picture", "\u{89}PNG\n");
    let data = folder.path().join("data");
    let index = |expected: [u64; 4], code: i32| {
        let output = run(&data, &["index", "--format", "json", mail.to_str().unwrap()]);
        let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let found = ["found", "indexed", "alreadyThere", "duplicates"]
            .map(|key| json[key].as_u64().unwrap());
        assert_eq!((found, output.status.code()), (expected, Some(code)), "{json}");
        json
    };
    let first = index([7, 6, 0, 1], 3);
    assert!(
        first["unreadable"][0]["reason"].as_str().unwrap().starts_with("line 2, column 1: "),
        "{first}"
    );
    assert_eq!(first["notMail"].as_array().unwrap().len(), 1);
    index([7, 0, 7, 0], 0);
    let count = |query: &str| stdout(&run(&data, &["search", "--count", query])).trim().to_owned();
    assert_eq!(
        [count("alpha"), count("gamma"), count("maildir"), count("is:read"), count("document")],
        ["1", "1", "2", "2", "1"]
    );
    write("ann@x.com/Inbox/one", "From: a@x.com\nSubject: alpha changed\n\nlonger now");
    index([7, 1, 6, 0], 0);
    assert_eq!([count("alpha"), count("changed")], ["2", "1"]);
}

#[test]
fn bad_input_gets_one_clear_message() {
    let nowhere = Path::new("/no/such/place");
    let check = |data: &Path, arguments: &[&str], code: i32, expected: &str| {
        let output = run(data, arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    };
    check(samples(), &["search", "form:alice"], 1, "did you mean from:?");
    check(samples(), &["search", "a \"open"], 1, "error[unclosed_quote]: a quote is not closed");
    check(
        samples(),
        &["search", "after:2024-02-30"],
        1,
        "error[invalid_date]: `2024-02-30` is not a date",
    );
    check(samples(), &["search", "--filter", "x eq 1"], 1, "there is no field `x`");
    let too_large = "error[too_costly]: a regular expression is too large";
    check(samples(), &["search", "/.*a.{100}/"], 1, too_large);
    let dear = "search.ismatch('/.*a.{100}/', 'body', 'full', 'any')";
    check(samples(), &["search", "--filter", dear], 1, too_large);
    check(samples(), &["search", "--sort", "sideways", "a"], 1, "`sideways` is not an order");
    check(samples(), &["show", "nothing"], 1, "there is no message with the id `nothing`");
    check(samples(), &["index"], 2, "Usage: postern index");
    check(
        samples(),
        &["index", "/no/such/folder"],
        1,
        "there is no file or folder `/no/such/folder`",
    );
    check(nowhere, &["search", "a"], 1, "make one with `postern index PATH`");
    check(
        samples(),
        &["search", "--requests", "/no/such/file"],
        1,
        "`/no/such/file` cannot be read",
    );
    check(
        samples(),
        &["--config", "/no/such/file", "config", "check"],
        1,
        "check the path given with --config",
    );
}

#[test]
fn an_index_of_another_version_is_not_misread() {
    let folder = tempfile::tempdir().unwrap();
    let mail = root().join("samples/mail/c.o-brien@contoso.com");
    let mail = mail.to_str().unwrap();
    assert!(run(folder.path(), &["index", "--quiet", mail]).status.success());
    fs::write(folder.path().join("index/version.json"), "{\"format\":99}").unwrap();
    for arguments in [&["search", "a"][..], &["index", mail], &["status"]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("--rebuild"), "{}", stderr(&output));
    }
    assert!(run(folder.path(), &["index", "--quiet", "--rebuild", mail]).status.success());
    assert_eq!(stdout(&run(folder.path(), &["search", "--count", "*"])).trim(), "26");
}

#[test]
fn a_limit_below_nothing() {
    for limit in ["-1", "many", "1.5"] {
        let output = run(samples(), &["search", "a", "--limit", limit]);
        assert_eq!(output.status.code(), Some(2), "{limit}");
        assert!(stderr(&output).contains("write a whole number, 0 or more"), "{}", stderr(&output));
    }
}

/// Killed at any moment, the next run continues, and nothing is lost or doubled.
#[test]
fn killed_while_indexing() {
    let folder = tempfile::tempdir().unwrap();
    let mail = root().join("samples/mail");
    for wait in [5, 20, 60, 120] {
        let mut child = postern(folder.path())
            .args(["index", "--quiet", "--jobs", "1"])
            .arg(&mail)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(run(folder.path(), &["index", "--quiet", mail.to_str().unwrap()]).status.success());
    assert_eq!(stdout(&run(folder.path(), &["search", "--count", "*"])).trim(), "96");
    assert_eq!(stdout(&run(folder.path(), &["search", "--count", "invoice overdue"])).trim(), "10");
}

#[test]
fn translations() {
    let json = stdout(&run(
        samples(),
        &["translate", "--format", "json", "to:b.user@contoso.com sort:newest"],
    ));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let datatap = &json["targets"]["datatap"];
    assert_eq!(datatap["sent"]["filter"], "toRecipients/any(r: r/address eq 'b.user@contoso.com')");
    assert_eq!(
        (&datatap["sent"]["$orderby"], &datatap["fidelity"]),
        (&"receivedDateTime desc".into(), &"approximate".into())
    );
    let kql = &["translate", "--format", "json", "--to", "kql", "is:unread"];
    let json: serde_json::Value = serde_json::from_str(&stdout(&run(samples(), kql))).unwrap();
    assert_eq!(
        json["targets"],
        serde_json::json!({"kql": {"fidelity": "exact", "notes": [], "sent": "isread:false"}})
    );
    let bad = run(samples(), &["translate", "--format", "json", "befor:2024"]);
    let errors: serde_json::Value = serde_json::from_str(&stdout(&bad)).unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(
        (&errors["errors"][0]["code"], &errors["errors"][0]["span"]["end"]),
        (&"unknown_field".into(), &5.into())
    );
    let text = stdout(&run(samples(), &["translate", "--from", "odata", "isRead ne true"]));
    assert!(text.contains("isRead ne true") && text.contains("exact"), "{text}");
}

/// For people: every target with how faithful it is, and each note with the text that caused it.
#[test]
fn translations_for_people() {
    let text = stdout(&run(samples(), &["translate", "from:alice", "R", "and", "D"]));
    for line in [
        "canonical      from:alice R and D",
        "advice         `and` is looked for as a word; the operator is AND",
        "datatap        unsupported",
        "elasticsearch  exact",
        "kql            approximate, wider",
        "aqs            approximate, wider",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(text.contains("  note         `alice`: the premium index compares"), "{text}");
    let only = stdout(&run(samples(), &["translate", "--to", "kql", "is:unread"]));
    assert!(only.contains("  text         isread:false") && !only.contains("datatap"), "{only}");
}

/// A reader that goes away is no fault.
#[test]
fn a_broken_pipe_is_success() {
    let mut child = postern(samples())
        .args(["search", "--format", "jsonl", "--limit", "96", "*"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A result that finds no way out is not taken for one that was written.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_result_is_said() {
    for format in ["table", "json", "jsonl", "ids"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = postern(samples());
        command.args(["search", "--format", format, "invoice"]).stdout(full).stderr(Stdio::piped());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(stderr(&output).contains("the result cannot be written"), "{}", stderr(&output));
    }
}

#[test]
fn translate_mends_a_query_and_goes_back_to_typed_text() {
    let fixed = run(
        samples(),
        &["translate", "--fix", "--format", "json", "--to", "english", "form:ann (a"],
    );
    let json: serde_json::Value = serde_json::from_str(&stdout(&fixed)).unwrap();
    assert_eq!(
        (&json["fixed"], &json["canonical"]),
        (&"from:ann (a)".into(), &"from:ann a".into())
    );

    let told = run(samples(), &["translate", "--format", "json", "befor:2024"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&told)).unwrap();
    let fix = serde_json::json!({"span": {"start": 0, "end": 5}, "replacement": "before"});
    assert_eq!((&json["errors"][0]["fix"], &json["fixed"]), (&fix, &"before:2024".into()));

    let none = run(samples(), &["translate", "--fix", "after:03/04/2024"]);
    assert_eq!(none.status.code(), Some(1), "two readings");

    let filter = "isRead == false && receivedDateTime ge '2024-01-31'";
    let back =
        ["translate", "--from", "odata", "--to", "postern", "--fix", "--format", "json", filter];
    let json: serde_json::Value = serde_json::from_str(&stdout(&run(samples(), &back))).unwrap();
    let typed = &json["targets"]["postern"];
    assert_eq!(typed["sent"], "is:unread received>=2024-01-31T00:00:00Z");
    assert_eq!(typed["fidelity"], "exact");
}
