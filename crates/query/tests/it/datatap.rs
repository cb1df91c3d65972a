//! What is typed and what the premium endpoint is sent.

use postern_query::Fidelity::{self, Approximate, Exact, Unsupported};
use postern_query::datatap::{FieldCapability, IndexFields};
use postern_query::{Capabilities, Compiled, datatap, lucene, odata};

use crate::parse;

/// `query`, `filter` and `$orderby`, each with its name; what is absent is left out.
fn sent(compiled: &Compiled<datatap::Request>) -> String {
    let Some(request) = &compiled.sent else { return String::new() };
    let parts =
        [("query", &request.query), ("filter", &request.filter), ("$orderby", &request.order_by)];
    let named = parts
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}: {value}")));
    named.collect::<Vec<_>>().join(" | ")
}

#[track_caller]
fn check_with(capabilities: &Capabilities, typed: &str, fidelity: Fidelity, expected: &str) {
    let compiled = datatap::compile(&parse(typed).unwrap().query, capabilities);
    assert_eq!(
        (compiled.fidelity(), sent(&compiled).as_str()),
        (fidelity, expected),
        "{typed}: {:?}",
        compiled.notes
    );
}

#[track_caller]
fn check(typed: &str, fidelity: Fidelity, expected: &str) {
    check_with(&Capabilities::default(), typed, fidelity, expected);
}

/// The five documented uses, letter for letter.
#[test]
fn documented_uses() {
    check("invoice AND overdue", Exact, "query: invoice AND overdue");
    check(
        "from:a.user@contoso.com has:attachment received>=2024-01-01T00:00:00Z received<=2024-03-31T23:59:59Z",
        Approximate, // The endpoint compares addresses case-sensitively.
        "filter: fromAddress eq 'a.user@contoso.com' and hasAttachments eq true and receivedDateTime ge 2024-01-01T00:00:00Z and receivedDateTime le 2024-03-31T23:59:59Z",
    );
    check(
        "to:b.user@contoso.com sort:newest",
        Approximate,
        "filter: toRecipients/any(r: r/address eq 'b.user@contoso.com') | $orderby: receivedDateTime desc",
    );
    check(
        "thread:AAQk= sort:oldest",
        Exact,
        "filter: conversationId eq 'AAQk=' | $orderby: receivedDateTime asc",
    );
    check(
        "filename:contract.pdf",
        Approximate,
        "filter: attachments/any(x: x/name eq 'contract.pdf')",
    );
}

#[test]
fn addresses_known_to_be_lower_case_are_exact() {
    let capabilities = Capabilities { lower_case_addresses: true, ..Capabilities::default() };
    check_with(
        &capabilities,
        "from:A.User@Contoso.com",
        Exact,
        "filter: fromAddress eq 'a.user@contoso.com'",
    );
}

#[test]
fn words() {
    check("invoice overdue", Exact, "query: invoice AND overdue");
    check("Invoice OR bill paid", Exact, "query: invoice OR (bill AND paid)");
    check("\"overdue invoice\"", Exact, "query: \"overdue invoice\"");
    check("invoic* -draft", Exact, "query: invoic* AND NOT draft");
    check("colour~1", Approximate, "query: colour~1"); // The service looks for 50 spellings.
    check("foo-bar \"A:B\"", Exact, r#"query: "foo bar" AND a\:b"#);
    check(
        "subject:(overdue OR late) invoice",
        Exact,
        "query: (subject:overdue OR subject:late) AND invoice",
    );
    check("-(a b)  c", Exact, "query: c AND NOT (a AND b)");
    check("*rfc", Exact, "query: /.*rfc/");
    check("*", Exact, "");
    check("", Exact, "");
}

/// In full syntax `a OR NOT b` means `a AND NOT b`, so the negation is taken outside.
#[test]
fn alternatives_with_negations() {
    check("x (a OR -b)", Exact, "query: x AND NOT (b AND NOT a)");
    check("x -(a OR -b)", Exact, "query: x AND b AND NOT a");
    check("a OR -b", Unsupported, "");
    check("-draft", Unsupported, "");
    check("-draft -spam is:read", Unsupported, "");
}

#[test]
fn fields() {
    check(
        "after:2024-01-01 before:2024-02",
        Exact,
        "filter: receivedDateTime ge 2024-01-01T00:00:00Z and receivedDateTime lt 2024-02-01T00:00:00Z",
    );
    check("until:2024-03-31", Exact, "filter: receivedDateTime lt 2024-04-01T00:00:00Z");
    check("-has:attachment", Exact, "filter: hasAttachments ne true");
    check(
        "-date:2024-03-31",
        Exact,
        "filter: not (receivedDateTime ge 2024-03-31T00:00:00Z and receivedDateTime lt 2024-04-01T00:00:00Z)",
    );
    check("is:read OR is:important", Exact, "filter: isRead eq true or importance eq 'high'");
    check(
        "(is:read OR is:important) has:attachment",
        Exact,
        "filter: (isRead eq true or importance eq 'high') and hasAttachments eq true",
    );
    check("id:a@b", Exact, "filter: internetMessageId eq '<a@b>'");
    check(
        "recipients:a@x.com",
        Approximate,
        "filter: toRecipients/any(r: r/address eq 'a@x.com') or ccRecipients/any(r: r/address eq 'a@x.com') or bccRecipients/any(r: r/address eq 'a@x.com')",
    );
    check("invoice from:a@x.com", Approximate, "query: invoice | filter: fromAddress eq 'a@x.com'");
    check(
        "to:(a@x.com b@y.com)",
        Approximate,
        "filter: toRecipients/any(r: r/address eq 'a@x.com') and toRecipients/any(r: r/address eq 'b@y.com')",
    );
}

/// A quote in a value must never end the literal early.
#[test]
fn literals_hold_hostile_text() {
    check(
        "filename:\"O'Brien's quote.pdf\"",
        Approximate,
        "filter: attachments/any(x: x/name eq 'O''Brien''s quote.pdf')",
    );
    check("thread:\"' or true or '\"", Exact, "filter: conversationId eq ''' or true or '''");
    check(r"thread:a\", Exact, r"filter: conversationId eq 'a\'");
}

#[test]
fn what_the_endpoint_cannot_say() {
    check("from:alice", Unsupported, "");
    check("from:@contoso.com", Unsupported, "");
    check("filename:q3*", Unsupported, "");
    check("size>5M", Unsupported, "");
    check("invoice OR is:read", Unsupported, "");
    check("sort:largest", Unsupported, "");
    let note = |typed| {
        datatap::compile(&parse(typed).unwrap().query, &Capabilities::default()).notes.remove(0)
    };
    let alice = note("invoice from:alice");
    assert_eq!(alice.span.map(|span| span.slice("invoice from:alice")), Some("alice"));
    assert_eq!(
        alice.message,
        "the premium index compares addresses and names as a whole: give the full address"
    );
}

#[test]
fn search_functions() {
    let capabilities = Capabilities { search_functions: true, ..Capabilities::default() };
    let check = |typed, expected| check_with(&capabilities, typed, Exact, expected);
    check(
        "invoice OR is:read",
        "filter: search.ismatchscoring('invoice', 'subject,body', 'full', 'any') or isRead eq true",
    );
    check(
        "-draft is:read",
        "filter: isRead eq true and not search.ismatchscoring('draft', 'subject,body', 'full', 'any')",
    );
    check(
        "o'brien OR is:read",
        "filter: search.ismatchscoring('o''brien', 'subject,body', 'full', 'any') or isRead eq true",
    );
}

#[test]
fn searchable_people() {
    let word = FieldCapability { searchable: true, filterable: true, ..FieldCapability::default() };
    let fields: IndexFields =
        ["fromName", "fromAddress"].into_iter().map(|path| (path.to_owned(), word)).collect();
    let capabilities = Capabilities { fields, ..Capabilities::default() };
    check_with(&capabilities, "from:\"Alice Smith\"", Exact, "query: fromName:\"alice smith\"");
    check_with(
        &capabilities,
        "from:alice",
        Approximate,
        "query: fromName:alice OR fromAddress:alice",
    );
    check_with(&capabilities, "from:@contoso.com", Approximate, "query: fromAddress:contoso.com");
}

#[test]
fn simple_syntax() {
    let capabilities = Capabilities { syntax: lucene::Syntax::Simple, ..Capabilities::default() };
    check_with(
        &capabilities,
        "invoice (overdue OR late) -draft",
        Exact,
        "query: invoice + (overdue | late) + -draft",
    );
    check_with(&capabilities, "-draft", Exact, "query: -draft");
    check_with(&capabilities, "subject:invoice", Unsupported, "");
}

/// The URL budget is kept at compile time; 500 addresses are too many for 6,000 bytes.
#[test]
fn url_budget() {
    let many: Vec<_> = (0..500).map(|i| format!("user{i}@contoso.com")).collect();
    check(&format!("from:{}", many.join(",")), Unsupported, "");
}

/// A filter that came in as OData goes out as the same filter.
#[test]
fn filters_print_as_they_were_written() {
    let everything = |path: &str| {
        (path.to_owned(), FieldCapability { filterable: true, sortable: true, searchable: true })
    };
    let fields = [
        "fromAddress",
        "toRecipients/address",
        "attachments/name",
        "categories",
        "size",
        "isRead",
        "receivedDateTime",
    ];
    let fields: IndexFields = fields.into_iter().map(everything).collect();
    let capabilities = Capabilities { fields, search_functions: true, ..Capabilities::default() };
    for filter in [
        "fromAddress eq 'a' or fromAddress eq null and isRead ne true",
        "(fromAddress eq 'a' or size gt 5) and not (size lt 1.5)",
        "toRecipients/any(r: r/address eq 'a' and (r/name ne 'b' or r/name eq null))",
        "not attachments/any(x: x/name eq 'a''b' and x/size ge 3)",
        "attachments/any() and categories/any()",
        "categories/any(c: search.in(c, 'a|b|c', '|'))",
        "search.in(fromAddress, 'a|b', '|')",
        "receivedDateTime ge 2024-01-01T00:00:00.123Z",
        "true",
    ] {
        let query = odata::parse_filter(filter).unwrap();
        let compiled = datatap::compile(&query, &capabilities);
        let expected = if filter == "true" { String::new() } else { format!("filter: {filter}") };
        assert_eq!((compiled.fidelity(), sent(&compiled)), (Exact, expected));
    }
}
