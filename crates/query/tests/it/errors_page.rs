//! The tables of `docs/errors.md` are made of the errors and the advice that examples get.

use std::fmt::Write as _;

use postern_query::{AdviceCode, Code, Errors, odata};

use crate::parse;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");

/// Examples; a filter begins with `odata:`, and what is long is described in angle brackets.
const ERRORS: &[&str] = &[
    "befor:2024-01-01",
    "is:reed",
    "after:2024-02-30",
    "after:03/04/2024",
    "size>big",
    "invoice~9",
    "/in(ce/",
    "foo-ba*",
    "\"overdue invoice",
    "(invoice OR bill",
    "invoice AND",
    "from:",
    "subject>5",
    "has:youtube",
    "from:/smith/",
    "sort:newest OR invoice",
    "odata:isRead eq 'yes'",
    "<20,000 letters>",
    "<100 brackets>",
    "<2,000 words>",
    "odata:<40,000 conditions>",
];

const ADVICE: &[&str] = &[
    "cats and dogs",
    "of the",
    "R & D",
    "“overdue invoice”",
    "tag:unread",
    "invoice –draft",
    "Lunch?",
    "from:a@x.com from:b@y.com",
    "after:2024-05-01 before:2024-01-01",
];

/// An example as it is read.
fn written_out(example: &str) -> String {
    match example {
        "<20,000 letters>" => "a".repeat(20_000),
        "<100 brackets>" => format!("{}a{}", "(".repeat(100), ")".repeat(100)),
        "<2,000 words>" => (0..2_000).map(|number| format!("w{number} ")).collect(),
        "<40,000 conditions>" => vec!["size ne 5"; 40_000].join(" and "),
        text => text.to_owned(),
    }
}

fn errors(example: &str) -> Errors {
    match example.strip_prefix("odata:") {
        Some(filter) => odata::parse_filter(&written_out(filter)).expect_err(example),
        None => parse(&written_out(example)).expect_err(example),
    }
}

/// A cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn errors_table() -> String {
    let mut table = "| code | example | title | hint |\n|---|---|---|---|\n".to_owned();
    let mut codes = Vec::new();
    for example in ERRORS {
        let errors = errors(example);
        let [error, ..] = errors.as_slice() else { panic!("{example}") };
        let shown = example.trim_start_matches("odata:").trim_matches(['<', '>']);
        let shown = if example.contains('<') { shown.to_owned() } else { format!("`{shown}`") };
        let hint = error.hint.as_deref().unwrap_or_default();
        let (title, hint) = (cell(&error.title), cell(hint));
        writeln!(table, "| `{}` | {} | {title} | {hint} |", error.code, cell(&shown)).unwrap();
        codes.push(error.code);
    }
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !codes.contains(code)).collect();
    assert!(missing.is_empty(), "no example for {missing:?}");
    table
}

fn advice_table() -> String {
    let mut table = "| code | example | message |\n|---|---|---|\n".to_owned();
    let mut codes = Vec::new();
    for example in ADVICE {
        let parsed = parse(example).unwrap();
        let [advice, ..] = parsed.advice.as_slice() else { panic!("{example}") };
        let message = cell(&advice.message);
        writeln!(table, "| `{}` | `{example}` | {message} |", advice.code).unwrap();
        codes.push(advice.code);
    }
    let missing: Vec<_> = AdviceCode::ALL.iter().filter(|code| !codes.contains(code)).collect();
    assert!(missing.is_empty(), "no example for {missing:?}");
    table
}

/// The page with a table between its marks.
fn with(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- begin: {name} -->\n"), format!("<!-- end: {name} -->"));
    let (before, rest) = page.split_once(&begin).expect("the table begins");
    let (_, after) = rest.split_once(&end).expect("the table ends");
    format!("{before}{begin}\n{table}\n{end}{after}")
}

#[test]
fn errors_page_is_up_to_date() {
    let written = std::fs::read_to_string(PAGE).unwrap();
    let page = with(&with(&written, "errors", &errors_table()), "advice", &advice_table());
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
        return;
    }
    let differs = page.lines().zip(written.lines()).find(|(new, old)| new != old);
    assert!(
        page == written,
        "docs/errors.md is out of date; write it again with\n    \
         POSTERN_BLESS=1 cargo test -p postern-query errors_page\nfirst difference: {differs:#?}"
    );
}
