//! Counting as a person does it, and the zone and the addresses that queries are read with.

use std::fs;

use crate::support::{run, samples, stderr, stdout};

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = run(samples(), arguments);
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

fn pairs(json: &serde_json::Value) -> Vec<(String, u64)> {
    let values = json["values"].as_array().unwrap().iter();
    values
        .map(|one| (one["value"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap()))
        .collect()
}

/// Each field counts what a search for its value finds.
#[test]
fn counts_are_those_of_searches() {
    for (by, operator) in [
        ("domain", "from:@"),
        ("year", "date:"),
        ("month", "date:"),
        ("day", "date:"),
        ("extension", "ext:"),
        ("kind", "kind:"),
        ("hasAttachment", "has_attachment:"),
    ] {
        let counted = json(&["count", "--by", by, "--format", "json"]);
        let counted = pairs(&counted);
        assert!(!counted.is_empty(), "{by}");
        for (value, count) in counted.into_iter().take(5) {
            let query = format!("{operator}{value}");
            let found = stdout(&run(samples(), &["search", "--count", &query]));
            assert_eq!(found.trim(), count.to_string(), "{query}");
        }
    }
}

#[test]
fn the_most_frequent_or_all() {
    let all = json(&["count", "invoice", "--by", "sender", "--format", "json"]);
    let (values, few) = (
        pairs(&all),
        json(&["count", "invoice", "--by", "sender", "--limit", "2", "--format", "json"]),
    );
    assert_eq!((all["others"].as_u64(), all["by"].as_str()), (Some(0), Some("sender")));
    assert_eq!(pairs(&few), values[..2]);
    assert_eq!(few["others"], values.len() - 2);
    assert_eq!(few["count"], all["count"]);
    let months = pairs(&json(&["count", "--by", "month", "--limit", "3", "--format", "json"]));
    assert!(months.is_sorted(), "periods come in their order: {months:?}");
}

#[test]
fn tables_for_people_and_spreadsheets() {
    let table = stdout(&run(samples(), &["count", "from:@fabrikam.com", "--by", "domain"]));
    assert_eq!(
        table,
        format!("VALUE         COUNT\nfabrikam.com  15     {}\n15 found\n", "█".repeat(40))
    );
    let csv = stdout(&run(
        samples(),
        &["count", "from:@fabrikam.com", "--by", "domain", "--format", "csv"],
    ));
    assert_eq!(csv, "value,count\nfabrikam.com,15\n");
    assert_eq!(stdout(&run(samples(), &["count", "from:@fabrikam.com"])), "15\n");
    let unknown = run(samples(), &["count", "--by", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        stderr(&unknown).contains("hasAttachment") && !stderr(&unknown).contains("senderDomain"),
        "{}",
        stderr(&unknown)
    );
    assert!(
        run(samples(), &["count", "--by", "senderDomain"]).status.success(),
        "older names are taken"
    );
}

#[test]
fn zones_and_own_addresses_are_flags_and_settings() {
    let me = ["--me", "a.user@contoso.com"];
    let count = |arguments: &[&str]| stdout(&run(samples(), arguments)).trim().to_owned();
    let whole = count(&["search", "--count", "from:a.user@contoso.com"]);
    assert_eq!(count(&[&["search", "--count", "from:me"], &me[..]].concat()), whole);
    assert_eq!(count(&[&["count", "from:me"], &me[..]].concat()), whole);
    let translated =
        stdout(&run(samples(), &[&["translate", "--to", "english", "from:me"], &me[..]].concat()));
    assert!(translated.contains("a.user@contoso.com"), "{translated}");
    assert!(
        stderr(&run(samples(), &["search", "from:me"])).contains("configure your own addresses")
    );
    let wrong = run(samples(), &["search", "--zone", "Atlantis", "x"]);
    assert!(
        stderr(&wrong).contains("--zone is a zone such as Europe/Berlin"),
        "{}",
        stderr(&wrong)
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postern.toml");
    fs::write(&file, "me = [\"a.user@contoso.com\"]\nzone = \"Pacific/Kiritimati\"\n").unwrap();
    let config = ["--config", file.to_str().unwrap()];
    assert_eq!(count(&[&config[..], &["search", "--count", "from:me"]].concat()), whole);
    let json = json(&[&config[..], &["count", "--format", "json"]].concat());
    assert_eq!(json["zone"], "Pacific/Kiritimati");
    // A day there begins ten hours after that of UTC before it.
    let there = count(&[&config[..], &["search", "--count", "date:2024-04-09"]].concat());
    let here = count(&[
        "search",
        "--count",
        "received>=2024-04-08T10:00:00Z received<2024-04-09T10:00:00Z",
    ]);
    assert_eq!(there, here);
    fs::write(&file, "zone = \"Atlantis\"\n").unwrap();
    let wrong = run(samples(), &[&config[..], &["config", "check"]].concat());
    assert!(stderr(&wrong).contains("`zone` is a zone such as"), "{}", stderr(&wrong));
}

#[test]
fn dates_are_shown_in_the_zone() {
    let shown = |zone: &str| {
        stdout(&run(samples(), &["search", "--limit", "1", "invoice", "overdue", "--zone", zone]))
    };
    assert!(shown("UTC").contains("2024-04-09 05:30"), "{}", shown("UTC"));
    assert!(shown("Europe/Berlin").contains("2024-04-09 07:30"), "{}", shown("Europe/Berlin"));
}
