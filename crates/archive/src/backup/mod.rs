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

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use postern_local_index::check::{Damage, Pace};

use blobs::Blobs;
pub use make::{Installation, Made};
pub use manifest::{Backup, BackupFile, BackupPart};
pub use restore::UNFINISHED_RESTORE;

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
    /// Another run works in the folder of backups.
    #[error("another backup works in {0}; wait until it is done")]
    InUse(PathBuf),
    /// The folder has the backups of another installation.
    #[error("{0} has backups of {1}; give each installation a folder of its own")]
    OtherInstallation(PathBuf, PathBuf),
    /// There is nothing to back up.
    #[error(
        "there is no data in {0}; check --data and the configuration, and that its disk is there"
    )]
    NoData(PathBuf),
    /// A file that should name a backup cannot be read.
    #[error("{0} names no whole backup; bring it back from a copy, or remove it")]
    Unreadable(PathBuf),
    /// A database cannot be read.
    #[error("{path} cannot be read")]
    Database {
        /// The database.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// There is none at all.
    #[error("there is no backup in {0}")]
    None(PathBuf),
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
        let _alone = self.alone()?;
        let made = make::make(self, installation, now, wait, pace);
        // What a full disk has of it would keep it full.
        if let Err(BackupError::Stored(Error::NoSpace { .. })) = &made {
            drop(self.forget_unnamed());
        }
        made
    }

    /// The right to write here, for as long as it lives. What killed runs left goes.
    fn alone(&self) -> Result<File, BackupError> {
        let folder = self.root.join(BACKUPS);
        let path = self.root.join("lock");
        let file = fs::create_dir_all(&folder)
            .and_then(|()| File::options().create(true).truncate(false).write(true).open(&path));
        let file = file.map_err(|error| BackupError::io(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::InUse(self.root.clone())),
            Err(TryLockError::Error(error)) => return Err(BackupError::io(&path, error)),
        }
        for folder in [&self.root, &folder, self.blobs.root()] {
            blobs::forget_unfinished(folder).map_err(|error| BackupError::io(folder, error))?;
        }
        Ok(file)
    }

    /// All backups, the newest first.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read. A file that names no whole backup is left out.
    pub fn all(&self) -> Result<Vec<Backup>, BackupError> {
        let mut all: Vec<_> =
            self.named_files()?.iter().filter_map(|path| Backup::read(path)).collect();
        all.sort_by_key(|backup| std::cmp::Reverse(backup.made));
        Ok(all)
    }

    /// The files that name backups.
    fn named_files(&self) -> Result<Vec<PathBuf>, BackupError> {
        let folder = self.root.join(BACKUPS);
        let paths = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.and_then(|all| all.map(|entry| Ok(entry?.path())).collect()),
        };
        let mut paths: Vec<PathBuf> = paths.map_err(|error| BackupError::io(&folder, error))?;
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
        paths.sort();
        Ok(paths)
    }

    /// The backup of that name, or the newest one.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(&self, name: Option<&str>) -> Result<Backup, BackupError> {
        let is_it = |backup: &Backup| name.is_none_or(|name| backup.name() == name);
        let found = self.all()?.into_iter().find(is_it);
        found.ok_or_else(|| match name {
            Some(name) => BackupError::Unknown(name.to_owned()),
            None => BackupError::None(self.root.clone()),
        })
    }

    /// Reads every file of the backups, and says which are not what was written. A damaged one is set aside where that
    /// can be done, so that the next backup copies it anew where it is still there.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, or has no backups.
    pub fn verify(&self, pace: Pace<'_>) -> Result<Vec<Damage>, BackupError> {
        let backups = self.all()?;
        let named = self.named_files()?;
        if named.is_empty() {
            return Err(BackupError::None(self.root.clone()));
        }
        let unread = named.into_iter().filter(|path| Backup::read(path).is_none());
        let unread =
            unread.map(|path| Damage { path, reason: "it names no whole backup".to_owned() });
        let files = backups.iter().flat_map(Backup::files);
        let distinct: std::collections::BTreeMap<_, _> =
            files.map(|file| (file.sha256.as_str(), file.bytes)).collect();
        let damaged = distinct.into_iter().filter_map(|(digest, bytes)| {
            let reason = self.blobs.damage(digest, bytes, pace)?;
            self.blobs.set_aside(digest);
            Some(Damage { path: self.blobs.path(digest), reason })
        });
        Ok(unread.chain(damaged).collect())
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

    /// Keeps this backup and the newest others, so many in all, and removes what only the rest had.
    ///
    /// # Errors
    ///
    /// When another run works here, when a file names no whole backup: what only that one had would go; when a file
    /// cannot be removed.
    pub fn keep(&self, made: &Backup, newest: usize) -> Result<usize, BackupError> {
        let _alone = self.alone()?;
        self.check_named()?;
        let others = self.all()?.into_iter().filter(|backup| backup.made != made.made);
        let gone: Vec<_> = others.skip(newest.saturating_sub(1)).collect();
        for backup in &gone {
            let path = self.root.join(BACKUPS).join(backup.file_name());
            fs::remove_file(&path).map_err(|error| BackupError::io(&path, error))?;
        }
        self.forget_unnamed()?;
        Ok(gone.len())
    }

    fn check_named(&self) -> Result<(), BackupError> {
        let unread = self.named_files()?.into_iter().find(|path| Backup::read(path).is_none());
        unread.map_or(Ok(()), |path| Err(BackupError::Unreadable(path)))
    }

    /// Removes the files that no backup names.
    fn forget_unnamed(&self) -> Result<(), BackupError> {
        self.check_named()?;
        let all = self.all()?;
        let needed = all.iter().flat_map(Backup::files).map(|file| file.sha256.as_str());
        self.blobs.keep(&needed.collect())
    }
}
