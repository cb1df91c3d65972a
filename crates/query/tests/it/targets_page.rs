//! `docs/targets.md` is made of what the targets answer, and may not be out of date.

use std::fmt::Write as _;

use postern_query::emit::elasticsearch;
use postern_query::{Capabilities, Fidelity, Note, Query, Target, direction_of, lucene, odata};

use crate::parse;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/targets.md");

/// What is asked for and an example of it; a filter begins with `odata:`, query text with `lucene:`.
const CATALOGUE: &[(&str, &[(&str, &str)])] = &[
    (
        "Words",
        &[
            ("a word", "invoice"),
            ("words", "invoice overdue"),
            ("a phrase", "\"overdue invoice\""),
            ("a word with marks in it", "o'brien"),
            ("the beginning of a word", "invoic*"),
            ("a pattern", "c?lor"),
            ("a pattern that begins with *", "*rfc"),
            ("a regular expression", "/in.*ce/"),
            ("a word spelt nearly so", "colour~1"),
            ("words near each other", "invoice NEAR/5 overdue"),
            ("words near each other, in order", "invoice ADJ/5 overdue"),
            ("three words near each other", "lucene:\"a b c\"~2"),
            ("words of the subject", "subject:invoice"),
            ("words of the body", "body:invoice"),
            ("words of the subject near each other", "subject:(invoice NEAR/5 overdue)"),
            ("words inside of attachments", "contents:invoice"),
            ("words that the author wrote", "new:invoice"),
            ("words that are quoted", "quoted:invoice"),
        ],
    ),
    (
        "People",
        &[
            ("sender by address", "from:alice@contoso.com"),
            ("sender by domain", "from:@contoso.com"),
            ("sender by domain or local part", "from:contoso.com"),
            ("sender at a domain below", "from:*.contoso.com"),
            ("sender by a word of name or address", "from:alice"),
            ("sender by name", "from:\"Alice Smith\""),
            ("sender by the beginning of a word", "from:ali*"),
            ("sender by a pattern of the address", "from:*@*.gov"),
            ("recipient", "to:alice@contoso.com"),
            ("any recipient", "recipients:alice@contoso.com"),
            ("anyone", "participants:alice@contoso.com"),
            ("delivered to", "deliveredto:alice@contoso.com"),
            ("whose mailbox", "mailbox:alice@contoso.com"),
            (
                "one recipient for whom two things hold",
                "odata:toRecipients/any(r: r/name eq 'Alice' and r/address eq 'a@x.com')",
            ),
            ("one recipient who is not so", "odata:toRecipients/any(r: r/address ne 'a@x.com')"),
            ("any recipient at all", "odata:toRecipients/any()"),
        ],
    ),
    (
        "Attachments",
        &[
            ("has one", "has:attachment"),
            ("by name", "filename:contract.pdf"),
            ("by extension", "filename:pdf"),
            ("by a word of the name", "filename:report"),
            ("by the beginning of a word of the name", "filename:q3*"),
            ("by media type", "mime:application/pdf"),
            ("by kind of media", "mime:image/*"),
            ("one by name and size", "odata:attachments/any(x: x/name eq 'a.pdf' and x/size gt 9)"),
        ],
    ),
    (
        "Dates, sizes, states",
        &[
            ("received in a range of days", "received:2024-01-01..2024-03-31"),
            ("received since a time", "received>=2024-01-01T10:00:00Z"),
            ("sent since a day", "sent>=2024-01-01"),
            ("a file created since a day", "created>=2024-01-01"),
            ("a file modified in a month", "modified:2024-03"),
            ("larger than", "size>5M"),
            ("read or unread", "is:unread"),
            ("flagged", "is:flagged"),
            ("replied to", "is:replied"),
            ("draft", "is:draft"),
            ("signed", "is:signed"),
            ("encrypted", "is:encrypted"),
            ("importance", "importance:high"),
            ("normal importance", "importance:normal"),
        ],
    ),
    (
        "Where it belongs",
        &[
            ("category", "category:\"Red Category\""),
            ("category, as spelled", "odata:categories/any(c: c eq 'Red')"),
            ("folder", "in:inbox"),
            ("mailing list", "list:dev.example.org"),
            ("kind of item", "kind:meeting"),
            ("a file of a drive", "kind:file"),
            ("source", "source:files"),
            ("Message-ID", "id:a@x.com"),
            ("conversation", "thread:AAQk="),
            ("what it refers to", "ref:a@x.com"),
            ("a frozen set", "set:lease-2024"),
            ("the whole subject", "odata:subject eq 'Overdue invoice'"),
        ],
    ),
    (
        "Logic",
        &[
            ("not", "-has:attachment"),
            ("words that must not be there", "invoice -draft"),
            ("only words that must not be there", "-draft"),
            ("one or the other", "is:unread OR has:attachment"),
            ("a word or a condition", "invoice OR has:attachment"),
            ("a missing value", "odata:fromName eq null"),
            ("every message", "*"),
        ],
    ),
    (
        "Order",
        &[
            ("newest first", "has:attachment sort:newest"),
            ("by relevance", "invoice sort:relevance"),
            ("largest first", "has:attachment sort:largest"),
            ("by subject", "has:attachment sort:subject"),
        ],
    ),
];

/// The targets, in the order of the columns.
fn targets() -> impl Iterator<Item = &'static Target> {
    let others = Target::ALL.iter().filter(|target| target.name != "postern");
    others.chain([&elasticsearch::QUICKWIT])
}

/// What clients send, and is shown as typed text.
const BACK: &[&str] = &[
    "odata:isRead eq false and receivedDateTime ge 2024-01-31T00:00:00Z",
    "odata:fromAddress eq 'ann@x.com'",
    "odata:not (fromAddress eq 'ann@x.com')",
    "odata:toRecipients/any(r: r/address eq 'b@y.com')",
    "odata:attachments/any(x: x/name eq 'contract.pdf')",
    "odata:search.in(importance, 'low,high')",
    "odata:conversationId eq 'AAQk='",
    "odata:subject eq 'Overdue invoice'",
    "odata:hasAttachments eq false",
    "odata:search.ismatchscoring('overdue', 'subject')",
    "odata:fromName eq null",
    "odata:attachments/any(x: x/name eq 'a.pdf' and x/size gt 9)",
    "lucene:+invoice -draft",
    "lucene:invoice overdue",
    "lucene:subject:(a b)",
    "lucene:\"a b\"~2",
    "lucene:fromName:ann",
];

fn back(page: &mut String, footnotes: &mut Footnotes) {
    page.push_str("\n## Back to typed text\n\n| | typed | |\n|---|---|---|\n");
    let typed: Target = "postern".parse().unwrap();
    for example in BACK {
        let compiled = typed.compile(&read(example), &Capabilities::default());
        let sent = compiled.sent.as_ref().map_or_else(String::new, |sent| {
            let text: String = sent.parts().into_iter().map(|(_, text)| text).collect();
            format!("`{}`", text.replace('|', "\\|"))
        });
        let cell = footnotes.cell(&compiled.notes, &[]);
        writeln!(page, "| `{}` | {sent} | {cell} |", example.replace('|', "\\|")).unwrap();
    }
}

fn read(example: &str) -> Query {
    if let Some(filter) = example.strip_prefix("odata:") {
        return odata::parse_filter(filter).unwrap();
    }
    if let Some(text) = example.strip_prefix("lucene:") {
        return lucene::parse(text, lucene::Options::default()).unwrap();
    }
    match parse(example) {
        Ok(parsed) => parsed.query,
        Err(errors) => panic!("{example}: {errors}"),
    }
}

/// The notes of every target.
fn notes(query: &Query) -> Vec<Vec<Note>> {
    targets().map(|target| target.compile(query, &Capabilities::default()).notes).collect()
}

/// The messages of all notes, each with its number.
#[derive(Default)]
struct Footnotes(Vec<String>);

impl Footnotes {
    fn number(&mut self, message: &str) -> usize {
        if let Some(index) = self.0.iter().position(|one| one == message) {
            return index + 1;
        }
        self.0.push(message.to_owned());
        self.0.len()
    }

    /// A cell of the table. What a target notes of every query is said once, below the table.
    fn cell(&mut self, notes: &[Note], always: &[Note]) -> String {
        let notes = notes.iter().filter(|note| !always.contains(note));
        let fidelity = notes.clone().map(|note| note.fidelity).max().unwrap_or(Fidelity::Exact);
        let worst: Vec<_> = notes.filter(|note| note.fidelity == fidelity).cloned().collect();
        let direction = direction_of(&worst).filter(|_| fidelity == Fidelity::Approximate);
        let mut numbers: Vec<_> = worst.iter().map(|note| self.number(&note.message)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let numbers = numbers.iter().map(|number| format!(" [^{number}]"));
        let direction = direction.map_or(String::new(), |one| format!(", {}", one.as_str()));
        format!("{}{direction}{}", fidelity.as_str(), numbers.collect::<String>())
    }
}

fn page() -> String {
    // A note that points at no text is one of every query.
    let of_all = |mut notes: Vec<Note>| {
        notes.retain(|note| note.span.is_none());
        notes
    };
    let always: Vec<_> = notes(&read("has:attachment")).into_iter().map(of_all).collect();
    let nothing = vec![Vec::new(); always.len()];
    let titles: Vec<_> = targets().map(|target| target.title).collect();
    let mut page = include_str!("targets_page_head.md").to_owned();
    let mut footnotes = Footnotes::default();
    for (title, rows) in CATALOGUE {
        write!(page, "\n## {title}\n\n| | example | {} |\n", titles.join(" | ")).unwrap();
        writeln!(page, "|---|---{}|", "|---".repeat(titles.len())).unwrap();
        for (what, example) in *rows {
            let known = if example.contains("sort:") { &nothing } else { &always };
            let notes = notes(&read(example));
            let cells = notes.iter().zip(known).map(|(notes, known)| footnotes.cell(notes, known));
            let cells: Vec<_> = cells.collect();
            let example = example.replace('|', "\\|");
            writeln!(page, "| {what} | `{example}` | {} |", cells.join(" | ")).unwrap();
        }
    }
    back(&mut page, &mut footnotes);
    page.push_str("\n## Notes\n\nOf every query:\n\n");
    for (title, notes) in titles.iter().zip(&always) {
        for note in notes {
            writeln!(page, "- {title}: {}", note.message).unwrap();
        }
    }
    page.push('\n');
    for (index, message) in footnotes.0.iter().enumerate() {
        writeln!(page, "[^{}]: {message}", index + 1).unwrap();
    }
    page
}

#[test]
fn targets_page_is_up_to_date() {
    let page = page();
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    let differs = page.lines().zip(written.lines()).find(|(new, old)| new != old);
    assert!(
        page == written,
        "docs/targets.md is out of date; write it again with\n    \
         POSTERN_BLESS=1 cargo test -p postern-query targets_page\nfirst difference: {differs:#?}"
    );
}
