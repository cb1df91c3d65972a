//! Where an issued key goes: a file for its owner alone, or standard output where that was asked for.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use postern_archive::export::file_name;
use postern_upstream::Secret;

use crate::args::IssueKey;
use crate::terminal;

/// The file; none for standard output.
pub(super) struct KeyFile(Option<PathBuf>);

impl KeyFile {
    /// The one that is named, or one after the tenant.
    pub(super) fn of(arguments: &IssueKey) -> Self {
        let named = || PathBuf::from(file_name(&format!("{}.key", arguments.tenant)));
        Self((!arguments.stdout).then(|| arguments.out.clone().unwrap_or_else(named)))
    }

    /// Where the key goes, in words.
    pub(super) fn whither(&self) -> String {
        let file = |path: String| format!("into {path}");
        self.path().map_or_else(|| "to standard output".to_owned(), file)
    }

    pub(super) fn path(&self) -> Option<String> {
        self.0.as_ref().map(|path| path.display().to_string())
    }

    /// Makes the file, which nobody else can read: what this program makes is its owner's alone.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or is there: a key is never written over.
    pub(super) fn open(&self) -> anyhow::Result<Option<File>> {
        let Some(path) = &self.0 else { return Ok(None) };
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!(
                "`{}` is there, and no key is written over; name another file with --out FILE",
                terminal::safe(&path.display().to_string())
            ),
            Err(error) => Err(error)
                .with_context(|| format!("`{}` cannot be made; no key was made", path.display())),
        }
    }

    /// Writes the key into the file, and sees to it that it is on the disk.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn keep(&self, mut file: File, key: &Secret) -> io::Result<()> {
        writeln!(file, "{}", key.expose())?;
        file.sync_all()
    }

    /// Takes the file away again, because there is no key.
    pub(super) fn discard(&self) {
        if let Some(path) = &self.0 {
            remove_file(path).unwrap_or_default();
        }
    }
}
