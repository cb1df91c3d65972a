//! Random texts, filters and messages, hostile ones among them.

use postern_query::{Attachment, Message, Passage, Place, Recipient, Whose};
use proptest::option;
use proptest::prelude::*;

/// Pieces that break naive parsers: operators, quotes, brackets, escapes, controls, other scripts.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,3}",
        Just("AND".to_owned()),
        Just("or".to_owned()),
        Just("O'Brien".to_owned()),
        Just("' or true or '".to_owned()),
        Just("\" OR *:* OR \"".to_owned()),
        Just("a\\".to_owned()),
        Just("(b".to_owned()),
        Just("a|b;c,d".to_owned()),
        // Letters with another length in small letters.
        "[ẞİKÅȺȾΣa]{1,3}",
        Just("名前 𝒳\u{202e}".to_owned()),
        "\\PC{0,6}",
        any::<char>().prop_map(String::from),
    ]
}

/// Text in the shape of a query, often a broken one.
pub(crate) fn query_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => hostile(),
        2 => "(from|to|subject|filename|after|is|has|sort|thread|size|in|list|category|kind|mime|ref|nope)[:<>=]{1,2}",
        1 => "[-+(){}|\"“”~*?/ ]{1,3}",
        1 => Just("2024-03..".to_owned()),
        1 => Just(" OR ".to_owned()),
        1 => "/[ẞİKȺΣa~.(\\[]{1,5}/",
        1 => "( NEAR | w/5 |(c:c)| –|:=|[!–−][a-c]|/s |;|[,;] )",
        1 => prop_oneof![Just(" NEAR/2 "), Just(" ADJ/1 "), Just("~1"), Just("/a.*/"), Just("\"a b\"~3")]
            .prop_map(str::to_owned),
        1 => Just(" ".to_owned()),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A query that is understood.
pub(crate) fn good_query() -> impl Strategy<Value = String> {
    let word = "[a-c]{1,2}";
    let value = hostile()
        .prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
        .boxed();
    let leaf = prop_oneof![
        word,
        word.prop_map(|word| format!("{word}*")),
        value.clone().prop_map(|value| format!("thread:{value}")),
        (word, word).prop_map(|(a, b)| format!("subject:\"{a} {b}\"")),
        (word, word).prop_map(|(a, b)| format!("from:{a}@{b}.com")),
        (word, word).prop_map(|(a, b)| format!("recipients:{a},{b}")),
        word.prop_map(|a| format!("to:@{a}.com")),
        word.prop_map(|a| format!("filename:{a}.pdf")),
        "2024-0[1-3]".prop_map(|month| format!("date:{month}")),
        (word, word, 1..4_u8).prop_map(|(a, b, n)| format!("(x{a} NEAR/{n} {b})")),
        (word, word, 1..4_u8).prop_map(|(a, b, n)| format!("body:({a} ADJ/{n} {b})")),
        word.prop_map(|a| format!("new:{a}")),
        (word, word).prop_map(|(a, b)| format!("quoted:\"{a} {b}\"")),
        (word, word, 2..4_u8).prop_map(|(a, b, n)| format!("\"{a} x{b}\"~{n}")),
        (word, 0..3_u8).prop_map(|(a, n)| format!("subject:{a}~{n}")),
        word.prop_map(|a| format!("/{a}.?|x/")),
        prop_oneof![
            value.clone().prop_map(|value| format!("category:{value}")),
            value.clone().prop_map(|value| format!("in:{value}")),
            value.prop_map(|value| format!("list:{value}")),
            word.prop_map(|a| format!("category:{a}*")),
            word.prop_map(|a| format!("ref:{a}@{a}")),
            word.prop_map(|a| format!("mailbox:{a}")),
            "[a-b]@[a-b].com".prop_map(|a| format!("mailbox:{a}")),
            "[a-c]".prop_map(|a| format!("in:{a}")),
            "[a-b]".prop_map(|a| format!("source:{a}")),
            word.prop_map(|a| format!("deliveredto:{a}@{a}.com")),
            prop_oneof![Just("kind:email,task"), Just("mime:image/*"), Just("mime:a/b")]
                .prop_map(str::to_owned),
            (0..5_u8, prop_oneof![Just(">"), Just("<="), Just("<>"), Just(":")])
                .prop_map(|(n, relation)| format!("size{relation}{n}")),
            prop_oneof![
                Just("has:attachment"),
                Just("is:unread"),
                Just("is:read"),
                Just("is:draft"),
                Just("is:flagged"),
                Just("is:signed"),
                Just("importance:low,high"),
                Just("newer_than:3m"),
                Just("sent<2024-02"),
            ]
            .prop_map(str::to_owned),
        ],
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("-{part}")),
        ]
    })
}

fn order() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("gt"), Just("ge"), Just("lt"), Just("le"), Just("eq"), Just("ne")]
}

/// A filter that the service accepts.
pub(crate) fn good_filter() -> impl Strategy<Value = String> {
    let text = hostile().prop_map(|text| format!("'{}'", text.replace('\'', "''"))).boxed();
    let leaf = prop_oneof![
        (text.clone(), prop_oneof![Just("eq"), Just("ne")])
            .prop_map(|(text, op)| format!("fromAddress {op} {text}")),
        Just("fromName eq null".to_owned()),
        Just("isRead".to_owned()),
        "[a-b]@[a-b]".prop_map(|text| format!("mailbox eq '{text}.com'")),
        "[a-b]/[A-B]".prop_map(|text| format!("folder ne '{text}'")),
        (0..5_i64, order()).prop_map(|(n, op)| format!("size {op} {n}")),
        (1..4_u8, order())
            .prop_map(|(n, op)| format!("receivedDateTime {op} 2024-0{n}-15T12:00:00Z")),
        "[a-b]@[a-b]".prop_map(|text| format!("fromAddress eq '{text}.com'")),
        "[a-b]@[a-b]".prop_map(|text| format!("toRecipients/any(r: r/address eq '{text}.com')")),
        "[a-c]".prop_map(|text| format!("categories/any(c: c eq '{text}')")),
        (0..5_i64, order()).prop_map(|(n, op)| format!("attachments/any(x: x/size {op} {n})")),
        prop_oneof![
            Just("true"),
            Just("false"),
            Just("not hasAttachments"),
            Just("isRead eq false")
        ]
        .prop_map(str::to_owned),
        "[a-c]{1,2}( -?[a-c]{1,2}){0,2}".prop_map(|text| format!(
            "search.ismatch('{text}', 'subject,fromName', 'simple', 'all')"
        )),
        text.clone().prop_map(|text| format!(
            "toRecipients/any(r: r/address eq {text} or r/name ne {text})"
        )),
        text.clone().prop_map(|text| format!("attachments/all(x: x/name ne {text})")),
        text.clone().prop_map(|text| format!("categories/any(c: c eq {text})")),
        text.prop_map(|text| format!("search.in(fromAddress, {text}, '|')")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

fn place() -> impl Strategy<Value = Place> {
    let texts = (
        option::of("[a-b]@[a-b].com"),
        option::of("[a-c]/[A-C]"),
        option::of("[a-b]"),
        option::of("[a-b]"),
    );
    let mark = || option::of(any::<bool>());
    (texts, mark(), mark(), mark(), mark()).prop_map(
        |((mailbox, folder, source, item_id), is_read, is_flagged, is_replied, is_draft)| Place {
            mailbox,
            folder,
            source,
            is_read,
            is_flagged,
            is_replied,
            is_draft,
            item_id,
            fragment_id: None,
        },
    )
}

/// All of a body as one quotation.
fn whole(body: &str) -> Passage {
    Passage { range: 0..body.len(), whose: Whose::Quoted }
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    let text = || option::of(prop_oneof!["[a-c]{1,2}( [a-c]{1,2}){0,3}", hostile()]);
    let address = || option::of("[a-c]{1,2}@[a-c]{1,2}.com");
    let person = (text(), address()).prop_map(|(name, address)| Recipient { name, address });
    let file = option::of("[a-c]{1,2}.pdf").prop_map(|name| Attachment {
        name,
        size: Some(3),
        ..Attachment::default()
    });
    let places = prop::collection::vec(place(), 0..4);
    let date = option::of(
        (1..4_i8).prop_map(|month| format!("2024-0{month}-15T12:00:00Z").parse().unwrap()),
    );
    (
        (text(), text(), address(), text()),
        prop::collection::vec(person, 0..3),
        prop::collection::vec(file, 0..2),
        (date, option::of(any::<bool>()), option::of(any::<bool>()), option::of(0..5_i64)),
        prop::collection::vec("[a-cA-C]{1,2}", 0..2),
        (option::of("[a-c]/[A-C]"), option::of("[a-c]@[a-c].com"), "[a-c]{1,2}@[a-c]{1,2}"),
        places,
    )
        .prop_map(
            |(
                (subject, body, from_address, from_name),
                to,
                attachments,
                (received, read, files, size),
                categories,
                (list_id, delivered_to, reference),
                places,
            )| {
                Message {
                    subject,
                    passages: body
                        .as_deref()
                        .filter(|_| read == Some(true))
                        .map(whole)
                        .into_iter()
                        .collect(),
                    body,
                    from_address,
                    from_name,
                    to_recipients: to,
                    attachments,
                    received,
                    has_attachments: files,
                    size,
                    categories,
                    list_id,
                    kind: read.map(|read| if read { "email" } else { "task" }.to_owned()),
                    importance: read.map(|_| "high".to_owned()),
                    delivered_to: delivered_to.into_iter().collect(),
                    references: vec![format!("<{reference}>")],
                    places,
                    sent: received,
                    ..Message::default()
                }
            },
        )
}
