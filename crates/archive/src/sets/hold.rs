//! Holds: the messages of a set stay here, whatever goes.
//!
//! The original of each message is copied into a folder of its own, and the ledger of the index is told that the
//! message was read from there too. So the message stays in the index as long as that file is noted, whichever other
//! file or source is pruned. An index that is made anew takes these files in first.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf, absolute};

use postern_mail::id_of;

use crate::Error;
use crate::store::sync_folder;

/// Digits of an id.
const DIGITS: usize = 32;
/// The folder of held originals.
const FOLDER: &str = "held";

/// The folder of held originals of a data folder: one file for each, named by its id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(PathBuf);

impl Held {
    pub(crate) fn below(data: &Path) -> Self {
        // The ledger knows these files by their paths, however the data folder is spelt.
        Self(absolute(data).unwrap_or_else(|_| data.to_owned()).join(FOLDER))
    }

    /// Whether anything was ever held.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_dir()
    }

    /// The right to store and remove originals, for as long as it lives.
    pub(crate) fn lock(&self) -> Result<File, Error> {
        let path = self.0.join("lock");
        let locked = (|| {
            fs::create_dir_all(&self.0)?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        })();
        locked.map_err(|error| Error::io(&path, error))
    }

    /// Whether a file is one of those that are held.
    pub(crate) fn has(&self, path: &Path) -> bool {
        path.starts_with(&self.0)
    }

    /// Where the original of that id lies, or would lie; nothing for what is no id of mail.
    pub(crate) fn path(&self, id: &str) -> Option<PathBuf> {
        let is_id =
            id.len() == DIGITS && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let folder = id.get(..1).filter(|_| is_id)?;
        Some(self.0.join(folder).join(format!("{id}.eml")))
    }

    /// The original of that id, if it is here and still what its name says.
    pub(crate) fn get(&self, id: &str) -> Option<Vec<u8>> {
        let bytes = fs::read(self.path(id)?).ok()?;
        (id_of(&bytes) == id).then_some(bytes)
    }

    /// Keeps an original. A file is whole, or not there.
    pub(crate) fn put(&self, id: &str, bytes: &[u8]) -> Result<(), Error> {
        let Some(path) = self.path(id) else { return Ok(()) };
        let folder = path.parent().unwrap_or(&self.0);
        let written = (|| {
            fs::create_dir_all(folder)?;
            let mut aside = tempfile::Builder::new().suffix(".new").tempfile_in(folder)?;
            aside.write_all(bytes)?;
            aside.as_file().sync_all()?;
            aside.persist(&path)?;
            sync_folder(folder)
        })();
        written.map_err(|error| Error::io(&path, error))
    }

    /// Removes the originals of all other messages.
    pub(crate) fn keep_only(&self, ids: &BTreeSet<&str>) -> Result<(), Error> {
        let mut others = self.files().filter(|(id, _)| !ids.contains(id.as_str()));
        others.try_for_each(|(id, _)| self.remove(&id))
    }

    fn remove(&self, id: &str) -> Result<(), Error> {
        let Some(path) = self.path(id) else { return Ok(()) };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(&path, error)),
            _ => Ok(()),
        }
    }

    /// Every original that lies here, with the id in its name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, PathBuf)> + use<'_> {
        let folders = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten());
        files.flatten().filter_map(|file| {
            let (path, name) = (file.path(), file.file_name());
            let id = name.to_str()?.strip_suffix(".eml")?.to_owned();
            (self.path(&id).as_ref() == Some(&path)).then_some((id, path))
        })
    }
}

/// The id of the held message of which a file has the original.
pub(crate) fn id_in(path: &Path) -> Option<&str> {
    let folder = path.parent()?.parent()?.file_name()?;
    path.file_name()?.to_str()?.strip_suffix(".eml").filter(|_| folder == FOLDER)
}
