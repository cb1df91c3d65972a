//! Every rewrite as the documentation shows it.

use postern_query::odata;
use postern_query::simplify::Rewrite;

#[test]
fn every_rewrite_does_what_its_example_says() {
    for rewrite in Rewrite::ALL {
        let (before, after) = rewrite.example();
        let simplified = odata::parse_filter(before).unwrap().simplified();
        let expected = odata::parse_filter(after).unwrap();
        assert_eq!(simplified.query, expected, "{before}");
        // Groups flatten while a text is read, so only the others can be seen at work.
        let seen = !matches!(rewrite, Rewrite::Flatten | Rewrite::Constants | Rewrite::Negation);
        assert!(!seen || simplified.rewrites.contains(&rewrite), "{rewrite:?}");
    }
}

#[test]
fn every_rewrite_stands_in_the_documentation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/query-compilation.md");
    let page = std::fs::read_to_string(path).unwrap();
    for rewrite in Rewrite::ALL {
        let (before, after) = rewrite.example();
        assert!(page.contains(&format!("`{before}` => `{after}`")), "{rewrite:?}");
    }
}

/// What became tighter excludes a third condition, whatever the order they stand in.
#[test]
fn a_tighter_range_was_not_held_against_the_rest() {
    let filter = "size ge 1 and size lt 3 and size ge 3";
    let simplified = odata::parse_filter(filter).unwrap().simplified().query;
    assert_eq!(simplified, odata::parse_filter("false").unwrap());
}

/// As many clauses as a client may send: each looked at once, none lost, and in their order.
#[test]
fn twenty_thousand_clauses() {
    let joined = |between: &str, clause: &dyn Fn(usize) -> String| {
        (0..20_000).map(clause).collect::<Vec<_>>().join(between)
    };
    let listed = joined("|", &|number| format!("n{number}"));
    let differ = joined(" and ", &|number| format!("fromName ne 'n{number}'"));
    let sizes = joined(" or ", &|number| format!("size eq {number}"));
    for (before, after) in [
        (
            joined(" or ", &|number| format!("fromName eq 'n{number}'")),
            format!("search.in(fromName, '{listed}', '|')"),
        ),
        (
            joined(" or ", &|number| format!("toRecipients/any(r: r/name eq 'n{number}')")),
            format!("toRecipients/any(r: search.in(r/name, '{listed}', '|'))"),
        ),
        (
            joined(" and ", &|number| format!("search.in(fromName, 'n0|n{number}|n1', '|')")),
            "search.in(fromName, 'n0|n1', '|')".to_owned(),
        ),
        (joined(" and ", &|number| format!("size ge {number}")), "size ge 19999".to_owned()),
        (format!("{sizes} or size gt 1"), "size eq 0 or size eq 1 or size gt 1".to_owned()),
        (sizes.clone(), sizes),
        (differ.clone(), differ),
    ] {
        let simplified = odata::parse_filter(&before).unwrap().simplified().query;
        assert!(simplified == odata::parse_filter(&after).unwrap(), "{before:.90}");
    }
}

#[test]
fn a_text_counts_once_in_a_list() {
    for (before, after) in [
        ("search.in(fromName, 'a|b|a', '|')", "search.in(fromName, 'a|b', '|')"),
        ("search.in(fromName, 'a|a', '|')", "fromName eq 'a'"),
        (
            "search.in(fromName, 'a|b', '|') or search.in(fromName, 'b|c', '|')",
            "search.in(fromName, 'a|b|c', '|')",
        ),
    ] {
        let simplified = odata::parse_filter(before).unwrap().simplified();
        assert_eq!(simplified.query, odata::parse_filter(after).unwrap(), "{before}");
        assert!(simplified.rewrites.contains(&Rewrite::Duplicates), "{before}");
    }
}

/// What several parts are together stands where the first of them stood.
#[test]
fn the_order_of_parts_is_kept() {
    for (before, after) in [
        ("size gt 5 and isRead and size gt 7", "size gt 7 and isRead"),
        (
            "isRead or fromName eq 'a' or size eq 1 or fromName eq 'b'",
            "isRead or search.in(fromName, 'a|b', '|') or size eq 1",
        ),
    ] {
        let simplified = odata::parse_filter(before).unwrap().simplified().query;
        assert_eq!(simplified, odata::parse_filter(after).unwrap(), "{before}");
    }
}

/// At one place a condition and its opposite may both fail: the opposite speaks of every place.
#[test]
fn opposites_about_a_place_are_kept_under_or() {
    for filter in ["size gt 5 and (isRead or not isRead)", "folder eq 'a' or not (folder eq 'a')"] {
        let query = odata::parse_filter(filter).unwrap();
        assert_eq!(query.simplified().query, query, "{filter}");
    }
    for (before, after) in [
        ("isRead and not isRead", "false"),
        (
            "size gt 5 and (not isRead or isRead eq null and not not isRead)",
            "size gt 5 and not isRead",
        ),
        ("mailbox eq 'a' and mailbox eq 'b'", "false"),
    ] {
        let simplified = odata::parse_filter(before).unwrap().simplified().query;
        assert_eq!(simplified, odata::parse_filter(after).unwrap(), "{before}");
    }
}
