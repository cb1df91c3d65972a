//! Documents of a cluster back to messages: the other way of
//! [`document`](postern_query::emit::elasticsearch::document).

use jiff::Timestamp;
use postern_query::{Attachment, Message, Passage, Place, Recipient, Whose};
use serde_json::Value;

/// A document as the message that it was made of, without the text of attachments.
///
/// ```
/// use postern_gateway::stored::message;
/// use postern_query::emit::elasticsearch::{self, Profile};
/// use postern_query::{Message, Place};
///
/// let places = vec![Place { folder: Some("Inbox".into()), ..Place::NOWHERE }];
/// let written = Message { id: "m1".into(), subject: Some("Hi".into()), places, ..Message::default() };
/// let document = elasticsearch::document(&written, Profile::OpenSearch).to_string();
/// assert_eq!(message(&serde_json::from_str(&document)?), written);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn message(document: &Value) -> Message {
    let text = |name: &str| text(document, name);
    let moment = |name: &str| text(name).and_then(|text| text.parse::<Timestamp>().ok());
    let people = |name: &str| list(document, name).map(recipient).collect();
    let kept = document.get("kept").unwrap_or(&Value::Null);
    Message {
        id: text("id").unwrap_or_default(),
        internet_message_id: text("internetMessageId"),
        conversation_id: text("conversationId"),
        subject: text("subject"),
        body: text("body"),
        passages: list(kept, "passages").filter_map(passage).collect(),
        from_address: text("fromAddress"),
        from_name: text("fromName"),
        to_recipients: people("toRecipients"),
        cc_recipients: people("ccRecipients"),
        bcc_recipients: people("bccRecipients"),
        received: moment("receivedDateTime"),
        sent: moment("sentDateTime"),
        created: moment("createdDateTime"),
        modified: moment("modifiedDateTime"),
        has_attachments: flag(document, "hasAttachments"),
        importance: text("importance"),
        categories: list(document, "categories")
            .filter_map(|one| self::text(one, "name"))
            .collect(),
        attachments: attachments(document, kept),
        other_parts: list(kept, "otherParts").map(attachment).collect(),
        size: number(document, "size"),
        delivered_to: texts(kept, "deliveredTo"),
        list_id: text("listId"),
        references: texts(kept, "references"),
        kind: text("kind"),
        version: self::text(kept, "version"),
        newest: text("newest"),
        is_signed: flag(document, "isSigned"),
        is_encrypted: flag(document, "isEncrypted"),
        damage: self::text(kept, "damage"),
        places: places(document),
    }
}

/// Puts the texts of files, which are one in a document, into the files of the message that was read from it. Nothing
/// is done where the document does not say where each ends.
pub(crate) fn put_texts(message: &mut Message, document: &Value, joined: &str) {
    let lengths: Vec<_> = list(document.get("kept").unwrap_or(&Value::Null), "texts").collect();
    let files = message.attachments.iter_mut().chain(&mut message.other_parts);
    let mut start = 0_usize;
    for (file, length) in files.zip(lengths) {
        let Some(length) = length.as_u64().and_then(|length| usize::try_from(length).ok()) else {
            continue;
        };
        let end = start.saturating_add(length);
        file.text = joined.get(start..end).map(str::to_owned);
        // They are joined by an end of line.
        start = end.saturating_add(1);
    }
}

/// Whether a document says where the text of each file ends.
pub(crate) fn has_texts(document: &Value) -> bool {
    document.pointer("/kept/texts").is_some()
}

/// The places of a document. One without places has one that says nothing.
fn places(document: &Value) -> Vec<Place> {
    let all: Vec<_> = list(document, "places").map(place).collect();
    if all == [Place::NOWHERE] { Vec::new() } else { all }
}

/// A place of a document.
pub(crate) fn place(value: &Value) -> Place {
    Place {
        mailbox: text(value, "mailbox"),
        folder: text(value, "folder"),
        source: text(value, "source"),
        is_read: flag(value, "isRead"),
        is_flagged: flag(value, "isFlagged"),
        is_replied: flag(value, "isReplied"),
        is_draft: flag(value, "isDraft"),
        item_id: text(value, "itemId"),
        fragment_id: text(value, "fragmentId"),
    }
}

fn recipient(value: &Value) -> Recipient {
    Recipient { name: text(value, "name"), address: text(value, "address") }
}

fn attachments(document: &Value, kept: &Value) -> Vec<Attachment> {
    let unread = texts(kept, "unread");
    let mut unread = unread.into_iter().map(|reason| Some(reason).filter(|one| !one.is_empty()));
    let each = list(document, "attachments");
    each.map(|one| Attachment { unread: unread.next().flatten(), ..attachment(one) }).collect()
}

fn attachment(value: &Value) -> Attachment {
    Attachment {
        name: text(value, "name"),
        content_type: text(value, "contentType"),
        size: number(value, "size"),
        text: None,
        unread: text(value, "unread"),
    }
}

fn passage(value: &Value) -> Option<Passage> {
    let at = |number: usize| usize::try_from(value.get(number)?.as_u64()?).ok();
    let whose = if value.get(2)?.as_bool()? { Whose::Quoted } else { Whose::Signature };
    Some(Passage { range: at(0)?..at(1)?, whose })
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn flag(value: &Value, name: &str) -> Option<bool> {
    value.get(name)?.as_bool()
}

fn number(value: &Value, name: &str) -> Option<i64> {
    value.get(name)?.as_i64()
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    list(value, name).filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use postern_query::emit::elasticsearch::{self, Profile};

    use super::*;

    #[test]
    fn texts_of_files_are_told_apart() {
        let file = |text: Option<&str>| Attachment {
            text: text.map(str::to_owned),
            ..Attachment::default()
        };
        let attachments = [Some("é one"), None, Some(""), Some("two\nlines")].map(file).to_vec();
        let written =
            Message { attachments, other_parts: vec![file(Some("three"))], ..Message::default() };
        let document = elasticsearch::document(&written, Profile::OpenSearch).to_string();
        let document: Value = serde_json::from_str(&document).unwrap();
        let joined = document["attachmentTexts"].as_str().unwrap();
        let mut read = message(&document);
        put_texts(&mut read, &document, joined);
        assert_eq!(
            (&read.attachments, &read.other_parts),
            (&written.attachments, &written.other_parts)
        );
        // The first length ends inside of a letter, the second one behind the text.
        for lengths in ["[1]", "[9007199254740993,-5,\"x\"]", "{}"] {
            let lengths: Value = serde_json::from_str(lengths).unwrap();
            let mut read = message(&document);
            put_texts(&mut read, &serde_json::json!({"kept": {"texts": lengths}}), joined);
            assert!(read.files().all(|file| file.text.is_none()), "{lengths}");
        }
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn whole() -> Message {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).ok();
        let person = Recipient { name: some("A \"B\""), address: None };
        let place = |mailbox: &str| Place {
            mailbox: some(mailbox),
            folder: some("f"),
            source: some("s"),
            is_read: Some(true),
            is_flagged: Some(false),
            is_replied: None,
            is_draft: Some(true),
            item_id: some("i"),
            fragment_id: some("r"),
        };
        Message {
            id: "1".into(),
            internet_message_id: some("<a@b>"),
            conversation_id: some("c"),
            subject: some(""),
            body: some("> a\nb"),
            passages: vec![
                Passage { range: 0..4, whose: Whose::Quoted },
                Passage { range: 4..5, whose: Whose::Signature },
            ],
            from_address: some("a@b"),
            from_name: some("A\u{0}"),
            to_recipients: vec![person.clone(), Recipient::default()],
            cc_recipients: vec![person.clone()],
            bcc_recipients: vec![person],
            received: at(-1),
            sent: at(1_700_000_000_123),
            created: at(0),
            modified: at(-86_400_000),
            has_attachments: Some(false),
            importance: some("high"),
            categories: vec!["x".into()],
            attachments: vec![
                Attachment { size: Some(-3), ..Attachment::default() },
                Attachment { name: some("n"), unread: some("damaged"), ..Attachment::default() },
            ],
            other_parts: vec![Attachment { content_type: some("a/b"), ..Attachment::default() }],
            size: Some(i64::MAX),
            damage: some("a multipart"),
            delivered_to: vec!["A@b".into()],
            list_id: some("l.example"),
            references: vec!["<p@b>".into(), "<thread-index:01>".into()],
            kind: some("email"),
            version: some("2.0"),
            newest: some("n"),
            is_signed: Some(false),
            is_encrypted: Some(true),
            places: vec![Place::NOWHERE, place("ann"), place("bob")],
        }
    }

    #[test]
    fn a_message_reads_back() {
        for written in [whole(), Message::default()] {
            let document = elasticsearch::document(&written, Profile::OpenSearch).to_string();
            assert_eq!(message(&serde_json::from_str(&document).unwrap()), written);
        }
    }

    #[test]
    fn hostile_documents_are_messages_too() {
        for text in ["null", "[]", r#"{"id":5,"places":[1],"kept":{"passages":[[1],[9,1,true]]}}"#]
        {
            let read = message(&serde_json::from_str(text).unwrap());
            assert!(read.subject.is_none(), "{text}");
        }
    }
}
