//! Answers of an independent judge over the sample mail, recorded by `.ci/record_parity.py`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::support::{root, run, stderr, stdout};

/// One request and what the judge says about it. Documents are numbered by line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    request: Value,
    #[serde(default)]
    refused: bool,
    count: Option<usize>,
    /// The page in exactly this order.
    ordered: Option<Vec<usize>>,
    /// Every match; the order is one of relevance.
    found: Option<Vec<usize>>,
}

fn folder() -> PathBuf {
    root().join("tests/parity")
}

fn lines<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every answer of the binary, in one run of it.
fn answers(recorded: &[Recorded]) -> Vec<Value> {
    let work = tempfile::tempdir().unwrap();
    let documents = folder().join("documents.jsonl");
    let indexed = run(work.path(), &["index", "--quiet", documents.to_str().unwrap()]);
    assert!(indexed.status.success(), "{}", stderr(&indexed));
    let requests = work.path().join("requests.jsonl");
    let mut text = String::new();
    recorded.iter().for_each(|one| writeln!(text, "{}", one.request).unwrap());
    fs::write(&requests, text).unwrap();
    let output = run(work.path(), &["search", "--requests", requests.to_str().unwrap()]);
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is wrong with an answer, if anything.
fn fault(recorded: &Recorded, answer: &Value, ids: &[String]) -> Option<String> {
    let refused = answer.get("error").is_some();
    if refused || recorded.refused {
        return (refused != recorded.refused).then(|| format!("refused: {refused}"));
    }
    if answer["count"].as_u64() != recorded.count.map(|count| count as u64) {
        return Some(format!("{} instead of {:?}", answer["count"], recorded.count));
    }
    let name = |numbers: &Vec<usize>| numbers.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>();
    let mut found: Vec<String> = serde_json::from_value(answer["ids"].clone()).unwrap();
    if let Some(ordered) = &recorded.ordered {
        return (name(ordered) != found).then(|| "another page or order".to_owned());
    }
    let mut expected = name(recorded.found.as_ref()?);
    expected.sort();
    found.sort();
    (expected != found).then(|| "other messages".to_owned())
}

#[test]
fn what_an_independent_judge_answered() {
    let recorded: Vec<Recorded> = lines("answers.jsonl");
    let documents: Vec<Value> = lines("documents.jsonl");
    let ids: Vec<_> = documents.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    let answers = answers(&recorded);
    assert_eq!((recorded.len(), answers.len()), (320, 320));
    let judged = recorded.iter().zip(&answers);
    let faults: Vec<_> = judged
        .filter_map(|(one, answer)| {
            Some(format!("{}\n  {}", one.request, fault(one, answer, &ids)?))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
