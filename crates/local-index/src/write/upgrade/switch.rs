//! One folder in the place of another.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::Error;

/// Exchanges two folders in one step: whoever looks finds either as it was or as it will be.
///
/// # Errors
///
/// When the system refuses, such as on a file system that cannot.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange(one: &Path, other: &Path) -> Result<(), Error> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from)?;
    for folder in [one, other].iter().filter_map(|folder| folder.parent()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange(_: &Path, _: &Path) -> Result<(), Error> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}

/// Removes a folder, where it is there.
///
/// # Errors
///
/// When the system refuses.
pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
