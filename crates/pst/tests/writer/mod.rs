//! Writes data files of every form, from the items that reading them must give back.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "it belongs to the tests, and stops at what it cannot write"
)]

mod disk;
mod heap;
mod store;
mod table;

use postern_pst::{Item, Layout};

/// How the data is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    None,
    Permute,
    Cyclic,
}

/// The form of the file to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) layout: Layout,
    pub(crate) cipher: Cipher,
    /// Blocks are deflated; of large pages only.
    pub(crate) deflate: bool,
    /// An offline file, not an archive.
    pub(crate) is_ost: bool,
    /// The checksum of a password; 0 for none.
    pub(crate) password: u32,
}

impl Form {
    pub(crate) const ALL: [Self; 7] = [
        Self::of(Layout::Ansi, Cipher::None, false),
        Self::of(Layout::Ansi, Cipher::Permute, false),
        Self::of(Layout::Unicode, Cipher::None, false),
        Self::of(Layout::Unicode, Cipher::Permute, false),
        Self::of(Layout::Unicode, Cipher::Cyclic, false),
        Self::of(Layout::Large, Cipher::Permute, false),
        Self::of(Layout::Large, Cipher::None, true),
    ];

    pub(crate) const fn of(layout: Layout, cipher: Cipher, deflate: bool) -> Self {
        Self { layout, cipher, deflate, is_ost: matches!(layout, Layout::Large), password: 0 }
    }
}

/// An item, and the folders that it lies in.
pub(crate) type Placed = (Vec<String>, Item);

/// The bytes of a file that holds the items. The number of each is its place in the list: see [`node`].
pub(crate) fn write(form: Form, items: &[Placed]) -> Vec<u8> {
    store::Store::new(form).write(items)
}

/// The number that the item at that place of the list gets.
pub(crate) fn node(place: usize) -> u32 {
    0x0020_0004 + 0x20 * u32::try_from(place).unwrap()
}
