//! Which files were taken in, and what came from each.
//!
//! The ledger and the index must never tell different stories, whenever the process is killed.
//! They are two files, so a commit takes three steps:
//!
//! 1. [`Ledger::propose`] writes the changes into a [file aside](super::proposal) under the next
//!    number.
//! 2. The index commits, with that number in it.
//! 3. [`Ledger::accept`] puts the changes in force.
//!
//! After a kill the number in the index says what to do with a proposal that is still there: the
//! index has it, then step 3 is done now; or it has not, then nothing of that commit happened and
//! the proposal is dropped. [`Ledger::agree`] does so whenever a writer opens. A number that fits
//! neither (one of the two was removed or restored by hand) means that the ledger knows nothing
//! of this index, so it is emptied and every file is read again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use redb::{
    Database, DatabaseError, MultimapTableDefinition, ReadOnlyDatabase, ReadOnlyMultimapTable,
    ReadOnlyTable, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition,
    WriteTransaction,
};

use super::folder::Folder;
use super::proposal::{Parts, Proposal};
use super::record::{Key, Record};
use super::source::{Origin, Source, Unreadable};
use crate::search::Error;

/// File to [`Record`].
const SOURCES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("sources");
/// Id of a message to the files it came from.
const ORIGINS: MultimapTableDefinition<'_, &str, &[u8]> = MultimapTableDefinition::new("origins");
/// Numbers by name.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");

/// Number of the last commit.
const SEQUENCE: &str = "sequence";
/// Messages that could not be read, in all.
const UNREADABLE: &str = "unreadable";
/// Set where the index may hold messages that the ledger knows nothing of.
const STRANGERS: &str = "strangers";

const CACHE_BYTES: usize = 16 << 20;

/// How often, and how long in between, a ledger is asked for that somebody reads: a second in all.
const OPEN_TRIES: u32 = 20;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// What a commit changes: `None` forgets a file.
pub(crate) type Changes = BTreeMap<Key, Option<Record>>;

/// One of them.
pub(crate) type Change<'c> = (&'c Key, Option<&'c Record>);

/// The book-keeping of an index.
pub(crate) struct Ledger {
    /// What is in force, opened once for the many questions between two changes.
    tables: Tables,
    database: Database,
    /// Where proposals lie.
    aside: PathBuf,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("database", &self.database).finish_non_exhaustive()
    }
}

/// The tables as of the last change.
struct Tables {
    sources: ReadOnlyTable<&'static [u8], &'static [u8]>,
    origins: ReadOnlyMultimapTable<&'static str, &'static [u8]>,
    numbers: ReadOnlyTable<&'static str, u64>,
}

impl Tables {
    fn of(transaction: &ReadTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            sources: transaction.open_table(SOURCES)?,
            origins: transaction.open_multimap_table(ORIGINS)?,
            numbers: transaction.open_table(NUMBERS)?,
        })
    }

    fn origins_of(&self, id: &str) -> Result<Vec<Origin>, redb::Error> {
        let mut origins = Vec::new();
        for file in self.origins.get(id)? {
            let file = file?;
            let Some(bytes) = self.sources.get(file.value())? else { continue };
            let record = Record::from_bytes(bytes.value());
            let record = record.map_err(|error| redb::Error::Corrupted(error.to_string()))?;
            let path = Key::from_bytes(file.value()).path();
            let origin = |place: &str| Origin { path: path.clone(), place: place.to_owned() };
            origins.extend(record.places(id).map(origin));
        }
        Ok(origins)
    }
}

fn unless_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Runs what redb does and turns its many errors into ours.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, Error> {
    Ok(work()?)
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

/// Where a message came from, by the ledger of an index that may have a writer.
///
/// # Errors
///
/// [`Error::Busy`] while it has one, and when the ledger cannot be read.
pub(crate) fn origins_at(folder: &Folder, id: &str) -> Result<Vec<Origin>, Error> {
    let database = match ReadOnlyDatabase::open(folder.ledger()) {
        Err(DatabaseError::DatabaseAlreadyOpen) => return Err(folder.busy()),
        opened => opened.map_err(redb::Error::from)?,
    };
    guarded(|| Tables::of(&database.begin_read()?)?.origins_of(id))
}

impl Ledger {
    /// Opens the ledger, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read or made.
    pub(crate) fn open(folder: &Folder) -> Result<Self, Error> {
        let path = &folder.ledger();
        guarded(|| {
            if !path.exists() {
                // Made aside and renamed: half a database is never seen.
                let aside = path.with_extension("new");
                fs::remove_file(&aside).or_else(unless_missing)?;
                drop(Database::create(&aside)?);
                fs::rename(aside, path)?;
            }
            let database =
                patiently(|| Database::builder().set_cache_size(CACHE_BYTES).open(path))?;
            let transaction = database.begin_write()?;
            transaction.open_table(SOURCES)?;
            transaction.open_multimap_table(ORIGINS)?;
            transaction.open_table(NUMBERS)?;
            transaction.commit()?;
            let tables = Tables::of(&database.begin_read()?)?;
            Ok(Self { tables, database, aside: folder.proposal() })
        })
    }

    /// Brings the ledger in line with an index whose last commit had the number `committed`.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read or written.
    pub(crate) fn agree(&mut self, committed: u64, index_is_empty: bool) -> Result<(), Error> {
        if let Some(proposal) = Proposal::read(&self.aside)? {
            let number = proposal.number()?;
            if number == committed && number == self.sequence()? + 1 {
                self.put_in_force(&proposal)?;
            }
            Proposal::remove(&self.aside)?;
        }
        if self.sequence()? == committed {
            return Ok(());
        }
        self.write(|transaction| start_anew(transaction, committed, !index_is_empty))
    }

    /// Writes the changes aside and says under which number, and how many messages will then be
    /// unreadable.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the proposal not be written.
    pub(crate) fn propose<'c>(
        &self,
        changes: impl Iterator<Item = Change<'c>> + Clone,
    ) -> Result<(u64, u64), Error> {
        let number = self.sequence()? + 1;
        let unreadable = self.unreadable_after(changes.clone())?;
        Proposal::write(&self.aside, number, unreadable, changes)?;
        Ok((number, unreadable))
    }

    /// Puts what was proposed in force.
    ///
    /// # Errors
    ///
    /// When the proposal cannot be read, or the ledger not be written.
    pub(crate) fn accept(&mut self) -> Result<(), Error> {
        if let Some(proposal) = Proposal::read(&self.aside)? {
            self.put_in_force(&proposal)?;
            Proposal::remove(&self.aside)?;
        }
        Ok(())
    }

    fn put_in_force(&mut self, proposal: &Proposal) -> Result<(), Error> {
        let (number, unreadable) = (proposal.number()?, proposal.unreadable()?);
        let changes = proposal.changes()?;
        self.write(|transaction| {
            apply(transaction, &changes)?;
            let mut numbers = transaction.open_table(NUMBERS)?;
            numbers.insert(SEQUENCE, number)?;
            numbers.insert(UNREADABLE, unreadable)?;
            Ok(())
        })
    }

    /// Whether every message of the file was taken in as the file is now.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn is_current(&self, source: &Source) -> Result<bool, Error> {
        let record = self.record(&Key::of(&source.path))?;
        Ok(record.is_some_and(|record| record.is_of(source)))
    }

    /// What is known of a file.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn record(&self, key: &Key) -> Result<Option<Record>, Error> {
        let bytes = guarded(|| Ok(self.tables.sources.get(key.as_slice())?))?;
        bytes.map(|bytes| Record::from_bytes(bytes.value())).transpose()
    }

    /// The files that a message came from.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn files_of(&self, id: &str) -> Result<Vec<Key>, Error> {
        guarded(|| {
            let files = self.tables.origins.get(id)?;
            files.map(|file| Ok(Key::from_bytes(file?.value()))).collect()
        })
    }

    /// Where a message came from: the files and the places in them.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn origins(&self, id: &str) -> Result<Vec<Origin>, Error> {
        guarded(|| self.tables.origins_of(id))
    }

    /// Every file that was taken in, with what could not be read of it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn sources(&self) -> Result<Vec<(Key, Vec<Unreadable>)>, Error> {
        let mut all = Vec::new();
        for entry in guarded(|| Ok(self.tables.sources.iter()?))? {
            let (key, bytes) = guarded(|| Ok(entry?))?;
            let record = Record::from_bytes(bytes.value())?;
            all.push((Key::from_bytes(key.value()), record.unreadable()));
        }
        Ok(all)
    }

    /// Every file that was taken in.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn files(&self) -> Result<Vec<Key>, Error> {
        guarded(|| {
            let keys = self.tables.sources.iter()?;
            keys.map(|entry| Ok(Key::from_bytes(entry?.0.value()))).collect()
        })
    }

    /// Whether the index may hold messages that the ledger knows nothing of.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn has_strangers(&self) -> Result<bool, Error> {
        Ok(self.number(STRANGERS)?.is_some())
    }

    fn sequence(&self) -> Result<u64, Error> {
        Ok(self.number(SEQUENCE)?.unwrap_or(0))
    }

    fn unreadable_after<'c>(
        &self,
        changes: impl Iterator<Item = Change<'c>>,
    ) -> Result<u64, Error> {
        let mut total = self.number(UNREADABLE)?.unwrap_or(0);
        for (key, record) in changes {
            let before = self.record(key)?.map_or(0, |record| record.unreadable_count());
            let after = record.map_or(0, Record::unreadable_count);
            total = (total + after).saturating_sub(before);
        }
        Ok(total)
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Error> {
        guarded(|| Ok(self.tables.numbers.get(name)?.map(|value| value.value())))
    }

    fn write(
        &mut self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), Error> {
        self.tables = guarded(|| {
            let transaction = self.database.begin_write()?;
            work(&transaction)?;
            transaction.commit()?;
            Tables::of(&self.database.begin_read()?)
        })?;
        Ok(())
    }
}

fn start_anew(
    transaction: &WriteTransaction,
    sequence: u64,
    strangers: bool,
) -> Result<(), redb::Error> {
    transaction.delete_table(SOURCES)?;
    transaction.delete_multimap_table(ORIGINS)?;
    transaction.open_table(SOURCES)?;
    transaction.open_multimap_table(ORIGINS)?;
    let mut numbers = transaction.open_table(NUMBERS)?;
    numbers.insert(SEQUENCE, sequence)?;
    numbers.insert(UNREADABLE, 0)?;
    if strangers {
        numbers.insert(STRANGERS, 1)?;
    }
    Ok(())
}

/// Puts changes to their place: the bytes of a record, none for a file that is forgotten.
fn apply(transaction: &WriteTransaction, changes: &[Parts<'_>]) -> Result<(), redb::Error> {
    let mut sources = transaction.open_table(SOURCES)?;
    let mut origins = transaction.open_multimap_table(ORIGINS)?;
    for (key, bytes) in changes.iter().copied() {
        let former = match sources.get(key)? {
            Some(former) => ids_in(former.value())?,
            None => BTreeSet::new(),
        };
        let ids = ids_in(bytes)?;
        for id in former.difference(&ids) {
            origins.remove(id.as_str(), key)?;
        }
        for id in ids.difference(&former) {
            origins.insert(id.as_str(), key)?;
        }
        if bytes.is_empty() {
            sources.remove(key)?;
        } else {
            sources.insert(key, bytes)?;
        }
    }
    Ok(())
}

fn ids_in(bytes: &[u8]) -> Result<BTreeSet<String>, redb::Error> {
    if bytes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let record = Record::from_bytes(bytes);
    record.map(|record| record.ids()).map_err(|error| redb::Error::Corrupted(error.to_string()))
}
