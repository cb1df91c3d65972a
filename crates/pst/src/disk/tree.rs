//! The two trees: of nodes, which is read once and kept, and of blocks, in which blocks are looked up.

use std::io::{Read, Seek};
use std::rc::Rc;

use super::header::Reference;
use super::page::{Kind, Page};
use super::source::Disk;
use crate::bytes::Bytes as _;
use crate::error::Fault;
use crate::layout::Layout;

/// Levels of a tree that are read: eight hold more than any file can.
const LEVELS: u8 = 8;

/// A node: the blocks of its data and of its sub-nodes, and the node that it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeEntry {
    pub(crate) node: u32,
    pub(crate) parent: u32,
    pub(crate) data: u64,
    pub(crate) subnodes: u64,
}

impl NodeEntry {
    pub(super) fn read(layout: Layout, entry: &[u8]) -> Option<Self> {
        let word = |number| layout.word_at(entry, number * layout.word());
        // Only the lower half of a key is used.
        let [a, b, c, d, ..] = word(0)?.to_le_bytes();
        let node = u32::from_le_bytes([a, b, c, d]);
        let parent = entry.u32_at(3 * layout.word())?;
        Some(Self { node, parent, data: word(1)?, subnodes: word(2)? })
    }
}

/// Where a block lies, and the bytes of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    pub(crate) id: u64,
    pub(crate) place: u64,
    pub(crate) length: u16,
}

impl BlockEntry {
    pub(super) fn read(layout: Layout, entry: &[u8]) -> Option<Self> {
        let word = |number| layout.word_at(entry, number * layout.word());
        // The lowest bit belongs to those who write.
        Some(Self { id: word(0)? & !1, place: word(1)?, length: entry.u16_at(2 * layout.word())? })
    }
}

/// What became of a walk through a tree.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) nodes: Vec<NodeEntry>,
    /// Every page could be read.
    pub(crate) is_whole: bool,
}

impl<R: Read + Seek> Disk<R> {
    /// Every node, by its number.
    ///
    /// # Errors
    ///
    /// When the system refuses to read.
    pub(super) fn walk_nodes(&self, root: Reference) -> Result<Walked, Fault> {
        let mut walked = Walked { nodes: Vec::new(), is_whole: true };
        // A tree cannot have more pages than the file.
        let mut room = self.length() / self.layout().page() as u64;
        let mut open = vec![(root, None)];
        while let Some((reference, level)) = open.pop() {
            let page = match self.page(Kind::Nodes, reference, level) {
                Err(error) if error.is_of_system() => return Err(error),
                Ok(page) if room > 0 => page,
                _ => {
                    walked.is_whole = false;
                    continue;
                }
            };
            room -= 1;
            walked.is_whole &= page.is_intact;
            if page.level == 0 {
                let entries =
                    page.entries().filter_map(|entry| NodeEntry::read(self.layout(), entry));
                walked.nodes.extend(entries);
            } else {
                let below = page.entries().rev().filter_map(|entry| self.child(entry));
                open.extend(below.map(|child| (child, page.level.checked_sub(1))));
            }
        }
        walked.nodes.sort_by_key(|entry| entry.node);
        walked.nodes.dedup_by_key(|entry| entry.node);
        Ok(walked)
    }

    /// Where the block lies, as the tree says.
    ///
    /// # Errors
    ///
    /// When the tree does not lead to it.
    pub(super) fn find_block(&self, root: Reference, id: u64) -> Result<BlockEntry, Fault> {
        const LOST: Fault = Fault::Damaged("the list of its blocks lacks one");
        let layout = self.layout();
        let (mut reference, mut level) = (root, None);
        loop {
            let page = self.page(Kind::Blocks, reference, level)?;
            let entry = page.upto(layout, id | 1).ok_or(LOST)?;
            let Some(below) = page.level.checked_sub(1) else {
                let found = BlockEntry::read(layout, entry).ok_or(LOST)?;
                return if found.id == id { Ok(found) } else { Err(LOST) };
            };
            (reference, level) = (self.child(entry).ok_or(LOST)?, Some(below));
        }
    }

    fn child(&self, entry: &[u8]) -> Option<Reference> {
        let word = |number| self.layout().word_at(entry, number * self.layout().word());
        Some(Reference { id: word(1)?, place: word(2)? })
    }

    /// A page of the level that it must have below the page that refers to it.
    fn page(&self, kind: Kind, reference: Reference, level: Option<u8>) -> Result<Rc<Page>, Fault> {
        let page = self.cached_page(kind, reference.place)?;
        let fits = level.map_or(page.level <= LEVELS, |level| page.level == level);
        if fits { Ok(page) } else { Err(Fault::Damaged("a page of a tree is not what it must be")) }
    }
}
