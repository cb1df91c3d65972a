//! Original messages, by what is in them: one packed file for each, named by its id.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use postern_mail::{id_of, id_of_stream};
use tempfile::NamedTempFile;

use crate::Error;

/// Digits of an id: the first half of a SHA-256 (FIPS 180-4) in hexadecimal.
const DIGITS: usize = 32;
/// How the name of a file ends after the id.
const ENDING: &str = ".eml.gz";

/// The original bytes of messages, each once, however often it is put there.
///
/// A message is written aside, brought to the disk and renamed: a file with the name of a message
/// is whole. Renaming is on the disk itself after [`settle`](Self::settle).
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    /// Folders with names that may not be on the disk yet.
    unsettled: Mutex<BTreeSet<PathBuf>>,
}

impl Store {
    /// The store below the data folder `data`; nothing is made before the first message.
    pub(crate) fn below(data: &Path) -> Self {
        Self { root: crate::folder(data).join("messages"), unsettled: Mutex::default() }
    }

    /// Where the message of that id lies, or would lie; nothing for what is no id.
    pub(crate) fn path(&self, id: &str) -> Option<PathBuf> {
        let is_id =
            id.len() == DIGITS && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let folder = id.get(..1).filter(|_| is_id)?;
        Some(self.root.join(folder).join(format!("{id}{ENDING}")))
    }

    /// Puts a message there and says its id.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn put(&self, message: &[u8]) -> Result<String, Error> {
        let id = id_of(message);
        let path = self.path(&id).unwrap_or_else(|| self.root.join(&id));
        if !path.exists() {
            let folder = path.parent().unwrap_or(&self.root);
            write(folder, &path, message).map_err(|error| Error::io(&path, error))?;
            self.lock().insert(folder.to_owned());
        }
        Ok(id)
    }

    /// Makes sure that what was put survives a loss of power.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn settle(&self) -> Result<(), Error> {
        let folders = std::mem::take(&mut *self.lock());
        if folders.is_empty() {
            return Ok(());
        }
        for folder in folders.iter().chain([&self.root]) {
            sync_folder(folder).map_err(|error| Error::io(folder, error))?;
        }
        Ok(())
    }

    /// The message of that id; nothing where it is not there, or is no longer what it was.
    ///
    /// # Errors
    ///
    /// When the file is there and the system refuses to read it.
    pub(crate) fn get(&self, id: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some((_, file)) = self.file(id)? else { return Ok(None) };
        let mut message = Vec::new();
        // Broken packing is as good as other content: it is fetched again.
        let whole = GzDecoder::new(file).read_to_end(&mut message).is_ok();
        Ok((whole && id_of(&message) == id).then_some(message))
    }

    /// The same as a stream: it is read to its end twice, and never in memory as a whole.
    ///
    /// # Errors
    ///
    /// When the file is there and the system refuses to read it.
    pub(crate) fn open(&self, id: &str) -> Result<Option<impl io::Read + Send + use<>>, Error> {
        let Some((path, mut file)) = self.file(id)? else { return Ok(None) };
        let is_whole = id_of_stream(GzDecoder::new(&file)).is_ok_and(|found| found == id);
        file.rewind().map_err(|error| Error::io(&path, error))?;
        Ok(is_whole.then(|| GzDecoder::new(file)))
    }

    fn file(&self, id: &str) -> Result<Option<(PathBuf, File)>, Error> {
        let Some(path) = self.path(id) else { return Ok(None) };
        match File::open(&path) {
            Ok(file) => Ok(Some((path, file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(&path, error)),
        }
    }

    /// Removes a message.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub(crate) fn remove(&self, id: &str) -> Result<(), Error> {
        let Some(path) = self.path(id) else { return Ok(()) };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(&path, error)),
            _ => Ok(()),
        }
    }

    /// Every file that lies there.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let folders = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten());
        files.flatten().map(|file| file.path())
    }

    /// The ids of everything that lies there.
    pub(crate) fn ids(&self) -> impl Iterator<Item = String> + use<'_> {
        let id = |path: PathBuf| {
            let id = path.file_name()?.to_str()?.strip_suffix(ENDING)?.to_owned();
            (self.path(&id)? == path).then_some(id)
        };
        self.files().filter_map(id)
    }

    /// Removes what killed runs left half written.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub(crate) fn tidy(&self) -> Result<(), Error> {
        for file in self.files() {
            if file.extension().is_some_and(|ending| ending == "new") {
                fs::remove_file(&file).map_err(|error| Error::io(&file, error))?;
            }
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<PathBuf>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(folder: &Path, path: &Path, message: &[u8]) -> io::Result<()> {
    let mut aside = aside(folder)?;
    pack(&mut aside, message)?;
    aside.as_file().sync_all()?;
    aside.persist(path)?;
    Ok(())
}

/// A new file in a folder, which is made where there is none.
fn aside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut new = tempfile::Builder::new();
    new.suffix(".new");
    match new.tempfile_in(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            new.tempfile_in(folder)
        }
        made => made,
    }
}

fn pack(aside: &mut NamedTempFile, message: &[u8]) -> io::Result<()> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(message)?;
    aside.write_all(&packer.finish()?)
}

/// Brings the names in a folder to the disk, where the system can.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::below(folder.path());
        (folder, store)
    }

    #[test]
    fn what_was_put_comes_back_byte_for_byte() {
        let (_folder, store) = store();
        for message in [&b""[..], b"Subject: x\r\n\r\n\0\xff", &vec![b'a'; 300_000]] {
            let id = store.put(message).unwrap();
            assert_eq!(id, id_of(message));
            assert_eq!(store.put(message).unwrap(), id, "twice is once");
            store.settle().unwrap();
            assert_eq!(store.get(&id).unwrap().as_deref(), Some(message));
            let mut streamed = Vec::new();
            store.open(&id).unwrap().unwrap().read_to_end(&mut streamed).unwrap();
            assert_eq!(streamed, message);
        }
    }

    #[test]
    fn what_has_changed_on_the_disk_is_not_there() {
        let (_folder, store) = store();
        let id = store.put(b"Subject: one\n\n1").unwrap();
        let path = store.path(&id).unwrap();
        let whole = fs::read(&path).unwrap();
        let other = store.put(b"Subject: two\n\n2").unwrap();
        for broken in [
            &b""[..],
            &whole[..whole.len() / 2],
            b"no packing",
            &fs::read(store.path(&other).unwrap()).unwrap(),
        ] {
            fs::write(&path, broken).unwrap();
            assert_eq!(store.get(&id).unwrap(), None);
            assert!(store.open(&id).unwrap().is_none());
        }
        store.remove(&id).unwrap();
        store.remove(&id).unwrap();
        assert_eq!(store.get(&id).unwrap(), None);
        store.put(b"Subject: one\n\n1").unwrap();
        assert!(store.get(&id).unwrap().is_some());
    }

    #[test]
    fn ids_lead_nowhere_else() {
        let (_folder, store) = store();
        for id in [
            "",
            "..",
            "../../../../../../etc/passwd",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123456789abcdef0123456789abcde/",
        ] {
            assert_eq!((store.path(id), store.get(id).unwrap()), (None, None), "{id}");
        }
    }

    #[test]
    fn half_written_files_are_removed() {
        let (_folder, store) = store();
        let id = store.put(b"x").unwrap();
        let half = store.path(&id).unwrap().with_file_name("abc.new");
        fs::write(&half, "half").unwrap();
        store.tidy().unwrap();
        assert!(!half.exists() && store.get(&id).unwrap().is_some());
    }
}
