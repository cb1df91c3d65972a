//! Entries and documents of a backup as messages.

use postern_archive::{Entry as Line, File};
use postern_query::{Attachment, Message, Place, Recipient};
use postern_sync::file_of;
use postern_upstream::veeam::{Document, Entry};

use super::Veeam;
use super::id::ItemId;
use super::part::Part;
use crate::engine::Occasion;
use crate::wire::{MessageView, ResultView};

/// An item that may be shown.
#[derive(Debug)]
pub(super) struct Seen {
    /// As a message. Its id is that of the item.
    pub(super) message: Message,
    /// By which the book of the source knows it: the ids of its mailbox or drive, and of itself.
    known_as: (String, String),
}

/// An entry of that mailbox.
pub(super) fn of_entry(entry: &Entry, mailbox: &str, place: Place) -> Seen {
    let id = ItemId { part: Part::Mail, holder: mailbox.to_owned(), item: entry.id.clone() };
    let message = Message { id: id.to_string(), ..message(entry, place) };
    Seen { message, known_as: (mailbox.to_owned(), entry.id.clone()) }
}

/// A document of that drive.
pub(super) fn of_document(document: Document, drive: &str, place: Place) -> Seen {
    let id = ItemId { part: Part::Files, holder: drive.to_owned(), item: document.id.clone() };
    let version_id = document.version_id.clone();
    let file = file(document, place);
    let message = Message { id: id.to_string(), ..listed(&file) };
    Seen { message, known_as: (drive.to_owned(), Line::of_version(file, version_id, false).id) }
}

/// The items as they are shown, those that are here with the ids that they have here.
pub(super) async fn views(veeam: &Veeam, seen: Vec<Seen>, occasion: &Occasion) -> Vec<ResultView> {
    let items = seen.iter().map(|seen| seen.known_as.clone()).collect();
    let here = veeam.0.archive.ids_of(veeam.source(), items, occasion.deadline).await;
    let view = |(Seen { message, .. }, here): (Seen, Option<String>)| {
        let id = here.unwrap_or_else(|| message.id.clone());
        MessageView::listed(&Message { id, ..message }).into()
    };
    seen.into_iter().zip(here).map(view).collect()
}

/// The message of an entry at that place, without an id.
fn message(entry: &Entry, place: Place) -> Message {
    let from = people(entry.from()).into_iter().next().unwrap_or_default();
    let attachments = attachments(entry);
    Message {
        subject: Some(entry.subject().to_owned()),
        from_name: from.name,
        from_address: from.address,
        to_recipients: people(entry.to()),
        cc_recipients: people(entry.values.text("cc")),
        bcc_recipients: people(entry.values.text("bcc")),
        received: entry.received(),
        sent: entry.sent(),
        has_attachments: attachments.as_ref().map(|files| !files.is_empty()),
        attachments: attachments.unwrap_or_default(),
        importance: entry.values.text("importance").map(str::to_lowercase),
        places: vec![place],
        ..Message::default()
    }
}

/// What is known of a document at that place.
pub(super) fn file(document: Document, place: Place) -> File {
    let Place { mailbox, folder, source, .. } = place;
    let source = source.unwrap_or_default();
    File { source, owner: mailbox, folder, ..file_of(document) }
}

/// The message of a file whose content is at Veeam, where it may be searched.
pub(super) fn listed(file: &File) -> Message {
    let mut message = file.message();
    message.attachments.iter_mut().for_each(|file| file.unread = None);
    message
}

/// From v6 on the files are listed.
fn attachments(entry: &Entry) -> Option<Vec<Attachment>> {
    let files = entry.values.get("attachments")?.as_array()?.iter();
    let file = |file: &serde_json::Value| Attachment {
        name: file.get("name").and_then(|name| name.as_str()).map(str::to_owned),
        size: file.get("sizeBytes").and_then(serde_json::Value::as_i64),
        ..Attachment::default()
    };
    Some(files.map(file).collect())
}

/// People in one text: names, addresses, or `Name <address>`, each behind `; `.
fn people(text: Option<&str>) -> Vec<Recipient> {
    let each = text.unwrap_or_default().split("; ").map(str::trim);
    each.filter(|one| !one.is_empty()).map(person).collect()
}

fn person(text: &str) -> Recipient {
    let known = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let both = text.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    match both {
        Some((name, address)) => Recipient { name: known(name), address: known(address) },
        None if text.contains('@') && !text.contains(char::is_whitespace) => {
            Recipient { name: None, address: known(text) }
        }
        None => Recipient { name: known(text), address: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_in_one_text() {
        let table = [
            ("Ann", vec![("Ann", "")]),
            ("ann@x.com", vec![("", "ann@x.com")]),
            ("Ann <ann@x.com>; Bob", vec![("Ann", "ann@x.com"), ("Bob", "")]),
            ("", vec![]),
        ];
        for (text, expected) in table {
            let read = people(Some(text));
            let read: Vec<_> = read
                .iter()
                .map(|one| {
                    let text = |part: &Option<String>| part.clone().unwrap_or_default();
                    (text(&one.name), text(&one.address))
                })
                .collect();
            let expected: Vec<_> =
                expected.iter().map(|(name, at)| ((*name).to_owned(), (*at).to_owned())).collect();
            assert_eq!(read, expected, "{text}");
        }
    }
}
