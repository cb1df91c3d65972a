//! A message, whoever it came from.

use postern_local_index::search::{Hit, PersonRanges, Snippet};
use postern_query::{Attachment, Message, Recipient};
use postern_upstream as upstream;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One message.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    #[schema(value_type = String)]
    id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[schema(value_type = Option<String>)]
    subject: Value,
    from: Person,
    to: Vec<Person>,
    cc: Vec<Person>,
    #[schema(value_type = Option<String>)]
    received_date_time: Value,
    #[schema(value_type = Option<String>)]
    sent_date_time: Value,
    #[schema(value_type = Option<bool>)]
    has_attachments: Value,
    attachments: Vec<File>,
    #[schema(value_type = Option<String>)]
    importance: Value,
    #[schema(value_type = Option<String>)]
    conversation_id: Value,
    #[schema(value_type = Option<String>)]
    mailbox: Value,
    #[schema(value_type = Option<String>)]
    folder: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// What is broken in it, though it could be read as far as it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<SnippetView>,
    links: Links,
}

#[derive(Clone, Debug, Default, Serialize, ToSchema)]
struct Person {
    #[schema(value_type = Option<String>)]
    name: Value,
    #[schema(value_type = Option<String>)]
    address: Value,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct File {
    #[schema(value_type = Option<String>)]
    name: Value,
    #[schema(value_type = Option<String>)]
    content_type: Value,
    #[schema(value_type = Option<i64>)]
    size: Value,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SnippetView {
    text: String,
    ranges: Vec<[usize; 2]>,
    subject_ranges: Vec<[usize; 2]>,
    from: PersonRangesView,
    to: Vec<PersonRangesView>,
    cc: Vec<PersonRangesView>,
    /// In the name of each attachment.
    attachments: Vec<Vec<[usize; 2]>>,
}

/// Where a person matches.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PersonRangesView {
    name: Vec<[usize; 2]>,
    address: Vec<[usize; 2]>,
}

fn pairs(ranges: &[std::ops::Range<usize>]) -> Vec<[usize; 2]> {
    ranges.iter().map(|range| [range.start, range.end]).collect()
}

impl From<&PersonRanges> for PersonRangesView {
    fn from(ranges: &PersonRanges) -> Self {
        Self { name: pairs(&ranges.name), address: pairs(&ranges.address) }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Links {
    #[serde(rename = "self")]
    this: String,
    eml: String,
    thread: String,
}

impl Links {
    /// Ids come from elsewhere and may hold anything.
    fn to(id: &str) -> Self {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let id = utf8_percent_encode(id, NON_ALPHANUMERIC).to_string();
        let this = format!("/v1/messages/{id}");
        Self { eml: format!("{this}/eml"), thread: format!("/v1/threads/{id}"), this }
    }
}

impl From<&Recipient> for Person {
    fn from(person: &Recipient) -> Self {
        Self { name: person.name.clone().into(), address: person.address.clone().into() }
    }
}

impl From<&Attachment> for File {
    fn from(file: &Attachment) -> Self {
        Self {
            name: file.name.clone().into(),
            content_type: file.content_type.clone().into(),
            size: file.size.into(),
        }
    }
}

impl From<&Snippet> for SnippetView {
    fn from(snippet: &Snippet) -> Self {
        let people = |people: &[PersonRanges]| people.iter().map(PersonRangesView::from).collect();
        Self {
            text: snippet.text.clone(),
            ranges: pairs(&snippet.ranges),
            subject_ranges: pairs(&snippet.subject_ranges),
            from: PersonRangesView::from(&snippet.from),
            to: people(&snippet.to),
            cc: people(&snippet.cc),
            attachments: snippet.attachments.iter().map(|ranges| pairs(ranges)).collect(),
        }
    }
}

impl From<&Hit> for MessageView {
    fn from(hit: &Hit) -> Self {
        Self {
            score: Some(f64::from(hit.score)),
            snippet: hit.snippet.as_ref().map(SnippetView::from),
            body: None,
            ..Self::from(&hit.message)
        }
    }
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        let time = |time: Option<jiff::Timestamp>| Value::from(time.map(|time| time.to_string()));
        let sender =
            Recipient { name: message.from_name.clone(), address: message.from_address.clone() };
        Self {
            id: message.id.clone().into(),
            score: None,
            subject: message.subject.clone().into(),
            from: Person::from(&sender),
            to: message.to_recipients.iter().map(Person::from).collect(),
            cc: message.cc_recipients.iter().map(Person::from).collect(),
            received_date_time: time(message.received),
            sent_date_time: time(message.sent),
            has_attachments: message.has_attachments.into(),
            attachments: message.attachments.iter().map(File::from).collect(),
            importance: message.importance.clone().into(),
            conversation_id: message.conversation_id.clone().into(),
            mailbox: message.mailbox.clone().into(),
            folder: message.folder.clone().into(),
            body: message.body.clone(),
            damage: message.damage.clone(),
            snippet: None,
            links: Links::to(&message.id),
        }
    }
}

impl From<&upstream::Hit> for MessageView {
    fn from(hit: &upstream::Hit) -> Self {
        let get = |name: &str| hit.get(name).cloned().unwrap_or_default();
        let list =
            |name: &str| hit.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let people = |name: &str| {
            let person =
                |one: &Value| Person { name: part(one, "name"), address: part(one, "address") };
            list(name).iter().map(person).collect()
        };
        let file = |one: &Value| File {
            name: part(one, "name"),
            content_type: part(one, "contenttype"),
            size: part(one, "size"),
        };
        Self {
            id: get("id"),
            score: hit.get("score").and_then(Value::as_f64),
            subject: get("subject"),
            from: Person { name: get("fromName"), address: get("fromAddress") },
            to: people("toRecipients"),
            cc: people("ccRecipients"),
            received_date_time: get("receivedDateTime"),
            sent_date_time: get("sentDateTime"),
            has_attachments: get("hasAttachments"),
            attachments: list("attachments").iter().map(file).collect(),
            importance: get("importance"),
            conversation_id: get("conversationId"),
            mailbox: get("mailbox"),
            folder: get("folder"),
            body: None,
            damage: None,
            snippet: None,
            links: Links::to(hit.text("id").unwrap_or_default()),
        }
    }
}

fn part(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or_default()
}
