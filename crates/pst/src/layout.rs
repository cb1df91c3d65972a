//! What differs between the forms of the format.

use crate::bytes::Bytes as _;

/// The form of a file.
///
/// The form with large pages is not in MS-PST. It is told by the description of the *Personal Folder File*
/// format of the libpff project (sections "64-bit with 4k page size"), by observation of OST files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Before Outlook 2003: ids and places of 32 bits.
    Ansi,
    /// Since Outlook 2003: ids and places of 64 bits.
    Unicode,
    /// OST since Outlook 2013: as Unicode, with pages of 4 KiB and deflated blocks.
    Large,
}

impl Layout {
    /// Bytes of a page of a tree.
    pub(crate) const fn page(self) -> usize {
        match self {
            Self::Ansi | Self::Unicode => 512,
            Self::Large => 4096,
        }
    }

    /// Bytes of an id or a place in the file.
    pub(crate) const fn word(self) -> usize {
        match self {
            Self::Ansi => 4,
            Self::Unicode | Self::Large => 8,
        }
    }

    /// An id or a place.
    pub(crate) fn word_at(self, bytes: &[u8], at: usize) -> Option<u64> {
        match self {
            Self::Ansi => bytes.u32_at(at).map(u64::from),
            Self::Unicode | Self::Large => bytes.u64_at(at),
        }
    }

    /// Bytes at the end of a block that tell of it.
    pub(crate) const fn trailer(self) -> usize {
        match self {
            Self::Ansi => 12,
            Self::Unicode => 16,
            Self::Large => 24,
        }
    }

    /// The length of a block in the file is a multiple of it.
    pub(crate) const fn step(self) -> usize {
        match self {
            Self::Ansi | Self::Unicode => 64,
            Self::Large => 512,
        }
    }

    /// The block and the place on its heap page that an id of a heap means.
    pub(crate) const fn heap_id(self, id: u32) -> (usize, usize) {
        match self {
            Self::Ansi | Self::Unicode => ((id >> 16) as usize, ((id >> 5) & 0x07ff) as usize),
            Self::Large => ((id >> 19) as usize, ((id >> 5) & 0x3fff) as usize),
        }
    }
}
