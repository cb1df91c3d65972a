//! The key of a log: a file for its owner alone, made once.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::AuditError;
use crate::files::folder;
use crate::note::Signer;

/// What signatures say that they are of.
const NAME: &str = "postern-audit";

/// Where the key of the log of a data folder lies, where nothing else is said. Whoever can write there can also sign:
/// keep it elsewhere, or keep heads elsewhere.
#[must_use]
pub fn key_file(data: &Path) -> PathBuf {
    folder(data).join("key")
}

impl Signer {
    /// The key in that file, or a new one, which is then there.
    ///
    /// # Errors
    ///
    /// When it cannot be read or written, or is none.
    pub fn at(path: &Path) -> Result<Self, AuditError> {
        match Self::read(path) {
            Err(AuditError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                make(path)?;
                // Another process may have been faster.
                Self::read(path)
            }
            read => read,
        }
    }

    /// The key in that file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, AuditError> {
        let text = fs::read_to_string(path).map_err(|error| AuditError::io(path, error))?;
        Self::parse(text.trim_end()).ok_or_else(|| AuditError::NoKey(path.to_owned()))
    }
}

/// A file that appears as a whole, readable by its owner alone.
fn make(path: &Path) -> Result<(), AuditError> {
    let (_, text) = Signer::generate(NAME)
        .ok_or_else(|| AuditError::io(path, io::Error::other("the system has no randomness")))?;
    let place = path.parent().filter(|place| !place.as_os_str().is_empty());
    let place = place.unwrap_or(Path::new("."));
    let made = fs::create_dir_all(place).and_then(|()| {
        let mut file = NamedTempFile::new_in(place)?;
        writeln!(file, "{text}")?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
            Ok(_) | Err(_) => Ok(()),
        }
    });
    made.map_err(|error| AuditError::io(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/key");
        let made = Signer::at(&path).unwrap();
        let again = Signer::at(&path).unwrap();
        assert_eq!(made.verifier(), again.verifier());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "no key").unwrap();
        assert!(matches!(Signer::at(&path), Err(AuditError::NoKey(_))));
    }
}
