//! What typed text means, judged by `evaluate` over small messages, and its canonical form.

use postern_query::{Attachment, FILE, Message, Passage, Place, Recipient, Whose, evaluate, odata};

use crate::parse;

#[track_caller]
fn canonical(text: &str, expected: &str) {
    let parsed = parse(text).unwrap_or_else(|errors| panic!("{text}: {errors}"));
    assert_eq!(parsed.canonical, expected, "{text}");
    let again = parse(&parsed.canonical).unwrap_or_else(|errors| panic!("{expected}: {errors}"));
    assert_eq!(again.canonical, parsed.canonical, "the canonical form is its own");
    assert_eq!(again.query, parsed.query, "{text} means what {expected} means");
}

#[test]
fn canonical_forms() {
    canonical("a AND b", "a b");
    canonical("a | b", "a OR b");
    canonical("a b OR c -d", "a b OR c -d");
    canonical("NOT a OR b", "-a OR b");
    canonical("(a OR b) c", "(a OR b) c");
    canonical("((a))", "a");
    canonical("{a b}", "a OR b");
    canonical("+a -(b OR c)", "a -(b OR c)");
    canonical("--a", "a");
    canonical("a XOR b", "a -b OR -a b");
    canonical("from:(alice OR bob)", "from:alice OR from:bob");
    canonical("f:alice,bob", "from:alice,bob");
    canonical("from:\"Alice Smith\",bob@x.com", "from:\"Alice Smith\",bob@x.com");
    canonical("hasattachment:false", "-has:attachment");
    canonical("since:2024/01/31", "after:2024-01-31");
    canonical("d:2024..", "date:2024..");
    canonical("date:\"last week\"", "date:last_week");
    canonical("received:>=2024-01", "received>=2024-01");
    canonical("z:1m..5mb", "size:1M..5MB");
    canonical("mid:<a@b>", "id:a@b");
    canonical("filename:pdf", "ext:pdf");
    canonical("\"AND\"", "\"AND\"");
    canonical("\"two words\"", "\"two words\"");
    canonical("\"invoic*\"", "\"invoic*\"");
    canonical("subject: Hello", "subject:Hello");
    canonical("", "*");
    canonical("  * ", "*");
    canonical("sort:newest a", "a sort:newest");
    canonical("is:important", "importance:high");
}

/// What looks like an operator but is not one.
#[test]
fn words_that_stay_words() {
    for text in [
        "ORDER ANDREW NOTICE",
        "10:30",
        "re: invoice",
        "https://example.com/a?b=c",
        "mailto:a@b.com",
        r"C:\mail\x",
        "and",
    ] {
        canonical(text, text);
    }
}

fn sample() -> Message {
    let person = |name: &str, address: &str| Recipient {
        name: Some(name.into()),
        address: Some(address.into()),
    };
    let file = |name: &str| Attachment { name: Some(name.into()), ..Attachment::default() };
    Message {
        id: "1".into(),
        internet_message_id: Some("<m1@contoso.com>".into()),
        subject: Some("Overdue invoice INV-42".into()),
        body: Some("Please pay the invoices for Q3. O'Brien signs; café.".into()),
        from_address: Some("Alice.Smith@Mail.Contoso.com".into()),
        from_name: Some("Alice Smith".into()),
        to_recipients: vec![
            person("Bob User", "B.User@contoso.com"),
            person("Conor O'Brien", "c.o-brien@fabrikam.com"),
        ],
        received: Some("2024-03-31T23:59:59.500Z".parse().unwrap()),
        has_attachments: Some(true),
        importance: Some("high".into()),
        attachments: vec![file("Q3_Report-final.PDF"), file("notes.txt")],
        size: Some(1_500_000),
        ..Message::default()
    }
}

#[track_caller]
fn check(message: &Message, matching: &[&str], other: &[&str]) {
    for (texts, expected) in [(matching, true), (other, false)] {
        for text in texts {
            let query = parse(text).unwrap_or_else(|errors| panic!("{text}: {errors}")).query;
            assert_eq!(evaluate(query.condition(), message), expected, "{text}");
        }
    }
}

/// A file has a name, a title, an author and dates of its own.
fn file() -> Message {
    Message {
        kind: Some(FILE.into()),
        subject: Some("Harbour study".into()),
        body: None,
        to_recipients: Vec::new(),
        importance: None,
        internet_message_id: None,
        attachments: vec![Attachment {
            name: Some("Q3_Report-final.v2.PDF".into()),
            text: Some("dredging of the basin".into()),
            ..Attachment::default()
        }],
        has_attachments: Some(false),
        created: Some("2024-03-01T08:00:00Z".parse().unwrap()),
        modified: Some("2024-03-31T23:59:59.500Z".parse().unwrap()),
        places: vec![Place {
            mailbox: Some("Alice@contoso.com".into()),
            folder: Some("Documents/Harbour".into()),
            source: Some("datatap".into()),
            ..Place::NOWHERE
        }],
        ..sample()
    }
}

/// No phrase runs from one part of a body to the next.
#[test]
fn whose_words() {
    let body = "Yes, pay it.\n> The invoice\n> is overdue.\nNow.\n-- \nAlice Smith";
    let passages = vec![
        Passage { range: 13..41, whose: Whose::Quoted },
        Passage { range: 46..body.len(), whose: Whose::Signature },
    ];
    check(
        &Message { body: Some(body.into()), passages, ..sample() },
        &[
            "new:(pay now)",
            "nq:\"yes pay it\"",
            "quoted:\"invoice is overdue\"",
            "quoted:(the NEAR/3 overdue)",
            "new:n?w new:pa* new:/p.y/ new:paid~2",
            "-new:invoice -quoted:pay -new:alice -quoted:alice",
            "body:alice body:\"it the invoice\"",
        ],
        &[
            "new:\"it the invoice\"",
            "new:\"it now\"",
            "new:(pay NEAR/5 now)",
            "new:invoic*",
            "quoted:n?w",
            "new:smith OR quoted:smith",
        ],
    );
    check(&sample(), &["new:invoices", "-quoted:invoices"], &[]);
}

/// What only mail has is false for a file.
#[test]
fn files() {
    check(
        &file(),
        &[
            "kind:file",
            "kind:email,file",
            "report",
            "\"q3 report\"",
            "q3_report-final.v2.pdf",
            "final.v2.pdf",
            "rep*",
            "raport~1",
            "harbour report",
            "subject:harbour",
            "filename:report",
            "filename:q3_report-final.v2.pdf",
            "ext:pdf",
            "contents:dredging",
            "in:harbour mailbox:alice source:datatap",
            "from:alice author:alice",
            "size>1M",
            "created:2024-03-01",
            "created<2024-03-02",
            "modified>=2024-03-31 received:2024-03-31",
            "modified:2024-01..2024-03",
            "-has:attachment -to:bob -is:read",
        ],
        &[
            "kind:email",
            "-kind:file",
            "dredging",
            "body:report",
            "subject:report",
            "invoice",
            "has:attachment",
            "to:bob",
            "is:read",
            "is:unread",
            "importance:high",
            "id:m1@contoso.com",
            "thread:AAQk=",
            "created:2024-02",
            "modified>2024-03-31",
        ],
    );
    let undated = Message { created: None, modified: None, ..file() };
    check(&undated, &["-created:2024", "-modified<2030"], &["created<2030", "modified>1990"]);
}

/// A file that came with mail is found as before, and mail has no dates of a file.
#[test]
fn mail_beside_files() {
    check(
        &sample(),
        &["-kind:file", "-created:2024", "-modified>1990", "filename:report"],
        &["kind:file", "created<2030", "modified>1990", "report"],
    );
}

#[test]
fn words() {
    check(
        &sample(),
        &[
            "overdue",
            "OVERDUE invoice",
            "\"overdue invoice\"",
            "inv-42",
            "invoic*",
            "inv?ice",
            "o'brien",
            "café",
            "-draft",
            "*",
            "x OR pay",
        ],
        &[
            "invoic",
            "\"invoice overdue\"",
            "cafe",
            "subject:pay",
            "body:overdue",
            "overdue -invoice",
            "brien",
            "a OR b",
        ],
    );
}

#[test]
fn people() {
    check(
        &sample(),
        &[
            "from:alice.smith@mail.contoso.com",
            "from:alice",
            "from:SMITH",
            "from:ali*",
            "from:\"alice smith\"",
            "from:@mail.contoso.com",
            "from:*.contoso.com",
            "from:alice.smith",
            "from:mail.contoso.com",
            "from:*@*.com",
            "to:brien",
            "to:o'brien",
            "to:c.o-brien",
            "to:(bob fabrikam.com)",
            "recipients:@contoso.com",
            "participants:alice",
            "with:bob",
            "-to:x@y.com",
            "from:nobody,alice",
            "from:a*.smith",
        ],
        &[
            "from:smit",
            "from:\"smith alice\"",
            "from:@contoso.com",
            "from:*.mail.contoso.com",
            "to:alice",
            "cc:bob",
            "from:contoso.com",
            "to:\"User Conor\"",
            "from:*@*.gov",
            "recipients:alice",
        ],
    );
}

#[test]
fn attachments_dates_and_the_rest() {
    check(
        &sample(),
        &[
            "has:attachment",
            "filename:q3_report-final.pdf",
            "filename:pdf",
            "ext:PDF,doc",
            "filename:report",
            "filename:q3*",
            "filename:\"report final\"",
            "date:2024-03-31",
            "until:2024-03-31",
            "date:2024-Q1",
            "before:2024-04-01",
            "after:2024-03-31",
            "received<=2024-03-31",
            "received>2024-03-30",
            "date:2024-03..2024-03-31",
            "id:m1@contoso.com",
            "id:<m1@contoso.com>",
            "importance:high,low",
            "size>1M",
            "size:1.5M..2M OR size:1M..2M",
            "larger:1000KiB",
            "newer_than:2m",
        ]
        .iter()
        .filter(|text| !text.contains("1.5M"))
        .copied()
        .collect::<Vec<_>>(),
        &[
            "filename:report.pdf",
            "ext:docx",
            "filename:repor",
            "date:2024-04",
            "before:2024-03-31",
            "after:2024-04-01",
            "received>2024-03-31",
            "received<=2024-03-31T23:59:59Z",
            "is:read",
            "is:unread",
            "importance:low",
            "smaller:1M",
            "newer_than:1w",
            "sent:2024",
        ],
    );
}

/// Logic is two-valued: a comparison with a missing value is false, its negation true.
#[test]
fn missing_values() {
    check(
        &Message::default(),
        &["-to:x@y.com", "-is:read", "-date:2024", "-has:attachment"],
        &["to:x@y.com", "is:unread", "date:2024", "larger:0"],
    );
}

/// Ann's Inbox, read; her Trash, a flagged draft; Bob's Trash.
fn in_three_places() -> Message {
    let at = |source: &str, mailbox: &str, folder: &str| Place {
        source: Some(source.into()),
        mailbox: Some(mailbox.into()),
        folder: Some(folder.into()),
        ..Place::NOWHERE
    };
    let read = |place: Place, is_read| Place { is_read: Some(is_read), ..place };
    let inbox = read(at("datatap", "ann@x.com", "Inbox"), true);
    let trash = read(at("datatap", "ann@x.com", "Trash"), false);
    let trash = Place { is_flagged: Some(true), is_draft: Some(true), ..trash };
    let bob = Place { item_id: Some("7".into()), ..at("files", "bob@x.com", "Trash") };
    Message { places: vec![inbox, trash, bob], ..sample() }
}

#[test]
fn one_place_holds_all_that_is_asked_of_places() {
    check(
        &in_three_places(),
        &[
            "mailbox:ann@x.com in:inbox is:read",
            "mailbox:bob@x.com in:trash source:FILES invoice",
            "mailbox:ann@x.com (is:draft is:flagged OR nowhere)",
            "(mailbox:bob@x.com OR in:inbox) source:datatap",
            "source:data*",
            "in:(inbox OR trash)",
        ],
        &[
            "mailbox:ann@x.com mailbox:bob@x.com",
            "mailbox:bob@x.com in:inbox",
            "(mailbox:bob@x.com OR nowhere) (in:inbox OR nowhere)",
            "is:read is:unread",
            "is:read is:flagged",
            "source:files source:datatap",
            "source:file",
        ],
    );
}

#[test]
fn a_not_speaks_of_every_place() {
    check(
        &in_three_places(),
        &[
            "mailbox:ann@x.com -(mailbox:ann@x.com in:sent)",
            "-(mailbox:bob@x.com in:inbox)",
            "-(-in:inbox) mailbox:ann@x.com",
            "NOT NOT (in:inbox mailbox:ann@x.com)",
            "-(in:inbox -mailbox:bob@x.com)",
        ],
        &[
            "mailbox:bob@x.com -in:inbox",
            "mailbox:ann@x.com -(mailbox:ann@x.com in:trash)",
            "NOT NOT (in:inbox mailbox:bob@x.com)",
            "in:trash (is:read OR -is:read)",
            "-is:flagged",
        ],
    );
}

/// Under two NOTs a place is any place. Rewrites made it the place of the other conditions.
#[test]
fn a_place_under_two_nots_stays_any_place_when_rewritten() {
    let place = |mailbox: &str, is_read| Place {
        mailbox: Some(mailbox.into()),
        is_read: Some(is_read),
        ..Place::NOWHERE
    };
    let places = vec![place("ann", false), place("bob", true)];
    let message = Message { places, ..Message::default() };
    for (filter, expected) in [
        ("isRead and not (not (mailbox eq 'ann') and not (mailbox eq 'ann'))", true),
        ("isRead and not (not (mailbox eq 'ann') and not (false))", true),
        ("isRead and not (not (mailbox eq 'eve') and not (mailbox eq 'eve'))", false),
        ("isRead and mailbox eq 'ann'", false),
        // Two that stand beside each other as they are typed are none.
        ("isRead and not (not (mailbox eq 'ann'))", false),
        ("isRead and not (not (mailbox eq 'bob'))", true),
    ] {
        let query = odata::parse_filter(filter).unwrap();
        let rewritten = query.simplified().query;
        let found = [&query, &rewritten].map(|query| evaluate(query.condition(), &message));
        assert_eq!(found, [expected; 2], "{filter}: {rewritten:?}");
    }
}

#[test]
fn a_message_without_places_is_read_at_an_empty_one() {
    check(
        &sample(),
        &["-in:inbox", "invoice OR in:inbox"],
        &["in:inbox", "source:files", "is:read"],
    );
    let missing = odata::parse_filter("mailbox eq null and folder eq null").unwrap();
    assert!(evaluate(missing.condition(), &sample()));
    assert!(!evaluate(missing.condition(), &in_three_places()));
}

#[test]
fn who_may_see_one_place_reads_the_query_there() {
    let seen = in_three_places().seen_at(|place| place.mailbox.as_deref() == Some("bob@x.com"));
    check(&seen.unwrap(), &["in:trash -in:inbox -is:draft"], &["mailbox:ann@x.com", "is:read"]);
}
