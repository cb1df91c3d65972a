//! A message as premium says it.

use postern_upstream as upstream;
use serde_json::Value;

use super::bounds::{LISTED, Omitted, bounded};
use super::file::File;
use super::links::Links;
use super::{MessageView, Person, PlaceView};

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
            size: get("size"),
            importance: get("importance"),
            conversation_id: get("conversationId"),
            mailbox: get("mailbox"),
            folder: get("folder"),
            places: places(&get("mailbox"), &get("folder")),
            body: None,
            passages: None,
            omitted: Omitted {
                to: more("toRecipients"),
                cc: more("ccRecipients"),
                attachments: more("attachments"),
                copies: 0,
            },
            copies: None,
            damage: None,
            snippet: None,
            matches: None,
            more_matches: false,
            file: None,
            links: Links::to(hit.text("id").unwrap_or_default()),
        }
    }
}

fn part(value: &Value, name: &str) -> Value {
    bounded(value.get(name).cloned().unwrap_or_default(), LISTED)
}

/// Premium has a document for each place; it may not know where that is.
fn places(mailbox: &Value, folder: &Value) -> Vec<PlaceView> {
    let is_known = !(mailbox.is_null() && folder.is_null());
    let (mailbox, folder) = (mailbox.clone(), folder.clone());
    let place = || PlaceView { source: "datatap".into(), mailbox, folder };
    is_known.then(place).into_iter().collect()
}
