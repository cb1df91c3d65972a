//! `docs/errors.md` lists every problem of the gateway, with its status.

use std::collections::BTreeSet;
use std::fs;

use walkdir::WalkDir;

use crate::support::root;

/// Codes that the source does not write beside their status, and what it writes instead.
const ELSEWHERE: [(&str, &str, &str); 3] = [
    ("403", "foreign_host", "\"foreign_host\""),
    ("403", "foreign_page", "\"foreign_page\""),
    ("400", "premium_cannot", "format!(\"{}_cannot\""),
];

#[test]
fn every_problem_has_a_row() {
    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let written: BTreeSet<_> = page.lines().filter_map(row).collect();
    let files = WalkDir::new(root().join("crates/gateway/src")).into_iter().map(Result::unwrap);
    let files =
        files.filter(|file| !file.path().components().any(|part| part.as_os_str() == "tests"));
    let sources: Vec<_> = files
        .filter(|file| file.path().extension().is_some_and(|end| end == "rs"))
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .collect();
    let mut made: BTreeSet<_> = sources.iter().flat_map(|source| problems(source)).collect();
    for (status, code, written) in ELSEWHERE {
        assert!(sources.iter().any(|source| source.contains(written)), "{code}");
        made.insert((status.to_owned(), code.to_owned()));
    }
    assert_eq!(written, made);
}

/// Status and code of a row such as ``| 503 | `busy` | …``.
fn row(line: &str) -> Option<(String, String)> {
    let (status, rest) = line.strip_prefix("| ")?.split_once(" | `")?;
    status.parse::<u16>().ok()?;
    Some((status.to_owned(), rest.split('`').next()?.to_owned()))
}

/// Every code behind a status: `new(503, "busy"`, `status: 415, code: "…"`, `not_found("…"`.
fn problems(source: &str) -> Vec<(String, String)> {
    let pieces: Vec<_> = source.split('"').collect();
    let pairs = pieces.windows(2).filter(|pair| is_code(pair[1]));
    let found = pairs.filter_map(|pair| {
        let before = pair[0].trim_end();
        let before = before.strip_suffix("code:").map_or(before, str::trim_end);
        if before.ends_with("not_found(") {
            return Some(("404".to_owned(), pair[1].to_owned()));
        }
        let status = before.strip_suffix(',')?.rsplit(['(', ' ', '\n']).next()?;
        let status: u16 = status.parse().ok()?;
        (400..600).contains(&status).then(|| (status.to_string(), pair[1].to_owned()))
    });
    found.collect()
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_lowercase() || char == '_')
}
