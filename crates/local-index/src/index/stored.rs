//! A message as it lies in the index: everything but the body, which is a stored field of its own,
//! so that a predicate can be tested without reading it. The text of attachments is not stored.

use jiff::Timestamp;
use postern_query::{Attachment, Message, Recipient};
use serde::{Deserialize, Serialize};

/// The wire form. Keys are short because every message repeats them.
#[derive(Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Stored {
    id: String,
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    internet_message_id: Option<String>,
    #[serde(rename = "v", skip_serializing_if = "Option::is_none")]
    conversation_id: Option<String>,
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    from_address: Option<String>,
    #[serde(rename = "F", skip_serializing_if = "Option::is_none")]
    from_name: Option<String>,
    #[serde(rename = "t", skip_serializing_if = "Vec::is_empty")]
    to: Vec<Person>,
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    cc: Vec<Person>,
    #[serde(rename = "b", skip_serializing_if = "Vec::is_empty")]
    bcc: Vec<Person>,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    received: Option<i64>,
    #[serde(rename = "D", skip_serializing_if = "Option::is_none")]
    sent: Option<i64>,
    #[serde(rename = "h", skip_serializing_if = "Option::is_none")]
    has_attachments: Option<bool>,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    importance: Option<String>,
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    is_read: Option<bool>,
    #[serde(rename = "g", skip_serializing_if = "Vec::is_empty")]
    categories: Vec<String>,
    #[serde(rename = "a", skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<File>,
    #[serde(rename = "z", skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    mailbox: Option<String>,
    #[serde(rename = "o", skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    #[serde(rename = "I", skip_serializing_if = "Option::is_none")]
    item_id: Option<String>,
    #[serde(rename = "R", skip_serializing_if = "Option::is_none")]
    fragment_id: Option<String>,
    #[serde(rename = "T", skip_serializing_if = "Vec::is_empty")]
    delivered_to: Vec<String>,
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    list_id: Option<String>,
    #[serde(rename = "n", skip_serializing_if = "Vec::is_empty")]
    references: Vec<String>,
    #[serde(rename = "k", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(rename = "G", skip_serializing_if = "Option::is_none")]
    is_flagged: Option<bool>,
    #[serde(rename = "w", skip_serializing_if = "Option::is_none")]
    is_draft: Option<bool>,
    #[serde(rename = "S", skip_serializing_if = "Option::is_none")]
    is_signed: Option<bool>,
    #[serde(rename = "E", skip_serializing_if = "Option::is_none")]
    is_encrypted: Option<bool>,
}

/// Name and address.
#[derive(Serialize, Deserialize)]
struct Person(Option<String>, Option<String>);

/// Name, media type and size.
#[derive(Serialize, Deserialize)]
struct File(Option<String>, Option<String>, Option<i64>);

/// The text for everything but the body.
///
/// # Errors
///
/// Never in practice: the wire form has no maps and no foreign types.
pub(crate) fn to_text(message: &Message) -> serde_json::Result<String> {
    serde_json::to_string(&wire(message))
}

/// The message in `text`, without its body.
///
/// # Errors
///
/// When the text is not one of [`to_text`].
pub(crate) fn from_text(text: &str) -> serde_json::Result<Message> {
    serde_json::from_str(text).map(message)
}

fn wire(message: &Message) -> Stored {
    Stored {
        id: message.id.clone(),
        internet_message_id: message.internet_message_id.clone(),
        conversation_id: message.conversation_id.clone(),
        subject: message.subject.clone(),
        from_address: message.from_address.clone(),
        from_name: message.from_name.clone(),
        to: persons(&message.to_recipients),
        cc: persons(&message.cc_recipients),
        bcc: persons(&message.bcc_recipients),
        received: message.received.map(milliseconds),
        sent: message.sent.map(milliseconds),
        has_attachments: message.has_attachments,
        importance: message.importance.clone(),
        is_read: message.is_read,
        categories: message.categories.clone(),
        attachments: files(&message.attachments),
        size: message.size,
        mailbox: message.mailbox.clone(),
        folder: message.folder.clone(),
        item_id: message.item_id.clone(),
        fragment_id: message.fragment_id.clone(),
        delivered_to: message.delivered_to.clone(),
        list_id: message.list_id.clone(),
        references: message.references.clone(),
        kind: message.kind.clone(),
        is_flagged: message.is_flagged,
        is_draft: message.is_draft,
        is_signed: message.is_signed,
        is_encrypted: message.is_encrypted,
    }
}

fn message(stored: Stored) -> Message {
    Message {
        id: stored.id,
        internet_message_id: stored.internet_message_id,
        conversation_id: stored.conversation_id,
        subject: stored.subject,
        body: None,
        from_address: stored.from_address,
        from_name: stored.from_name,
        to_recipients: recipients(stored.to),
        cc_recipients: recipients(stored.cc),
        bcc_recipients: recipients(stored.bcc),
        received: stored.received.and_then(instant),
        sent: stored.sent.and_then(instant),
        has_attachments: stored.has_attachments,
        importance: stored.importance,
        is_read: stored.is_read,
        categories: stored.categories,
        attachments: attachments(stored.attachments),
        size: stored.size,
        mailbox: stored.mailbox,
        folder: stored.folder,
        item_id: stored.item_id,
        fragment_id: stored.fragment_id,
        delivered_to: stored.delivered_to,
        list_id: stored.list_id,
        references: stored.references,
        kind: stored.kind,
        is_flagged: stored.is_flagged,
        is_draft: stored.is_draft,
        is_signed: stored.is_signed,
        is_encrypted: stored.is_encrypted,
    }
}

fn persons(people: &[Recipient]) -> Vec<Person> {
    people.iter().map(|one| Person(one.name.clone(), one.address.clone())).collect()
}

fn recipients(people: Vec<Person>) -> Vec<Recipient> {
    people.into_iter().map(|Person(name, address)| Recipient { name, address }).collect()
}

fn files(attachments: &[Attachment]) -> Vec<File> {
    attachments
        .iter()
        .map(|one| File(one.name.clone(), one.content_type.clone(), one.size))
        .collect()
}

fn attachments(files: Vec<File>) -> Vec<Attachment> {
    files
        .into_iter()
        .map(|File(name, content_type, size)| Attachment { name, content_type, size, text: None })
        .collect()
}

/// Whole milliseconds, never later than the moment; the columns hold the same number.
pub(crate) fn milliseconds(moment: Timestamp) -> i64 {
    let cut = moment.as_millisecond();
    let early = moment.as_nanosecond() < i128::from(cut) * 1_000_000;
    cut - i64::from(early)
}

/// The moment of that many milliseconds; `None` outside of what a calendar holds.
pub(crate) fn instant(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_back_without_its_body() {
        let text = |text: &str| Some(text.to_owned());
        let person = Recipient { name: text("A \"B\""), address: None };
        let message = Message {
            id: "1".into(),
            internet_message_id: text("<a@b>"),
            conversation_id: text("c"),
            subject: text(""),
            body: None,
            from_address: text("a@b"),
            from_name: text("A\u{0}"),
            to_recipients: vec![person.clone(), Recipient::default()],
            cc_recipients: vec![person.clone()],
            bcc_recipients: vec![person],
            received: instant(-1),
            sent: instant(1_700_000_000_123),
            has_attachments: Some(false),
            importance: text("high"),
            is_read: Some(true),
            categories: vec!["x".into()],
            attachments: vec![Attachment { size: Some(-3), ..Attachment::default() }],
            size: Some(i64::MAX),
            mailbox: text("m"),
            folder: text("f"),
            item_id: text("i"),
            fragment_id: text("r"),
            delivered_to: vec!["A@b".into()],
            list_id: text("l.example"),
            references: vec!["<p@b>".into(), String::new()],
            kind: text("email"),
            is_flagged: Some(false),
            is_draft: Some(true),
            is_signed: Some(false),
            is_encrypted: Some(true),
        };
        assert_eq!(from_text(&to_text(&message).unwrap()).unwrap(), message);
        let empty = Message::default();
        assert_eq!(from_text(&to_text(&empty).unwrap()).unwrap(), empty);
    }

    #[test]
    fn a_fraction_of_a_millisecond_is_cut_downwards() {
        for (nanoseconds, expected) in [(1_999_999, 1), (-1, -1), (-1_000_000, -1), (0, 0)] {
            let moment = Timestamp::from_nanosecond(nanoseconds).unwrap();
            assert_eq!(milliseconds(moment), expected);
        }
    }
}
