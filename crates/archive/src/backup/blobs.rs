//! Files by the SHA-256 of their bytes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use postern_local_index::check::Pace;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::BackupError;
use crate::store::sync_folder;

const PIECE: usize = 1 << 20;
/// How the name of a file ends that is being written.
const NEW: &str = ".new";
/// How the name of a folder begins in which a database is copied.
pub(super) const UNFINISHED: &str = ".copying-";

#[derive(Debug)]
pub(super) struct Blobs(PathBuf);

/// A file that was put there.
pub(super) struct Put {
    pub(super) sha256: String,
    pub(super) bytes: u64,
    /// Whether it was not there before.
    pub(super) is_new: bool,
}

impl Blobs {
    pub(super) fn below(root: &Path) -> Self {
        Self(root.join("files"))
    }

    pub(super) fn root(&self) -> &Path {
        &self.0
    }

    pub(super) fn path(&self, digest: &str) -> PathBuf {
        self.0.join(digest.get(..2).unwrap_or_default()).join(digest)
    }

    /// Whether that file is there, at its full length.
    pub(super) fn has(&self, digest: &str, bytes: u64) -> bool {
        fs::metadata(self.path(digest)).is_ok_and(|found| found.is_file() && found.len() == bytes)
    }

    /// Puts there what `from` has now.
    pub(super) fn put(&self, from: &Path, pace: Pace<'_>) -> Result<Put, BackupError> {
        let file = File::open(from).map_err(|error| BackupError::io(from, error))?;
        self.put_all(file, from, pace).map_err(|error| BackupError::io(&self.0, error))
    }

    fn put_all(&self, mut file: File, from: &Path, pace: Pace<'_>) -> io::Result<Put> {
        fs::create_dir_all(&self.0)?;
        let mut aside = tempfile::Builder::new().suffix(NEW).tempfile_in(&self.0)?;
        let (digest, bytes) = copied(&mut file, aside.as_file_mut(), &mut |read| pace(from, read))?;
        let is_new = !self.has(&digest, bytes);
        if is_new {
            self.settle(aside, &digest)?;
        }
        Ok(Put { sha256: digest, bytes, is_new })
    }

    fn settle(&self, aside: NamedTempFile, digest: &str) -> io::Result<()> {
        let path = self.path(digest);
        let folder = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(folder)?;
        aside.as_file().sync_all()?;
        aside.persist(&path)?;
        sync_folder(folder)
    }

    /// What is wrong with a file, if anything is.
    pub(super) fn damage(&self, digest: &str, bytes: u64, pace: Pace<'_>) -> Option<String> {
        let path = self.path(digest);
        let read = File::open(&path)
            .and_then(|mut file| copied(&mut file, &mut io::sink(), &mut |read| pace(&path, read)));
        match read {
            Err(error) => Some(error.to_string()),
            Ok((_, found)) if found != bytes => Some(format!("it has {found} bytes, not {bytes}")),
            Ok((found, _)) if found != digest => {
                Some("its bytes are not those that were written".to_owned())
            }
            Ok(_) => None,
        }
    }

    /// Takes a damaged file out of the way. Where the disk refuses, it stays, and is told again.
    pub(super) fn set_aside(&self, digest: &str) {
        let path = self.path(digest);
        drop(fs::rename(&path, path.with_extension("damaged")));
    }

    /// Writes a file out again, and says whether it is what was put there.
    pub(super) fn take(&self, digest: &str, to: &Path, pace: Pace<'_>) -> io::Result<bool> {
        let mut file = File::open(self.path(digest))?;
        let mut new = File::create_new(to)?;
        let (found, _) = copied(&mut file, &mut new, &mut |read| pace(to, read))?;
        new.sync_all()?;
        Ok(found == digest)
    }

    /// Removes all others, and what a killed run left.
    pub(super) fn keep(&self, needed: &BTreeSet<&str>) -> Result<(), BackupError> {
        let each = |folder: &Path| -> io::Result<Vec<PathBuf>> {
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
        };
        if !self.0.exists() {
            return Ok(());
        }
        let files = each(&self.0).and_then(|all| {
            let (folders, loose): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|path| path.is_dir());
            let below =
                folders.iter().map(|folder| each(folder)).collect::<io::Result<Vec<_>>>()?;
            Ok(below.into_iter().flatten().chain(loose))
        });
        let is_needed = |path: &PathBuf| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| needed.contains(name))
        };
        for path in files.map_err(|error| BackupError::io(&self.0, error))? {
            if !is_needed(&path) {
                fs::remove_file(&path).map_err(|error| BackupError::io(&path, error))?;
            }
        }
        Ok(())
    }
}

/// Removes what a killed run was writing in a folder.
pub(super) fn forget_unfinished(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        match entry.file_type()?.is_dir() {
            true if name.starts_with(UNFINISHED) => fs::remove_dir_all(entry.path())?,
            false if name.ends_with(NEW) => fs::remove_file(entry.path())?,
            _ => {}
        }
    }
    Ok(())
}

/// Copies to the end, and says the SHA-256 and the length.
fn copied(
    from: &mut impl Read,
    to: &mut impl Write,
    told: &mut dyn FnMut(u64),
) -> io::Result<(String, u64)> {
    let (mut digest, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let read = match from.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let Some(found) = piece.get(..read).filter(|found| !found.is_empty()) else { break };
        digest.update(found);
        to.write_all(found)?;
        bytes += found.len() as u64;
        told(found.len() as u64);
    }
    Ok((hex(&digest.finalize()), bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
