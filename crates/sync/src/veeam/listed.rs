//! What a server lists of an item, as the book keeps it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use postern_archive::Entry;
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
    }
}

/// The same on every machine and in every version, as far as the hash of the standard library is: another
/// one costs a second download, and nothing else.
fn digest(item: &Item) -> String {
    let mut hash = DefaultHasher::new();
    for name in VALUES {
        item.values.text(name).filter(|text| !text.is_empty()).hash(&mut hash);
    }
    format!("{:016x}", hash.finish())
}
