//! Entries of listings as they are kept.

use jiff::Timestamp;
use postern_upstream::Item;
use rusqlite::Row;

/// A folder of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) id: String,
    pub(crate) fragment: Option<String>,
    pub(crate) name: String,
    /// Its name after those of the folders around it, with `/` in between.
    pub(crate) path: String,
    /// What upstream calls its kind.
    pub(crate) kind: Option<String>,
    /// The id of the folder around it, or that of the root.
    pub(crate) parent: String,
}

/// A message of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) fragment: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) created: Option<Timestamp>,
}

impl From<Item> for Entry {
    fn from(item: Item) -> Self {
        let Item { id, fragment, name, discriminator: kind, created, .. } = item;
        Self { id, fragment, name, kind, created }
    }
}

impl Folder {
    /// A folder that lies in another one, whose path is given; in the root that is empty.
    pub(crate) fn new(item: Item, parent: &str, around: &str) -> Self {
        let name = item.name.unwrap_or_else(|| item.id.clone());
        let path = if around.is_empty() { name.clone() } else { format!("{around}/{name}") };
        let (id, fragment, kind) = (item.id, item.fragment, item.discriminator);
        Self { id, fragment, name, path, kind, parent: parent.to_owned() }
    }

    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            fragment: row.get(1)?,
            name: row.get(2)?,
            path: row.get(3)?,
            kind: row.get(4)?,
            parent: row.get(5)?,
        })
    }
}

impl Entry {
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            fragment: row.get(1)?,
            name: row.get(2)?,
            kind: row.get(3)?,
            created: time(row.get(4)?),
        })
    }
}

/// A time that is kept in microseconds.
pub(super) fn time(micro: Option<i64>) -> Option<Timestamp> {
    micro.and_then(|micro| Timestamp::from_microsecond(micro).ok())
}
