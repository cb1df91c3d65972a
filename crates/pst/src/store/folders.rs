//! Folders, and where each of them lies.

use std::collections::HashMap;
use std::io::{Read, Seek};

use super::node::{self, Kind};
use crate::disk::{Disk, NodeEntry};
use crate::error::Fault;
use crate::heap::{Inner, Property, Value};

const NAME: u16 = 0x3001;
/// Folders in one another that are named; a path of more is cut at its top.
const DEPTH: usize = 64;

/// A folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Its name after those of the folders that it lies in, from the top of what people see.
    pub path: Vec<String>,
    /// Nothing leads from the top of the file to it.
    pub is_lost: bool,
}

/// What the table of a folder lists.
#[derive(Debug)]
pub(super) struct Contents {
    /// The nodes, in their order.
    pub(super) nodes: Vec<u32>,
    /// The table was read whole.
    pub(super) is_whole: bool,
}

/// Whether a message is in the table of its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// It is.
    Yes,
    /// It is not, though the table is whole: it was taken out of the folder, and is still there.
    No,
    /// The table cannot be read.
    Unknown,
}

/// The folders of a file.
#[derive(Debug, Default)]
pub(super) struct Folders {
    folders: HashMap<u32, (NodeEntry, String)>,
    /// The folder that holds all that people see.
    top: u32,
}

impl Folders {
    pub(super) fn read<R: Read + Seek>(
        disk: &Disk<R>,
        nodes: impl Iterator<Item = NodeEntry>,
        top: u32,
    ) -> Result<Self, Fault> {
        let mut folders = HashMap::new();
        for entry in nodes.filter(|entry| node::kind(entry.node) == Kind::Folder) {
            let name = match Inner::of(disk, entry).and_then(|inner| inner.properties()) {
                Ok(properties) => name(properties),
                Err(Fault::Damaged(_)) => String::new(),
                Err(error) => return Err(error),
            };
            folders.insert(entry.node, (entry, name));
        }
        Ok(Self { folders, top })
    }

    /// Where the folder of that node lies.
    pub(super) fn folder(&self, folder: u32) -> Folder {
        let (mut path, mut at) = (Vec::new(), folder);
        while path.len() < DEPTH && at != self.top && at != node::ROOT {
            let Some((entry, name)) = self.folders.get(&at) else {
                path.reverse();
                return Folder { path, is_lost: true };
            };
            path.push(name.clone());
            if entry.parent == at {
                break;
            }
            at = entry.parent;
        }
        path.reverse();
        Folder { path, is_lost: false }
    }

    /// Every folder, by number.
    pub(super) fn nodes(&self) -> impl Iterator<Item = u32> {
        self.folders.keys().copied()
    }
}

fn name(properties: Vec<Property>) -> String {
    let name = properties.into_iter().find(|property| property.number == NAME);
    match name.map(|name| name.value) {
        Some(Value::Text(name)) => name,
        Some(Value::Narrow(name)) => String::from_utf8_lossy(&name).into_owned(),
        _ => String::new(),
    }
}
