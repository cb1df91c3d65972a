//! What bad input gets: the code, the characters underlined, the text to type.

use postern_query::emit::english;
use postern_query::{AdviceCode, Code, lucene, odata};

use crate::parse;

/// Every fault as `code` and the text under its span.
#[track_caller]
fn check(text: &str, expected: &[(Code, &str)]) {
    let errors = parse(text).expect_err(text);
    let found: Vec<_> =
        errors.as_slice().iter().map(|error| (error.code, error.span.slice(text))).collect();
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn hint(text: &str) -> String {
    parse(text).expect_err(text).as_slice()[0].hint.clone().expect("a hint")
}

#[test]
fn faults_point_at_the_characters() {
    check("form:alice", &[(Code::UnknownField, "form")]);
    check("is:reed", &[(Code::UnknownValue, "reed")]);
    check("after:2024-02-30", &[(Code::InvalidDate, "2024-02-30")]);
    check("on after:03/04/2024", &[(Code::AmbiguousDate, "03/04/2024")]);
    check("size>big", &[(Code::InvalidSize, "big")]);
    check("foo-ba*", &[(Code::WildcardCrossesToken, "foo-ba*")]);
    check("a \"open phrase", &[(Code::UnclosedQuote, "\"")]);
    check("(a OR b", &[(Code::UnclosedGroup, "(")]);
    check("a) b", &[(Code::UnclosedGroup, ")")]);
    check("a AND", &[(Code::MissingOperand, "AND")]);
    check("OR b", &[(Code::MissingOperand, "OR")]);
    check("a OR OR b", &[(Code::MissingOperand, "OR")]);
    check("()", &[(Code::MissingOperand, ")")]);
    check("from:", &[(Code::EmptyValue, "from:")]);
    check("subject:\"\"", &[(Code::EmptyValue, "\"\"")]);
    check("&", &[(Code::EmptyValue, "&")]);
    check("a OR (+ &)", &[(Code::EmptyValue, "+"), (Code::EmptyValue, "&")]);
    check("from:@", &[(Code::EmptyValue, "@")]);
    check("subject>5", &[(Code::NotComparable, "subject")]);
    check("after>=2024", &[(Code::NotComparable, "2024")]);
    check("has:yellow-star", &[(Code::ForeignOperator, "yellow-star")]);
    check("sort:newest OR a", &[(Code::Syntax, "sort:newest")]);
    check("from:(alice subject:x)", &[(Code::Syntax, "subject")]);
    check("NEAR/5 b", &[(Code::MissingOperand, "NEAR/5")]);
    check("a NEAR/5", &[(Code::MissingOperand, "NEAR/5")]);
    check("a NEAR/0 b", &[(Code::InvalidNumber, "a NEAR/0 b")]);
    check("-a NEAR/5 b", &[(Code::Syntax, "NEAR/5")]);
    check("a NEAR/5 b NEAR/3 c", &[(Code::Syntax, "NEAR/3")]);
    check("subject:a NEAR/5 b", &[(Code::Syntax, "NEAR/5")]);
    check("from:(a NEAR/5 b)", &[(Code::Unsupported, "a NEAR/5 b")]);
    check("a NEAR/5 a", &[(Code::Unsupported, "a NEAR/5 a")]);
    check("a NEAR/5 b*", &[(Code::Unsupported, "b*")]);
    check("/in(ce/", &[(Code::InvalidRegex, "/")]);
    check("/foo-bar/", &[(Code::WildcardCrossesToken, "-")]);
    check("from:/x/", &[(Code::Unsupported, "/x/")]);
    check("word~3", &[(Code::InvalidNumber, "word~3")]);
    check("lastmod:2024", &[(Code::ForeignOperator, "lastmod")]);
    check("category:promotions", &[(Code::ForeignOperator, "promotions")]);
    check("kind:fax", &[(Code::UnknownValue, "fax")]);
    check("mime:pdf", &[(Code::UnknownValue, "pdf")]);
}

#[test]
fn several_faults_at_once() {
    check(
        "form:alice after:never (x OR",
        &[
            (Code::UnknownField, "form"),
            (Code::InvalidDate, "never"),
            (Code::UnclosedGroup, "("),
            (Code::MissingOperand, "OR"),
        ],
    );
}

#[test]
fn hints_say_what_to_type() {
    assert!(hint("form:alice").starts_with("did you mean from:?"));
    assert_eq!(hint("after:03/04/2024"), "write 2024-04-03 or 2024-03-04");
    assert_eq!(hint("after:31.12.2023"), "write 2023-12-31");
    assert_eq!(
        hint("sort:newst"),
        "did you mean newest? Known: newest, oldest, relevance, largest, smallest, sender, subject"
    );
    assert_eq!(hint("foo-ba*"), "write the words apart, the last with the wildcard: ba*");
    assert_eq!(hint("subject<>x"), "write -subject:value");
}

#[test]
fn limits_have_their_own_errors() {
    check(&"a".repeat(16 * 1024 + 1), &[(Code::TooLong, "")]);
    check(&format!("{}a{}", "(".repeat(65), ")".repeat(65)), &[(Code::TooDeep, "(")]);
    assert!(parse(&format!("{}a{}", "(".repeat(64), ")".repeat(64))).is_ok());
    check(&"a ".repeat(1_025), &[(Code::TooManyTerms, "")]);
    check(&["a"; 40].join(" XOR "), &[(Code::TooManyTerms, "XOR")]);
}

#[test]
fn advice_never_blocks() {
    for (text, expected) in [
        ("cats and dogs", vec![(AdviceCode::LowercaseOperator, "and")]),
        ("“overdue invoice”", vec![(AdviceCode::PastedQuotes, "“overdue invoice”")]),
        ("R & D", vec![(AdviceCode::IgnoredMark, "&")]),
        (
            "to be or",
            vec![(AdviceCode::LowercaseOperator, "or"), (AdviceCode::CommonWordOnly, "to be or")],
        ),
        ("tag:unread", vec![(AdviceCode::StateAsCategory, "unread")]),
        ("-label:a,Replied", vec![(AdviceCode::StateAsCategory, "Replied")]),
        ("tag:\"unread\"", vec![]),
        ("to whom", vec![]),
        ("kind:email kind:task", vec![(AdviceCode::NeverMatches, "email kind:task")]),
        ("from:a@x.com from:b@y.com", vec![(AdviceCode::NeverMatches, "b@y.com")]),
        ("after:2024-05-01 before:2024-01-01", vec![(AdviceCode::EmptyRange, "before:2024-01-01")]),
        ("after:2024-01-01 before:2024-05-01", vec![]),
    ] {
        let advice = parse(text).unwrap().advice;
        let found: Vec<_> =
            advice.iter().map(|advice| (advice.code, advice.span.slice(text))).collect();
        assert_eq!(found, expected, "{text}");
    }
}

/// No text, however deep, uses up a small stack.
#[test]
fn deep_text_on_a_small_stack() {
    let texts = [
        "(".repeat(16_000),
        "-".repeat(16_000),
        "{(".repeat(8_000),
        "NOT ".repeat(4_000),
        "a OR (".repeat(2_000),
    ];
    let filters = [
        "(".repeat(100_000),
        "not ".repeat(100_000),
        format!("{}isRead{}", "(".repeat(499), ")".repeat(499)),
        "toRecipients/any(r: ".repeat(10_000),
        format!("isRead{}", " or isRead".repeat(20_000)),
    ];
    let words = ["(".repeat(50_000), "+".repeat(50_000), format!("/{}/", "(".repeat(900))];
    on_a_small_stack(move || {
        assert_eq!(filters.iter().filter(|text| odata::parse_filter(text).is_err()).count(), 3);
        for text in &filters {
            if let Ok(query) = odata::parse_filter(text) {
                assert!(!english::describe(&query.simplified().query).is_empty());
            }
        }
        let lucene = |text: &String| lucene::parse(text, lucene::Options::default());
        assert_eq!(words.iter().filter(|text| lucene(text).is_err()).count(), 3);
    });
    on_a_small_stack(move || {
        assert_eq!(texts.iter().filter(|text| parse(text).is_err()).count(), 5);
    });
}

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(run);
    thread.unwrap().join().unwrap();
}
