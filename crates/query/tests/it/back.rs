//! From filters and query text of clients back to typed text.

use postern_query::emit::postern;
use postern_query::{Direction, Fidelity, Query, evaluate, lucene, odata};
use proptest::prelude::*;

use crate::parse;
use crate::random::{good_filter, good_query, message, query_text};

#[track_caller]
fn check(query: &Query, expected: Result<(&str, &str), &str>) {
    let compiled = postern::compile(query);
    let direction = compiled.direction().map_or("exact", Direction::as_str);
    let note = || compiled.notes.first().map(|note| note.message.as_str()).unwrap_or_default();
    let found = compiled.sent.as_deref().map(|sent| (sent, direction)).ok_or_else(note);
    assert_eq!(found, expected);
}

#[test]
fn filters() {
    for (filter, text, direction) in [
        ("isRead", "is:read", "exact"),
        ("not isRead", "-is:read", "exact"),
        ("isRead eq false", "is:unread", "exact"),
        ("hasAttachments eq true", "has:attachment", "exact"),
        ("hasAttachments eq false", "-has:attachment", "wider"),
        ("fromAddress eq 'ann@x.com'", "from:ann@x.com", "wider"),
        ("not (fromAddress eq 'ann@x.com')", "-from:ann@x.com", "narrower"),
        ("toRecipients/any(r: r/address eq 'b@y.com')", "to:b@y.com", "wider"),
        ("attachments/any(x: x/name eq 'contract.pdf')", "filename:contract.pdf", "wider"),
        ("categories/any(c: c eq 'a b')", "category:\"a b\"", "wider"),
        ("conversationId eq 'AAQk='", "thread:AAQk=", "exact"),
        ("internetMessageId eq '<a@b.c>'", "id:a@b.c", "exact"),
        ("importance eq 'high'", "importance:high", "exact"),
        ("search.in(importance, 'low,high')", "importance:low OR importance:high", "exact"),
        ("size gt 5 and size le 10", "size>5 size<=10", "exact"),
        ("receivedDateTime ge 2024-01-01T00:00:00Z", "received>=2024-01-01T00:00:00Z", "exact"),
        ("sentDateTime eq 2024-01-01T00:00:00Z", "sent:2024-01-01T00:00:00Z", "exact"),
        ("search.ismatchscoring('overdue', 'subject')", "subject:overdue", "exact"),
        ("search.ismatchscoring('\"a b\"', 'subject,body')", "\"a b\"", "exact"),
        ("isRead or size lt 5 and hasAttachments", "is:read OR size<5 has:attachment", "exact"),
        ("(isRead or size lt 5) and hasAttachments", "(is:read OR size<5) has:attachment", "exact"),
        ("true", "*", "exact"),
        ("false", "-*", "exact"),
    ] {
        check(&odata::parse_filter(filter).unwrap(), Ok((text, direction)));
    }
}

#[test]
fn what_always_holds_says_nothing_beside_a_condition() {
    for (filter, text, direction) in [
        ("isRead and not (false)", "is:read", "exact"),
        ("isRead and not (not (true)) and size lt 5", "is:read size<5", "exact"),
        ("not (false) and not (false)", "*", "exact"),
        ("not (isRead and not (false))", "-is:read", "exact"),
        ("isRead or not (false)", "is:read OR *", "exact"),
        ("isRead or not (true)", "is:read OR -*", "exact"),
    ] {
        check(&odata::parse_filter(filter).unwrap(), Ok((text, direction)));
    }
}

#[test]
fn query_texts() {
    for (text, expected) in [
        ("invoice AND overdue", "invoice overdue"),
        ("invoice overdue", "invoice OR overdue"),
        ("+a -b", "a -b"),
        ("subject:(a b)", "subject:a OR subject:b"),
        ("\"overdue invoice\"", "\"overdue invoice\""),
        ("invoic* OR colour~1", "invoic* OR colour~1"),
        ("attachments", "attachments"),
    ] {
        let query = lucene::parse(text, lucene::Options::default()).unwrap();
        check(&query, Ok((expected, "exact")));
    }
}

#[test]
fn what_cannot_be_said() {
    for (filter, why) in [
        ("fromName eq null", "the language cannot ask for a value that is missing"),
        ("id eq 'x'", "the language has no operator for this id"),
        (
            "toRecipients/any(r: r/address eq 'a@x.com' and r/name eq 'A')",
            "the language cannot ask for two things of the same element",
        ),
        (
            "attachments/any(x: x/size gt 5)",
            "the language has no operator for the size of one file",
        ),
        ("size gt 1.5", "a typed size is a whole number"),
        ("receivedDateTime gt 2024-01-01T00:00:00.0001Z", "no typed text reads back as this"),
    ] {
        check(&odata::parse_filter(filter).unwrap(), Err(why));
    }
}

/// Exact text finds the same messages; wider text all of them, narrower text no others.
fn judge(query: &Query, messages: &[postern_query::Message]) -> Result<(), TestCaseError> {
    let compiled = postern::compile(query);
    let Some(text) = &compiled.sent else { return Ok(()) };
    let read =
        parse(text).map_err(|errors| TestCaseError::fail(format!("{text}: {errors}")))?.query;
    // A moment is read as the range from itself to itself.
    if compiled.fidelity() == Fidelity::Exact && !text.contains(":2024-") {
        prop_assert_eq!(&postern::compile(&read).sent, &compiled.sent, "{}", text);
    }
    for message in messages {
        let (meant, found) =
            (evaluate(query.condition(), message), evaluate(read.condition(), message));
        match compiled.direction() {
            None => prop_assert_eq!(meant, found, "{}", text),
            Some(Direction::Wider) => prop_assert!(!meant || found, "{text}"),
            Some(Direction::Narrower) => prop_assert!(meant || !found, "{text}"),
            Some(Direction::Either) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn filters_read_back(filter in good_filter(), messages in prop::collection::vec(message(), 1..6)) {
        judge(&odata::parse_filter(&filter).unwrap(), &messages)?;
    }

    #[test]
    fn query_texts_read_back(text in query_text(), messages in prop::collection::vec(message(), 1..6)) {
        if let Ok(query) = lucene::parse(&text, lucene::Options::default()) {
            judge(&query, &messages)?;
        }
    }

    #[test]
    fn typed_text_reads_back(text in good_query(), messages in prop::collection::vec(message(), 1..6)) {
        if let Ok(parsed) = parse(&text) {
            judge(&parsed.query, &messages)?;
        }
    }
}
