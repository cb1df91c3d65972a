//! A report for spreadsheets.

use postern_archive::export::harmless;

use super::{ExtentView, LineView, ReportView, told};

/// The names of the columns.
const COLUMNS: [&str; 15] = [
    "name",
    "query",
    "canonical",
    "matches",
    "unique",
    "family",
    "conversation",
    "bytes",
    "first",
    "last",
    "mailboxes",
    "servedBy",
    "exact",
    "coverage",
    "errors",
];

/// One row for each query, and the totals in the last.
pub(super) fn of(report: &ReportView) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let head = COLUMNS.map(str::to_owned);
    let rows = report.lines.iter().map(row).chain([totals(report)]);
    for row in [head].into_iter().chain(rows) {
        // Memory takes every row.
        out.write_record(row.iter().map(|cell| harmless(cell))).unwrap_or_default();
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn row(line: &LineView) -> [String; 15] {
    let errors: Vec<_> = line.errors.iter().map(|error| told(error, &line.query)).collect();
    let [matches, family, conversation, bytes, first, last, mailboxes] =
        line.found.as_ref().map(|found| extent(&found.extent)).unwrap_or_default();
    let of_found = line.found.as_ref().map(|found| {
        let coverage = &found.coverage;
        let coverage = format!("{}/{}", coverage.indexed, coverage.known);
        [
            found.unique.to_string(),
            found.served_by.engine.clone(),
            found.exact.to_string(),
            coverage,
        ]
    });
    let [unique, served_by, exact, coverage] = of_found.unwrap_or_default();
    let name = line.name.clone().unwrap_or_default();
    let canonical = line.canonical.clone().unwrap_or_default();
    [
        name,
        line.query.clone(),
        canonical,
        matches,
        unique,
        family,
        conversation,
        bytes,
        first,
        last,
        mailboxes,
        served_by,
        exact,
        coverage,
        errors.join(" | "),
    ]
}

fn totals(report: &ReportView) -> [String; 15] {
    let [matches, family, conversation, bytes, first, last, mailboxes] =
        extent(&report.totals.extent);
    let errors = match report.totals.with_errors {
        0 => String::new(),
        some => format!("{some} queries with errors"),
    };
    let none = String::new;
    [
        "(all, each message once)".to_owned(),
        none(),
        none(),
        matches,
        none(),
        family,
        conversation,
        bytes,
        first,
        last,
        mailboxes,
        none(),
        none(),
        none(),
        errors,
    ]
}

fn extent(extent: &ExtentView) -> [String; 7] {
    let mailboxes = extent.mailboxes.iter().map(|one| format!("{} {}", one.name, one.matches));
    [
        extent.matches.to_string(),
        extent.family.to_string(),
        extent.conversation.to_string(),
        extent.bytes.to_string(),
        extent.first.clone().unwrap_or_default(),
        extent.last.clone().unwrap_or_default(),
        mailboxes.collect::<Vec<_>>().join("; "),
    ]
}
