//! Every rewrite as the documentation shows it.

use postern_query::{Rewrite, odata};

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
