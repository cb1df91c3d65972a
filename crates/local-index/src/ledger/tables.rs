//! The tables of the ledger, and how their file is opened.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction,
    ReadableDatabase as _, TableDefinition,
};
use sha2::{Digest as _, Sha256};

use super::held::{self, FileNumber};
use super::record::{Key, Record};
use super::replay;
use super::source::Occurrence;

/// Number of a file to the bytes of its [`Record`].
pub(crate) const FILES: TableDefinition<'_, FileNumber, &[u8]> = TableDefinition::new("files");
/// Digest of a path and number of the file with that path: a path is kept once.
pub(crate) const PATHS: TableDefinition<'_, &PathKey, ()> = TableDefinition::new("paths");
/// Messages of files, see [`held`], to the reading that found them.
pub(crate) const HELD: TableDefinition<'_, &[u8], u32> = TableDefinition::new("held");
/// The files that hold an id, see [`held`].
pub(crate) const HOLDERS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("holders");
/// Numbers by name.
pub(crate) const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");

/// Eight bytes of the digest of a path, and four of a number.
pub(crate) type PathKey = [u8; 12];

const CACHE_BYTES: usize = 16 << 20;

/// How often, and how long in between, a ledger is asked for that somebody reads: a second in all.
const OPEN_TRIES: u32 = 20;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// To open it for writing takes some of the disk's time, which a run with nothing new can do without.
pub(crate) enum Store {
    Reading(ReadOnlyDatabase),
    Writing(Database),
    /// Between the two.
    Closed,
}

/// The tables as of the last change.
pub(crate) struct Tables {
    pub(crate) files: ReadOnlyTable<FileNumber, &'static [u8]>,
    pub(crate) paths: ReadOnlyTable<&'static PathKey, ()>,
    pub(crate) held: ReadOnlyTable<&'static [u8], u32>,
    pub(crate) holders: ReadOnlyTable<&'static [u8], ()>,
    pub(crate) numbers: ReadOnlyTable<&'static str, u64>,
}

impl Tables {
    pub(crate) fn of(transaction: &ReadTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            files: transaction.open_table(FILES)?,
            paths: transaction.open_table(PATHS)?,
            held: transaction.open_table(HELD)?,
            holders: transaction.open_table(HOLDERS)?,
            numbers: transaction.open_table(NUMBERS)?,
        })
    }

    pub(crate) fn holders(&self, form: &[u8]) -> Result<Vec<FileNumber>, redb::Error> {
        let range = held::holders(form);
        let keys = self.holders.range(range.start().as_slice()..=range.end().as_slice())?;
        keys.map(|entry| Ok(held::number_of(entry?.0.value()))).collect()
    }

    pub(crate) fn occurrences_of(&self, id: &str) -> Result<Vec<Occurrence>, redb::Error> {
        let (form, mut occurrences) = (held::id_form(id), Vec::new());
        for number in self.holders(&form)? {
            let Some(record) = self.files.get(number)? else { continue };
            let path = Key::from_bytes(Record::path_in(record.value())).path();
            for entry in self.held.range(held::held(number, &form, "").as_slice()..)? {
                let (key, _) = entry?;
                let Some((_, _, part)) = held::parts(key.value())
                    .filter(|(file, id, _)| (*file, *id) == (number, form.as_slice()))
                else {
                    break;
                };
                let (part, home) = held::split_home(part);
                occurrences.push(Occurrence { path: path.clone(), part: part.to_owned(), home });
            }
        }
        Ok(occurrences)
    }
}

/// What begins the keys of a path in [`PATHS`].
pub(crate) fn path_key(path: &[u8], number: FileNumber) -> PathKey {
    let mut key = PathKey::default();
    let digest = Sha256::digest(path);
    let parts = digest.iter().take(8).copied().chain(number.to_be_bytes());
    key.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    key
}

fn unless_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Opens a database that another process has open for a moment.
fn patiently<T>(mut open: impl FnMut() -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
    for _ in 0..OPEN_TRIES {
        match open() {
            Err(DatabaseError::DatabaseAlreadyOpen) => std::thread::sleep(OPEN_PAUSE),
            done => return done,
        }
    }
    open()
}

/// Makes a ledger aside and renames it: half a database is never seen.
fn make(path: &Path) -> Result<(), redb::Error> {
    let aside = path.with_extension("new");
    fs::remove_file(&aside).or_else(unless_missing)?;
    let database = Database::create(&aside)?;
    let transaction = database.begin_write()?;
    replay::start_anew(&transaction)?;
    transaction.commit()?;
    drop(database);
    Ok(fs::rename(aside, path)?)
}

fn writable(path: &Path) -> Result<Database, DatabaseError> {
    patiently(|| Database::builder().set_cache_size(CACHE_BYTES).open(path))
}

impl Store {
    /// Opens the ledger, and makes it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, redb::Error> {
        if !path.exists() {
            make(path)?;
        }
        // One that was not closed is mended by opening it for writing.
        Ok(match ReadOnlyDatabase::open(path) {
            Ok(database) => Self::Reading(database),
            Err(_) => Self::Writing(writable(path)?),
        })
    }

    pub(crate) fn tables(&self) -> Result<Tables, redb::Error> {
        match self {
            Self::Reading(database) => Tables::of(&database.begin_read()?),
            Self::Writing(database) => Tables::of(&database.begin_read()?),
            Self::Closed => Err(closed()),
        }
    }

    pub(crate) fn writable(&mut self, path: &Path) -> Result<&Database, redb::Error> {
        if !matches!(self, Self::Writing(_)) {
            // It is not opened a second time while it is open.
            *self = Self::Closed;
            *self = Self::Writing(writable(path)?);
        }
        match self {
            Self::Writing(database) => Ok(database),
            Self::Reading(_) | Self::Closed => Err(closed()),
        }
    }
}

/// It was not opened.
pub(crate) fn closed() -> redb::Error {
    redb::Error::Io(io::Error::other("the ledger could not be opened for writing"))
}
