use proptest::prelude::*;

use super::boundary::Boundaries;
use super::{MAX_MULTIPARTS, shown};
use crate::parse;
use crate::parse::repair::Readable;
use postern_query::Place;

#[track_caller]
fn check(raw: &str, body: &str, files: &[&str]) {
    let message = parse(raw.as_bytes(), &Place::default());
    let found: Vec<_> = message.body.as_deref().unwrap_or_default().split_whitespace().collect();
    assert_eq!(found.join(" "), body, "{raw}");
    let names: Vec<_> =
        message.attachments.iter().map(|file| file.name.as_deref().unwrap_or("")).collect();
    assert_eq!(names, files, "{raw}");
    assert_eq!(message.damage, None, "{raw}");
}

const FILE: &str = "--b\nContent-Type: text/csv; name=a.csv\n\nx\n";

/// RFC 2046, 5.1.1.
#[test]
fn a_boundary_within_a_line_hid_the_rest() {
    let head = "Content-Type: multipart/mixed; boundary=b\n\n";
    for (text, body) in [
        ("see --b in a line\nlast", "see --b in a line last"),
        ("---b\nlast", "---b last"),
        ("--b is not alone\nlast", "--b is not alone last"),
        ("see --b-- in a line\nlast", "see --b-- in a line last"),
        (" --b\nlast", "--b last"),
    ] {
        check(&format!("{head}--b\n\n{text}\n{FILE}--b--\n"), body, &["a.csv"]);
    }
    let quoted =
        format!("{head}--b\nContent-Transfer-Encoding: quoted-printable\n\n=41 --b\n--b--\n");
    check(&quoted, "A --b", &[]);
    check(&format!("{head}--b \t\n\none\n{FILE}--b--  \n"), "one", &["a.csv"]);
    let bytes = "--b\nContent-Type: x/y; name=a.bin\nContent-Disposition: attachment\n\n1--b2\n";
    let message = parse(format!("{head}{bytes}--b--\n").as_bytes(), &Place::default());
    assert_eq!(message.attachments[0].size, Some(5), "bytes of files stay");
}

/// Many programs make the inner boundary of the outer one and some letters.
#[test]
fn boundaries_that_begin_like_others() {
    for (outer, inner) in [("b", "b-1"), ("b-1", "b"), ("--b", "--b--b")] {
        let raw = format!(
            "Content-Type: multipart/mixed; boundary=\"{outer}\"\n\n--{outer}\n\
            Content-Type: multipart/alternative; boundary=\"{inner}\"\n\n--{inner}\n\none\n\
            --{inner}\nContent-Type: text/html\n\n<p>one\n--{inner}--\n\n\
            --{outer}\nContent-Type: text/csv; name=a.csv\n\nx\n--{outer}--\n"
        );
        check(&raw, "one", &["a.csv"]);
    }
}

#[test]
fn types_that_the_library_reads_otherwise() {
    for head in [
        "Content-Type: multipart/mixed; boundary=\"b \"",
        "Content-Type: multipart/mixed; boundary = b",
        "Content-Type: multipart/mixed; boundary (c) = (d) b",
        "Content-Type: multipart/mixed; boundary=\n \"b\"",
        "Content-Type : multipart / mixed (c) ; boundary=b",
        "Content-Type: multipart/mixed boundary=\"b\"",
        "Content-Type: multipart/mixed;\n charset=utf-8 boundary=b",
        // The first one that makes sense.
        "Content-Type: multipart/mixed; boundary=b\nContent-Type: text/plain",
        "Content-Type: text/plain\nSubject: x\nContent-Type: multipart/mixed; boundary=b",
        "Content-Type: multipart/mixed; boundary=none\nContent-Type: multipart/mixed; boundary=b",
        "Content-Type: multipart/mixed; boundary=b\nContent-Type: multipart/mixed; boundary=none",
    ] {
        check(&format!("{head}\n\n--b\n\none\n{FILE}--b--\n"), "one", &["a.csv"]);
    }
    for head in [
        "Content-Type: text/html\nContent-Type: text/plain",
        "Content-Type: html\nContent-Type: text/html",
        "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/html (c) charset=utf-8",
        "Content-Type: text/html\nContent-Transfer-Encoding: x\nContent-Transfer-Encoding: base64",
        "Content-Type: text/html\nContent-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit",
        "Content-Type: text/html\nContent-Transfer-Encoding: \"base64\"; x",
        "Content-Type: text/html\nContent-Transfer-Encoding: base64 (c)",
    ] {
        let text = if head.contains("base64") { "PHA+b25l" } else { "<p>one" };
        check(&format!("{head}\n\n{text}\n"), "one", &[]);
    }
}

#[test]
fn headers_of_parts_that_do_not_end_lost_text() {
    let head = "Content-Type: multipart/mixed; boundary=b\n\n";
    for (text, body) in [
        ("--b\ntext at once\n\nlast\n", "text at once last"),
        ("--b\nContent-Type: text/plain\ntext at once\nlast\n", "text at once last"),
    ] {
        let message = parse(format!("{head}{text}--b--\n").as_bytes(), &Place::default());
        let found: Vec<_> = message.body.as_deref().unwrap().split_whitespace().collect();
        assert_eq!(found.join(" "), body);
        assert!(message.damage.unwrap().contains("among the headers"), "{text}");
    }
    let empty = "--b\nContent-Type: text/plain\n--b\n\none\n--b\n";
    check(&format!("{head}{empty}{FILE}--b--\n"), "one", &["a.csv"]);
}

/// RFC 2046, 5.1.2: the boundary around a multipart ends it, too.
#[test]
fn a_multipart_without_end_swallowed_the_parts_after_it() {
    let head = "Content-Type: multipart/mixed; boundary=b\n\n";
    let inner = "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\none\n";
    let deep = "--c\nContent-Type: multipart/related; boundary=d\n\n--d\n\ntwo\n";
    for (text, body) in [
        (inner.to_owned(), "one"),
        (format!("{inner}--c\n"), "one"),
        (format!("{inner}{deep}"), "one two"),
        // Text that quotes a message is text.
        (format!("--b\n\nquoted\n\n{}", inner.replace("--b\n", "")), ""),
    ] {
        let message = parse(format!("{head}{text}{FILE}--b--\n").as_bytes(), &Place::default());
        let found: Vec<_> = message.body.as_deref().unwrap().split_whitespace().collect();
        let names: Vec<_> = message.attachments.iter().map(|file| file.name.as_deref()).collect();
        assert_eq!(names, [Some("a.csv")], "{text}");
        let is_marked = message.damage.is_some_and(|damage| damage.contains("does not end"));
        assert_eq!(is_marked, !body.is_empty(), "{text}");
        assert!(body.is_empty() || found.join(" ") == body, "{text}: {found:?}");
    }
}

/// Each of these multiparts ends at the end of the message, as far as the MIME library knows.
#[test]
fn multiparts_without_end_were_a_hang() {
    let part = "--b\nContent-Type:\n multipart/mixed; boundary=c\n\n".repeat(20_000);
    let raw = format!("Content-Type: multipart/mixed; boundary=b\n\n{part}");
    let parsed = Readable::of(raw.as_bytes());
    let parsed = parsed.parse().unwrap();
    let types = parsed.parts.iter().filter_map(crate::parse::body::declared_type);
    assert!(types.filter(|kind| kind.starts_with("multipart/")).count() <= MAX_MULTIPARTS);
    assert!(parse(raw.as_bytes(), &Place::default()).body.is_some());
}

/// Boundaries in one another, and values of nothing else, take a bounded time.
#[test]
fn hostile_boundaries() {
    let long = "--b".repeat(50);
    for name in ["-", "b", "b--b", &long] {
        for text in ["--", "--b", "--b--b", "\n--b", "\n--b\n", "-"] {
            let head = format!("Content-Type: multipart/mixed; boundary=\"{name}\"\n\n");
            let raw = head.clone() + &text.repeat(100_000);
            assert!(parse(raw.as_bytes(), &Place::default()).body.is_some());
        }
    }
    let types: String = (0..5_000)
        .map(|number| format!("Content-Type: multipart/mixed; boundary={number}\n\n--{number}\n"))
        .collect();
    assert!(parse(types.as_bytes(), &Place::default()).body.is_some());
}

/// Looking for each of two hundred boundaries through all of the text, and for all of them in each line, took a
/// minute for 3 MB of boundaries that begin with one another.
#[test]
fn many_boundaries_that_begin_with_one_another() {
    let name = |length: usize| "b".repeat(length);
    let types = (1..200).map(|length| {
        format!("Content-Type: multipart/mixed; boundary={0}\n\n--{0}\n", name(length))
    });
    let lines = format!("--{}c\n", name(200)).repeat(5_000);
    let raw = types.collect::<String>() + &lines;
    assert!(parse(raw.as_bytes(), &Place::default()).body.is_some());
    // None is alone on the line, and no header stands behind it: that is text.
    let hidden = shown(raw.as_bytes(), &Boundaries::of(raw.as_bytes()));
    assert!(hidden.ends_with(format!("..{}c\n", name(200)).as_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Parts end where a slow search for each boundary finds one at the beginning of a line, the longest
    /// one that is alone on it.
    #[test]
    fn ends_are_those_of_a_slow_search(
        names in prop::collection::btree_set("[ab-]{1,3}", 1..6),
        lines in prop::collection::vec("-{0,3}[ab-]{0,4}[ a:]{0,2}", 0..8),
    ) {
        let types = names.iter().map(|name| format!("Content-Type: multipart/mixed; boundary=\"{name}\"\n\n"));
        let text = types.collect::<String>() + &lines.join("\n");
        let found: Vec<_> = Boundaries::of(text.as_bytes()).ends(text.as_bytes()).map(|end| end.at).collect();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut at = 0;
        let mut expected = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let next = lines.get(number + 1).copied().unwrap_or_default();
            let behind: Vec<_> = names.iter().filter_map(|name| line.strip_prefix("--")?.strip_prefix(name.as_str())).collect();
            let is_alone = |rest: &&str| rest.trim().is_empty() || rest.starts_with("--");
            let shortest = behind.iter().min_by_key(|rest| rest.len());
            let is_header = |line: &str| crate::kind::is_header(line.as_bytes());
            let begins_part = shortest.is_some_and(|rest| next == "\n" || is_header(rest) || is_header(next));
            if behind.iter().any(is_alone) || begins_part { expected.push(at); }
            at += line.len();
        }
        prop_assert_eq!(found, expected, "{}", text);
    }
}
