//! Search bodies. What they mean is judged by an engine, see `.ci/judges/elasticsearch.py`.

use postern_query::Fidelity::{self, Approximate, Exact, Unsupported};
use postern_query::emit::elasticsearch::{self, Known, Profile};
use postern_query::{Direction, Message, Query, lucene, odata};

use crate::parse;

#[track_caller]
fn check_query(query: &Query, profile: Profile, fidelity: Fidelity, expected: &str) {
    let compiled = elasticsearch::compile(query, profile);
    let sent = compiled.sent.as_ref().map(|body| {
        let body: serde_json::Value = serde_json::from_str(&body.to_string()).unwrap();
        body["query"].to_string()
    });
    let actual = (compiled.fidelity(), sent.unwrap_or_default());
    assert_eq!(actual, (fidelity, expected.to_owned()), "{:?}", compiled.notes);
}

#[track_caller]
fn check(typed: &str, fidelity: Fidelity, expected: &str) {
    check_query(&parse(typed).unwrap().query, Profile::OpenSearch, fidelity, expected);
}

#[track_caller]
fn check_filter(filter: &str, fidelity: Fidelity, expected: &str) {
    check_query(&odata::parse_filter(filter).unwrap(), Profile::OpenSearch, fidelity, expected);
}

#[track_caller]
fn check_quickwit(typed: &str, fidelity: Fidelity, expected: &str) {
    let query = match typed.strip_prefix("odata:") {
        Some(filter) => odata::parse_filter(filter).unwrap(),
        None => parse(typed).unwrap().query,
    };
    check_query(&query, Profile::Quickwit, fidelity, expected);
}

/// Words are asked of subject and body, conditions stand where they do not count for relevance.
#[test]
fn words_and_conditions() {
    check("subject:invoice", Exact, r#"{"term":{"subject.text":{"value":"invoice"}}}"#);
    check(
        "invoice",
        Exact,
        r#"{"bool":{"should":[{"term":{"subject.text":{"value":"invoice"}}},{"term":{"body":{"value":"invoice"}}},{"term":{"fileName":{"value":"invoice"}}}],"minimum_should_match":1}}"#,
    );
    check(
        "body:a -is:read has:attachment",
        Exact,
        r#"{"bool":{"must":[{"term":{"body":{"value":"a"}}}],"filter":[{"term":{"hasAttachments":{"value":true}}}],"must_not":[{"nested":{"path":"places","query":{"term":{"places.isRead":{"value":true}}}}}]}}"#,
    );
    check("*", Exact, r#"{"match_all":{}}"#);
}

/// All that is asked of a place must hold at one of them, and a NOT speaks of every place.
#[test]
fn conditions_on_one_place() {
    check_filter(
        "mailbox eq 'ann' and isRead and size gt 5",
        Exact,
        r#"{"bool":{"filter":[{"range":{"size":{"gt":5}}},{"nested":{"path":"places","query":{"bool":{"filter":[{"term":{"places.mailbox":{"value":"ann"}}},{"term":{"places.isRead":{"value":true}}}]}}}}]}}"#,
    );
    check_filter(
        "(size gt 5 or isRead) and folder eq 'In'",
        Exact,
        r#"{"bool":{"filter":[{"bool":{"should":[{"bool":{"filter":[{"range":{"size":{"gt":5}}},{"nested":{"path":"places","query":{"term":{"places.folder":{"value":"In"}}}}}]}},{"nested":{"path":"places","query":{"bool":{"filter":[{"term":{"places.folder":{"value":"In"}}},{"term":{"places.isRead":{"value":true}}}]}}}}],"minimum_should_match":1}}]}}"#,
    );
}

/// A value that the index has not as a whole is not found by it, and its message looks as if it had none.
#[test]
fn values_that_are_too_long() {
    let known =
        Known { left_out: ["subject".into(), "places.folder".into()].into(), ..Known::default() };
    for (filter, direction) in [
        ("subject eq 'a'", Some(Direction::Narrower)),
        ("not (subject eq 'a')", Some(Direction::Wider)),
        ("subject eq null", Some(Direction::Wider)),
        ("folder eq 'In'", Some(Direction::Narrower)),
        ("fromAddress eq 'a'", None),
        ("search.ismatch('a', 'subject')", None),
    ] {
        let query = odata::parse_filter(filter).unwrap();
        let compiled = elasticsearch::compile_for(&query, Profile::OpenSearch, &known);
        let directions: Vec<_> = compiled.notes.iter().map(|note| note.direction).collect();
        assert_eq!(directions, direction.map(Some).into_iter().collect::<Vec<_>>(), "{filter}");
    }
    let long = |units: usize| Message { subject: Some("é".repeat(units)), ..Message::default() };
    for (units, is_marked) in [(10_922, false), (10_923, true)] {
        let document = elasticsearch::document(&long(units), Profile::OpenSearch).to_string();
        assert_eq!(document.contains(r#""leftOut":["subject"]"#), is_marked, "{units}");
    }
}

#[test]
fn patterns() {
    check(
        "body:\"overdue invoice\"",
        Exact,
        r#"{"match_phrase":{"body":{"query":"overdue invoice","analyzer":"whitespace"}}}"#,
    );
    check("body:in*", Exact, r#"{"prefix":{"body":{"value":"in"}}}"#);
    check("body:c?l*r", Exact, r#"{"wildcard":{"body":{"value":"c?l*r"}}}"#);
    check("body:/in.*ce/", Exact, r#"{"regexp":{"body":{"value":"in.*ce","flags":"ALL"}}}"#);
    check(
        "body:colour~1",
        Approximate,
        r#"{"fuzzy":{"body":{"value":"colour","fuzziness":1,"max_expansions":50,"transpositions":true}}}"#,
    );
    check(
        "body:(a ADJ/3 \"b c\")",
        Exact,
        r#"{"intervals":{"body":{"all_of":{"ordered":true,"max_gaps":2,"intervals":[{"match":{"query":"a","ordered":true,"max_gaps":0,"analyzer":"whitespace"}},{"match":{"query":"b c","ordered":true,"max_gaps":0,"analyzer":"whitespace"}}]}}}}"#,
    );
    let sloppy = lucene::parse("body:\"a b\"~2", lucene::Options::default()).unwrap();
    let expected = r#"{"match_phrase":{"body":{"query":"a b","slop":2,"analyzer":"whitespace"}}}"#;
    check_query(&sloppy, Profile::OpenSearch, Exact, expected);
    let escaped = lucene::parse(r"body:/\d\./", lucene::Options::default()).unwrap();
    let expected = r#"{"regexp":{"body":{"value":"\\d\\.","flags":"ALL"}}}"#;
    check_query(&escaped, Profile::OpenSearch, Approximate, expected);
}

#[test]
fn conditions_on_one_element() {
    check_filter(
        "toRecipients/any(r: r/name eq 'a' and r/address ne null)",
        Exact,
        r#"{"bool":{"filter":[{"nested":{"path":"toRecipients","query":{"bool":{"filter":[{"term":{"toRecipients.name":{"value":"a"}}}],"must_not":[{"bool":{"must_not":[{"exists":{"field":"toRecipients.address"}}]}}]}}}}]}}"#,
    );
    check_filter(
        "attachments/any()",
        Exact,
        r#"{"bool":{"filter":[{"nested":{"path":"attachments","query":{"match_all":{}}}}]}}"#,
    );
    check(
        "filename:pdf",
        Exact,
        r#"{"bool":{"filter":[{"nested":{"path":"attachments","query":{"wildcard":{"attachments.name.lower":{"value":"*.pdf"}}}}}]}}"#,
    );
}

/// Whole numbers and milliseconds are all that the fields hold, so no bound is left to rounding.
#[test]
fn bounds() {
    let range = |field: &str, bounds: &str| {
        format!(r#"{{"bool":{{"filter":[{{"range":{{"{field}":{{{bounds}}}}}}}]}}}}"#)
    };
    for (filter, expected) in [
        ("size gt 4", range("size", r#""gt":4"#)),
        ("size gt 4.5", range("size", r#""gt":4"#)),
        ("size ge 4.5", range("size", r#""gt":4"#)),
        ("size lt 4.5", range("size", r#""lte":4"#)),
        ("size le -4.5", range("size", r#""lte":-5"#)),
        ("size lt 4.0", range("size", r#""lt":4"#)),
        ("size eq 4.5", r#"{"match_none":{}}"#.to_owned()),
        ("size lt 1e30", r#"{"bool":{"filter":[{"exists":{"field":"size"}}]}}"#.to_owned()),
        ("size gt 1e30", r#"{"match_none":{}}"#.to_owned()),
        (
            "sentDateTime le 2024-01-01T00:00:00Z",
            range("sentDateTime", r#""lte":"2024-01-01T00:00:00.000Z""#),
        ),
        (
            "sentDateTime eq 2024-01-01T00:00:00.5Z",
            range(
                "sentDateTime",
                r#""gte":"2024-01-01T00:00:00.500Z","lte":"2024-01-01T00:00:00.500Z""#,
            ),
        ),
    ] {
        check_filter(filter, Exact, &expected);
    }
}

/// Ascending, missing values come first, descending last; ties fall by id.
#[test]
fn orders() {
    for (typed, profile, expected) in [
        (
            "is:read sort:oldest",
            Profile::OpenSearch,
            r#"[{"receivedDateTime":{"order":"asc","missing":"_first"}},{"id":{"order":"asc"}}]"#,
        ),
        (
            "invoice",
            Profile::OpenSearch,
            r#"[{"_score":{"order":"desc"}},{"receivedDateTime":{"order":"desc","missing":"_last"}},{"id":{"order":"asc"}}]"#,
        ),
        (
            "invoice",
            Profile::Quickwit,
            r#"[{"_score":{"order":"desc"}},{"receivedDateTime":{"order":"desc"}}]"#,
        ),
    ] {
        let compiled = elasticsearch::compile(&parse(typed).unwrap().query, profile);
        let body: serde_json::Value =
            serde_json::from_str(&compiled.sent.unwrap().to_string()).unwrap();
        assert_eq!(body["sort"].to_string(), expected, "{typed}");
    }
    check_quickwit("sort:subject", Unsupported, "");
}

#[test]
fn quickwit() {
    check_quickwit(
        "subject:invoice",
        Approximate,
        r#"{"match_phrase":{"subject.text":{"query":"invoice"}}}"#,
    );
    check_quickwit("colour~1", Unsupported, "");
    check_quickwit("a NEAR/3 b", Unsupported, "");
    check_quickwit("/a\\.b/", Unsupported, "");
    check_quickwit(
        "odata:toRecipients/any(r: r/name eq 'a' and r/address eq 'b')",
        Approximate,
        r#"{"bool":{"filter":[{"term":{"toRecipients.name":{"value":"a"}}},{"term":{"toRecipients.address":{"value":"b"}}}]}}"#,
    );
    let query = odata::parse_filter("toRecipients/any(r: r/name eq 'a' and r/address eq 'b')");
    let notes = elasticsearch::compile(&query.unwrap(), Profile::Quickwit).notes;
    assert!(notes.iter().any(|note| note.span.is_some() && note.message.contains("no elements")));
}

/// What an engine would refuse is refused here, where it can be said which part is at fault.
#[test]
fn limits() {
    let deep = format!("{}a{}", "(b OR (c ".repeat(15), "))".repeat(15));
    let compiled = elasticsearch::compile(&parse(&deep).unwrap().query, Profile::OpenSearch);
    assert_eq!(compiled.fidelity(), Unsupported, "{:?}", compiled.notes);
    let wide: Vec<_> = (0..600).map(|number| format!("w{number}")).collect();
    let compiled =
        elasticsearch::compile(&parse(&wide.join(" OR ")).unwrap().query, Profile::OpenSearch);
    assert_eq!(compiled.fidelity(), Unsupported, "two fields for each word");
}

#[test]
fn the_mapping_has_every_field_of_a_document() {
    let mapping: serde_json::Value =
        serde_json::from_str(&elasticsearch::mapping().to_string()).unwrap();
    let fields = mapping["mappings"]["properties"].as_object().unwrap();
    for name in ["id", "subject", "body", "toRecipients", "people", "toNames", "size", "references"]
    {
        assert!(fields.contains_key(name), "{name}");
    }
}

/// A frozen set is its ids, as long as these are not too many.
#[test]
fn frozen_sets() {
    check("set:lease-2024", Exact, r#"{"bool":{"filter":[{"terms":{"id":["m0","m1"]}}]}}"#);
    let large = elasticsearch::compile(&parse("set:large").unwrap().query, Profile::OpenSearch);
    assert_eq!(large.fidelity(), Exact);
    check("set:large OR set:lease-2024", Unsupported, "");
}
