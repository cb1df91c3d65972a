//! Filters that the service documents as allowed or not allowed.

use postern_query::{Code, odata};

#[test]
fn allowed() {
    for filter in [
        "",
        "  ",
        "true",
        "isRead",
        "not isRead",
        "not not isRead",
        "not(isRead)",
        "(isRead)and(hasAttachments)",
        "fromAddress eq 'O''Brien@x.com'",
        "'a' eq fromAddress",
        "5 lt size",
        "fromName eq null",
        "null ne fromName",
        "receivedDateTime ge 2024-01-01T00:00:00Z and receivedDateTime lt 2024-02-01T00:00:00+01:00",
        "size eq 1.5",
        "toRecipients/any()",
        "toRecipients/any(r: r/address eq 'a' and not (r/name eq 'b'))",
        "toRecipients/any(r:r/address eq 'a')",
        "toRecipients/all(r: r/address ne 'a' or r/name eq null)",
        "attachments/any(x: x/size gt 10 and x/contentType eq 'application/pdf')",
        "categories/any(c: c eq 'a' or c eq 'b')",
        "categories/all(c: c ne 'a' and not (c eq 'b'))",
        "categories/any(c: not (c ne 'a'))",
        "categories/any(c: search.in(c, 'a,b'))",
        "search.in(fromAddress, 'a|b', '|')",
        "search.in(fromAddress, 'a,b') eq true",
        "toRecipients/any(isRead: isRead/address eq 'a')",
    ] {
        assert!(odata::parse_filter(filter).is_ok(), "{filter}: {:?}", odata::parse_filter(filter));
    }
}

/// One row: the filter, the code, the characters underlined.
#[track_caller]
fn refused(filter: &str, code: Code, at: &str) {
    let errors = odata::parse_filter(filter).expect_err(filter);
    let error = &errors.as_slice()[0];
    assert_eq!((error.code, error.span.slice(filter)), (code, at), "{filter}: {error}");
}

#[test]
fn not_allowed() {
    refused("not fromAddress eq 'a'", Code::Syntax, "not fromAddress");
    refused("fromAddress EQ 'a'", Code::Syntax, "EQ");
    refused("isRead AND hasAttachments", Code::Syntax, "AND");
    refused("isRead eq True", Code::TypeMismatch, "isRead eq True");
    refused("fromaddress eq 'a'", Code::UnknownField, "fromaddress");
    refused("body eq 'a'", Code::Unsupported, "body");
    refused("fromAddress eq \"a\"", Code::Syntax, "\"");
    refused("fromAddress eq 'a", Code::UnclosedQuote, "'a");
    refused("fromAddress gt 'a'", Code::NotComparable, "fromAddress gt 'a'");
    refused("isRead gt false", Code::NotComparable, "isRead gt false");
    refused("size gt null", Code::TypeMismatch, "size gt null");
    refused("size eq NaN", Code::TypeMismatch, "size eq NaN");
    refused("size eq 9223372036854775808", Code::InvalidNumber, "9223372036854775808");
    refused(
        "receivedDateTime ge '2024-01-01T00:00:00Z'",
        Code::TypeMismatch,
        "receivedDateTime ge '2024-01-01T00:00:00Z'",
    );
    refused("receivedDateTime ge 2024-01-01", Code::InvalidDate, "2024-01-01");
    refused("contains(subject, 'a')", Code::Unsupported, "contains(subject, 'a')");
    refused(
        "geo.distance(location, geography'POINT(1 2)') lt 5",
        Code::Unsupported,
        "geo.distance(location, geography'POINT(1 2)')",
    );
    refused("toRecipients/address eq 'a'", Code::TypeMismatch, "toRecipients/address");
    refused("toRecipients eq 'a'", Code::TypeMismatch, "toRecipients");
    refused("fromAddress/any()", Code::TypeMismatch, "fromAddress");
    refused("toRecipients/all()", Code::Syntax, "toRecipients/all()");
    refused("toRecipients/any(r: fromAddress eq 'a')", Code::Unsupported, "fromAddress");
    refused("toRecipients/any(r: r eq 'a')", Code::TypeMismatch, "r");
    refused("toRecipients/any(r: search.ismatch('a'))", Code::Unsupported, "search.ismatch('a')");
    refused("categories/any(c: c ne 'a')", Code::Unsupported, "c ne 'a'");
    refused("categories/all(c: c eq 'a')", Code::Unsupported, "c eq 'a'");
    refused("categories/any(c: c eq 'a' and c eq 'b')", Code::Unsupported, "c eq 'a' and c eq 'b'");
    refused("categories/any(c: not search.in(c, 'a'))", Code::Unsupported, "search.in(c, 'a')");
    refused("categories eq 'a'", Code::TypeMismatch, "categories");
    refused("search.in(size, '1,2')", Code::TypeMismatch, "size");
    refused("search.ismatch('a', 'subject', 'full')", Code::Syntax, "'a', 'subject', 'full'");
    refused("5 eq 5", Code::TypeMismatch, "5 eq 5");
    refused("fromAddress eq fromName", Code::TypeMismatch, "fromAddress eq fromName");
    refused("'a'", Code::TypeMismatch, "'a'");
    refused("null", Code::TypeMismatch, "null");
    refused("size", Code::TypeMismatch, "size");
    refused("(isRead) eq true", Code::Syntax, "eq");
    refused("(isRead", Code::UnclosedGroup, "(");
    refused("isRead)", Code::UnclosedGroup, ")");
    refused("isRead and", Code::MissingOperand, "");
    refused("isRead hasAttachments", Code::Syntax, "hasAttachments");
    refused("toRecipients / any()", Code::Syntax, "/");
    refused("fromAddress eq'a'", Code::Syntax, "eq");
    refused("isRead\nand hasAttachments", Code::Syntax, "\n");
}

#[test]
fn hints_say_what_to_write() {
    let hint =
        |filter: &str| odata::parse_filter(filter).unwrap_err().as_slice()[0].hint.clone().unwrap();
    assert_eq!(hint("fromadress eq 'a'"), "did you mean fromAddress?");
    assert_eq!(hint("fromAddress EQ 'a'"), "operators are in small letters: eq");
    assert_eq!(
        hint("receivedDateTime ge 2024-01-01"),
        "add the time and the zone: 2024-01-01T00:00:00Z"
    );
    assert_eq!(
        hint("receivedDateTime ge '2024-01-01T00:00:00Z'"),
        "a date stands without quotes: 2024-01-01T00:00:00Z"
    );
    assert_eq!(
        hint("toRecipients/address eq 'a'"),
        "ask for one of them: toRecipients/any(x: x/address eq '...')"
    );
}

#[test]
fn brackets_are_counted() {
    let nested = |depth: usize| format!("{}isRead{}", "(".repeat(depth), ")".repeat(depth));
    assert!(odata::parse_filter(&nested(500)).is_ok());
    refused(&nested(501), Code::TooDeep, "(");
}

/// The deepest tree that parses is parsed, cloned, compared and dropped on a small stack.
#[test]
fn deep_filters_on_a_small_stack() {
    let nested =
        |depth| format!("{}isRead{}", "not (hasAttachments and ".repeat(depth), ")".repeat(depth));
    let (deepest, deeper) = (nested(63), nested(500));
    assert_eq!(odata::parse_filter(&deeper).unwrap_err().as_slice()[0].code, Code::TooDeep);
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let parsed =
        thread.spawn(move || odata::parse_filter(&deepest).map(|query| query.clone() == query));
    assert_eq!(parsed.unwrap().join().unwrap(), Ok(true));
}

#[test]
fn orders() {
    for order in ["receivedDateTime desc, subject", "search.score() asc", "size asc,isRead", ""] {
        assert!(odata::parse_order_by(order).is_ok(), "{order}");
    }
    for order in [
        "body",
        "toRecipients",
        "subject up",
        "subject asc desc",
        ",",
        "subject,",
        "geo.distance(a, b)",
        "categories",
    ] {
        assert!(odata::parse_order_by(order).is_err(), "{order}");
    }
    assert!(odata::parse_order_by(&["size"; 33].join(",")).is_err());
}
