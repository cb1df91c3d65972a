//! Where clauses match, told by hand.

use postern_query::evaluate::recipients;
use postern_query::{
    Attachment, Context, FILE, Passage, Place, Query, Recipient, Whose, odata, parse,
};

use super::*;
use crate::search::Snippet;
use crate::search::snippet::{Needles, SCANNED};

const BODY: &str =
    "Dear Bob,\nthe invoice is due 🎉 today.\n> Old words: invoice paid\n> contract\n-- \nÉlise\n";

fn person(name: &str, address: &str) -> Recipient {
    Recipient { name: Some(name.into()), address: Some(address.into()) }
}

fn file(name: &str) -> Attachment {
    let content_type = Some("application/pdf".to_owned());
    Attachment { name: Some(name.into()), content_type, ..Attachment::default() }
}

/// A message with something in every field.
fn message() -> Message {
    let quoted = BODY.find("> Old").unwrap();
    let signature = BODY.find("-- ").unwrap();
    let some = |text: &str| Some(text.to_owned());
    let place = |mailbox: &str, folder: &str| Place {
        mailbox: some(mailbox),
        folder: some(folder),
        source: some("files"),
        ..Place::NOWHERE
    };
    Message {
        id: "m1".into(),
        internet_message_id: some("<1@x>"),
        conversation_id: some("T1"),
        subject: some("Overdue invoice 7"),
        body: some(BODY),
        passages: vec![
            Passage { range: quoted..signature, whose: Whose::Quoted },
            Passage { range: signature..BODY.len(), whose: Whose::Signature },
        ],
        from_name: some("Ann Smith"),
        from_address: some("Ann@contoso.com"),
        to_recipients: vec![person("Bob", "bob@x.com"), person("Zoë", "zoe@x.com")],
        bcc_recipients: vec![person("Carl", "carl@x.com")],
        categories: vec!["Red".into()],
        attachments: vec![file("plan.pdf"), file("report.docx")],
        list_id: some("news.example"),
        references: vec!["<0@x>".into()],
        delivered_to: vec!["bob@y.com".into()],
        places: vec![place("ann@x.com", "Sent"), place("bob@x.com", "Inbox/Projects")],
        ..Message::default()
    }
}

fn typed(text: &str) -> Query {
    let me = vec!["ann@contoso.com".to_owned()];
    let context = Context { me, ..Context::utc(jiff::Timestamp::UNIX_EPOCH) };
    parse(text, &context).unwrap().query
}

fn snippet(query: &Query, message: &Message, place: usize) -> Snippet {
    let mut counter = Work::unlimited().meter("x").counter();
    Needles::of(query.condition()).snippet(message, place, SCANNED, None, &mut counter)
}

/// The text that shows a match.
fn text<'a>(one: &'a Match, message: &'a Message, place: usize, snippet: &'a Snippet) -> &'a str {
    let text = match &one.shown {
        Shown::Subject => message.subject.as_deref(),
        Shown::Snippet => Some(snippet.text.as_str()),
        Shown::SenderName => message.from_name.as_deref(),
        Shown::SenderAddress => message.from_address.as_deref(),
        Shown::RecipientName(list, number) => recipients(*list, message)[*number].name.as_deref(),
        Shown::RecipientAddress(list, number) => {
            recipients(*list, message)[*number].address.as_deref()
        }
        Shown::FileName(number) => message.attachments[*number].name.as_deref(),
        Shown::FileType(number) => message.attachments[*number].content_type.as_deref(),
        Shown::Mailbox => message.places[place].mailbox.as_deref(),
        Shown::Folder => message.places[place].folder.as_deref(),
        Shown::Source => message.places[place].source.as_deref(),
        Shown::Id => Some(message.id.as_str()),
        Shown::Thread => message.conversation_id.as_deref(),
        Shown::Piece(text) => Some(text.as_str()),
        Shown::Nothing => Some(""),
    };
    text.unwrap()
}

/// Every match: the clause, where, the attachment, and what matches; the byte at which it begins outside of running text.
fn told(query: &Query, message: &Message, place: usize) -> Vec<String> {
    let snippet = snippet(query, message, place);
    let told = |one: &Match| {
        let text = text(one, message, place, &snippet);
        let is_running = matches!(one.shown, Shown::Snippet | Shown::Piece(_));
        let at = |start: usize| if is_running { String::new() } else { format!("@{start}") };
        let ranges = one.ranges.iter();
        let ranges =
            ranges.map(|range| format!(" {}{}", text.get(range.clone()).unwrap(), at(range.start)));
        let file = one.file.map(|number| message.files().nth(number).unwrap().shown_name());
        let file = file.map(|name| format!(" of {name}")).unwrap_or_default();
        format!("{} in {}{file}:{}", one.clause, one.place.name(), ranges.collect::<String>())
    };
    snippet.matches.all.iter().map(told).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(told(&typed(text), &message(), 1), expected, "{text}");
}

#[test]
fn words() {
    check(
        "invoice",
        &["invoice in subject: invoice@8", "invoice in new: invoice", "invoice in quoted: invoice"],
    );
    check("\"overdue invoice\"", &["\"overdue invoice\" in subject: Overdue invoice@0"]);
    check("body:invoice", &["body:invoice in new: invoice", "body:invoice in quoted: invoice"]);
    check("subject:inv*", &["subject:inv* in subject: invoice@8"]);
    check("c?ntract", &["c?ntract in quoted: contract"]);
    check("/tod.y/", &["/tod.y/ in new: today"]);
    check("contarct~2", &["contarct~2 in quoted: contract"]);
    check("éli*", &["éli* in signature: Élise"]);
    check("(invoice NEAR/2 due)", &["(invoice NEAR/2 due) in new: invoice due"]);
    check("new:invoice", &["new:invoice in new: invoice"]);
    check("quoted:(invoice OR due)", &["quoted:invoice in quoted: invoice"]);
    check("new:\"today old\"", &[]);
    check("\"today old\"", &["\"today old\" in new: today. > Old"]);
}

#[test]
fn clauses_that_make_it_match() {
    let [due, contract] = ["due in new: due", "contract in quoted: contract"];
    check("due contract", &[due, contract]);
    check("due -contract", &[due]);
    check("due -absent", &[due]);
    check("-(-due)", &[due]);
    check("due due", &[due]);
    check("absent OR contract", &[contract]);
    check("(due absent) OR contract", &[contract]);
    check("(due -overdue) OR contract", &[contract]);
    check("(due -absent) OR contract", &[due, contract]);
    check("-(contract -due)", &[due]);
}

#[test]
fn people_files_and_places() {
    check("from:smith", &["from:smith in sender: Smith@4"]);
    check("from:me", &["from:ann@contoso.com in sender: Ann@contoso.com@0"]);
    check("to:bob", &["to:bob in recipient: Bob@0", "to:bob in recipient: bob@0"]);
    check("to:zoë", &["to:zoë in recipient: Zoë@0"]);
    check("bcc:@x.com", &["bcc:@x.com in recipient: x.com"]);
    check("deliveredto:@y.com", &["deliveredto:@y.com in deliveredTo: y.com"]);
    check("from:zoe OR to:zoe", &["to:zoe in recipient: zoe@0"]);
    check("filename:plan", &["filename:plan in filename of plan.pdf: plan@0"]);
    check("filename:plan.pdf", &["filename:plan.pdf in filename of plan.pdf: plan.pdf@0"]);
    check("ext:docx", &["ext:docx in filename of report.docx: docx@7"]);
    check(
        "mime:application/*",
        &[
            "mime:application/* in type of plan.pdf: application/pdf@0",
            "mime:application/* in type of report.docx: application/pdf@0",
        ],
    );
    check("in:projects", &["in:projects in folder: Projects@6"]);
    check("mailbox:bob", &["mailbox:bob in mailbox: bob@0"]);
    check("source:files", &["source:files in source: files@0"]);
    check("category:red", &["category:red in category: Red"]);
    check("list:news.example", &["list:news.example in list: news.example"]);
    check("id:1@x", &["id:1@x in id: <1@x>"]);
    check("ref:0@x", &["ref:0@x in reference: <0@x>"]);
    check("thread:T1", &["thread:T1 in thread: T1@0"]);
}

/// A date, a size or a mark has no words that could be shown.
#[test]
fn clauses_without_words() {
    for text in ["-is:read", "-has:attachment", "-after:2024-01-01", "*", "-larger:1", "-kind:file"]
    {
        check(text, &[]);
    }
    assert!(!snippet(&typed("-is:read invoice"), &message(), 0).matches.has_more);
}

#[test]
fn conditions_of_filters() {
    let check = |filter: &str, expected: &[&str]| {
        let query = odata::parse_filter(filter).unwrap();
        assert_eq!(told(&query, &message(), 0), expected, "{filter}");
    };
    check(
        "fromAddress eq 'Ann@contoso.com' and subject ne 'x'",
        &["fromAddress eq 'Ann@contoso.com' in sender: Ann@contoso.com@0"],
    );
    check(
        "attachments/any(a: a/name eq 'plan.pdf' or a/name eq 'x')",
        &[
            "attachments/any(x: x/name eq 'plan.pdf' or x/name eq 'x') in filename of plan.pdf: plan.pdf@0",
        ],
    );
    let both = "toRecipients/any(r: r/name eq 'Bob' and r/address eq 'zoe@x.com')";
    check(
        &format!("subject eq 'Overdue invoice 7' or {both}"),
        &["subject eq 'Overdue invoice 7' in subject: Overdue invoice 7@0"],
    );
}

/// Words find a file by its name, too.
#[test]
fn files() {
    let file = |name: &str| Message {
        kind: Some(FILE.into()),
        attachments: vec![file(name)],
        ..Message::default()
    };
    let query = typed("kind:file report");
    assert_eq!(
        told(&query, &file("Q3_réport–report.pdf"), 0),
        ["report in filename of Q3_réport–report.pdf: report@13"]
    );
    let whole = typed("q3.pdf");
    assert_eq!(told(&whole, &file("Q3.pdf"), 0), ["\"q3 pdf\" in filename of Q3.pdf: Q3.pdf@0"]);
}

/// What matches far from the snippet is shown in a piece of its own.
#[test]
fn what_the_snippet_does_not_show() {
    let body = format!("first words {} second 🎉 time", "and so on ".repeat(50));
    let message = Message { body: Some(body), ..Message::default() };
    let query = typed("first OR words OR second");
    let snippet = snippet(&query, &message, 0);
    let second = snippet.matches.all.iter().find(|one| &*one.clause == "second").unwrap();
    let Shown::Piece(text) = &second.shown else { panic!("{second:?}") };
    assert!(text.ends_with("so on second 🎉 time"), "{text}");
    assert_eq!(text.get(second.ranges[0].clone()), Some("second"));
    assert!(snippet.text.starts_with("first words and"));
}

/// The eighth word of a place was the last of which anything was told.
#[test]
fn many_clauses_in_one_place() {
    let clauses: Vec<_> =
        (2..14).map(|length| format!("{}*", "invoiceinvoice".get(..length).unwrap())).collect();
    let message = Message { subject: Some("invoiceinvoice".into()), ..Message::default() };
    let told = told(&typed(&clauses.join(" ")), &message, 0);
    assert_eq!(told.len(), clauses.len(), "{told:?}");
    let phrases: Vec<_> =
        (2..14).map(|words| format!("\"{}\"", ["a"; 14][..words].join(" "))).collect();
    let message = Message { subject: Some(["a"; 14].join(" ")), ..Message::default() };
    assert_eq!(self::told(&typed(&phrases.join(" ")), &message, 0).len(), phrases.len());
}

/// Limits are told, and nothing is left out without a word.
#[test]
fn within_limits() {
    let found = |text: &str, message: &Message| snippet(&typed(text), message, 0).matches;
    let many = Message {
        subject: Some("due ".repeat(50)),
        to_recipients: vec![person("Bob", "bob@x.com"); 200],
        ..Message::default()
    };
    let due = found("due", &many);
    assert_eq!((due.all.len(), due.all[0].ranges.len(), due.has_more), (1, MOST_RANGES, true));
    let bob = found("to:@x.com", &many);
    assert_eq!((bob.all.len(), bob.has_more), (MOST_OF_CLAUSE, true));
    let words: Vec<_> = (0..200).map(|number| format!("w{number}")).collect();
    let long = Message { body: Some(words.join(" ")), ..Message::default() };
    let all = found(&words.join(" OR "), &long);
    assert_eq!((all.all.len(), all.has_more), (MOST_MATCHES, true));
    let cut = Message {
        body: Some(format!("{}invoices due", "x".repeat(SCANNED - 7))),
        ..Message::default()
    };
    let cut = found("invoice OR due OR absent", &cut);
    assert_eq!((cut.all.len(), cut.has_more), (0, true), "half a word is none");
    let with_files = Message { attachments: vec![file("a.txt")], ..Message::default() };
    assert!(!found("due", &with_files).has_more);
    assert!(!found("contents:due", &Message::default()).has_more);
}

/// Where nobody knows what is inside of which file, one is named where there is but one.
#[test]
fn inside_of_files() {
    let of = |files: &[&str]| Message {
        attachments: files.iter().map(|name| file(name)).collect(),
        ..Message::default()
    };
    let [one, two] = [of(&["a.pdf"]), of(&["a.pdf", "b.pdf"])];
    let query = typed("contents:due");
    assert_eq!(told(&query, &one, 0), ["contents:due in attachment of a.pdf:"]);
    assert_eq!(told(&query, &two, 0), ["contents:due in attachment:"]);
    assert_eq!(told(&query, &Message::default(), 0), [""; 0]);
    assert_eq!(told(&typed("contents:due OR -contents:x"), &one, 0), [""; 0], "nobody knows");
    assert!(snippet(&query, &one, 0).matches.has_more);
}
