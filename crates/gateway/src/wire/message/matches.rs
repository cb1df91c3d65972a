//! Where each clause of a query matches in a message.

use postern_archive::search::{Clauses, Hit, Match, Matches, Shown, Work};
use postern_query::schema::RecipientList;
use postern_query::{Attachment, Message, Place, Recipient};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::bounds::{LISTED, said};
use super::file::File;
use super::snippet::pairs;
use super::{MessageView, Person, PlaceView};

/// Where one clause of the query matches.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MatchView {
    /// The clause, as it is typed or as an OData filter.
    clause: String,
    /// `subject`, `sender`, `recipient`, `deliveredTo`, `new` (what the author wrote), `quoted`, `signature`, `filename`,
    /// `type`, `attachment` (inside of it), `mailbox`, `folder`, `source`, `category`, `list`, `id`, `thread` or
    /// `reference`.
    #[serde(rename = "where")]
    place: &'static str,
    /// The name of the attachment that it is in.
    #[schema(value_type = Option<String>)]
    attachment: Value,
    /// The text of this result that `ranges` are of, as a JSON Pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/snippet/text")]
    pointer: Option<String>,
    /// That text, where no other part of this result shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Bytes of that text, in UTF-8; none where it is not shown as far as that.
    #[schema(value_type = Vec<[usize; 2]>)]
    ranges: Vec<[usize; 2]>,
}

impl MatchView {
    fn of(one: &Match, hit: &Hit) -> Self {
        let (message, snippet) = (&hit.message, hit.snippet.as_ref());
        let snippet = snippet.map(|snippet| snippet.text.as_str());
        let file = one.file.and_then(|number| message.files().nth(number));
        let text = text(&one.shown, message, hit.place(), snippet);
        Self {
            clause: one.clause.to_string(),
            place: one.place.name(),
            attachment: said(file.map(Attachment::shown_name), LISTED),
            pointer: pointer(&one.shown),
            text: match &one.shown {
                Shown::Piece(text) => Some(text.clone()),
                _ => None,
            },
            ranges: pairs(&one.ranges, text),
        }
    }

    pub(super) fn each(matches: &Matches, hit: &Hit) -> Vec<Self> {
        matches.all.iter().map(|one| Self::of(one, hit)).collect()
    }
}

/// Where a result has the text that shows a match.
fn pointer(shown: &Shown) -> Option<String> {
    let list = |list: &RecipientList| match list {
        RecipientList::To => Some("to"),
        RecipientList::Cc => Some("cc"),
        RecipientList::Bcc => None,
    };
    Some(match shown {
        Shown::Subject => "/subject".to_owned(),
        Shown::Snippet => "/snippet/text".to_owned(),
        Shown::SenderName => "/from/name".to_owned(),
        Shown::SenderAddress => "/from/address".to_owned(),
        Shown::RecipientName(of, number) => format!("/{}/{number}/name", list(of)?),
        Shown::RecipientAddress(of, number) => format!("/{}/{number}/address", list(of)?),
        Shown::FileName(number) => format!("/attachments/{number}/name"),
        Shown::FileType(number) => format!("/attachments/{number}/contentType"),
        Shown::Mailbox => "/mailbox".to_owned(),
        Shown::Folder => "/folder".to_owned(),
        Shown::Source => "/places/0/source".to_owned(),
        Shown::Id => "/id".to_owned(),
        Shown::Thread => "/conversationId".to_owned(),
        Shown::Piece(_) | Shown::Nothing => return None,
    })
}

/// The whole text of which a result shows the beginning.
fn text<'h>(
    shown: &'h Shown,
    message: &'h Message,
    place: &'h Place,
    snippet: Option<&'h str>,
) -> Option<&'h str> {
    let person = |list: &RecipientList, number: usize| {
        postern_query::evaluate::recipients(*list, message).get(number)
    };
    match shown {
        Shown::Subject => message.subject.as_deref(),
        Shown::Snippet => snippet,
        Shown::SenderName => message.from_name.as_deref(),
        Shown::SenderAddress => message.from_address.as_deref(),
        Shown::RecipientName(list, number) => person(list, *number)?.name.as_deref(),
        Shown::RecipientAddress(list, number) => person(list, *number)?.address.as_deref(),
        Shown::FileName(number) => message.attachments.get(*number)?.name.as_deref(),
        Shown::FileType(number) => message.attachments.get(*number)?.content_type.as_deref(),
        Shown::Mailbox => place.mailbox.as_deref(),
        Shown::Folder => place.folder.as_deref(),
        Shown::Source => place.source.as_deref(),
        Shown::Id => Some(&message.id),
        Shown::Thread => message.conversation_id.as_deref(),
        Shown::Piece(text) => Some(text),
        Shown::Nothing => None,
    }
}

// ---- what other engines tell ----

impl MessageView {
    /// Says where clauses match in what is told here, which is not all of the message.
    pub(crate) fn look_for(&mut self, clauses: &Clauses<'_>, work: &Work) {
        let hit = Hit { score: 0.0, message: self.told(), place: 0, snippet: None };
        let matches = clauses.in_listed(&hit.message, work);
        self.matches = Some(MatchView::each(&matches, &hit));
        self.more_matches = matches.has_more;
    }

    /// The message as far as it is told.
    fn told(&self) -> Message {
        let people = |all: &[Person]| all.iter().map(Recipient::from).collect();
        let from = Recipient::from(&self.from);
        Message {
            id: told(&self.id).unwrap_or_default(),
            subject: told(&self.subject),
            from_name: from.name,
            from_address: from.address,
            to_recipients: people(&self.to),
            cc_recipients: people(&self.cc),
            conversation_id: told(&self.conversation_id),
            attachments: self.attachments.iter().map(Attachment::from).collect(),
            places: self.places.iter().map(Place::from).collect(),
            ..Message::default()
        }
    }
}

/// A text; of one that is cut off not its last word, which may be another one.
fn told(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let whole = match text.strip_suffix('…') {
        Some(start) if start.chars().count() >= LISTED.text => start
            .rfind(char::is_whitespace)
            .and_then(|space| start.get(..space))
            .unwrap_or_default(),
        _ => text,
    };
    Some(whole.to_owned())
}

impl From<&Person> for Recipient {
    fn from(person: &Person) -> Self {
        Self { name: told(&person.name), address: told(&person.address) }
    }
}

impl From<&File> for Attachment {
    fn from(file: &File) -> Self {
        let (name, content_type) = (told(&file.name), told(&file.content_type));
        Self { name, content_type, ..Self::default() }
    }
}

impl From<&PlaceView> for Place {
    fn from(place: &PlaceView) -> Self {
        let (mailbox, folder) = (told(&place.mailbox), told(&place.folder));
        Self { source: told(&place.source), mailbox, folder, ..Self::NOWHERE }
    }
}

#[cfg(test)]
mod tests {
    use postern_archive::search::Snippet;
    use postern_query::{Context, parse};
    use serde_json::json;

    use super::*;

    fn query(typed: &str) -> postern_query::Query {
        parse(typed, &Context::utc(jiff::Timestamp::UNIX_EPOCH)).unwrap().query
    }

    /// What is told of a message from elsewhere is all that is looked at, and it says that there may be more.
    #[test]
    fn what_an_engine_elsewhere_tells_is_looked_at() {
        let long = format!("{} invoices", "é".repeat(995));
        let message = Message {
            subject: Some(long),
            from_address: Some("ann@x.com".into()),
            to_recipients: vec![Recipient { name: Some("Bob".into()), address: None }],
            body: Some("invoice".into()),
            is_encrypted: Some(true),
            ..Message::default()
        };
        for (typed, expected) in [
            ("from:ann -is:read", json!([["from:ann", "/from/address", [[0, 3]]]])),
            ("(to:bob is:read) OR ann", json!([["to:bob", "/to/0/name", [[0, 3]]]])),
            ("invo* body:invoice", json!([])),
            ("from:zoe OR -to:bob", json!([])),
        ] {
            let mut view = MessageView::listed(&message);
            view.look_for(&Clauses::of(query(typed).condition()), &Work::limited());
            let view = serde_json::to_value(view).unwrap();
            let told = view["matches"].as_array().unwrap().iter();
            let told: Vec<_> =
                told.map(|one| json!([one["clause"], one["pointer"], one["ranges"]])).collect();
            assert_eq!(json!(told), expected, "{typed}");
            assert_eq!(view["moreMatches"], true, "{typed}");
        }
    }

    /// A range beyond what is said of a subject is left out, and its match is not.
    #[test]
    fn ranges_lie_in_what_is_said() {
        let one = |shown: Shown, ranges: &[std::ops::Range<usize>]| Match {
            clause: "é".into(),
            place: postern_archive::search::Where::Subject,
            file: None,
            shown,
            ranges: ranges.to_vec(),
        };
        let all = vec![
            one(Shown::Subject, &[0..2, 5_000..5_002]),
            one(Shown::Piece("é".into()), std::slice::from_ref(&(0..2))),
            one(Shown::Nothing, &[]),
        ];
        let matches = Matches { all, has_more: true };
        let message = Message { subject: Some("é".repeat(4_000)), ..Message::default() };
        let snippet = Some(Snippet { matches, ..Snippet::default() });
        let hit = Hit { score: 1.0, message, place: 0, snippet };
        let view = serde_json::to_value(MessageView::from(&hit)).unwrap();
        assert_eq!(
            view["matches"],
            json!([
                {"clause": "é", "where": "subject", "attachment": null, "pointer": "/subject", "ranges": [[0, 2]]},
                {"clause": "é", "where": "subject", "attachment": null, "text": "é", "ranges": [[0, 2]]},
                {"clause": "é", "where": "subject", "attachment": null, "ranges": []},
            ])
        );
        assert_eq!(view["moreMatches"], true);
    }
}
