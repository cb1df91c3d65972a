//! An entry of a backup as a message.

use postern_query::{Attachment, Message, Place, Recipient};
use postern_upstream::veeam::Entry;

use super::id::ItemId;

/// The message of an entry at that place. Its id is the one here where it is here, else that of the item.
pub(super) fn message(entry: &Entry, place: Place, here: Option<String>) -> Message {
    let from = people(entry.from()).into_iter().next().unwrap_or_default();
    let attachments = attachments(entry);
    Message {
        id: here.unwrap_or_else(|| id(entry)),
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

fn id(entry: &Entry) -> String {
    let mailbox = entry.mailbox.clone().unwrap_or_default();
    ItemId { mailbox, item: entry.id.clone() }.to_string()
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
