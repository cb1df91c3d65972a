//! Blocks: the pieces that all data lies in (MS-PST, 2.2.2.8).

use std::io::{Read, Seek};

use flate2::read::ZlibDecoder;

use super::checksum;
use super::source::Disk;
use super::tree::BlockEntry;
use crate::bytes::Bytes as _;
use crate::error::Fault;
use crate::layout::Layout;

/// Bytes of the longest block, inflated.
const LONGEST: u64 = 64 << 10;

/// Set in the ids of blocks that lead to others; those are not encoded.
const INTERNAL: u64 = 2;

/// The data of a block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    /// It says that it is the one, and its checksum is right.
    pub(crate) is_intact: bool,
}

/// What stands at the end of a block.
pub(super) struct Trailer {
    checksum: u32,
    pub(super) id: u64,
    /// Bytes of the data, inflated.
    inflated: Option<u16>,
}

impl Trailer {
    pub(super) fn read(layout: Layout, bytes: &[u8]) -> Option<Self> {
        Some(match layout {
            Layout::Ansi => {
                Self { checksum: bytes.u32_at(8)?, id: bytes.u32_at(4)?.into(), inflated: None }
            }
            Layout::Unicode => {
                Self { checksum: bytes.u32_at(4)?, id: bytes.u64_at(8)?, inflated: None }
            }
            Layout::Large => Self {
                checksum: bytes.u32_at(4)?,
                id: bytes.u64_at(8)?,
                inflated: Some(bytes.u16_at(18)?),
            },
        })
    }
}

/// Whether the block leads to others.
pub(super) const fn is_internal(id: u64) -> bool {
    id & INTERNAL != 0
}

impl<R: Read + Seek> Disk<R> {
    /// The data of the block of that id.
    ///
    /// # Errors
    ///
    /// When the block cannot be found or read.
    pub(crate) fn block(&self, id: u64) -> Result<Block, Fault> {
        let id = id & !1;
        let listed = match self.find_block(self.block_root(), id) {
            Ok(entry) => self.block_at(entry),
            Err(error) => Err(error),
        };
        match listed {
            Err(Fault::Damaged(reason)) => self.salvaged_block(id).map_err(|error| match error {
                Fault::Damaged(_) => Fault::Damaged(reason),
                other => other,
            }),
            Ok(block) => {
                if !block.is_intact {
                    self.set_damaged();
                }
                Ok(block)
            }
            Err(other) => Err(other),
        }
    }

    /// The block where an intact leaf says that it lay at some time, if it lies there still.
    fn salvaged_block(&self, id: u64) -> Result<Block, Fault> {
        const LOST: Fault = Fault::Damaged("a block is lost");
        let entry = self.salvaged()?.block(id).ok_or(LOST)?;
        self.block_at(entry).and_then(|block| if block.is_intact { Ok(block) } else { Err(LOST) })
    }

    pub(super) fn block_at(&self, entry: BlockEntry) -> Result<Block, Fault> {
        const CUT_OFF: Fault = Fault::Damaged("a block has no end");
        let layout = self.layout();
        let length = usize::from(entry.length);
        let whole = (length + layout.trailer()).next_multiple_of(layout.step());
        let mut bytes = self.read(entry.place, whole)?;
        let trailer = bytes.get(whole - layout.trailer()..).ok_or(CUT_OFF)?;
        let trailer = Trailer::read(layout, trailer).ok_or(CUT_OFF)?;
        bytes.truncate(length);
        let is_intact = trailer.id & !1 == entry.id && trailer.checksum == checksum(&bytes);
        if let Some(inflated) =
            trailer.inflated.filter(|inflated| ![0, entry.length].contains(inflated))
        {
            bytes = inflate(&bytes, inflated)?;
        }
        if !is_internal(entry.id) {
            self.header().cipher.decode(&mut bytes, entry.id);
        }
        Ok(Block { bytes, is_intact })
    }
}

fn inflate(bytes: &[u8], length: u16) -> Result<Vec<u8>, Fault> {
    let mut inflated = Vec::with_capacity(length.into());
    ZlibDecoder::new(bytes)
        .take(LONGEST)
        .read_to_end(&mut inflated)
        .map_err(|_| Fault::Damaged("a block cannot be inflated"))?;
    Ok(inflated)
}
