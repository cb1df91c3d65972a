//! A scan for what nothing leads to any more: leaves of the trees, and blocks by what stands at their end.

use std::io::{Read, Seek};

use super::blocks::Trailer;
use super::page::{Kind, Page};
use super::source::Disk;
use super::tree::{BlockEntry, NodeEntry};
use crate::bytes::Bytes as _;
use crate::error::Fault;
use crate::layout::Layout;

/// What the intact leaves and blocks of a file say, of each number the newest.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    pub(crate) nodes: Vec<NodeEntry>,
    blocks: Vec<BlockEntry>,
}

/// Bytes that are read at a time.
const PIECE: u64 = 1 << 20;

impl Salvaged {
    pub(super) fn scan<R: Read + Seek>(disk: &Disk<R>) -> Result<Self, Fault> {
        let mut leaves = Leaves::default();
        // The first page holds the head; pages lie on multiples of their length.
        let (page, mut place) = (disk.layout().page(), disk.layout().page() as u64);
        while place < disk.length() {
            let length = usize::try_from(PIECE.min(disk.length() - place)).unwrap_or(page);
            let piece = disk.read(place, length)?;
            piece.chunks_exact(page).for_each(|bytes| leaves.take(disk, bytes));
            leaves.take_blocks(disk, place, &piece);
            place += PIECE;
        }
        leaves.keep_intact(disk)?;
        Ok(leaves.newest())
    }

    pub(super) fn block(&self, id: u64) -> Option<BlockEntry> {
        let at = self.blocks.binary_search_by_key(&id, |entry| entry.id).ok()?;
        self.blocks.get(at).copied()
    }
}

/// Entries, each with the id of its page.
#[derive(Default)]
struct Leaves {
    nodes: Vec<(u64, NodeEntry)>,
    blocks: Vec<(u64, BlockEntry)>,
    /// Blocks that no leaf told of.
    ends: Vec<BlockEntry>,
}

impl Leaves {
    fn take<R: Read + Seek>(&mut self, disk: &Disk<R>, bytes: &[u8]) {
        let layout = disk.layout();
        let leaf = |kind| {
            Page::new(layout, kind, bytes.to_vec()).filter(|page| page.is_intact && page.level == 0)
        };
        // Both kinds say so at one place, so that most pages are looked at once.
        if let Some(page) = leaf(Kind::Nodes) {
            let entries = page.entries().filter_map(|entry| NodeEntry::read(layout, entry));
            self.nodes.extend(entries.map(|entry| (page.id, entry)));
        } else if let Some(page) = leaf(Kind::Blocks) {
            let entries = page.entries().filter_map(|entry| BlockEntry::read(layout, entry));
            self.blocks.extend(entries.map(|entry| (page.id, entry)));
        }
    }

    /// The blocks that end in this piece of the file, by their trailers.
    fn take_blocks<R: Read + Seek>(&mut self, disk: &Disk<R>, place: u64, piece: &[u8]) {
        let (layout, step) = (disk.layout(), disk.layout().step());
        for end in (step..=piece.len()).step_by(step) {
            let trailer = piece.part(end - layout.trailer(), layout.trailer());
            self.ends
                .extend(trailer.and_then(|trailer| ended(layout, trailer, place + end as u64)));
        }
    }

    /// Keeps the blocks whose checksum is right; one in 65,536 other places looks like the end of a block.
    fn keep_intact<R: Read + Seek>(&mut self, disk: &Disk<R>) -> Result<(), Fault> {
        for entry in std::mem::take(&mut self.ends) {
            match disk.block_at(entry) {
                Ok(block) if block.is_intact => self.blocks.push((0, entry)),
                Ok(_) | Err(Fault::Damaged(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn newest(mut self) -> Salvaged {
        self.nodes.sort_by_key(|(page, entry)| (entry.node, u64::MAX - page));
        self.nodes.dedup_by_key(|(_, entry)| entry.node);
        self.blocks.sort_by_key(|(page, entry)| (entry.id, u64::MAX - page));
        self.blocks.dedup_by_key(|(_, entry)| entry.id);
        Salvaged {
            nodes: self.nodes.into_iter().map(|(_, entry)| entry).collect(),
            blocks: self.blocks.into_iter().map(|(_, entry)| entry).collect(),
        }
    }
}

/// The block that ends there, if its mark says so (MS-PST, 5.5).
fn ended(layout: Layout, trailer: &[u8], end: u64) -> Option<BlockEntry> {
    let (length, mark) = (trailer.u16_at(0)?, trailer.u16_at(2)?);
    let id = Trailer::read(layout, trailer)?.id;
    let whole = (usize::from(length) + layout.trailer()).next_multiple_of(layout.step());
    let place = end.checked_sub(whole as u64)?;
    let [a, b, c, d, ..] = (place ^ id).to_le_bytes();
    let is_marked = mark == u16::from_le_bytes([a ^ c, b ^ d]);
    (length > 0 && id > 1 && is_marked).then_some(BlockEntry { id: id & !1, place, length })
}
