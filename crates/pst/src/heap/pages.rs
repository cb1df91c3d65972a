//! A heap on the blocks of a node, and the trees in it (MS-PST, 2.3.1 and 2.3.2).

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Read, Seek};
use std::rc::Rc;

use crate::bytes::Bytes as _;
use crate::disk::Disk;
use crate::error::Fault;

/// Levels of a tree in a heap that are read.
const LEVELS: u8 = 8;

/// What a heap holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    Properties,
    Table,
}

/// A heap.
#[derive(Debug)]
pub(super) struct Heap<'d, R> {
    disk: &'d Disk<R>,
    blocks: Vec<u64>,
    read: RefCell<HashMap<usize, Rc<Vec<u8>>>>,
    /// What its client looks at first.
    pub(super) root: u32,
}

impl<'d, R: Read + Seek> Heap<'d, R> {
    pub(super) fn open(disk: &'d Disk<R>, data: u64, client: Client) -> Result<Self, Fault> {
        const NONE: Fault = Fault::Damaged("its heap has no head");
        const MARK: u8 = 0xec;
        let blocks = disk.leaves(data)?.blocks;
        let mut heap = Self { disk, blocks, read: RefCell::default(), root: 0 };
        let first = heap.block(0)?;
        let head = || Some((first.u8_at(2)?, first.u8_at(3)?, first.u32_at(4)?));
        let (mark, of, root) = head().ok_or(NONE)?;
        let expected = match client {
            Client::Properties => 0xbc,
            Client::Table => 0x7c,
        };
        if mark != MARK || of != expected {
            return Err(NONE);
        }
        heap.root = root;
        Ok(heap)
    }

    fn block(&self, number: usize) -> Result<Rc<Vec<u8>>, Fault> {
        const LOST: Fault = Fault::Damaged("its heap lacks a block");
        if let Some(block) = self.read.borrow().get(&number) {
            return Ok(Rc::clone(block));
        }
        let id = self.blocks.get(number).ok_or(LOST)?;
        let block = Rc::new(self.disk.block(*id)?.bytes);
        self.read.borrow_mut().insert(number, Rc::clone(&block));
        Ok(block)
    }

    /// What the heap has under that id. Each block begins with the place of the map of its page.
    pub(super) fn get(&self, id: u32) -> Result<Vec<u8>, Fault> {
        const LOST: Fault = Fault::Damaged("its heap lacks a value");
        let (block, number) = self.disk.layout().heap_id(id);
        let block = self.block(block)?;
        let part = || {
            let map = usize::from(block.u16_at(0)?);
            let count = usize::from(block.u16_at(map)?);
            let at = map + 4 + 2 * number.checked_sub(1).filter(|at| *at < count)?;
            let (start, end) = (block.u16_at(at)?, block.u16_at(at + 2)?);
            block.get(start.into()..end.into())
        };
        let part = part().ok_or(LOST)?;
        // The same value may be asked for by every row of a table.
        self.disk.charge(part.len() as u64)?;
        Ok(part.to_vec())
    }

    /// The entries of the tree under that id, each with its key, in their order. Where a part of it
    /// cannot be read, the others come all the same.
    pub(super) fn tree(&self, id: u32) -> Result<Entries, Fault> {
        const NONE: Fault = Fault::Damaged("a tree of its heap has no head");
        const MARK: u8 = 0xb5;
        let head = self.get(id)?;
        let read = || {
            Some((head.u8_at(0)?, head.u8_at(1)?, head.u8_at(2)?, head.u8_at(3)?, head.u32_at(4)?))
        };
        let (mark, key, entry, levels, root) = read().ok_or(NONE)?;
        if mark != MARK || key == 0 || levels > LEVELS {
            return Err(NONE);
        }
        let mut entries = Entries {
            key: key.into(),
            width: usize::from(key) + usize::from(entry),
            ..Entries::default()
        };
        if root != 0 {
            self.branch(root, levels, &mut entries)?;
        }
        Ok(entries)
    }

    fn branch(&self, id: u32, level: u8, into: &mut Entries) -> Result<(), Fault> {
        let records = match self.get(id) {
            Err(Fault::Damaged(_)) => {
                into.is_partial = true;
                return Ok(());
            }
            records => records?,
        };
        let Some(below) = level.checked_sub(1) else {
            into.bytes.extend(records.chunks_exact(into.width).flatten());
            return Ok(());
        };
        for record in records.chunks_exact(into.key + 4) {
            let Some(child) = record.u32_at(into.key) else { continue };
            self.disk.charge(record.len() as u64)?;
            self.branch(child, below, into)?;
        }
        Ok(())
    }
}

/// The entries of a tree of a heap.
#[derive(Debug, Default)]
pub(super) struct Entries {
    key: usize,
    width: usize,
    bytes: Vec<u8>,
    /// Some could not be read.
    pub(super) is_partial: bool,
}

impl Entries {
    /// Each key with its entry.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.bytes
            .chunks_exact(self.width.max(1))
            .filter_map(|entry| entry.split_at_checked(self.key))
    }
}
