//! What listings say, as it is kept.

use jiff::Timestamp;
use postern_mail::File;
use rusqlite::Row;

/// A location that mail is collected from or to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its id at the source.
    pub id: String,
    /// What it is, in the source's word.
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
}

/// A mailbox as a location lists it, whether or not anything of it was collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its id at the source.
    pub id: String,
    /// Its address.
    pub address: Option<String>,
    /// The name of the person or group.
    pub name: Option<String>,
    /// What it is, such as `User` or `SharedMailbox`, in the source's word.
    pub kind: Option<String>,
}

/// A folder of a mailbox, as the source has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id at the source.
    pub id: String,
    /// The second part of the id, where it has one.
    pub fragment: Option<String>,
    /// Its name.
    pub name: String,
    /// Its name after those of the folders around it, with `/` in between.
    pub path: String,
    /// What it is, in the source's word.
    pub kind: Option<String>,
    /// The id of the folder around it, or [`ROOT`](Self::ROOT).
    pub parent: String,
}

/// A line of a listing: a message, a file, or a folder whose path is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id at the source.
    pub id: String,
    /// The second part of the id, where it has one.
    pub fragment: Option<String>,
    /// The subject of a message, the name of a file or folder.
    pub name: Option<String>,
    /// What it is, in the source's word.
    pub kind: Option<String>,
    /// When a message arrived, or a file was last changed.
    pub created: Option<Timestamp>,
    /// What else the source says of a message, in a form of its own, or of a file as its
    /// [line](File::to_line). Other words the next time mean that it is another one.
    pub listed: Option<String>,
    /// The source gives no bytes of it, so that what is listed of it is all that can be here.
    pub only_listed: bool,
}

/// Where a page of messages ends: the next one begins behind the message that arrived then and has this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// When it arrived.
    pub arrived: Timestamp,
    /// Its id at the source.
    pub id: String,
}

/// A document of a drive: its newest version, and those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The newest version.
    pub newest: Entry,
    /// The others.
    pub older: Vec<Entry>,
}

/// What stands between the id of a document and the name of its version in the id of an item.
const AT: char = '@';

/// The ids of all versions of a document lie from the one of these up to and without the other.
pub(super) fn versions_of(document: &str) -> [String; 2] {
    // `A` follows `@`.
    [format!("{document}{AT}"), format!("{document}A")]
}

/// The document that an item is a version of, and which one.
pub(super) fn document_of(item: &str) -> (&str, &str) {
    item.rsplit_once(AT).unwrap_or((item, ""))
}

impl Entry {
    /// A file of a drive. Whose it is and where it lies is known from the drive and the folder.
    ///
    /// ```
    /// use postern_archive::{Entry, File};
    ///
    /// let file = File { item: "i1".into(), name: "Plan.docx".into(), ..File::default() };
    /// let entry = Entry::of_file(file, Some("f".into()), None);
    /// assert_eq!((entry.id.as_str(), entry.name.as_deref()), ("i1", Some("Plan.docx")));
    /// ```
    #[must_use]
    pub fn of_file(file: File, fragment: Option<String>, kind: Option<String>) -> Self {
        let (listed, name) = (Some(file.to_line()), Some(file.name));
        let (id, created) = (file.item, file.modified);
        Self { id, fragment, name, kind, created, listed, only_listed: true }
    }

    /// A version of a document, whose bytes the source gives unless it is `only_listed`. The source asks for
    /// the version by `fragment`.
    ///
    /// ```
    /// use postern_archive::{Entry, File};
    ///
    /// let file = File { item: "i1".into(), version: "2.0".into(), ..File::default() };
    /// let entry = Entry::of_version(file, Some("1024".into()), false);
    /// assert_eq!((entry.id.as_str(), entry.fragment.as_deref()), ("i1@2.0", Some("1024")));
    /// ```
    #[must_use]
    pub fn of_version(file: File, fragment: Option<String>, only_listed: bool) -> Self {
        let id = format!("{}{AT}{}", file.item, file.version);
        Self { id, only_listed, ..Self::of_file(file, fragment, None) }
    }
}

impl Node {
    /// The id that stands for the top of a mailbox or drive.
    pub const ROOT: &str = "-";

    /// The top of a drive, which files may lie in.
    pub(super) fn root() -> Self {
        Self {
            id: Self::ROOT.to_owned(),
            fragment: None,
            name: String::new(),
            path: String::new(),
            kind: None,
            parent: String::new(),
        }
    }

    /// A folder that lies in another one, or at the top of the mailbox.
    ///
    /// ```
    /// use postern_archive::{Entry, Node};
    ///
    /// let entry = |id: &str, name: &str| Entry {
    ///     id: id.to_owned(),
    ///     fragment: None,
    ///     name: Some(name.to_owned()),
    ///     kind: None,
    ///     created: None,
    ///     listed: None,
    ///     only_listed: false,
    /// };
    /// let inbox = Node::new(entry("1", "Inbox"), None);
    /// assert_eq!((inbox.path.as_str(), inbox.parent.as_str()), ("Inbox", Node::ROOT));
    /// assert_eq!(Node::new(entry("2", "Orders"), Some(&inbox)).path, "Inbox/Orders");
    /// ```
    #[must_use]
    pub fn new(entry: Entry, within: Option<&Self>) -> Self {
        let Entry { id, fragment, name, kind, created: _, listed: _, only_listed: _ } = entry;
        let name = name.unwrap_or_else(|| id.clone());
        let around = within.filter(|around| !around.path.is_empty());
        let path = around.map_or_else(|| name.clone(), |around| format!("{}/{name}", around.path));
        let parent = within.map_or(Self::ROOT, |around| &around.id).to_owned();
        Self { id, fragment, name, path, kind, parent }
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
            listed: row.get(5)?,
            only_listed: false,
        })
    }
}

/// A time that is kept in microseconds.
pub(super) fn time(micro: Option<i64>) -> Option<Timestamp> {
    micro.and_then(|micro| Timestamp::from_microsecond(micro).ok())
}
