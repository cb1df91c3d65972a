//! A message, whoever it came from.

use postern_archive::search::{Hit, PersonRanges, Snippet};
use postern_query::{Attachment, FILE, Message, NO_CONTENT, Place, Recipient};
use postern_upstream as upstream;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How much of a message is said.
#[derive(Clone, Copy)]
struct Bounds {
    /// Characters of a subject, a name or an address.
    text: usize,
    /// People of a list, and attachments.
    list: usize,
}

/// In a list of messages.
const LISTED: Bounds = Bounds { text: 1_000, list: 100 };
/// Where the message stands by itself.
const WHOLE: Bounds = Bounds { text: 100_000, list: 10_000 };

/// What is left out of a message that has more than can be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct Omitted {
    #[serde(skip_serializing_if = "is_none")]
    to: usize,
    #[serde(skip_serializing_if = "is_none")]
    cc: usize,
    #[serde(skip_serializing_if = "is_none")]
    attachments: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_none(number: &usize) -> bool {
    *number == 0
}

impl Omitted {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// One message. In a list of messages, subjects, names and addresses of more than 1,000 characters end with
/// `…`, and there are at most 100 people of each kind and attachments; by itself it has 100 times as much.
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
    /// Every place that it lies in and that may be seen, the one at which it matched first.
    places: Vec<PlaceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// How many people and attachments there are beside those.
    #[serde(skip_serializing_if = "Omitted::is_none")]
    omitted: Omitted,
    /// What is broken in it, though it could be read as far as it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<SnippetView>,
    /// What only a file has.
    #[serde(flatten)]
    file: Option<FileView>,
    links: Links,
}

/// A file of a drive or of a folder of documents. It is the only one of `attachments`, too; its author is `from`,
/// its title `subject`, and `receivedDateTime` the time of the last change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FileView {
    /// `file`.
    kind: &'static str,
    #[schema(value_type = Option<String>)]
    name: Value,
    /// The path of its folder.
    #[schema(value_type = Option<String>)]
    path: Value,
    #[schema(value_type = Option<String>)]
    owner: Value,
    #[schema(value_type = Option<i64>)]
    size: Value,
    #[schema(value_type = Option<String>)]
    created_date_time: Value,
    #[schema(value_type = Option<String>)]
    modified_date_time: Value,
    /// The source's id of this version, where it keeps several.
    #[schema(value_type = Option<String>)]
    version: Value,
    /// The id of the newest version, if this is an older one.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
    #[schema(value_type = Option<String>)]
    source: Value,
    /// Why its content, or a part of it, is not searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<String>,
}

impl FileView {
    fn of(message: &Message, bounds: Bounds) -> Option<Self> {
        let (file, place) = (message.file()?, message.place());
        let text = |text: &Option<String>| said(text.as_deref(), bounds);
        Some(Self {
            kind: FILE,
            name: text(&file.name),
            path: text(&place.folder),
            owner: text(&place.mailbox),
            size: message.size.into(),
            created_date_time: time(message.created),
            modified_date_time: time(message.modified),
            version: text(&message.version),
            newest: message.newest.clone(),
            source: text(&place.source),
            unread: file.unread.clone(),
        })
    }
}

fn time(time: Option<jiff::Timestamp>) -> Value {
    Value::from(time.map(|time| time.to_string()))
}

/// A place that a message lies in.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PlaceView {
    #[schema(value_type = Option<String>)]
    source: Value,
    #[schema(value_type = Option<String>)]
    mailbox: Value,
    #[schema(value_type = Option<String>)]
    folder: Value,
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

/// The ranges, as far as the text around them is said.
fn pairs(ranges: &[std::ops::Range<usize>], text: Option<&str>) -> Vec<[usize; 2]> {
    let end = text.map_or(0, |text| end(text, LISTED.text));
    ranges.iter().filter(|range| range.end <= end).map(|range| [range.start, range.end]).collect()
}

impl PersonRangesView {
    fn of(ranges: &PersonRanges, name: Option<&str>, address: Option<&str>) -> Self {
        Self { name: pairs(&ranges.name, name), address: pairs(&ranges.address, address) }
    }

    fn each(ranges: &[PersonRanges], people: &[Recipient]) -> Vec<Self> {
        let both = ranges.iter().zip(people).take(LISTED.list);
        both.map(|(ranges, person)| {
            Self::of(ranges, person.name.as_deref(), person.address.as_deref())
        })
        .collect()
    }
}

/// Where the first characters of a text end.
fn end(text: &str, most: usize) -> usize {
    // No text has more characters than bytes.
    if text.len() <= most {
        return text.len();
    }
    text.char_indices().nth(most).map_or(text.len(), |(end, _)| end)
}

/// A text, or as much of it as is said.
fn said(text: Option<&str>, bounds: Bounds) -> Value {
    let Some(text) = text else { return Value::Null };
    match text.get(..end(text, bounds.text)) {
        Some(start) if start.len() < text.len() => format!("{start}…").into(),
        _ => text.into(),
    }
}

/// The same of what premium said.
fn bounded(value: Value, bounds: Bounds) -> Value {
    match value {
        Value::String(text) => said(Some(&text), bounds),
        other => other,
    }
}

/// Where more is to be had: of mail the message and its conversation, of a file its bytes.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
struct Links {
    #[serde(rename = "self")]
    this: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    eml: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

/// Ids come from elsewhere and may hold anything.
fn escaped(id: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}

impl Links {
    fn of(message: &Message) -> Self {
        match message.file() {
            Some(file) => Self::to_file(&message.id, file.unread.as_deref() != Some(NO_CONTENT)),
            None => Self::to(&message.id),
        }
    }

    fn to(id: &str) -> Self {
        let id = escaped(id);
        let this = format!("/v1/messages/{id}");
        let (eml, thread) = (format!("{this}/eml"), format!("/v1/threads/{id}"));
        Self { this, eml: Some(eml), thread: Some(thread), content: None }
    }

    fn to_file(id: &str, has_content: bool) -> Self {
        let this = format!("/v1/items/{}", escaped(id));
        Self { content: has_content.then(|| format!("{this}/content")), this, ..Self::default() }
    }
}

impl Person {
    fn of(name: Option<&str>, address: Option<&str>, bounds: Bounds) -> Self {
        Self { name: said(name, bounds), address: said(address, bounds) }
    }

    fn each(people: &[Recipient], bounds: Bounds) -> Vec<Self> {
        let said = people.iter().take(bounds.list);
        said.map(|one| Self::of(one.name.as_deref(), one.address.as_deref(), bounds)).collect()
    }
}

impl File {
    fn of(file: &Attachment, bounds: Bounds) -> Self {
        Self {
            name: said(file.name.as_deref(), bounds),
            content_type: said(file.content_type.as_deref(), bounds),
            size: file.size.into(),
        }
    }
}

impl SnippetView {
    fn of(snippet: &Snippet, message: &Message) -> Self {
        let from = (message.from_name.as_deref(), message.from_address.as_deref());
        let files = snippet.attachments.iter().zip(&message.attachments).take(LISTED.list);
        Self {
            text: snippet.text.clone(),
            ranges: pairs(&snippet.ranges, Some(&snippet.text)),
            subject_ranges: pairs(&snippet.subject_ranges, message.subject.as_deref()),
            from: PersonRangesView::of(&snippet.from, from.0, from.1),
            to: PersonRangesView::each(&snippet.to, &message.to_recipients),
            cc: PersonRangesView::each(&snippet.cc, &message.cc_recipients),
            attachments: files.map(|(ranges, file)| pairs(ranges, file.name.as_deref())).collect(),
        }
    }
}

impl From<&Hit> for MessageView {
    fn from(hit: &Hit) -> Self {
        Self {
            score: Some(f64::from(hit.score)),
            snippet: hit.snippet.as_ref().map(|snippet| SnippetView::of(snippet, &hit.message)),
            ..Self::of(&hit.there(), LISTED)
        }
    }
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        Self { body: message.body.clone(), ..Self::of(message, WHOLE) }
    }
}

impl MessageView {
    /// The message without its body.
    fn of(message: &Message, bounds: Bounds) -> Self {
        let text = |text: &Option<String>| said(text.as_deref(), bounds);
        let more = |all: usize| all.saturating_sub(bounds.list);
        Self {
            id: message.id.clone().into(),
            score: None,
            subject: text(&message.subject),
            from: Person::of(message.from_name.as_deref(), message.from_address.as_deref(), bounds),
            to: Person::each(&message.to_recipients, bounds),
            cc: Person::each(&message.cc_recipients, bounds),
            received_date_time: time(message.received),
            sent_date_time: time(message.sent),
            has_attachments: message.has_attachments.into(),
            attachments: {
                let said = message.attachments.iter().take(bounds.list);
                said.map(|file| File::of(file, bounds)).collect()
            },
            importance: text(&message.importance),
            conversation_id: text(&message.conversation_id),
            mailbox: text(&message.place().mailbox),
            folder: text(&message.place().folder),
            places: {
                let said = message.places.iter().take(bounds.list);
                said.map(|place| PlaceView::of(place, bounds)).collect()
            },
            body: None,
            omitted: Omitted {
                to: more(message.to_recipients.len()),
                cc: more(message.cc_recipients.len()),
                attachments: more(message.attachments.len()),
            },
            damage: message.damage.clone(),
            snippet: None,
            file: FileView::of(message, bounds),
            links: Links::of(message),
        }
    }
}

impl MessageView {
    /// The message in a list of messages, from an engine that gives no score.
    pub(crate) fn listed(message: &Message) -> Self {
        Self::of(message, LISTED)
    }

    /// The id, where the engine gave one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_str()
    }
}

impl PlaceView {
    fn of(place: &Place, bounds: Bounds) -> Self {
        let text = |text: &Option<String>| said(text.as_deref(), bounds);
        Self {
            source: text(&place.source),
            mailbox: text(&place.mailbox),
            folder: text(&place.folder),
        }
    }

    /// Premium has a document for each place; it may not know where that is.
    fn of_premium(mailbox: &Value, folder: &Value) -> Vec<Self> {
        let is_known = !(mailbox.is_null() && folder.is_null());
        let (mailbox, folder) = (mailbox.clone(), folder.clone());
        let place = || Self { source: "datatap".into(), mailbox, folder };
        is_known.then(place).into_iter().collect()
    }
}

impl From<&upstream::Hit> for MessageView {
    fn from(hit: &upstream::Hit) -> Self {
        let get = |name: &str| bounded(hit.get(name).cloned().unwrap_or_default(), LISTED);
        let more = |name: &str| {
            let all = hit.get(name).and_then(Value::as_array).map_or(0, Vec::len);
            all.saturating_sub(LISTED.list)
        };
        let list =
            |name: &str| hit.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let people = |name: &str| {
            let person =
                |one: &Value| Person { name: part(one, "name"), address: part(one, "address") };
            list(name).iter().take(LISTED.list).map(person).collect()
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
            attachments: list("attachments").iter().take(LISTED.list).map(file).collect(),
            importance: get("importance"),
            conversation_id: get("conversationId"),
            mailbox: get("mailbox"),
            folder: get("folder"),
            places: PlaceView::of_premium(&get("mailbox"), &get("folder")),
            body: None,
            omitted: Omitted {
                to: more("toRecipients"),
                cc: more("ccRecipients"),
                attachments: more("attachments"),
            },
            damage: None,
            snippet: None,
            file: None,
            links: Links::to(hit.text("id").unwrap_or_default()),
        }
    }
}

fn part(value: &Value, name: &str) -> Value {
    bounded(value.get(name).cloned().unwrap_or_default(), LISTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Recipient {
        Recipient { name: Some(name.to_owned()), address: None }
    }

    /// A subject of 1 MB and 100,000 parts took 36 seconds to be listed and shown.
    #[test]
    fn much_of_everything_is_said_within_bounds() {
        let long = "é".repeat(1 << 20);
        let message = Message {
            subject: Some(long.clone()),
            from_name: Some(long.clone()),
            to_recipients: vec![person("to"); 100_000],
            attachments: vec![Attachment { name: Some(long), ..Attachment::default() }; 1_000],
            body: Some("text".into()),
            ..Message::default()
        };
        let snippet = Snippet {
            subject_ranges: vec![0..2, 5_000..5_002],
            to: vec![PersonRanges::default(); 100_000],
            attachments: vec![vec![0..2]; 1_000],
            ..Snippet::default()
        };
        let hit = Hit { score: 1.0, message: message.clone(), place: 0, snippet: Some(snippet) };
        let listed = serde_json::to_value(MessageView::from(&hit)).unwrap();
        assert_eq!(listed["subject"], format!("{}…", "é".repeat(1_000)));
        assert_eq!(listed["snippet"]["subjectRanges"], serde_json::json!([[0, 2]]));
        assert_eq!(listed["omitted"], serde_json::json!({"to": 99_900, "attachments": 900}));
        for list in [
            &listed["to"],
            &listed["snippet"]["to"],
            &listed["attachments"],
            &listed["snippet"]["attachments"],
        ] {
            assert_eq!(list.as_array().unwrap().len(), 100);
        }
        assert!(listed.to_string().len() < 300_000, "{}", listed.to_string().len());
        let whole = serde_json::to_value(MessageView::from(&message)).unwrap();
        assert_eq!(whole["subject"].as_str().unwrap().chars().count(), 100_001);
        assert_eq!(whole["omitted"], serde_json::json!({"to": 90_000}));
        assert_eq!(whole["body"], "text");
    }

    #[test]
    fn what_is_short_is_said_as_it_is() {
        let message = Message { subject: Some("é".repeat(1_000)), ..Message::default() };
        let hit = Hit { score: 1.0, message, place: 0, snippet: None };
        let listed = serde_json::to_value(MessageView::from(&hit)).unwrap();
        assert_eq!(listed["subject"], "é".repeat(1_000));
        assert_eq!(listed.get("omitted"), None);
    }
}
