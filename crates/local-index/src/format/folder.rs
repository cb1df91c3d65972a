//! Where an index lies, who may write it, and which version wrote it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::tokenizer::TextAnalyzer;

use super::disk::{Commit, Disk};
use super::former;
use super::schema::schema;
use super::terms::{TYPED, Typed};
use super::words::{LINES, Lines};
use crate::format::parts;
use crate::format::signature::{self, Verdict};
use crate::{Error, database};

/// The number of this version's way to write an index. Whatever changes what lies on disk, or how
/// text is cut into words, needs the next one.
pub(crate) const FORMAT: u32 = 15;

/// How often, and how long in between, the right to write is asked for: a second in all.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Files of earlier formats.
const FORMER: [&str; 2] = ["ledger.redb", "ledger.next"];

/// The files of an index below a data folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

/// Permission to write, for as long as it lives; the system takes it back from a dead process.
#[derive(Debug)]
pub(crate) struct WriteLock {
    _file: File,
}

#[derive(Serialize, Deserialize)]
struct Version {
    format: u32,
}

impl Folder {
    pub(crate) fn new(data: &Path) -> Self {
        Self { root: data.join("index") }
    }

    pub(crate) fn tantivy(&self) -> PathBuf {
        self.root.join("tantivy")
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }

    /// When a run last found nothing new.
    pub(crate) fn checked(&self) -> PathBuf {
        self.root.join("checked.json")
    }

    /// The signature of the file that says what the index is made of.
    pub(crate) fn signature(&self) -> PathBuf {
        self.root.join("meta.sum")
    }

    pub(crate) fn version(&self) -> PathBuf {
        self.root.join("version.json")
    }

    /// Opens the index for reading.
    ///
    /// # Errors
    ///
    /// When there is none, or it was written by another version, or it cannot be read.
    pub(crate) fn open(&self) -> Result<tantivy::Index, Error> {
        let is_former = self.is_former()?;
        if !is_former && !self.is_of_this_version()? || !self.tantivy().join("meta.json").exists() {
            return Err(Error::Missing(self.root.clone()));
        }
        let index = tantivy::Index::open_in_dir(self.tantivy())?;
        if is_former { former::checked(index) } else { prepared(index) }
    }

    /// Says that what lies here is of this version, where nothing lies here yet.
    ///
    /// # Errors
    ///
    /// When it was written by another version.
    pub(crate) fn claim(&self, _: &WriteLock) -> Result<(), Error> {
        if self.is_of_this_version()? { Ok(()) } else { self.write_version() }
    }

    /// Opens the index for writing, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read or made.
    pub(crate) fn open_or_create(&self, disk: &Disk) -> Result<tantivy::Index, Error> {
        let opened = tantivy::Index::open_or_create(disk.clone(), schema());
        prepared(opened.map_err(|error| disk.why(error))?)
    }

    /// Writes down what the index is made of, where a killed writer did not come to it. Does so only if
    /// the files are all there.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn publish(&self, disk: &Disk, meta: &[u8]) -> Result<bool, Error> {
        let is_signed = signature::verify(&self.signature(), meta)? == Verdict::Whole;
        let is_there = is_signed
            && parts::named_in(meta)?.iter().all(|name| self.tantivy().join(name).exists());
        if is_there {
            disk.publish(meta)?;
        }
        Ok(is_there)
    }

    /// The folder of the engine, made where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn disk(&self, commit: impl Commit + 'static) -> Result<Disk, Error> {
        fs::create_dir_all(self.tantivy())?;
        let files = MmapDirectory::open(self.tantivy()).map_err(tantivy::TantivyError::from)?;
        Ok(Disk::new(Box::new(files), self.signature(), commit))
    }

    /// Whether there is an index of a former format that can be read and upgraded.
    ///
    /// # Errors
    ///
    /// When the system refuses to say.
    pub(crate) fn is_former(&self) -> Result<bool, Error> {
        Ok(self.format()?.is_some_and(|found| (former::OLDEST..FORMAT).contains(&found)))
    }

    /// Removes whatever lies there. The book-keeping goes last: what it says of an index that is
    /// gone is not believed.
    ///
    /// # Errors
    ///
    /// When a file cannot be removed.
    pub(crate) fn clear(&self, _: &WriteLock) -> Result<(), Error> {
        unless_missing(fs::remove_dir_all(self.tantivy()))?;
        let [log, shared] = database::beside(&self.ledger());
        let former = FORMER.map(|name| self.root.join(name));
        let files = [self.signature(), self.version(), self.checked(), log, shared, self.ledger()];
        for file in files.into_iter().chain(former) {
            unless_missing(fs::remove_file(file))?;
        }
        Ok(())
    }

    /// Makes the folder and takes the right to write in it.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] when another writer has it.
    pub(crate) fn lock(&self) -> Result<WriteLock, Error> {
        // A writer that was killed a moment ago may still be on its way out.
        for _ in 0..LOCK_TRIES {
            fs::create_dir_all(&self.root)?;
            let path = self.root.join("lock");
            let file = File::create(&path)?;
            match file.try_lock() {
                // An upgrade puts another index in the place of one that somebody waits for.
                Ok(()) if is_still(&file, &path) => return Ok(WriteLock { _file: file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        Err(self.busy())
    }

    /// Another writer has the index.
    pub(crate) fn busy(&self) -> Error {
        Error::Busy(self.root.clone())
    }

    /// Whether anything was ever written here.
    pub(crate) fn exists(&self) -> bool {
        self.root.exists()
    }

    /// When the index was last made, whatever was written since; nothing where there is none.
    pub(crate) fn made(&self) -> Option<SystemTime> {
        fs::metadata(self.version()).ok()?.modified().ok()
    }

    /// Bytes of its files; what cannot be looked at counts as nothing.
    pub(crate) fn bytes(&self) -> u64 {
        let files = fs::read_dir(self.tantivy()).into_iter().flatten().flatten();
        let sizes = files.map(|file| file.metadata()).chain([fs::metadata(self.ledger())]);
        sizes.flatten().map(|metadata| metadata.len()).sum()
    }

    /// Whether there is an index of this version; no index at all is `false`.
    pub(crate) fn is_of_this_version(&self) -> Result<bool, Error> {
        match self.format()? {
            None => Ok(false),
            Some(FORMAT) => Ok(true),
            Some(found) => {
                let path = self.root.clone();
                Err(Error::OtherVersion { found, expected: FORMAT, path })
            }
        }
    }

    /// The format of the index; nothing where there is none.
    pub(crate) fn format(&self) -> Result<Option<u32>, Error> {
        let bytes = match fs::read(self.version()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let version: Version = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Corrupt(format!("{}: {error}", self.version().display())))?;
        Ok(Some(version.format))
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Written aside and renamed, so that no half of it is ever seen.
    fn write_version(&self) -> Result<(), Error> {
        let aside = self.version().with_extension("new");
        let mut file = File::create(&aside)?;
        file.write_all(format!("{{\"format\":{FORMAT}}}\n").as_bytes())?;
        file.sync_all()?;
        Ok(fs::rename(aside, self.version())?)
    }
}

/// Whether an open file is the one that lies there now.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number = |metadata: io::Result<fs::Metadata>| metadata.ok().map(|it| (it.dev(), it.ino()));
    number(file.metadata()) == number(fs::metadata(path))
}

#[cfg(not(unix))]
const fn is_still(_: &File, _: &Path) -> bool {
    true
}

fn unless_missing(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

/// The index with what cuts its values into terms, if it has the schema of this version.
fn prepared(index: tantivy::Index) -> Result<tantivy::Index, Error> {
    if index.schema() != schema() {
        return Err(Error::Corrupt("its fields are not those of its version".into()));
    }
    index.tokenizers().register(LINES, TextAnalyzer::builder(Lines).build());
    index.tokenizers().register(TYPED, TextAnalyzer::builder(Typed).build());
    Ok(index)
}
