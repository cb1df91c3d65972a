//! Whether the files of an index are still what was written there.
//!
//! Searching verifies nothing: it would read all of every file. This does, on request or beside the
//! requests of a gateway.

mod files;
mod ledger;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::format::folder::Folder;

/// A file that is not what was written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Is told of so many bytes that were read of a file; it may take its time.
pub type Pace<'p> = &'p mut dyn FnMut(&Path, u64);

impl Damage {
    fn of(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

/// Verifies the files of an index that are read to answer, each once: such a file is written once and
/// never changed, so that a later look has to read only what is new.
#[derive(Debug)]
pub struct Verifier {
    folder: Folder,
    seen: BTreeSet<String>,
}

impl Verifier {
    /// Of the index below a data folder, where there is one.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self { folder: Folder::new(data), seen: BTreeSet::new() }
    }

    /// The damage in the files that were not looked at before.
    ///
    /// # Errors
    ///
    /// When a file is there and the system refuses to read it.
    pub fn look(&mut self, pace: Pace<'_>) -> Result<Vec<Damage>, Error> {
        files::look(&self.folder, &mut self.seen, pace)
    }
}

/// Verifies all files of an index below a data folder, its book-keeping too.
///
/// # Errors
///
/// [`Error::Busy`] while somebody writes the index, and when the system refuses to read a file that is
/// there.
///
/// ```
/// let data = tempfile::tempdir()?;
/// let found = postern_local_index::check::index(data.path(), &mut |_, _| {})?;
/// assert!(found.is_empty(), "no index, no damage");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn index(data: &Path, pace: Pace<'_>) -> Result<Vec<Damage>, Error> {
    let folder = Folder::new(data);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let _lock = match folder.lock() {
        // Where nobody can write there is no writer.
        Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => None,
        lock => Some(lock?),
    };
    let mut damage = files::small(&folder)?;
    damage.extend(files::look(&folder, &mut BTreeSet::new(), pace)?);
    damage.extend(ledger::verify(&folder, pace)?);
    // A file that is wrong in two ways is named once.
    let mut named = BTreeSet::new();
    damage.retain(|one| named.insert(one.path.clone()));
    Ok(damage)
}
