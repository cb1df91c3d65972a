//! The head of a file (MS-PST, 2.2.2.6).

use super::cipher::Cipher;
use crate::bytes::Bytes as _;
use crate::{Layout, OpenError};

/// Bytes of the longest head.
pub(crate) const LENGTH: usize = 564;

/// A page of a tree, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) id: u64,
    pub(crate) place: u64,
}

/// What the head tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) layout: Layout,
    pub(crate) cipher: Cipher,
    /// Of the tree of nodes.
    pub(crate) nodes: Reference,
    /// Of the tree of blocks.
    pub(crate) blocks: Reference,
}

impl Header {
    pub(crate) fn read(head: &[u8]) -> Result<Self, OpenError> {
        if head.is_empty() {
            return Err(OpenError::Empty);
        }
        if !head.starts_with(b"!BDN") {
            return Err(OpenError::Foreign);
        }
        if head.get(8..10) == Some(b"AB") {
            return Err(OpenError::AddressBook);
        }
        let layout = layout(head)?;
        Self::of(head, layout).ok_or(OpenError::CutOff)?
    }

    fn of(head: &[u8], layout: Layout) -> Option<Result<Self, OpenError>> {
        // Where the roots of the trees of nodes and of blocks are told, and the encoding.
        let (nodes, blocks, cipher) = match layout {
            Layout::Ansi => (184, 192, 461),
            Layout::Unicode | Layout::Large => (216, 232, 513),
        };
        let reference = |at| {
            let (id, place) =
                (layout.word_at(head, at)?, layout.word_at(head, at + layout.word())?);
            Some(Reference { id, place })
        };
        let cipher = match head.u8_at(cipher)? {
            0 => Cipher::None,
            1 => Cipher::Permute,
            2 => Cipher::Cyclic,
            0x10 => return Some(Err(OpenError::Encrypted)),
            other => return Some(Err(OpenError::Encoded(other))),
        };
        Some(Ok(Self { layout, cipher, nodes: reference(nodes)?, blocks: reference(blocks)? }))
    }
}

fn layout(head: &[u8]) -> Result<Layout, OpenError> {
    /// Set where the head of this form has its end mark.
    const SENTINEL: u8 = 0x80;
    match head.u16_at(10).ok_or(OpenError::CutOff)? {
        14 | 15 => Ok(Layout::Ansi),
        36 => Ok(Layout::Large),
        // 37 is written where Windows Information Protection was on for the file at some time.
        20..=35 | 37 => Ok(Layout::Unicode),
        newer @ 38.. => Err(OpenError::Newer(newer)),
        // A number that no version of Outlook wrote: the end mark tells.
        _ if head.u8_at(512) == Some(SENTINEL) => Ok(Layout::Unicode),
        _ if head.u8_at(460) == Some(SENTINEL) => Ok(Layout::Ansi),
        _ => Err(OpenError::Foreign),
    }
}
