//! Systems without modes: who may read what is inherited from the folder above.

use std::path::Path;

use super::Open;

pub(super) const fn make_private() {}

pub(super) const fn owner_beside_root(_: &Path) -> Option<u32> {
    None
}

pub(super) const fn close(_: &Path, _: bool) -> Vec<Open> {
    Vec::new()
}

pub(super) const fn open_secret(_: &Path) -> Option<Open> {
    None
}
