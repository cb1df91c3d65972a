//! What a server lists of an item, as the book keeps it.

use jiff::Timestamp;
use postern_archive::Entry;
use postern_mail::id_of;
use postern_upstream::veeam::Entry as Item;
use serde::{Deserialize, Serialize};

/// Values that an item is fetched again for. Those that a later version of the interface adds are not
/// among them.
const VALUES: [&str; 6] = ["from", "to", "cc", "bcc", "sent", "importance"];

/// What tells an item from others, and whether it is the same as before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    /// Who sent it: a name, an address, or both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent: Option<Timestamp>,
    /// Changes with any of the values.
    digest: String,
}

impl Listed {
    /// From the text that the book keeps.
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// An item as the book keeps it.
pub(super) fn entry(item: &Item) -> Entry {
    let from = item.from().map(str::to_owned);
    let listed = Listed { from, sent: item.sent(), digest: digest(item) };
    Entry {
        id: item.id.clone(),
        fragment: None,
        name: Some(item.subject().to_owned()).filter(|subject| !subject.is_empty()),
        kind: Some(item.class().to_owned()).filter(|class| !class.is_empty()),
        created: item.received(),
        listed: serde_json::to_string(&listed).ok(),
        only_listed: false,
    }
}

/// Half of a SHA-256 over the values, each with its length before it.
fn digest(item: &Item) -> String {
    let values = VALUES.map(|name| item.values.text(name).unwrap_or_default());
    let each = values.map(|value| format!("{} {value}\n", value.len()));
    id_of(each.concat().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_book_keeps_can_be_read_again() {
        let text = r#"{"from":"Ann","sent":"2024-01-01T00:00:00Z","digest":"d"}"#;
        let listed = Listed::read(text).unwrap();
        assert_eq!(listed.from.as_deref(), Some("Ann"));
        assert_eq!(serde_json::to_string(&listed).unwrap(), text);
        assert_eq!(Listed::read("{}"), None);
        assert_eq!(Listed::read("words"), None);
    }
}
