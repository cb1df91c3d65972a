//! The JSON of `/v1`, which `postern search --format json` prints too.

use postern_local_index::search::{Coverage, Hit, Page, Snippet};
use postern_query::{Advice, Attachment, Error, Message, Recipient, datatap};
use postern_upstream as upstream;
use serde::Serialize;
use serde_json::Value;

/// The answer of a search.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchAnswer {
    /// The messages of this page.
    pub results: Vec<MessageView>,
    /// How many match in all.
    pub count: Count,
    /// Asks for the next page; nothing at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Who answered.
    pub served_by: ServedBy,
    /// How complete the local index is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageView>,
    /// How the query was understood.
    pub query: Understood,
    /// Milliseconds.
    pub took_ms: u64,
}

/// How many messages match.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Count {
    /// The number.
    pub value: u64,
    /// Whether it is exact.
    pub exact: bool,
}

/// Who answered, and why.
#[derive(Clone, Debug, Serialize)]
pub struct ServedBy {
    /// `premium` or `local`.
    pub engine: String,
    /// Why it was not premium.
    #[serde(flatten)]
    pub reason: Option<Because>,
}

/// Why it was not premium, and since when.
#[derive(Clone, Debug, Serialize)]
pub struct Because {
    /// The reason.
    pub reason: String,
    /// When that began, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// How a query was understood and what was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Understood {
    /// Its one canonical text.
    pub canonical: String,
    /// What premium was sent, when it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// How faithfully the engine that answered says it.
    pub fidelity: &'static str,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Remarks.
    pub advice: Vec<Remark>,
}

/// A request to the premium endpoint.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// Lucene text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// OData filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// OData order.
    #[serde(rename = "$orderby", skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}

impl From<&datatap::Request> for Sent {
    fn from(request: &datatap::Request) -> Self {
        Self {
            query: request.query.clone(),
            filter: request.filter.clone(),
            order_by: request.order_by.clone(),
        }
    }
}

/// A place in the typed text.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

impl From<postern_query::Span> for Place {
    fn from(span: postern_query::Span) -> Self {
        Self { start: span.start, end: span.end }
    }
}

/// What is wrong with a query.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    code: &'static str,
    title: String,
    span: Place,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code.as_str(),
            title: error.title.clone(),
            span: error.span.into(),
            label: error.label.clone(),
            hint: error.hint.clone(),
        }
    }
}

/// Advice about a query.
#[derive(Clone, Debug, Serialize)]
pub struct Remark {
    /// What kind of remark it is.
    pub code: &'static str,
    /// The text it speaks of.
    pub span: Place,
    /// What was noticed.
    pub message: String,
}

impl From<&Advice> for Remark {
    fn from(advice: &Advice) -> Self {
        Self {
            code: advice.code.as_str(),
            span: advice.span.into(),
            message: advice.message.clone(),
        }
    }
}

/// How much of the known mail the local index holds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CoverageView {
    indexed: u64,
    known: u64,
    as_of: Option<String>,
    mailboxes: Vec<Mailbox>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mailbox {
    name: String,
    indexed: u64,
    newest: Option<String>,
}

impl CoverageView {
    /// The coverage as a caller may see it: with `mailboxes`, only those.
    #[must_use]
    pub fn seen(coverage: &Coverage, mailboxes: &[String]) -> Self {
        let time = |time: jiff::Timestamp| time.to_string();
        let may_see = |name: &String| mailboxes.is_empty() || mailboxes.contains(name);
        let seen = coverage.mailboxes.iter().filter(|mailbox| may_see(&mailbox.name));
        let seen: Vec<_> = seen
            .map(|mailbox| Mailbox {
                name: mailbox.name.clone(),
                indexed: mailbox.indexed,
                newest: mailbox.newest.map(time),
            })
            .collect();
        let indexed = if mailboxes.is_empty() {
            coverage.indexed
        } else {
            seen.iter().map(|one| one.indexed).sum()
        };
        let missing = coverage.known.saturating_sub(coverage.indexed);
        Self { indexed, known: indexed + missing, as_of: coverage.as_of.map(time), mailboxes: seen }
    }
}

/// One message.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    subject: Value,
    from: Person,
    to: Vec<Person>,
    cc: Vec<Person>,
    received_date_time: Value,
    sent_date_time: Value,
    has_attachments: Value,
    attachments: Vec<File>,
    importance: Value,
    conversation_id: Value,
    mailbox: Value,
    folder: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<SnippetView>,
    links: Links,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Person {
    name: Value,
    address: Value,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    name: Value,
    content_type: Value,
    size: Value,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SnippetView {
    text: String,
    ranges: Vec<[usize; 2]>,
    subject_ranges: Vec<[usize; 2]>,
}

#[derive(Clone, Debug, Serialize)]
struct Links {
    #[serde(rename = "self")]
    this: String,
}

impl Links {
    /// Ids come from elsewhere and may hold anything.
    fn to(id: &str) -> Self {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        Self { this: format!("/v1/messages/{}", utf8_percent_encode(id, NON_ALPHANUMERIC)) }
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
        let pairs = |ranges: &[std::ops::Range<usize>]| {
            ranges.iter().map(|range| [range.start, range.end]).collect()
        };
        Self {
            text: snippet.text.clone(),
            ranges: pairs(&snippet.ranges),
            subject_ranges: pairs(&snippet.subject_ranges),
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
            snippet: None,
            links: Links::to(hit.text("id").unwrap_or_default()),
        }
    }
}

fn part(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or_default()
}

/// The results of a page of the local index.
#[must_use]
pub fn results(page: &Page) -> Vec<MessageView> {
    page.hits.iter().map(MessageView::from).collect()
}

/// A whole number of milliseconds.
#[must_use]
pub fn milliseconds(since: std::time::Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
