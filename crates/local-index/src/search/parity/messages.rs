//! Random mail: few people and words, so that questions meet answers, and much that is hostile.

use jiff::Timestamp;
use postern_query::{Attachment, FILE, Message, Passage, Place, Recipient, Whose};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

const PIECES: &[&str] = &[
    "due",
    "Due",
    "DUE",
    "invoice",
    "invoices",
    "é",
    "É",
    "don't",
    "foo-bar",
    "a.user",
    "1,234.56",
    "東京",
    "İ",
    "\"",
    "'",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "*",
    "?",
    "\\",
    "/",
    ":",
    "AND",
    "OR",
    "NOT",
    "eq",
    "null",
    "<b>",
    "\u{0}",
    "\u{1b}[31m",
    "\u{200f}",
    "🎉",
    "x_y",
    "a",
];

const SEPARATORS: &[&str] = &[" ", "  ", "\n", "-", "", ", ", "\t"];

const LOCALS: &[&str] =
    &["a", "A.User", "b.user", "a.user+tag", "Bob", "bob_x", "é", "", "x@y", "'"];

const DOMAINS: &[&str] =
    &["x.com", "X.com", "mail.x.com", "a.mail.x.com", "com", "", "x.com.", ".com", "y.gov"];

const FILE_NAMES: &[&str] = &[
    "contract.pdf",
    "Contract.PDF",
    "a.tar.gz",
    "Q3_report-final.pdf",
    "pdf",
    ".pdf",
    "x.",
    "",
    "a.b.c.d.e.f.g.h.i.j.k.pdf",
    "..........",
    "report q3",
    "' or 1 eq 1",
    "été.txt",
];

/// The few values that most messages and most questions share, so that they meet.
const NAMES: &[&str] = &["due invoice", "Invoice due", "DUE", "\"Al\" O'Due"];
const ADDRESSES: &[&str] =
    &["a@x.com", "A@X.com", "b.user@mail.x.com", "due@com", "invoice.due@y.gov"];
const FILES: &[&str] = &["a.pdf", "A.PDF", "due invoice.tar.gz", "invoice_due.pdf"];

/// Mostly one of these, else something wilder.
fn mostly(
    common: &'static [&'static str],
    wild: impl Strategy<Value = String> + 'static,
) -> impl Strategy<Value = String> {
    prop_oneof![3 => select(common).prop_map(str::to_owned), 1 => wild]
}

/// Text of any kind; now and then too long to be a term.
pub(super) fn text() -> impl Strategy<Value = String> {
    mostly(NAMES, wild_text())
}

fn wild_text() -> impl Strategy<Value = String> {
    let pieces = vec((select(PIECES), select(SEPARATORS)), 0..5);
    prop_oneof![
        12 => pieces.prop_map(|pieces| pieces.iter().flat_map(|(a, b)| [*a, *b]).collect()),
        3 => "\\PC{0,6}",
        1 => select(&["long ", "LONGER\u{e9}"][..]).prop_map(|piece| piece.repeat(1_000)),
    ]
}

/// A word or a few, as someone would look for them.
pub(super) fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&["due", "invoice", "due due", "invoice invoice", "al"][..])
            .prop_map(str::to_owned),
        2 => select(PIECES).prop_map(str::to_owned),
        1 => (select(PIECES), select(SEPARATORS), select(PIECES))
            .prop_map(|(a, between, b)| format!("{a}{between}{b}")),
        2 => text(),
    ]
}

/// An address, or what stands in its place.
pub(super) fn address() -> impl Strategy<Value = String> {
    let wild = prop_oneof![
        12 => (local(), domain()).prop_map(|(local, domain)| format!("{local}@{domain}")),
        1 => select(LOCALS).prop_map(str::to_owned),
        1 => Just(format!("{}@x.com", "l".repeat(5_000))),
    ];
    mostly(ADDRESSES, wild)
}

pub(super) fn local() -> impl Strategy<Value = String> {
    select(LOCALS).prop_map(str::to_owned)
}

pub(super) fn domain() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(DOMAINS).prop_map(str::to_owned),
        1 => Just("a.a.a.a.a.a.a.a.a.a.x.com".to_owned()),
    ]
}

pub(super) fn file_name() -> impl Strategy<Value = String> {
    let wild = prop_oneof![
        12 => select(FILE_NAMES).prop_map(str::to_owned),
        2 => wild_text(),
        1 => Just(format!("{}.pdf", "N".repeat(5_000))),
    ];
    mostly(FILES, wild)
}

/// Values of fields such as mailbox or importance.
pub(super) fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        30 => select(&LABELS[..]).prop_map(str::to_owned),
        1 => Just("Long/".repeat(1_000)),
    ]
}

const LABELS: [&str; 11] = [
    "high",
    "High",
    "normal",
    "",
    "a@x.com",
    "Inbox/It's",
    "inbox/It's",
    "It's",
    "éİ/INBOX",
    "/",
    "É",
];

/// A Message-ID, or what stands in its place.
pub(super) fn reference() -> impl Strategy<Value = String> {
    let wild = prop_oneof![
        3 => wild_text(),
        1 => Just(format!("<{}@x>", "i".repeat(5_000))),
    ];
    mostly(&["<1@x>", "<2@x>", "<2@X>"], wild)
}

pub(super) fn moment() -> impl Strategy<Value = Timestamp> {
    let milliseconds = prop_oneof![
        6 => 1_700_000_000_000i64..1_700_000_000_004,
        1 => select(&[0, -1, -1_001, 253_402_207_199_999, -377_705_023_201_000][..]),
    ];
    milliseconds.prop_map(|number| Timestamp::from_millisecond(number).unwrap())
}

pub(super) fn number() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -1i64..3, 1 => select(&[i64::MIN, i64::MAX, i64::MAX - 1, 1 << 53][..])]
}

pub(super) fn media_type() -> impl Strategy<Value = String> {
    select(&["application/pdf", "image/png", ""][..]).prop_map(str::to_owned)
}

fn person() -> impl Strategy<Value = Recipient> {
    (of(text()), of(address())).prop_map(|(name, address)| Recipient { name, address })
}

fn attachment() -> impl Strategy<Value = Attachment> {
    (of(file_name()), of(media_type()), of(number()), of(text())).prop_map(
        |(name, content_type, size, text)| Attachment {
            name,
            content_type,
            size,
            text,
            unread: None,
        },
    )
}

/// Ids that share their first bytes, differ only at the end, or are hostile.
pub(super) fn id() -> impl Strategy<Value = String> {
    let start = select(&["message-", "m", "é\"'", "zzzzzzzzzzzz", " "][..]);
    (start, 0..20u8).prop_map(|(start, number)| format!("{start}{number}"))
}

/// Lines, and whose each of them is.
fn body() -> impl Strategy<Value = (String, Vec<Passage>)> {
    let whose = select(&[Whose::New, Whose::Quoted, Whose::Signature][..]);
    vec((text(), whose), 1..5).prop_map(|lines| {
        let (mut body, mut passages) = (String::new(), Vec::new());
        for (line, whose) in lines {
            let start = body.len();
            body.push_str(&line);
            body.push('\n');
            passages.push(Passage { range: start..body.len(), whose });
        }
        passages.retain(|passage| passage.whose != Whose::New);
        (body, passages)
    })
}

prop_compose! {
    fn words()(subject in of(text()), body in of(body()), from_name in of(text()),
        from_address in of(address()), categories in vec(label(), 0..3)) -> Message {
        let (body, passages) = body.unzip();
        let passages = passages.unwrap_or_default();
        Message { subject, body, passages, from_name, from_address, categories, ..Message::default() }
    }
}

prop_compose! {
    fn lists()(to_recipients in vec(person(), 0..4), cc_recipients in vec(person(), 0..3),
        bcc_recipients in vec(person(), 0..2), attachments in vec(attachment(), 0..3),
        other_parts in vec(attachment(), 0..2)) -> Message {
        Message {
            to_recipients, cc_recipients, bcc_recipients, attachments, other_parts, ..Message::default()
        }
    }
}

prop_compose! {
    fn values()(received in of(moment()), sent in of(moment()), has_attachments in of(any::<bool>()),
        size in of(number()), importance in of(label()), conversation_id in of(label()),
        internet_message_id in of(label()), places in vec(place(), 0..5)) -> Message {
        Message {
            received, sent, has_attachments, size, importance, conversation_id,
            internet_message_id, places, ..Message::default()
        }
    }
}

prop_compose! {
    fn place()(mailbox in of(label()), folder in of(label()), source in of(label()),
        item_id in of(label()), fragment_id in of(label()),
        [is_read, is_flagged, is_replied, is_draft] in [of(any::<bool>()), of(any::<bool>()), of(any::<bool>()), of(any::<bool>())])
        -> Place {
        Place {
            mailbox, folder, source, is_read, is_flagged, is_replied, is_draft, item_id, fragment_id,
        }
    }
}

/// Some are files.
fn kind() -> impl Strategy<Value = String> {
    prop_oneof![2 => label(), 1 => Just(FILE.to_owned())]
}

prop_compose! {
    fn file()(created in of(moment()), modified in of(moment()), version in of(label()),
        newest in of(id())) -> Message {
        Message { created, modified, version, newest, ..Message::default() }
    }
}

prop_compose! {
    fn local_values()(delivered_to in vec(address(), 0..3), list_id in of(label()),
        references in vec(reference(), 0..3), kind in of(kind()), file in file(), is_signed in of(any::<bool>()),
        is_encrypted in of(any::<bool>())) -> Message {
        Message {
            delivered_to, list_id, references, kind, is_signed, is_encrypted, ..file
        }
    }
}

prop_compose! {
    fn message()(id in id(), words in words(), lists in lists(), values in values(),
        local in local_values()) -> Message {
        Message {
            id,
            delivered_to: local.delivered_to,
            list_id: local.list_id,
            references: local.references,
            created: local.created,
            modified: local.modified,
            version: local.version,
            newest: local.newest,
            // A file has no body.
            body: words.body.filter(|_| local.kind.as_deref() != Some(FILE)),
            passages: words.passages,
            kind: local.kind,
            is_signed: local.is_signed,
            is_encrypted: local.is_encrypted,
            subject: words.subject,
            from_name: words.from_name,
            from_address: words.from_address,
            categories: words.categories,
            to_recipients: lists.to_recipients,
            cc_recipients: lists.cc_recipients,
            bcc_recipients: lists.bcc_recipients,
            attachments: lists.attachments,
            other_parts: lists.other_parts,
            ..values
        }
    }
}

/// What several commits bring; an id may come again.
pub(super) fn parts() -> impl Strategy<Value = Vec<Vec<Message>>> {
    vec(vec(message(), 0..16), 0..4)
}
