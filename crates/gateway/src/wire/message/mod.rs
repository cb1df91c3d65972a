//! A message, whoever it came from.

mod bounds;
mod file;
mod links;
mod matches;
mod premium;
mod result;
mod row;
mod snippet;

use postern_archive::search::Hit;
use postern_query::{Message, Passage, Place, Recipient};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use bounds::{Bounds, LISTED, Omitted, WHOLE, said};
use file::{File, FileView};
use links::Links;
use matches::MatchView;
pub use result::ResultView;
use row::CopyView;
use snippet::SnippetView;

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
    /// Bytes of the original.
    #[schema(value_type = Option<i64>)]
    size: Value,
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
    /// With the body, what of it is not the author's new text.
    #[serde(skip_serializing_if = "Option::is_none")]
    passages: Option<Vec<PassageView>>,
    /// How many people, attachments and copies there are beside those.
    #[serde(skip_serializing_if = "Omitted::is_none")]
    omitted: Omitted,
    /// With `collapse`, the messages with its Message-ID that match too, in the order of the results.
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<Vec<CopyView>>,
    /// What is broken in it, though it could be read as far as it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<SnippetView>,
    /// Where each clause of the query matches, with `highlight`. A clause that must not match, or that has no words,
    /// such as a date, is not among them; of alternatives those are that match.
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<Vec<MatchView>>,
    /// Clauses may match in more places: not all of the message was looked through, or there are too many.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_matches: bool,
    /// What only a file has.
    #[serde(flatten)]
    file: Option<FileView>,
    links: Links,
}

fn time(time: Option<jiff::Timestamp>) -> Value {
    Value::from(time.map(|time| time.to_string()))
}

/// A part of a body that is quoted, or a signature.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PassageView {
    /// `quoted` or `signature`.
    whose: &'static str,
    /// The bytes of the body, in UTF-8, from and up to which it goes: whole lines.
    #[schema(value_type = [usize; 2])]
    range: [usize; 2],
}

impl PassageView {
    fn of(passage: &Passage) -> Self {
        Self { whose: passage.whose.name(), range: [passage.range.start, passage.range.end] }
    }
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

impl Person {
    fn of(name: Option<&str>, address: Option<&str>, bounds: Bounds) -> Self {
        Self { name: said(name, bounds), address: said(address, bounds) }
    }

    fn each(people: &[Recipient], bounds: Bounds) -> Vec<Self> {
        let said = people.iter().take(bounds.list);
        said.map(|one| Self::of(one.name.as_deref(), one.address.as_deref(), bounds)).collect()
    }
}

impl From<&Hit> for MessageView {
    fn from(hit: &Hit) -> Self {
        let matches = hit.snippet.as_ref().map(|snippet| &snippet.matches);
        Self {
            score: Some(f64::from(hit.score)),
            snippet: hit.snippet.as_ref().map(|snippet| SnippetView::of(snippet, &hit.message)),
            matches: matches.map(|matches| MatchView::each(matches, hit)),
            more_matches: matches.is_some_and(|matches| matches.has_more),
            ..Self::of(&hit.there(), LISTED)
        }
    }
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        let passages = message.passages.iter().map(PassageView::of).collect();
        Self { body: message.body.clone(), passages: Some(passages), ..Self::of(message, WHOLE) }
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
            size: message.size.into(),
            importance: text(&message.importance),
            conversation_id: text(&message.conversation_id),
            mailbox: text(&message.place().mailbox),
            folder: text(&message.place().folder),
            places: {
                let said = message.places.iter().take(bounds.list);
                said.map(|place| PlaceView::of(place, bounds)).collect()
            },
            body: None,
            passages: None,
            omitted: Omitted {
                to: more(message.to_recipients.len()),
                cc: more(message.cc_recipients.len()),
                attachments: more(message.attachments.len()),
                copies: 0,
            },
            copies: None,
            damage: message.damage.clone(),
            snippet: None,
            matches: None,
            more_matches: false,
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
}

#[cfg(test)]
mod tests {
    use postern_archive::search::{PersonRanges, Snippet};
    use postern_query::Attachment;

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
