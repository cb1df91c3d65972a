//! A data file.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::folders::{Contents, Folder, Folders, Listed};
use super::item::Item;
use super::names::Names;
use super::node::{self, Kind};
use crate::disk::{Disk, Node, NodeEntry, Nodes};
use crate::error::{Fault, OpenError};
use crate::heap::{Inner, Property, Value};
use crate::layout::Layout;

const PASSWORD: u16 = 0x67ff;
const TOP: u16 = 0x35e0;

/// How a file is read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of a value that are read; a longer one is told by its length.
    pub most: usize,
    /// Looks for items that were deleted and are still there. This reads the file once more.
    pub with_deleted: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { most: 64 << 20, with_deleted: false }
    }
}

/// An open data file.
#[derive(Debug)]
pub struct DataFile<R> {
    disk: Disk<R>,
    options: Options,
    nodes: Nodes,
    folders: Folders,
    contents: BTreeMap<u32, Contents>,
    store: Vec<Property>,
}

/// A message of a file, not yet read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    entry: NodeEntry,
    /// Whether its folder lists it.
    pub listed: Listed,
    /// It is not in the tree of what is there, and was found by a scan.
    pub is_found: bool,
}

impl Message {
    /// Its number, which no other item of the file has.
    #[must_use]
    pub const fn node(&self) -> u32 {
        self.entry.node
    }

    /// The number of its folder.
    #[must_use]
    pub const fn folder(&self) -> u32 {
        self.entry.parent
    }
}

/// A message that its folder lists, and that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The number of the folder.
    pub folder: u32,
    /// The number of the message.
    pub node: u32,
}

impl<R: Read + Seek> DataFile<R> {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// When the file is something else, is encrypted, has no head, or cannot be read.
    pub fn open(file: R, options: Options) -> Result<Self, OpenError> {
        Disk::open(file).and_then(|disk| Self::read(disk, options).map_err(OpenError::from))
    }

    fn read(disk: Disk<R>, options: Options) -> Result<Self, Fault> {
        let nodes = disk.nodes(options.with_deleted)?;
        let mut file = Self {
            disk,
            options,
            nodes,
            folders: Folders::default(),
            contents: BTreeMap::new(),
            store: Vec::new(),
        };
        file.store = file.lenient(node::STORE)?;
        let nodes = file.nodes.iter().map(|node| node.entry);
        file.folders = Folders::read(&file.disk, nodes, file.top())?;
        file.contents = file.all_contents()?;
        Ok(file)
    }

    /// The form of the file.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.disk.layout()
    }

    /// Whether a program of its kind asks for a password. The file holds but a checksum of it and is
    /// not encrypted with it.
    #[must_use]
    pub fn has_password(&self) -> bool {
        let password = self.store.iter().find(|property| property.number == PASSWORD);
        password.is_some_and(|password| !matches!(password.value, Value::Integer(0)))
    }

    /// Whether anything that was read until now was not as it must be.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.disk.is_damaged()
    }

    /// The map of properties with names; empty where it cannot be read.
    ///
    /// # Errors
    ///
    /// When the system refuses to read.
    pub fn names(&self) -> Result<Names, Fault> {
        self.lenient(node::NAMES).map(Names::of)
    }

    /// Every message, by its number. Items that belong to a folder and not to its owner, such as views and
    /// rules, are left out.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        let messages = self.nodes.iter().filter(|one| node::kind(one.entry.node) == Kind::Message);
        messages.map(|Node { entry, is_found }| Message {
            entry,
            listed: self.listed(entry),
            is_found,
        })
    }

    /// The messages that folders list and that are not there.
    pub fn missing(&self) -> impl Iterator<Item = Missing> {
        let is_there = |node: u32| self.nodes.get(node).is_some();
        self.contents.iter().flat_map(move |(folder, contents)| {
            let missing = contents.nodes.iter().filter(move |node| !is_there(**node));
            missing.map(|node| Missing { folder: *folder, node: *node })
        })
    }

    /// The folder that the message lies in.
    #[must_use]
    pub fn folder(&self, message: &Message) -> Folder {
        self.path(message.folder())
    }

    /// Where the folder of that number lies.
    #[must_use]
    pub fn path(&self, folder: u32) -> Folder {
        self.folders.folder(folder)
    }

    /// Reads a message.
    ///
    /// # Errors
    ///
    /// When its properties cannot be read. What else cannot be read is told by [`Item::lost`].
    pub fn item(&self, message: &Message) -> Result<Item, Fault> {
        let node = Inner::of(&self.disk, message.entry)?.with_most(self.options.most);
        Item::read(&node)
    }

    /// What a folder lists of a message.
    ///
    /// # Errors
    ///
    /// When the table of the folder cannot be read.
    pub fn row(&self, folder: u32, message: u32) -> Result<Option<Vec<Property>>, Fault> {
        let Some(entry) = self.nodes.get(node::contents(folder)) else { return Ok(None) };
        Inner::of(&self.disk, entry)?.table()?.row(message)
    }

    /// The properties of a node; none where it is damaged.
    fn lenient(&self, node: u32) -> Result<Vec<Property>, Fault> {
        let Some(entry) = self.nodes.get(node) else { return Ok(Vec::new()) };
        match Inner::of(&self.disk, entry).and_then(|node| node.properties()) {
            Err(Fault::Damaged(_)) => {
                self.disk.set_damaged();
                Ok(Vec::new())
            }
            properties => properties,
        }
    }

    /// The folder that holds all that people see: an entry id ends in its node.
    fn top(&self) -> u32 {
        let top = self.store.iter().find(|property| property.number == TOP);
        let node = top.and_then(|top| match &top.value {
            Value::Bytes(id) => id.last_chunk().copied().map(u32::from_le_bytes),
            _ => None,
        });
        node.unwrap_or(node::ROOT)
    }

    fn all_contents(&self) -> Result<BTreeMap<u32, Contents>, Fault> {
        self.folders.nodes().map(|folder| Ok((folder, self.contents(folder)?))).collect()
    }

    fn contents(&self, folder: u32) -> Result<Contents, Fault> {
        let none = Contents { nodes: Vec::new(), is_whole: false };
        let Some(entry) = self.nodes.get(node::contents(folder)) else { return Ok(none) };
        let node = Inner::of(&self.disk, entry)?;
        let contents = node.table().map(|table| {
            let mut nodes: Vec<_> = table.ids().collect();
            nodes.sort_unstable();
            Contents { nodes, is_whole: !table.is_partial }
        });
        match contents {
            Err(Fault::Damaged(_)) => Ok(none),
            contents => contents,
        }
    }

    fn listed(&self, entry: NodeEntry) -> Listed {
        match self.contents.get(&entry.parent) {
            Some(contents) if contents.nodes.binary_search(&entry.node).is_ok() => Listed::Yes,
            Some(contents) if contents.is_whole => Listed::No,
            Some(_) | None => Listed::Unknown,
        }
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io(error) => Self::Io(error),
            Fault::Damaged(reason) => Self::Damaged(reason),
            Fault::Endless => Self::Damaged("its parts refer to one another without end"),
        }
    }
}
