//! A node with what lies inside of it.

use std::io::{Read, Seek};

use super::pages::{Client, Heap};
use super::table::Table;
use super::value::{Property, Slot, Value};
use crate::disk::{Data, Disk, NodeEntry, SubNode, SubNodes};
use crate::error::Fault;

/// Bytes of a value that is read, unless more are asked for.
const MOST: usize = 8 << 20;

/// A node: its data is a heap, and it has nodes inside.
#[derive(Debug)]
pub(crate) struct Inner<'d, R> {
    pub(crate) disk: &'d Disk<R>,
    pub(crate) data: u64,
    pub(crate) subnodes: SubNodes,
    /// Bytes of a value that are read at most.
    pub(crate) most: usize,
}

impl<'d, R: Read + Seek> Inner<'d, R> {
    pub(crate) fn of(disk: &'d Disk<R>, entry: NodeEntry) -> Result<Self, Fault> {
        Self::new(disk, SubNode { data: entry.data, subnodes: entry.subnodes })
    }

    pub(crate) fn new(disk: &'d Disk<R>, node: SubNode) -> Result<Self, Fault> {
        let (subnodes, lost) = match disk.subnodes(node.subnodes) {
            Ok(subnodes) => (subnodes, false),
            Err(Fault::Damaged(_)) => (SubNodes::default(), true),
            Err(error) => return Err(error),
        };
        let mut inner = Self { disk, data: node.data, subnodes, most: MOST };
        inner.subnodes.is_partial |= lost;
        Ok(inner)
    }

    /// Values up to so many bytes are read.
    pub(crate) const fn with_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// A node inside of it.
    pub(crate) fn inner(&self, node: u32) -> Option<Result<Self, Fault>> {
        let inner = Self::new(self.disk, self.subnodes.get(node)?);
        Some(inner.map(|inner| inner.with_most(self.most)))
    }

    /// The bytes of a node inside.
    pub(crate) fn bytes(&self, node: u32) -> Result<Value, Fault> {
        const LOST: Fault = Fault::Damaged("the node of a value is lost");
        let sub = self.subnodes.get(node).ok_or(LOST)?;
        Ok(match self.disk.data(sub.data, self.most)? {
            Data::Whole(bytes) => Value::Bytes(bytes),
            Data::TooLong(length) => Value::TooLong(length),
        })
    }

    /// Its properties, by number.
    pub(crate) fn properties(&self) -> Result<Vec<Property>, Fault> {
        let heap = Heap::open(self.disk, self.data, Client::Properties)?;
        super::properties::read(self, &heap)
    }

    /// The table that it is.
    pub(crate) fn table(&self) -> Result<Table<'_, 'd, R>, Fault> {
        Table::open(self)
    }

    /// The value that a slot of four bytes holds or leads to.
    pub(super) fn value(&self, heap: &Heap<'_, R>, kind: u16, slot: u32) -> Result<Value, Fault> {
        match Slot::new(kind, slot) {
            Slot::Here(value) => Ok(value),
            Slot::Nowhere => Value::read(kind, &[]),
            Slot::Heap(id) => Value::read(kind, &heap.get(id)?),
            Slot::Node(node) => match self.bytes(node)? {
                Value::Bytes(bytes) => Value::read(kind, &bytes),
                other => Ok(other),
            },
        }
    }
}
