//! Backups of data folders: what they had at one moment, each file once.
//!
//! A folder of backups has `files/`, where each file lies under the SHA-256 of its bytes, and `backups/`, where one
//! JSON file a backup names them. That file is written last, so a backup that it names is whole, and one that was
//! killed is none.

mod blobs;
mod make;
mod manifest;
mod restore;
mod still;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use postern_local_index::check::{Damage, Pace};

use blobs::Blobs;
pub use make::{Installation, Made};
pub use manifest::{Backup, BackupFile, BackupPart};

use crate::Error;

/// The folder of the files that name what a backup has.
const BACKUPS: &str = "backups";

/// Why a backup cannot be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something else lies in the folder.
    #[error("{0} holds other things than backups; give a new or an empty folder")]
    NotBackups(PathBuf),
    /// The folder of backups lies inside of what it would hold.
    #[error("{0} lies in a data folder; give a folder outside of it")]
    Inside(PathBuf),
    /// There is no such backup.
    #[error("there is no backup {0}; `postern backup list` names those that there are")]
    Unknown(String),
    /// Mail is being taken in for longer than was waited for.
    #[error(
        "mail is being taken in, in {0}; try again when that is done, or wait longer with --wait"
    )]
    Busy(PathBuf),
    /// A place that is to be restored has something.
    #[error("{0} is not empty, and nothing is written over; move it away first")]
    NotEmpty(PathBuf),
    /// A file of the backup is not what was written.
    #[error("{path} is damaged: {reason}; nothing was restored")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    Stored(#[from] Error),
}

impl BackupError {
    fn io(path: &Path, error: io::Error) -> Self {
        Self::Stored(Error::io(path, error))
    }
}

/// A folder of backups.
#[derive(Debug)]
pub struct Backups {
    root: PathBuf,
    blobs: Blobs,
}

impl Backups {
    /// The backups in a folder, which need not be there yet.
    ///
    /// # Errors
    ///
    /// When something else lies there.
    pub fn below(root: &Path) -> Result<Self, BackupError> {
        let root = std::path::absolute(root).map_err(|error| BackupError::io(root, error))?;
        let is_new = fs::read_dir(&root).map_or(true, |mut all| all.next().is_none());
        if !is_new && !root.join(BACKUPS).is_dir() {
            return Err(BackupError::NotBackups(root));
        }
        Ok(Self { blobs: Blobs::below(&root), root })
    }

    /// Makes a backup, and waits so long where mail is being taken in. `pace` hears of what was read.
    ///
    /// # Errors
    ///
    /// When something cannot be read or written, or mail is still being taken in. What was there before stays.
    pub fn make(
        &self,
        installation: &Installation,
        now: Timestamp,
        wait: Duration,
        pace: Pace<'_>,
    ) -> Result<Made, BackupError> {
        make::make(self, installation, now, wait, pace)
    }

    /// All backups, the newest first.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read. A file that names no whole backup is left out.
    pub fn all(&self) -> Result<Vec<Backup>, BackupError> {
        let folder = self.root.join(BACKUPS);
        let mut all = Vec::new();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(all),
            entries => entries.map_err(|error| BackupError::io(&folder, error))?,
        };
        for entry in entries {
            let path = entry.map_err(|error| BackupError::io(&folder, error))?.path();
            all.extend(Backup::read(&path));
        }
        all.sort_by_key(|backup| std::cmp::Reverse(backup.made));
        Ok(all)
    }

    /// The backup of that name, or the newest one.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(&self, name: Option<&str>) -> Result<Backup, BackupError> {
        let is_it = |backup: &Backup| name.is_none_or(|name| backup.name() == name);
        let found = self.all()?.into_iter().find(is_it);
        found.ok_or_else(|| BackupError::Unknown(name.unwrap_or("here").to_owned()))
    }

    /// Reads every file of the backups, and says which are not what was written.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn verify(&self, pace: Pace<'_>) -> Result<Vec<Damage>, BackupError> {
        let backups = self.all()?;
        let files = backups.iter().flat_map(Backup::files);
        let distinct: std::collections::BTreeMap<_, _> =
            files.map(|file| (file.sha256.as_str(), file.bytes)).collect();
        let damaged = distinct.into_iter().filter_map(|(digest, bytes)| {
            let reason = self.blobs.damage(digest, bytes, pace)?;
            Some(Damage { path: self.blobs.path(digest), reason })
        });
        Ok(damaged.collect())
    }

    /// Restores a backup: each part to where it came from, or below `to`.
    ///
    /// # Errors
    ///
    /// When a place is not empty, or a file is damaged: then nothing was restored. When the disk refuses.
    pub fn restore(
        &self,
        backup: &Backup,
        to: Option<&Path>,
        pace: Pace<'_>,
    ) -> Result<Vec<PathBuf>, BackupError> {
        restore::restore(self, backup, to, pace)
    }

    /// Keeps so many of the newest backups, and removes what only the others had.
    ///
    /// # Errors
    ///
    /// When a file cannot be removed.
    pub fn keep(&self, newest: usize) -> Result<usize, BackupError> {
        let all = self.all()?;
        let (kept, gone) = all.split_at(newest.min(all.len()));
        for backup in gone {
            let path = self.root.join(BACKUPS).join(backup.file_name());
            fs::remove_file(&path).map_err(|error| BackupError::io(&path, error))?;
        }
        let needed = kept.iter().flat_map(Backup::files).map(|file| file.sha256.as_str());
        self.blobs.keep(&needed.collect())?;
        Ok(gone.len())
    }
}
