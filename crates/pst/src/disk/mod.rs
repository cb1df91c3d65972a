//! The lower layer: pages, trees and blocks (MS-PST, 2.2; "node database").

mod blocks;
mod cipher;
mod data;
mod header;
mod page;
mod salvage;
mod source;
mod subnodes;
mod tree;

pub(crate) use data::Data;
pub(crate) use source::{Disk, Node, Nodes};
pub(crate) use subnodes::{SubNode, SubNodes};
pub(crate) use tree::NodeEntry;

/// The checksum of pages and blocks: that of Ethernet, from zero on and not inverted (MS-PST, 5.3).
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    // The library inverts the first value and the last.
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(bytes);
    !hasher.finalize()
}
