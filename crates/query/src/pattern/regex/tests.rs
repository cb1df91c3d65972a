//! What expressions match, and what is wrong with them.

use crate::pattern::Regex;

#[test]
fn expressions() {
    for (expression, token, expected) in [
        ("in.*ce", "invoice", true),
        ("in.*ce", "invoices", false),
        ("a|ab", "ab", true),
        ("[a-c]+", "abcabc", true),
        ("[^a-c]", "é", true),
        ("[^a-c]", "a", false),
        ("a{2}", "aa", true),
        ("a{2,}", "a", false),
        ("a{1,2}b", "aab", true),
        ("colou?r", "color", true),
        ("(ab)*", "", true),
        ("a()b", "ab", true),
        (r"a\.b", "a.b", true),
        (r"a\.b", "axb", false),
        ("\"a.b\"", "a.b", true),
        ("\"a.b\"", "axb", false),
        ("ab@", "abcd", true),
        ("#", "", false),
        ("INV.*", "invoice", true),
        ("*a", "*a", true),
        ("^a$", "^a$", true),
        ("日.", "日本", true),
    ] {
        assert_matches(expression, token, expected);
    }
}

/// Answers of Lucene 8.7, the engine of the premium service.
#[test]
fn letters_after_a_backslash_are_no_classes() {
    for (expression, token, expected) in [
        (r"\d", "d", true),
        (r"\d", "2", false),
        (r"\d+", "2024", false),
        (r"\w", "w", true),
        (r"\w", "a", false),
        (r"\s", "s", true),
        (r"\s", " ", false),
        (r"\n", "n", true),
        (r"[\d]", "d", true),
        (r"[\d]", "2", false),
        (r"[\d]", "\\", false),
        (r"[^\d]", "d", false),
        (r"[^\d]", "2", true),
        (r"[\w-z]", "x", true),
        (r"[a\-z]", "b", false),
    ] {
        assert_matches(expression, token, expected);
    }
}

fn assert_matches(expression: &str, token: &str, expected: bool) {
    let regex = Regex::parse(expression).unwrap();
    assert_eq!(regex.matches(token), expected, "/{expression}/ over {token}");
}

/// What is too large is read, for others may answer it, but not compiled.
#[test]
fn sizes() {
    for (expression, is_compiled) in [
        ("in.*ce", true),
        (".*invoice.*", true),
        (".{0,255}", true),
        ("[^a-c]{0,200}", true),
        ("(((a{900}){900}){900}){900}", false),
        ("(((a{100}){100}){100})", false),
        (".*a.{100}", false),
        ("(a?b?c?d?e?f?g?h?){100}", false),
    ] {
        let regex = Regex::parse(expression).unwrap();
        assert_eq!(regex.size().is_some(), is_compiled, "/{expression}/");
        assert!(is_compiled || !regex.matches("a") && regex.is_dead(regex.start()));
    }
}

#[test]
fn faults() {
    for (expression, at, beyond) in [
        ("a(", 2, false),
        ("a)", 1, false),
        ("[a", 2, false),
        ("a{", 2, false),
        ("a{x}", 2, false),
        ("a{3,2}", 5, false),
        ("a|", 2, false),
        (r"a\", 2, false),
        ("\"a", 1, false),
        ("a~b", 1, true),
        ("a&b", 1, true),
        ("<1-5>", 0, true),
        ("a{1001}", 2, false),
    ] {
        let fault = Regex::parse(expression).unwrap_err();
        assert_eq!((fault.at, fault.beyond), (at, beyond), "/{expression}/: {}", fault.message);
    }
    assert!(Regex::parse(&"(".repeat(100_000)).is_err(), "no deep recursion");
    assert!(Regex::parse(&"?".repeat(100_000)).is_err(), "no deep tree");
}
