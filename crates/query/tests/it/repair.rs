//! What a fix makes of a text with faults: it parses, and it says what was meant.

use postern_query::{Errors, Fix, lucene, odata};
use proptest::prelude::*;

use crate::parse;
use crate::random::{good_filter, hostile, query_text};

/// A way to read a text.
type Read = fn(&str) -> Result<(), Errors>;

const POSTERN: Read = |text| parse(text).map(drop);
const ODATA: Read = |text| odata::parse_filter(text).map(drop);
const LUCENE: Read = |text| lucene::parse(text, lucene::Options::default()).map(drop);

#[track_caller]
fn check(read: Read, rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in rows {
        let errors = read(text).expect_err(text);
        if errors.fixed() != Some(*expected) {
            wrong.push(format!("{text}\n  is  {:?}\n  not {expected}\n  {errors}", errors.fixed()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn typed_text() {
    check(
        POSTERN,
        &[
            // Names.
            ("form:alice", "from:alice"),
            ("befor:2024 form:bob", "before:2024 from:bob"),
            ("fileextension:docx", "ext:docx"),
            ("receiveddatetime>=2024-01-01", "received>=2024-01-01"),
            ("read:no", "is:unread"),
            ("flagged:true", "is:flagged"),
            ("isdraft:false", "-is:draft"),
            ("nosuch:thing", "\"nosuch:thing\""),
            ("min_size:5M", "larger:5M"),
            // Values.
            ("is:reed", "is:read"),
            ("importance:low,hihg", "importance:low,high"),
            ("sort:newst", "sort:newest"),
            ("after:31.12.2023", "after:2023-12-31"),
            ("date:2023-01..31.12.2023", "date:2023-01..2023-12-31"),
            ("category:promotions", "category:\"promotions\""),
            ("in:anywhere report", "* report"),
            ("mime:image", "mime:image/*"),
            ("ext:tar.gz", "filename:*.tar.gz"),
            ("foo-ba*", "(foo ba*)"),
            ("subject:foo-ba*", "subject:(foo ba*)"),
            ("word~3", "word~2"),
            ("word^2", "word"),
            // Comparisons.
            ("subject<>x", "-subject:x"),
            ("subject>5", "subject:5"),
            ("after>=2024", "after:2024"),
            ("larger>5M", "larger:5M"),
            // NOT.
            ("subject:-draft", "-subject:draft"),
            ("!draft", "-draft"),
            ("a !(b c)", "a -(b c)"),
            // Form.
            ("a \"open phrase", "a \"open phrase\""),
            ("(a OR b", "(a OR b)"),
            ("({a b", "({a b})"),
            ("from:(a OR (b", "from:(a OR (b))"),
            ("a) b", "a b"),
            ("a)b", "a b"),
            ("a AND", "a"),
            ("OR b", "b"),
            ("a OR OR b", "a OR b"),
            ("a|OR b", "a OR b"),
            ("from: OR b", "\"from:\" OR b"),
            ("from:(alice subject:x)", "from:(alice) subject:x"),
            ("subject:a NEAR/5 b", "subject:(a NEAR/5 b)"),
            ("a NEAR/5 body:b", "body:(a NEAR/5 b)"),
            ("a w/5 b", "a NEAR/5 b"),
            ("a pre/3 b", "a ADJ/3 b"),
            ("a NEAR b", "a NEAR/8 b"),
            ("a NEAR 5 b", "a NEAR/5 b"),
            ("received:[2024-01-01 TO 2024-02-01]", "received:2024-01-01..2024-02-01"),
            ("size:[* TO 10M]", "size:..10M"),
            ("\"overdue invoic\"*", "(\"overdue\" invoic*)"),
            ("subject:\"overdue invoic\"*", "subject:(\"overdue\" invoic*)"),
            ("\"invoic\"*", "(invoic*)"),
            // Several at once.
            ("form:alice (x OR is:reed", "from:alice (x OR is:read)"),
        ],
    );
}

#[test]
fn filters_of_clients() {
    check(
        ODATA,
        &[
            // Dates, numbers and words in quotes, and text without.
            (
                "receivedDateTime ge '2024-01-31T00:00:00Z'",
                "receivedDateTime ge 2024-01-31T00:00:00Z",
            ),
            ("receivedDateTime ge '2024-01-31'", "receivedDateTime ge 2024-01-31T00:00:00Z"),
            ("receivedDateTime ge \"2024-01-31\"", "receivedDateTime ge 2024-01-31T00:00:00Z"),
            ("receivedDateTime ge 2024-01-31", "receivedDateTime ge 2024-01-31T00:00:00Z"),
            ("receivedDateTime ge 2024-01-31T10:00:00", "receivedDateTime ge 2024-01-31T10:00:00Z"),
            (
                "receivedDateTime ge 2024-01-31t10:00:00z",
                "receivedDateTime ge 2024-01-31T10:00:00Z",
            ),
            ("isRead eq 'true'", "isRead eq true"),
            ("isRead eq 0", "isRead eq false"),
            ("isRead eq True", "isRead eq true"),
            ("fromName eq None", "fromName eq null"),
            ("size gt '100'", "size gt 100"),
            ("importance eq high", "importance eq 'high'"),
            ("subject eq 5", "subject eq '5'"),
        ],
    );
}

#[test]
fn quotes_in_filters_of_clients() {
    check(
        ODATA,
        &[
            ("fromAddress eq \"a@x.com\"", "fromAddress eq 'a@x.com'"),
            ("fromName eq \"Ann O'Neil\"", "fromName eq 'Ann O''Neil'"),
            ("fromName eq “Ann Lee”", "fromName eq 'Ann Lee'"),
            ("fromName eq 'O'Brien'", "fromName eq 'O''Brien'"),
            ("fromName eq 'Ann", "fromName eq 'Ann'"),
        ],
    );
}

#[test]
fn operators_in_filters_of_clients() {
    check(
        ODATA,
        &[
            (
                "fromAddress == \"a@x.com\" && isRead == true",
                "fromAddress eq 'a@x.com' and isRead eq true",
            ),
            ("fromAddress==\"a@x.com\"&&isRead", "fromAddress eq 'a@x.com' and isRead"),
            ("size>=100||!isRead", "size ge 100 or not isRead"),
            ("size <> 5", "size ne 5"),
            ("isRead AND hasAttachments", "isRead and hasAttachments"),
            ("NOT isRead", "not isRead"),
            ("size GT 5", "size gt 5"),
            ("not fromAddress eq 'a@x.com'", "not (fromAddress eq 'a@x.com')"),
            (
                "fromAddress in ('a@x.com', 'b@y.com')",
                "search.in(fromAddress, 'a@x.com|b@y.com', '|')",
            ),
            ("$filter=isRead", "isRead"),
        ],
    );
}

#[test]
fn names_and_functions_in_filters_of_clients() {
    check(
        ODATA,
        &[
            ("fromaddress eq 'a@x.com'", "fromAddress eq 'a@x.com'"),
            ("IsRead", "isRead"),
            ("from/emailAddress/address eq 'a@x.com'", "fromAddress eq 'a@x.com'"),
            ("contains(subject, 'overdue')", "search.ismatch('overdue', 'subject')"),
            (
                "contains(Subject,'overdue invoice')",
                "search.ismatch('\"overdue invoice\"', 'subject')",
            ),
            ("startswith(subject,'inv')", "search.ismatch('inv*', 'subject')"),
            ("tolower(fromAddress) eq 'a@x.com'", "fromAddress eq 'a@x.com'"),
            ("search.isMatch('a')", "search.ismatch('a')"),
            ("search.in(fromAddress 'a,b')", "search.in(fromAddress, 'a,b')"),
        ],
    );
}

#[test]
fn lists_in_filters_of_clients() {
    check(
        ODATA,
        &[
            (
                "toRecipients/any(address eq 'a@x.com')",
                "toRecipients/any(x: x/address eq 'a@x.com')",
            ),
            (
                "toRecipients/any(r/address eq 'a@x.com')",
                "toRecipients/any(r: r/address eq 'a@x.com')",
            ),
            (
                "toRecipients/any(r: address eq 'a' or name eq 'b')",
                "toRecipients/any(r: r/address eq 'a' or r/name eq 'b')",
            ),
            ("toRecipients/any(r: r/Address eq 'a')", "toRecipients/any(r: r/address eq 'a')"),
            (
                "toRecipients/any(r: r/emailAddress/address eq 'a')",
                "toRecipients/any(r: r/address eq 'a')",
            ),
            ("toRecipients/any(r => r.address == 'a')", "toRecipients/any(r : r/address eq 'a')"),
            ("toRecipients/any(r: r eq 'a')", "toRecipients/any(r: r/address eq 'a')"),
            ("categories/any('work')", "categories/any(x: x eq 'work')"),
            ("toRecipients eq 'a@x.com'", "toRecipients/any(x: x/address eq 'a@x.com')"),
            ("attachments/name ne 'a.pdf'", "not attachments/any(x: x/name eq 'a.pdf')"),
            ("categories eq 'work'", "categories/any(x: x eq 'work')"),
            ("toRecipients/any (r: r/address eq 'a')", "toRecipients/any(r: r/address eq 'a')"),
            ("fromAddress/x eq 'a'", "fromAddress eq 'a'"),
            ("isRead;", "isRead"),
            ("(isRead", "(isRead)"),
            ("isRead)", "isRead"),
        ],
    );
}

#[test]
fn text_of_clients() {
    check(
        LUCENE,
        &[
            ("\"overdue invoice", "\"overdue invoice\""),
            ("subjct:overdue", "subject:overdue"),
            ("nosuch:overdue", "nosuch\\:overdue"),
            ("(a b", "(a b)"),
            ("a)", "a\\)"),
            ("a AND", "a"),
            ("AND a", "\"AND\" a"),
            ("a/b", "a\\/b"),
            ("word~3", "word~2"),
        ],
    );
}

/// A filter with one thing wrong.
fn bad_filter() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just(" == "),
        Just("&&"),
        Just(" || "),
        Just("\"a\""),
        Just("contains(subject,'a')"),
        Just(" AND "),
        Just("toRecipients/any(address eq 'a')"),
        Just("IsRead"),
        Just("receivedDateTime ge '2024-01-01'"),
        Just("'"),
        Just("("),
        Just(")"),
        Just("not size eq 5"),
        Just("fromAddress in ('a')"),
        Just("$filter="),
        Just("“a”"),
    ]
    .prop_map(str::to_owned);
    let piece =
        prop_oneof![2 => good_filter(), 3 => part, 1 => hostile(), 1 => Just(" and ".to_owned())];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// The fixes do not overlap, and with all of them the text is the one that is told, which has no fault.
fn check_fixes(text: &str, read: Read) -> Result<(), TestCaseError> {
    let Err(errors) = read(text) else { return Ok(()) };
    let mut fixes: Vec<&Fix> =
        errors.as_slice().iter().filter_map(|error| error.fix.as_deref()).collect();
    fixes.sort_by_key(|fix| fix.span);
    let (mut fixed, mut at) = (String::new(), 0);
    for fix in fixes {
        prop_assert!(fix.span.start >= at, "{text}: they overlap");
        prop_assert!(text.is_char_boundary(fix.span.end), "{text}");
        prop_assert_ne!(
            fix.span.slice(text),
            fix.replacement.as_str(),
            "{}: a fix that changes nothing",
            text
        );
        fixed.push_str(text.get(at..fix.span.start).unwrap_or_default());
        fixed.push_str(&fix.replacement);
        at = fix.span.end;
    }
    fixed.push_str(text.get(at..).unwrap_or_default());
    if let Some(told) = errors.fixed() {
        prop_assert_eq!(&fixed, told, "{}", text);
        prop_assert!(!fixed.trim().is_empty(), "{text}: every message");
        prop_assert!(read(&fixed).is_ok(), "{text}: {fixed}: {:?}", read(&fixed));
    }
    for error in errors.as_slice() {
        prop_assert!(text.get(error.span.start..error.span.end).is_some(), "{text}: {error:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn typed_text_parses_with_its_fixes(text in query_text()) {
        check_fixes(&text, POSTERN)?;
    }

    #[test]
    fn filters_parse_with_their_fixes(text in bad_filter()) {
        check_fixes(&text, ODATA)?;
    }

    #[test]
    fn query_text_parses_with_its_fixes(text in query_text()) {
        check_fixes(&text, LUCENE)?;
    }
}
