//! KQL and the item search of Veeam: what is typed and what is sent.

use postern_query::Direction::{Either, Narrower, Wider};
use postern_query::Fidelity::{self, Approximate, Exact, Unsupported};
use postern_query::emit::{aqs, kql};
use postern_query::{Compiled, Query, lucene, odata};

use crate::parse;

fn read(typed: &str) -> Query {
    if let Some(filter) = typed.strip_prefix("odata:") {
        return odata::parse_filter(filter).unwrap();
    }
    if let Some(text) = typed.strip_prefix("lucene:") {
        return lucene::parse(text, lucene::Options::default()).unwrap();
    }
    parse(typed).unwrap().query
}

#[track_caller]
fn check(
    compile: fn(&Query) -> Compiled<String>,
    typed: &str,
    (fidelity, expected): (Fidelity, &str),
) {
    let compiled = compile(&read(typed));
    let sent = compiled.sent.clone().unwrap_or_default();
    assert_eq!(
        (compiled.fidelity(), sent.as_str()),
        (fidelity, expected),
        "{typed}: {:?}",
        compiled.notes
    );
}

#[test]
fn kql_texts() {
    for (typed, fidelity, expected) in [
        ("subject:invoice", Exact, "subject:invoice"),
        ("subject:\"overdue invoice\"", Exact, "subject:\"overdue invoice\""),
        ("subject:a.user", Approximate, "subject:\"a.user\""),
        ("subject:invoic*", Exact, "subject:invoic*"),
        ("subject:in*", Approximate, "subject:in*"),
        ("subject:i?voice", Unsupported, ""),
        ("invoice overdue", Approximate, "invoice AND overdue"),
        ("subject:(a OR b) -is:read", Exact, "(subject:a OR subject:b) AND (NOT isread:true)"),
        ("subject:\"or\"", Exact, "subject:\"or\""),
        ("overdue NEAR/3 invoice", Approximate, "overdue NEAR(2) invoice"),
        ("overdue ADJ/1 invoice", Approximate, "overdue ONEAR(0) invoice"),
        ("subject:(overdue NEAR/3 invoice)", Unsupported, ""),
        ("/in.*/", Unsupported, ""),
        ("invoice~1", Unsupported, ""),
        ("contents:invoice", Unsupported, ""),
        ("new:invoice", Approximate, "body:invoice"),
        ("recipients:a@x.com", Approximate, "recipients:\"a@x.com\""),
        ("participants:@x.com", Approximate, "participants:\"x.com\""),
        ("from:ronnie@contoso*", Approximate, "from:\"ronnie@contoso*\""),
        ("from:*.contoso.com", Unsupported, ""),
        ("deliveredto:a@x.com", Unsupported, ""),
        (
            "filename:contract.pdf",
            Approximate,
            "attachmentnames:\"contract.pdf\" OR filename:\"contract.pdf\"",
        ),
        ("odata:attachments/any(x: x/size gt 3)", Unsupported, ""),
        ("category:\"Red Category\"", Approximate, "category:\"Red Category\""),
        ("importance:normal", Approximate, "importance:medium"),
        ("importance:high", Exact, "importance:high"),
        ("kind:meeting", Exact, "kind:meetings"),
        ("kind:report", Unsupported, ""),
        ("size>5M", Exact, "size>5000000"),
        ("date:2024-03-31", Exact, "received>=2024-03-31 AND received<2024-04-01"),
        ("received>=2024-03-31T10:00:00Z", Approximate, "received>=2024-03-31T10:00:00Z"),
        ("odata:sentDateTime le 2024-01-01T00:00:00Z", Approximate, "sent<=2024-01-01T00:00:00Z"),
        ("is:flagged", Unsupported, ""),
        ("odata:isRead eq null", Unsupported, ""),
        ("thread:AAQk=", Unsupported, ""),
        ("*", Exact, "size>=0"),
        ("odata:false", Unsupported, ""),
        ("is:read sort:newest", Approximate, "isread:true"),
    ] {
        check(kql::compile, typed, (fidelity, expected));
    }
}

#[test]
fn aqs_texts() {
    for (typed, fidelity, expected) in [
        ("has:attachment is:unread", Approximate, "hasattachments:true isread:false"),
        ("importance:normal", Approximate, "importance:normal"),
        ("has:attachment -is:read", Approximate, "hasattachments:true (NOT isread:true)"),
        ("is:flagged OR is:read", Approximate, "isflagged:true OR isread:true"),
        ("from:alice subject:invoice", Approximate, "(from:alice OR from:~=alice) subject:invoice"),
        ("from:ali*", Approximate, "from:ali* OR from:~=ali"),
        ("from:a-b", Approximate, "from:\"a-b\" OR (from:~=a AND from:~=b)"),
        ("from:\"Alice Smith\"", Approximate, "from:\"alice smith\""),
        ("recipients:a@x.com", Approximate, "to:\"a@x.com\" OR cc:\"a@x.com\" OR bcc:\"a@x.com\""),
        ("subject:invoic*", Approximate, "subject:invoic*"),
        ("subject:i?voice", Unsupported, ""),
        ("a NEAR/3 b", Unsupported, ""),
        ("thread:AAQk=", Approximate, "System.Message.ConversationID:\"AAQk=\""),
        ("id:a@b", Approximate, "Veeam.Message.Header:\"<a@b>\""),
        ("after:2024-01-01", Approximate, "received:>=2024-01-01T00:00:00Z"),
        ("before:2024-01-01", Approximate, "received:<2024-01-01T00:00:00Z"),
        ("received>2024-01-01T10:00:00Z", Approximate, "received:>2024-01-01T10:00:00Z"),
        ("received>2024-01-01T10:00:00.5Z", Approximate, "received:>2024-01-01T10:00:00Z"),
        ("received<2024-01-01T10:00:00.5Z", Approximate, "received:<=2024-01-01T10:00:00Z"),
        ("size>5K", Approximate, "size:>5000"),
        ("category:red", Approximate, "category:red"),
        ("filename:contract.pdf", Approximate, "attachments:\"contract.pdf\""),
        (
            "filename:\"q3 report\"",
            Approximate,
            "attachments:\"q3 report\" OR (attachments:~=q3 AND attachments:~=report)",
        ),
        ("in:inbox", Unsupported, ""),
        ("mailbox:a@x.com", Unsupported, ""),
        ("*", Unsupported, ""),
        ("odata:subject eq null", Unsupported, ""),
    ] {
        check(aqs::compile, typed, (fidelity, expected));
    }
}

/// The documents of drives have properties of their own, and what no document has is not asked for.
#[test]
fn aqs_texts_of_documents() {
    for (typed, fidelity, expected) in [
        ("plan", Approximate, "(filename:plan OR filename:~=plan) OR title:plan"),
        (
            "\"q3 plan\"",
            Approximate,
            "(filename:\"q3 plan\" OR (filename:~=q3 AND filename:~=plan)) OR title:\"q3 plan\"",
        ),
        ("kind:file ext:pdf", Approximate, "filename:\".pdf\""),
        ("filename:plan.docx", Approximate, "filename:\"plan.docx\""),
        ("filename:plan*", Approximate, "filename:plan* OR filename:~=plan"),
        ("subject:harbour", Approximate, "title:harbour"),
        ("contents:budget", Approximate, "contents:budget"),
        ("from:ann", Approximate, "System.Author:ann OR System.Document.LastAuthor:ann"),
        (
            "author:ann@x.com kind:file",
            Approximate,
            "System.Author:\"ann@x.com\" OR System.Document.LastAuthor:\"ann@x.com\"",
        ),
        ("participants:ann", Approximate, "System.Author:ann OR System.Document.LastAuthor:ann"),
        ("created>=2024-01-01", Approximate, "datecreated:>=2024-01-01T00:00:00Z"),
        ("modified<2024-01-01", Approximate, "datemodified:<2024-01-01T00:00:00Z"),
        ("received<2024-01-01", Approximate, "datemodified:<2024-01-01T00:00:00Z"),
        ("size>5K ext:pdf", Approximate, "size:>5000 filename:\".pdf\""),
        ("ext:pdf -size>5K", Approximate, "filename:\".pdf\" (NOT size:>5000)"),
        ("ext:pdf OR to:ann", Approximate, "filename:\".pdf\""),
        ("ext:pdf -has:attachment -is:read", Approximate, "filename:\".pdf\""),
        ("to:ann", Unsupported, ""),
        ("body:plan", Unsupported, ""),
        ("kind:email ext:pdf", Unsupported, ""),
        ("has:attachment", Unsupported, ""),
        ("kind:file", Unsupported, ""),
        ("mime:application/pdf", Unsupported, ""),
        ("p?an", Unsupported, ""),
        ("in:reports ext:pdf", Unsupported, ""),
        ("odata:subject eq null", Unsupported, ""),
    ] {
        check(aqs::compile_documents, typed, (fidelity, expected));
    }
}

/// Nobody says which documents have a title, an author or a content there; names, times and sizes are compared.
#[test]
fn aqs_directions_of_documents() {
    for (typed, expected) in [
        ("filename:plan", Some(Wider)),
        ("ext:pdf created>2024-01-01 size>5K", Some(Wider)),
        ("-ext:pdf", Some(Narrower)),
        ("ext:pdf -filename:plan", Some(Either)),
        ("filename:東京", Some(Either)),
        ("plan", Some(Either)),
        ("contents:budget", Some(Either)),
        ("from:ann", Some(Either)),
        ("-to:ann ext:pdf", Some(Wider)),
        ("to:ann", None),
    ] {
        let compiled = aqs::compile_documents(&read(typed));
        assert_eq!(compiled.direction(), expected, "{typed}: {:?}", compiled.notes);
    }
}

/// And and or pass on which way a part errs, NOT turns it round, and parts that err in different ways leave
/// nothing to be said of the whole.
#[test]
fn aqs_directions() {
    for (typed, expected) in [
        ("invoice", Some(Wider)),
        ("subject:invoice from:alice importance:high", Some(Wider)),
        ("subject:invoice has:attachment", Some(Either)),
        ("-importance:normal", Some(Narrower)),
        ("importance:normal", Some(Wider)),
        ("-subject:invoice before:2024-01-01", Some(Narrower)),
        ("-before:2024-01-01", Some(Wider)),
        ("subject:invoice OR subject:order", Some(Wider)),
        ("-subject:invoice", Some(Narrower)),
        ("-(subject:invoice OR subject:order)", Some(Narrower)),
        ("-(subject:invoice -subject:order)", Some(Either)),
        ("subject:invoice -subject:order", Some(Either)),
        ("NOT (NOT subject:invoice)", Some(Wider)),
        ("subject:東京", Some(Either)),
        ("from:\"東京\"", Some(Either)),
        ("received:2024-01-01..2024-03-31", Some(Wider)),
        ("size>5K", Some(Either)),
        ("is:read", Some(Either)),
        ("kind:email", Some(Either)),
        ("invoice sort:newest", Some(Wider)),
        ("subject:i?voice", None),
    ] {
        let compiled = aqs::compile(&read(typed));
        assert_eq!(compiled.direction(), expected, "{typed}: {:?}", compiled.notes);
        let all_say = compiled.notes.iter().all(|note| note.direction.is_some());
        assert_eq!(all_say, expected.is_some(), "{typed}");
    }
}

/// Neither language has an escape that is sure, so what cannot stand in quotes is not sent.
#[test]
fn what_cannot_be_quoted_is_not_said() {
    for value in ["x\"y", "“x”", "x*", "x\u{7}y", " "] {
        let filter = format!("odata:fromName eq '{value}'");
        check(kql::compile, &filter, (Unsupported, ""));
        check(aqs::compile, &filter, (Unsupported, ""));
    }
    check(aqs::compile, "odata:fromName eq 'x\\'", (Unsupported, ""));
    check(kql::compile, "odata:fromName eq 'x\\'", (Approximate, "from:\"x\\\""));
}

/// A note underlines the text that caused it.
#[test]
fn notes_point_at_the_text() {
    let typed = "has:attachment deliveredto:a@x.com";
    let note = kql::compile(&read(typed)).notes.remove(0);
    assert_eq!(note.message, "Purview does not search headers");
    let span = note.span.unwrap();
    assert!(span.slice(typed).contains("a@x.com"), "{span:?}");
}
