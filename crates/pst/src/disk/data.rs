//! The data of a node: one block, or the blocks that a tree of blocks lists (MS-PST, 2.2.2.8.3.2).

use std::io::{Read, Seek};

use super::blocks::is_internal;
use super::source::Disk;
use crate::bytes::Bytes as _;
use crate::error::Fault;

const LIST: u8 = 1;

/// The blocks that some data lies in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaves {
    pub(crate) blocks: Vec<u64>,
    /// Bytes of all, where a list says so.
    pub(crate) length: Option<u64>,
}

impl<R: Read + Seek> Disk<R> {
    /// The blocks of the data that the block of that id holds or leads to.
    ///
    /// # Errors
    ///
    /// When a block that leads to others cannot be read.
    pub(crate) fn leaves(&self, id: u64) -> Result<Leaves, Fault> {
        if id & !1 == 0 {
            return Ok(Leaves::default());
        }
        if !is_internal(id) {
            return Ok(Leaves { blocks: vec![id], length: None });
        }
        let (level, length, lists) = self.list(id)?;
        let blocks = match level {
            1 => lists,
            2 => {
                let mut blocks = Vec::new();
                for list in lists {
                    let (level, _, below) = self.list(list)?;
                    if level != 1 {
                        return Err(Fault::Damaged("a list of blocks is not what it must be"));
                    }
                    blocks.extend(below);
                }
                blocks
            }
            _ => return Err(Fault::Damaged("a list of blocks is not what it must be")),
        };
        Ok(Leaves { blocks, length: Some(length.into()) })
    }

    /// The level of a list, the bytes of the data below it, and what it lists.
    fn list(&self, id: u64) -> Result<(u8, u32, Vec<u64>), Fault> {
        let list = self.block(id)?.bytes;
        let read = || {
            let level = (list.u8_at(0)? == LIST).then(|| list.u8_at(1))??;
            let (count, length) = (usize::from(list.u16_at(2)?), list.u32_at(4)?);
            let layout = self.layout();
            let id = |number| layout.word_at(&list, 8 + number * layout.word());
            Some((level, length, (0..count).map_while(id).collect()))
        };
        read().ok_or(Fault::Damaged("a list of blocks is not what it must be"))
    }

    /// The data whole, unless it is longer than `most` bytes.
    ///
    /// # Errors
    ///
    /// When a block of it cannot be read.
    pub(crate) fn data(&self, id: u64, most: usize) -> Result<Data, Fault> {
        let leaves = self.leaves(id)?;
        if let Some(length) = leaves.length.filter(|length| *length > most as u64) {
            return Ok(Data::TooLong(length));
        }
        let mut bytes = Vec::new();
        for leaf in leaves.blocks {
            let block = self.block(leaf)?;
            bytes.extend_from_slice(&block.bytes);
            if bytes.len() > most {
                return Ok(Data::TooLong(leaves.length.unwrap_or(bytes.len() as u64)));
            }
        }
        // What a list says and what is there differ where a block was cut.
        if leaves.length.is_some_and(|length| length != bytes.len() as u64) {
            self.set_damaged();
        }
        Ok(Data::Whole(bytes))
    }
}

/// The data of a node.
#[derive(Debug)]
pub(crate) enum Data {
    Whole(Vec<u8>),
    /// More bytes than were asked for.
    TooLong(u64),
}
