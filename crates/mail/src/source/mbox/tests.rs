use super::*;

#[track_caller]
fn check(text: &str, expected: &[(u64, &str)]) {
    let mut parts = Parts::new(text.as_bytes(), usize::MAX);
    let mut found = Vec::new();
    while let Some(part) = parts.next() {
        let part = part.trimmed();
        found.push((part.offset, String::from_utf8(part.bytes).unwrap()));
    }
    let found: Vec<_> = found.iter().map(|(offset, text)| (*offset, text.as_str())).collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn messages() {
    check("", &[]);
    check(&format!("{FROM}A: 1\n\nx\n"), &[(34, "A: 1\n\nx\n")]);
    check(
        &format!("{FROM}A: 1\n\nx\n\n{FROM}B: 2\n\ny"),
        &[(34, "A: 1\n\nx\n"), (77, "B: 2\n\ny")],
    );
    // Where no header line follows, it is text.
    check(&format!("{FROM}A: 1\n\nx\n{FROM}y\n"), &[(34, &format!("A: 1\n\nx\n{FROM}y\n"))]);
    check(
        &format!("{FROM}A: 1\n\nx\n\nFrom here on: 5\n"),
        &[(34, "A: 1\n\nx\n\nFrom here on: 5\n")],
    );
    check(&format!("{FROM}A: 1\n\n>From x\n"), &[(34, "A: 1\n\n>From x\n")]);
    // The first line begins a message whatever it says, and the last one has a blank line too.
    check(&format!("From me\nA: 1\n\n{FROM}B: 2\n\ny\n\n"), &[(8, "A: 1\n"), (48, "B: 2\n\ny\n")]);
    // A long line is one line.
    let long = format!("{FROM}A: {}\n{FROM}", "x".repeat(100_000));
    check(&long, &[(34, long.get(34..).unwrap())]);
    let crlf = FROM.replace('\n', "\r\n");
    check(
        &format!("{crlf}A: 1\r\n\r\nx\r\n\r\n{crlf}B: 2\r\n"),
        &[(35, "A: 1\r\n\r\nx\r\n"), (83, "B: 2\r\n")],
    );
}

const FROM: &str = "From a@b Sat Jan  1 10:00:00 1994\n";

const HEAD: &str = "From: a@b\nSubject: s\n\nx\n\n";

/// What begins the second of two messages, and the bytes of the first.
#[test]
fn separators_of_every_form() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let patch = format!("From {commit} Mon Sep 17 00:00:00 2001\n");
    for (first, before, line, is_one) in [
        (FROM, "", FROM, true),
        (FROM, "", "From \n", true),
        (FROM, "", "From -\n", true),
        (FROM, "", "From a@b\n", true),
        ("From \n", "", "From \n", true),
        (FROM, "y\n", FROM, true),
        (FROM, "y\n", "From \n", true),
        (FROM, "y\n \t\n", FROM, true),
        ("\u{feff}From a@b\n", "", FROM, true),
        ("\n \nFrom a@b\n", "", FROM, true),
        (&patch, "", &patch, true),
        (&patch, "", FROM, true),
        (FROM, "", &patch, false),
        (FROM, "", "From: a@b\n", false),
        (FROM, "", ">From \n", false),
        (FROM, "y", FROM, false),
    ] {
        let text = format!("{first}{HEAD}{before}{line}{HEAD}");
        let mut parts = Parts::new(text.as_bytes(), usize::MAX);
        let found = std::iter::from_fn(|| parts.next()).map(Part::whole).collect::<Vec<_>>();
        assert_eq!(found.len(), 1 + usize::from(is_one), "{text:?}");
        let all: Vec<u8> = found.into_iter().flat_map(|part| part.bytes).collect();
        assert_eq!(String::from_utf8(all).unwrap(), text, "nothing is lost");
    }
}

/// What follows a `From ` line behind an empty one, and whether that begins a message.
#[test]
fn lines_that_headers_do_not_follow_are_text() {
    for (line, after, is_one) in [
        (FROM, "A: 1\n", true),
        (FROM, ">From c\nA: 1\n", true),
        (FROM, "words\n", false),
        (FROM, "\nA: 1\n", false),
        (FROM, "http://x.org\n", false),
        (FROM, "", false),
        ("From me\n", "A: 1\nB: 2\n", false),
        ("From me\n", "Subject: 1\n\n", false),
        ("From me\n", "A: 1\n folded\nDATE : 2\n", true),
        ("From me\n", "Date: 1\nwords\nSubject: 2\n", false),
    ] {
        let text = format!("{FROM}{HEAD}{line}{after}");
        let mut parts = Parts::new(text.as_bytes(), usize::MAX);
        let count = std::iter::from_fn(|| parts.next()).count();
        assert_eq!(count, 1 + usize::from(is_one), "{line:?} {after:?}");
    }
}

/// Looking ahead from each of many lines took time by the square of what lay ahead.
#[test]
fn looking_ahead_copies_nothing_twice() {
    let text = format!("{FROM}Content-Length: 900001\n\n{}", "From x\n".repeat(150_000));
    let mut parts = Parts::new(text.as_bytes(), usize::MAX);
    assert_eq!(std::iter::from_fn(|| parts.next()).count(), 1);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// A made mailbox gives back its messages, and any other file loses no byte.
    #[test]
    fn splitting_gives_back_what_was_joined(
        bodies in proptest::collection::vec("[ -~]{0,20}(\n[ -EG-~][ -~]{0,9}){0,3}", 1..9),
        hostile in "(From |Date: |\n|\r|x|: |\u{feff}){0,60}",
    ) {
        let one = |body: &String| format!("From: a@b\nSubject: s\n\nx{body}\n");
        let text: String = bodies.iter().map(|body| format!("{FROM}{}\n", one(body))).collect();
        let mut parts = Parts::new(text.as_bytes(), usize::MAX);
        let found: Vec<_> = std::iter::from_fn(|| parts.next())
            .map(|part| String::from_utf8(part.trimmed().bytes).unwrap()).collect();
        proptest::prop_assert_eq!(found, bodies.iter().map(one).collect::<Vec<_>>());
        let text = format!("From {hostile}");
        let mut parts = Parts::new(text.as_bytes(), usize::MAX);
        let all: Vec<u8> = std::iter::from_fn(|| parts.next()).flat_map(|part| part.whole().bytes).collect();
        proptest::prop_assert_eq!(String::from_utf8(all).unwrap(), text);
    }
}

#[test]
fn lengths_that_are_true() {
    // The text holds what would begin a message, as mboxcl2 leaves it.
    let text = format!("x\n\n{FROM}y\n");
    let one = format!("Content-Length: {}\n\n{text}", text.len());
    let next = 34 + one.len() as u64 + 35;
    check(&format!("{FROM}{one}\n{FROM}B: 2\n"), &[(34, &one), (next, "B: 2\n")]);
    check(&format!("{FROM}{one}"), &[(34, &one)]);
}

#[test]
fn lengths_that_lie() {
    for length in ["1", "9", "40", "9999", "-1", "18446744073709551615", "x"] {
        let one = format!("content-length: {length}\n\nx\n");
        let next = 34 + one.len() as u64 + 35;
        check(&format!("{FROM}{one}\n{FROM}B: 2\n\ny\n"), &[(34, &one), (next, "B: 2\n\ny\n")]);
    }
    // Many of them neither hang nor lose anything.
    let one = format!("{FROM}Content-Length: 90000\n\nx\n\n");
    let text = one.repeat(2_000);
    let mut parts = Parts::new(text.as_bytes(), usize::MAX);
    assert_eq!(std::iter::from_fn(|| parts.next()).count(), 2_000);
    assert_eq!(parts.lies, MAX_LIES);
}

#[test]
fn lines_of_old_macs() {
    let cr = FROM.replace('\n', "\r");
    check(
        &format!("{cr}A: 1\r\rx\r\r{cr}B: 2\r\ry\r"),
        &[(34, "A: 1\r\rx\r"), (77, "B: 2\r\ry\r")],
    );
}

#[test]
fn what_was_read_before_a_fault_is_kept() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("cable pulled"))
        }
    }
    let text = format!("{FROM}A: 1\n\nx\n\n{FROM}B: 2\n");
    let reader = io::BufReader::new(io::Read::chain(text.as_bytes(), Broken));
    let mut parts = Parts::new(reader, usize::MAX);
    assert_eq!(parts.next().unwrap().bytes, b"A: 1\n\nx\n\n");
    assert_eq!(parts.next().unwrap().bytes, b"B: 2\n");
    assert!(parts.next().is_none() && parts.fault.is_some());
}

/// What stands before the first message was kept whole, however long it was.
#[test]
fn what_stands_before_the_first_message_is_cut() {
    let blanks = " \n".repeat(50);
    for (text, length) in [(format!("{blanks}{FROM}A: 1\n"), 10 + FROM.len()), (blanks, 10)] {
        let mut parts = Parts::new(text.as_bytes(), 10);
        let part = parts.next().unwrap();
        assert!(part.is_cut && parts.next().is_none(), "{text:?}");
        assert_eq!(part.envelope.len().max(part.bytes.len()), length, "{text:?}");
    }
}

#[test]
fn long_messages_are_cut() {
    let text = format!("From a 10:00 1994\n{}", "x".repeat(100));
    let part = Parts::new(text.as_bytes(), 10).next().unwrap();
    assert_eq!((part.bytes.as_slice(), part.is_cut), (&b"xxxxxxxxxx"[..], true));
}
