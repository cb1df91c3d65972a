//! The id of an item that is not here.

use std::fmt;

/// What such ids begin with.
const BEGINNING: &str = "veeam-";
/// Bytes that an id may have.
const LONGEST: usize = 1_024;

/// An item at Veeam, by the ids of its mailbox and of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ItemId {
    pub(super) mailbox: String,
    pub(super) item: String,
}

impl ItemId {
    /// The item that a text names, if it names one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mailbox, item) = text.strip_prefix(BEGINNING)?.split_once('.')?;
        let is_sound = |part: &str| !part.is_empty() && !part.contains(char::is_control);
        (text.len() <= LONGEST && is_sound(mailbox) && is_sound(item))
            .then(|| Self { mailbox: mailbox.to_owned(), item: item.to_owned() })
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BEGINNING}{}.{}", self.mailbox, self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back() {
        let id = ItemId { mailbox: "0a-1".into(), item: "AAA_-==".into() };
        assert_eq!(ItemId::parse(&id.to_string()), Some(id));
        for bad in ["", "veeam-", "veeam-a", "veeam-.b", "veeam-a.", "a.b", "veeam-a.\n"] {
            assert_eq!(ItemId::parse(bad), None, "{bad:?}");
        }
    }
}
