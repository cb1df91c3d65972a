//! Where each clause of a query matched, over the sample mail, as programs and people read it.

use serde_json::Value;

use crate::ingest::Setting;
use crate::support::{run, samples, stderr, stdout};

fn found(query: &str) -> Vec<Value> {
    let output = run(samples(), &["search", "--format", "json", "--limit", "200", query]);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| {
        panic!("{query}: {}", stderr(&output));
    });
    answer["results"].as_array().unwrap().clone()
}

fn ids(query: &str) -> Vec<String> {
    let output = run(samples(), &["search", "--format", "ids", "--limit", "1000", query]);
    stdout(&output).lines().map(str::to_owned).collect()
}

fn matches(hit: &Value) -> &[Value] {
    hit["matches"].as_array().unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A clause that is told to match finds the message by itself, and what is told of it stands there.
#[test]
fn what_is_told_is_so() {
    for query in [
        "invoice overdue",
        "invoic* -overdue",
        "\"crane foundation\" OR (facture from:hugo)",
        "new:invoice to:b.user@contoso.com",
        "quoted:invoice OR subject:contract",
        "from:@fabrikam.com has:attachment after:2024-01-01",
        "filename:contract.pdf OR ext:csv",
        "désolé (crane NEAR/5 foundation OR retard)",
        "mailbox:c.o-brien@contoso.com in:Projects/Harbour",
        "fabrikm~1 /in.*ce/",
        "participants:boris invoice",
    ] {
        let hits = found(query);
        assert!(!hits.is_empty(), "{query}");
        for one in hits.iter().flat_map(|hit| matches(hit).iter().map(move |one| (hit, one))) {
            let (hit, one) = one;
            assert!(
                ids(text(one, "clause")).contains(&text(hit, "id").to_owned()),
                "{query}: {one}"
            );
            let shown = match one["pointer"].as_str() {
                Some(pointer) => hit.pointer(pointer).and_then(Value::as_str).unwrap(),
                None => text(one, "text"),
            };
            for range in one["ranges"].as_array().unwrap() {
                let [start, end] =
                    [0, 1].map(|at| usize::try_from(range[at].as_u64().unwrap()).unwrap());
                assert!(!shown[start..end].trim().is_empty(), "{query}: {one}");
            }
            let has_file = matches!(text(one, "where"), "filename" | "type" | "attachment");
            assert_eq!(one["attachment"].is_string(), has_file, "{query}: {one}");
        }
    }
}

/// Every clause that must hold and has words is told of.
#[test]
fn every_clause_of_all_that_must_hold_has_its_place() {
    for (query, clauses) in [
        ("invoice overdue", &["invoice", "overdue"][..]),
        ("from:@fabrikam.com invoice after:2024-03", &["from:@fabrikam.com", "invoice"]),
        ("\"crane foundation\" -borehole", &["\"crane foundation\""]),
        ("has:attachment filename:contract.pdf", &["filename:contract.pdf"]),
        ("in:Projects/Harbour subject:(crane OR permit*)", &["in:Projects/Harbour"]),
    ] {
        for hit in found(query) {
            for clause in clauses {
                let has = matches(&hit).iter().any(|one| text(one, "clause") == *clause);
                assert!(has, "{query}: nothing of {clause} in {hit}");
            }
            let negated = matches(&hit).iter().any(|one| text(one, "clause") == "borehole");
            assert!(!negated, "{query}: {hit}");
        }
    }
}

#[test]
fn words_inside_of_attachments() {
    let hits = found("contents:borehole");
    assert!(!hits.is_empty());
    for hit in hits {
        let one = &matches(&hit)[0];
        assert_eq!((text(one, "clause"), text(one, "where")), ("contents:borehole", "attachment"));
        assert!(one["ranges"].as_array().unwrap().is_empty() && one["text"].is_null(), "{one}");
        assert!(one["attachment"].is_string(), "{one}");
        assert!(hit["moreMatches"].is_null() || hit["moreMatches"] == false, "{hit}");
    }
}

/// Of several attachments each is named in which the words are, and no other.
#[test]
fn words_inside_of_some_of_several_attachments() {
    let setting = Setting::new();
    let file = |head: &str, words: &str| {
        format!("--b\nContent-Disposition: attachment; {head}\n\n{words}\n")
    };
    let parts = [
        file("filename=one.txt", "the harbour plan"),
        file("filename=two.txt", "nothing of it"),
        file("filename=north.txt", "harbours of the north"),
        file("filename=three.csv", "harbour;7"),
    ];
    let head = "Subject: files\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nthe text\n";
    setting.write("1.eml", format!("{head}{}--b--\n", parts.concat()));
    setting.index(&[]);
    for (query, expected) in [
        ("contents:harbour", &[Some("one.txt"), Some("three.csv")][..]),
        ("contents:harbour*", &[Some("one.txt"), Some("north.txt"), Some("three.csv")]),
        ("contents:\"harbours of\"", &[Some("north.txt")]),
        ("contents:harbour -contents:north OR contents:nothing", &[Some("two.txt")]),
    ] {
        let output = run(&setting.data("data"), &["search", "--format", "json", query]);
        let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let inside =
            matches(&answer["results"][0]).iter().filter(|one| one["where"] == "attachment");
        let names: Vec<_> = inside.map(|one| one["attachment"].as_str()).collect();
        assert_eq!(names, expected, "{query}: {answer}");
    }
}

#[test]
fn people_read_it_on_a_line() {
    let table = |query: &str| stdout(&run(samples(), &["search", "--limit", "1", query]));
    let one = table("from:billing subject:invoice");
    let line = one.lines().find(|line| line.contains(" in sender")).unwrap();
    assert_eq!(line.trim(), "from:billing in sender; subject:invoice in subject", "{one}");
    for hit in found("has:attachment after:2024-01-01") {
        assert!(matches(&hit).is_empty(), "a date and a mark have no words: {hit}");
    }
}
