//! The `.jsonl` documents: a message as JSON with the field names of the premium index, or a file with those
//! of [`crate::File`].

use jiff::Timestamp;
use postern_query::{Attachment, FILE, Message, Place, Recipient};
use serde::{Deserialize, Deserializer, Serialize};

use crate::moment;
use crate::quoted::passages;

/// Reads one document. Unknown keys are allowed and not kept.
///
/// ```
/// let message = postern_document::from_json(r#"{"id":"1","receivedDateTime":"2024-01-31T10:00:00.1239+01:00"}"#)?;
/// assert_eq!(message.received.map(|date| date.to_string()).as_deref(), Some("2024-01-31T09:00:00.123Z"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// When the text is not a JSON object with an `id` and fields of the right types.
pub fn from_json(json: &str) -> Result<Message, serde_json::Error> {
    let document: Document = serde_json::from_str(json)?;
    if document.kind.as_deref() == Some(FILE) {
        return crate::File::from_line(json).map(|file| file.message());
    }
    Ok(document.into())
}

/// Writes one document on one line; what is missing is null. A file is written as what is known of it.
#[must_use]
pub fn to_json(message: &Message) -> String {
    if message.is_file() {
        return crate::File::from(message).to_line();
    }
    // Text, numbers and lists of them can always be written.
    serde_json::to_string(&to_value(message)).unwrap_or_default()
}

/// The document as a JSON value, with its keys in the order of the index.
#[must_use]
pub fn to_value(message: &Message) -> serde_json::Value {
    serde_json::to_value(Document::from(message)).unwrap_or_default()
}

/// The same with every place of the message.
///
/// ```
/// use postern_query::{Message, Place};
///
/// let of = |mailbox: &str| Place { mailbox: Some(mailbox.into()), ..Place::NOWHERE };
/// let message = Message { places: vec![of("ann"), of("bob")], ..Message::default() };
/// let document = postern_document::with_places(&message);
/// assert_eq!((&document["mailbox"], &document["places"][1]["mailbox"]), (&"ann".into(), &"bob".into()));
/// ```
#[must_use]
pub fn with_places(message: &Message) -> serde_json::Value {
    let mut document = match message.is_file() {
        true => crate::File::from(message).to_value(),
        false => to_value(message),
    };
    let place = |place: &Place| serde_json::json!({"source": place.source, "mailbox": place.mailbox, "folder": place.folder});
    if let Some(object) = document.as_object_mut() {
        object.insert("places".to_owned(), message.places.iter().map(place).collect());
    }
    document
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    id: String,
    /// Only a file says what it is.
    #[serde(default, skip_serializing, deserialize_with = "word")]
    kind: Option<String>,
    #[serde(default)]
    internet_message_id: Option<String>,
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    from_address: Option<String>,
    #[serde(default)]
    from_name: Option<String>,
    #[serde(default)]
    to_recipients: Option<Vec<Person>>,
    #[serde(default)]
    cc_recipients: Option<Vec<Person>>,
    #[serde(default)]
    bcc_recipients: Option<Vec<Person>>,
    #[serde(default, with = "moment")]
    received_date_time: Option<Timestamp>,
    #[serde(default, with = "moment")]
    sent_date_time: Option<Timestamp>,
    #[serde(default)]
    has_attachments: Option<bool>,
    #[serde(default)]
    importance: Option<String>,
    #[serde(default)]
    is_read: Option<bool>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    attachments: Option<Vec<File>>,
    #[serde(default)]
    size: Option<i64>,
    #[serde(default)]
    mailbox: Option<String>,
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    item_id: Option<String>,
    #[serde(default)]
    fragment_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Person {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    address: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    size: Option<i64>,
}

/// A text; anything else is none.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().map(str::to_owned))
}

impl From<Document> for Message {
    fn from(document: Document) -> Self {
        let people = |people: Option<Vec<Person>>| {
            let people = people.unwrap_or_default().into_iter();
            people.map(|person| Recipient { name: person.name, address: person.address }).collect()
        };
        let place = Place {
            mailbox: document.mailbox,
            folder: document.folder,
            is_read: document.is_read,
            item_id: document.item_id,
            fragment_id: document.fragment_id,
            ..Place::NOWHERE
        };
        let places = if place == Place::NOWHERE { Vec::new() } else { vec![place] };
        let body = document.body;
        let passages = passages(body.as_deref().unwrap_or_default(), &[]);
        Self {
            id: document.id,
            internet_message_id: document.internet_message_id,
            conversation_id: document.conversation_id,
            subject: document.subject,
            body,
            passages,
            from_address: document.from_address,
            from_name: document.from_name,
            to_recipients: people(document.to_recipients),
            cc_recipients: people(document.cc_recipients),
            bcc_recipients: people(document.bcc_recipients),
            received: document.received_date_time,
            sent: document.sent_date_time,
            has_attachments: document.has_attachments,
            importance: document.importance,
            categories: document.categories.unwrap_or_default(),
            attachments: document
                .attachments
                .unwrap_or_default()
                .into_iter()
                .map(|file| Attachment {
                    name: file.name,
                    content_type: file.content_type,
                    size: file.size,
                    ..Attachment::default()
                })
                .collect(),
            size: document.size,
            places,
            ..Self::default()
        }
    }
}

impl From<&Message> for Document {
    fn from(message: &Message) -> Self {
        let message = message.clone();
        let place = message.place().clone();
        let people = |people: Vec<Recipient>| {
            Some(
                people
                    .into_iter()
                    .map(|person| Person { name: person.name, address: person.address })
                    .collect(),
            )
        };
        Self {
            id: message.id,
            kind: None,
            internet_message_id: message.internet_message_id,
            conversation_id: message.conversation_id,
            subject: message.subject,
            body: message.body,
            from_address: message.from_address,
            from_name: message.from_name,
            to_recipients: people(message.to_recipients),
            cc_recipients: people(message.cc_recipients),
            bcc_recipients: people(message.bcc_recipients),
            received_date_time: message.received,
            sent_date_time: message.sent,
            has_attachments: message.has_attachments,
            importance: message.importance,
            is_read: place.is_read,
            categories: Some(message.categories),
            attachments: Some(
                message
                    .attachments
                    .into_iter()
                    .map(|file| File {
                        name: file.name,
                        content_type: file.content_type,
                        size: file.size,
                    })
                    .collect(),
            ),
            size: message.size,
            mailbox: place.mailbox,
            folder: place.folder,
            item_id: place.item_id,
            fragment_id: place.fragment_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    fn message() -> impl Strategy<Value = Message> {
        let text = || option::of("\\PC{0,8}");
        let person = (text(), text()).prop_map(|(name, address)| Recipient { name, address });
        let file = (text(), option::of(any::<i64>())).prop_map(|(name, size)| Attachment {
            name,
            size,
            ..Attachment::default()
        });
        let date = option::of(
            (-62_000_000_000_000..253_000_000_000_000_i64)
                .prop_map(|ms| Timestamp::from_millisecond(ms).unwrap()),
        );
        (
            (text(), text(), text()),
            prop::collection::vec(person, 0..3),
            prop::collection::vec(file, 0..3),
            (
                date,
                option::of(any::<bool>()),
                option::of(any::<i64>()),
                prop::collection::vec("\\PC{0,8}", 0..3),
            ),
        )
            .prop_map(
                |(
                    (subject, body, folder),
                    to_recipients,
                    attachments,
                    (received, is_read, size, categories),
                )| Message {
                    subject,
                    passages: passages(body.as_deref().unwrap_or_default(), &[]),
                    body,
                    to_recipients,
                    attachments,
                    received,
                    size,
                    categories,
                    places: (folder.is_some() || is_read.is_some())
                        .then_some(Place { folder, is_read, ..Place::NOWHERE })
                        .into_iter()
                        .collect(),
                    ..Message::default()
                },
            )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

        /// Nothing may be lost in this form of a message that lies in one place.
        #[test]
        fn documents_read_back(message in message()) {
            let json = to_json(&message);
            prop_assert!(!json.contains('\n'));
            prop_assert_eq!(from_json(&json).unwrap(), message);
        }
    }

    #[test]
    fn keys() {
        let json = to_json(&Message {
            id: "1".into(),
            received: Some("2024-01-31T10:00:00Z".parse().unwrap()),
            ..Message::default()
        });
        assert!(
            json.starts_with(
                r#"{"id":"1","internetMessageId":null,"conversationId":null,"subject":null,"#
            ),
            "{json}"
        );
        assert!(
            json.contains(r#""toRecipients":[],"#)
                && json.contains(r#""receivedDateTime":"2024-01-31T10:00:00Z","#)
        );
        assert!(from_json(r#"{"id":"1","toRecipients":null,"unknown":1}"#).is_ok());
        assert!(
            from_json(r#"{"subject":"x"}"#).unwrap_err().to_string().contains("missing field `id`")
        );
    }
}
