//! Pages of trees (MS-PST, 2.2.2.7.7.1).

use super::checksum;
use crate::bytes::Bytes as _;
use crate::layout::Layout;

/// Which tree a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Blocks,
    Nodes,
}

impl Kind {
    const fn mark(self) -> u8 {
        match self {
            Self::Blocks => 0x80,
            Self::Nodes => 0x81,
        }
    }

    /// Bytes of an entry of a leaf that are used.
    const fn entry(self, layout: Layout) -> usize {
        match (self, layout) {
            (Self::Blocks, Layout::Ansi) => 12,
            (Self::Blocks, Layout::Unicode | Layout::Large) => 20,
            (Self::Nodes, Layout::Ansi) => 16,
            (Self::Nodes, Layout::Unicode | Layout::Large) => 28,
        }
    }
}

/// A page of a tree.
#[derive(Debug)]
pub(crate) struct Page {
    bytes: Vec<u8>,
    count: usize,
    width: usize,
    /// 0 for a leaf.
    pub(crate) level: u8,
    /// Written later than pages with a lower one.
    pub(crate) id: u64,
    /// Its checksum is right.
    pub(crate) is_intact: bool,
}

/// Where a page has what tells of it.
struct Marks {
    counts: usize,
    kind: usize,
    checksum: usize,
    id: usize,
}

const fn marks(layout: Layout) -> Marks {
    match layout {
        Layout::Ansi => Marks { counts: 496, kind: 500, checksum: 508, id: 504 },
        Layout::Unicode => Marks { counts: 488, kind: 496, checksum: 500, id: 504 },
        Layout::Large => Marks { counts: 4056, kind: 4072, checksum: 4076, id: 4080 },
    }
}

impl Page {
    /// The page in these bytes; nothing where they are none of that tree.
    pub(crate) fn new(layout: Layout, kind: Kind, bytes: Vec<u8>) -> Option<Self> {
        let at = marks(layout);
        let is_of_kind =
            bytes.u8_at(at.kind)? == kind.mark() && bytes.u8_at(at.kind + 1)? == kind.mark();
        let (count, rest) = match layout {
            Layout::Ansi | Layout::Unicode => (bytes.u8_at(at.counts)?.into(), at.counts + 2),
            Layout::Large => (bytes.u16_at(at.counts)?.into(), at.counts + 4),
        };
        let (width, level) = (usize::from(bytes.u8_at(rest)?), bytes.u8_at(rest + 1)?);
        let needed = if level == 0 { kind.entry(layout) } else { 3 * layout.word() };
        let fits = width >= needed && width.checked_mul(count)? <= at.counts;
        // Also the checksum of the page covers all but what follows its mark.
        let is_intact = bytes.u32_at(at.checksum)? == checksum(bytes.get(..at.kind)?);
        let id = layout.word_at(&bytes, at.id)?;
        (is_of_kind && fits).then_some(Self { bytes, count, width, level, id, is_intact })
    }

    /// Its entries, in their order.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        (0..self.count).filter_map(|number| self.entry(number))
    }

    pub(crate) fn entry(&self, number: usize) -> Option<&[u8]> {
        self.bytes.part(number * self.width, self.width)
    }

    /// The last entry whose key is not greater than this one.
    pub(crate) fn upto(&self, layout: Layout, key: u64) -> Option<&[u8]> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if layout.word_at(self.entry(middle)?, 0)? <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.entry(low.checked_sub(1)?)
    }
}
