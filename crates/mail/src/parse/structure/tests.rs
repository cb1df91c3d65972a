use super::MAX_MULTIPARTS;
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
