//! The nodes inside of a node (MS-PST, 2.2.2.8.3.3).

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::source::Disk;
use crate::bytes::Bytes as _;
use crate::error::Fault;

const MARK: u8 = 2;

/// The blocks of the data and of the nodes inside of a node that lies in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubNode {
    pub(crate) data: u64,
    pub(crate) subnodes: u64,
}

/// The nodes inside of a node, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct SubNodes {
    nodes: BTreeMap<u32, SubNode>,
    /// Some could not be read.
    pub(crate) is_partial: bool,
}

impl SubNodes {
    pub(crate) fn get(&self, node: u32) -> Option<SubNode> {
        self.nodes.get(&node).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, SubNode)> {
        self.nodes.iter().map(|(node, sub)| (*node, *sub))
    }
}

impl<R: Read + Seek> Disk<R> {
    /// The nodes that the block of that id lists.
    ///
    /// # Errors
    ///
    /// When the block cannot be read. What one of several lists lacks is left out, and said to be.
    pub(crate) fn subnodes(&self, id: u64) -> Result<SubNodes, Fault> {
        let mut found = SubNodes::default();
        if id & !1 == 0 {
            return Ok(found);
        }
        let list = self.list_of_nodes(id)?;
        if list.level == 0 {
            list.nodes(self, &mut found);
            return Ok(found);
        }
        for below in list.lists(self) {
            match self.list_of_nodes(below) {
                Ok(list) if list.level == 0 => list.nodes(self, &mut found),
                Err(error @ (Fault::Io(_) | Fault::Endless)) => return Err(error),
                Ok(_) | Err(Fault::Damaged(_)) => found.is_partial = true,
            }
        }
        Ok(found)
    }

    fn list_of_nodes(&self, id: u64) -> Result<List, Fault> {
        const NONE: Fault = Fault::Damaged("a list of inner nodes is not what it must be");
        let bytes = self.block(id)?.bytes;
        let read = || Some((bytes.u8_at(0)?, bytes.u8_at(1)?, bytes.u16_at(2)?));
        let (mark, level, count) = read().ok_or(NONE)?;
        if mark != MARK || level > 1 {
            return Err(NONE);
        }
        Ok(List { level, count: count.into(), bytes })
    }
}

struct List {
    level: u8,
    count: usize,
    bytes: Vec<u8>,
}

impl List {
    /// Entries of so many words, of which the first is a number.
    fn entries<R: Read + Seek>(
        &self,
        disk: &Disk<R>,
        words: usize,
    ) -> impl Iterator<Item = [u64; 3]> {
        let (layout, word) = (disk.layout(), disk.layout().word());
        // Words of eight bytes begin at a multiple of eight.
        let start = word.max(4);
        (0..self.count).map_while(move |number| {
            let mut entry = [0; 3];
            for (at, value) in entry.iter_mut().enumerate().take(words) {
                *value = layout.word_at(&self.bytes, start + (number * words + at) * word)?;
            }
            Some(entry)
        })
    }

    fn nodes<R: Read + Seek>(&self, disk: &Disk<R>, into: &mut SubNodes) {
        for [node, data, subnodes] in self.entries(disk, 3) {
            let [a, b, c, d, ..] = node.to_le_bytes();
            into.nodes.insert(u32::from_le_bytes([a, b, c, d]), SubNode { data, subnodes });
        }
    }

    fn lists<R: Read + Seek>(&self, disk: &Disk<R>) -> Vec<u64> {
        self.entries(disk, 2).map(|[_, list, _]| list).collect()
    }
}
