//! Which files were taken in, and what came from each.
//!
//! The ledger and the index must never tell different stories, whenever the process is killed.
//! They are two files, so a commit takes three steps:
//!
//! 1. [`Ledger::propose`] writes the changes into a [file aside](crate::ledger::proposal) under the next
//!    number.
//! 2. The index commits, with that number in it.
//! 3. [`Ledger::accept`] puts the changes in force.
//!
//! After a kill the number in the index says what to do with a proposal that is still there: the
//! index has it, then step 3 is done now; or it has not, then nothing of that commit happened and
//! the proposal is dropped. [`Ledger::agree`] does so whenever a writer opens. A number that fits
//! neither (one of the two was removed or restored by hand) means that the ledger knows nothing
//! of this index, so it is emptied and every file is read again.

pub(crate) mod changes;
pub(crate) mod held;
mod proposal;
pub(crate) mod record;
mod replay;
mod source;
mod tables;

pub use held::FileNumber;
pub use source::{Occurrence, Source, Unreadable};

use std::cell::Cell;
use std::path::PathBuf;

use redb::{
    DatabaseError, ReadOnlyDatabase, ReadableDatabase as _, ReadableTable as _, WriteTransaction,
};

use crate::Error;
use crate::format::folder::Folder;
use crate::ledger::changes::{Changes, State, Touched, all_of};
use crate::ledger::proposal::Proposal;
use crate::ledger::record::{Key, Record};
use crate::ledger::tables::{NUMBERS, PathKey, Store, Tables, path_key};

/// Number of the last commit.
const SEQUENCE: &str = "sequence";
/// Messages that could not be read, in all.
const UNREADABLE: &str = "unreadable";
/// Set where the index may hold messages that the ledger knows nothing of.
const STRANGERS: &str = "strangers";

/// Changes after which it is worth making the file smaller.
const MANY_CHANGES: usize = 10_000;

/// The book-keeping of an index.
pub(crate) struct Ledger {
    /// What is in force, opened once for the many questions between two changes; none while it is
    /// being opened for writing.
    tables: Option<Tables>,
    database: Store,
    path: PathBuf,
    /// Where proposals lie.
    aside: PathBuf,
    /// Changes that were put in force since it was opened.
    changes: usize,
    /// The file that is asked for next if all are asked for in their order.
    likely: Cell<FileNumber>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Runs what redb does and turns its many errors into ours.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, Error> {
    Ok(work()?)
}

/// Where a message came from, by the ledger of an index that may have a writer.
///
/// # Errors
///
/// [`Error::Busy`] while it has one, and when the ledger cannot be read.
pub(crate) fn occurrences_at(folder: &Folder, id: &str) -> Result<Vec<Occurrence>, Error> {
    let database = match ReadOnlyDatabase::open(folder.ledger()) {
        Err(DatabaseError::DatabaseAlreadyOpen) => return Err(folder.busy()),
        opened => opened.map_err(redb::Error::from)?,
    };
    guarded(|| Tables::of(&database.begin_read()?)?.occurrences_of(id))
}

impl Ledger {
    /// Opens the ledger, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read or made.
    pub(crate) fn open(folder: &Folder) -> Result<Self, Error> {
        let path = folder.ledger();
        guarded(|| {
            let database = Store::open(&path)?;
            let tables = Some(database.tables()?);
            let aside = folder.proposal();
            Ok(Self { tables, database, path, aside, changes: 0, likely: Cell::new(0) })
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
        self.write(|transaction| {
            replay::start_anew(transaction)?;
            let mut numbers = transaction.open_table(NUMBERS)?;
            numbers.insert(SEQUENCE, committed)?;
            numbers.insert(UNREADABLE, 0)?;
            if !index_is_empty {
                numbers.insert(STRANGERS, 1)?;
            }
            Ok(())
        })
    }

    /// Writes the changes aside and says under which number, and how many messages will then be
    /// unreadable.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the proposal not be written.
    pub(crate) fn propose(&self, changes: &Changes) -> Result<(u64, u64), Error> {
        let number = self.sequence()? + 1;
        let mut unreadable = self.number(UNREADABLE)?.unwrap_or(0);
        for (_, file) in changes.files() {
            let after = match file.state {
                State::Open | State::Closed => file.record.unreadable_count(),
                State::Gone => 0,
            };
            unreadable = (unreadable + after).saturating_sub(file.unreadable_before);
        }
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
        let changes = proposal.changes().collect::<Result<Vec<_>, _>>()?;
        self.changes += changes.len();
        self.write(|transaction| {
            replay::apply(transaction, &changes)?;
            let mut numbers = transaction.open_table(NUMBERS)?;
            numbers.insert(SEQUENCE, number)?;
            numbers.insert(UNREADABLE, unreadable)?;
            Ok(())
        })
    }

    /// Closes it. After many changes its file has room for as many again, which is given back.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn close(mut self) -> Result<(), Error> {
        self.tables = None;
        match &mut self.database {
            Store::Writing(database) if self.changes >= MANY_CHANGES => guarded(|| {
                database.compact()?;
                Ok(())
            }),
            Store::Writing(_) | Store::Reading(_) | Store::Closed => Ok(()),
        }
    }

    /// What is known of a file, and its number.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn file(&self, key: &Key) -> Result<Option<(FileNumber, Record)>, Error> {
        let found = match self.file_if(self.likely.get(), key)? {
            Some(found) => Some(found),
            None => self.look_up(key)?,
        };
        if let Some((number, _)) = &found {
            self.likely.set(number.saturating_add(1));
        }
        Ok(found)
    }

    fn look_up(&self, key: &Key) -> Result<Option<(FileNumber, Record)>, Error> {
        let path = key.as_slice();
        let (first, last) = (path_key(path, FileNumber::MIN), path_key(path, FileNumber::MAX));
        for entry in guarded(|| Ok(self.tables()?.paths.range::<&PathKey>(&first..=&last)?))? {
            let number = guarded(|| Ok(held::number_of(entry?.0.value())))?;
            if let Some(found) = self.file_if(number, key)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The file of that number, if it has that path.
    fn file_if(
        &self,
        number: FileNumber,
        key: &Key,
    ) -> Result<Option<(FileNumber, Record)>, Error> {
        let bytes = guarded(|| Ok(self.tables()?.files.get(number)?))?;
        let bytes = bytes.filter(|bytes| Record::path_in(bytes.value()) == key.as_slice());
        bytes.map(|bytes| Ok((number, Record::from_bytes(bytes.value())?))).transpose()
    }

    /// The first number that no file has.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or there is none left.
    pub(crate) fn free_number(&self) -> Result<FileNumber, Error> {
        let last = guarded(|| Ok(self.tables()?.files.last()?.map(|(number, _)| number.value())))?;
        let full = || Error::Corrupt("there are no numbers for files left".into());
        last.map_or(Ok(0), |last| last.checked_add(1).ok_or_else(full))
    }

    /// The file as it is before anything is done to it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn touched(&self, key: &Key) -> Result<Option<(FileNumber, Touched)>, Error> {
        Ok(self.file(key)?.map(|(number, record)| (number, Touched::known(record))))
    }

    /// The files that hold an id.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn holders(&self, form: &[u8]) -> Result<Vec<FileNumber>, Error> {
        guarded(|| self.tables()?.holders(form))
    }

    /// Whether such a reading of the file found the message.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn holds(
        &self,
        number: FileNumber,
        form: &[u8],
        reading: u32,
    ) -> Result<bool, Error> {
        let start = held::held(number, form, "");
        guarded(|| {
            for entry in self.tables()?.held.range(start.as_slice()..)? {
                let (key, found) = entry?;
                if !key.value().starts_with(&start) {
                    break;
                }
                if found.value() == reading {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// The ids that other readings of a file found, one after the other.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn of_other_readings(
        &self,
        number: FileNumber,
        reading: Option<u32>,
    ) -> Result<impl Iterator<Item = Result<Vec<u8>, Error>> + use<>, Error> {
        let all = all_of(number);
        let entries =
            guarded(|| Ok(self.tables()?.held.range(all.start.as_slice()..all.end.as_slice())?))?;
        Ok(entries.filter_map(move |entry| match entry.map_err(redb::Error::from) {
            Ok((_, found)) if Some(found.value()) == reading => None,
            Ok((key, _)) => held::parts(key.value()).map(|(_, form, _)| Ok(form.to_vec())),
            Err(error) => Some(Err(error.into())),
        }))
    }

    /// Where a message came from: the files and the places in them.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn occurrences(&self, id: &str) -> Result<Vec<Occurrence>, Error> {
        guarded(|| self.tables()?.occurrences_of(id))
    }

    /// Every file that was taken in.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn files(
        &self,
    ) -> Result<impl Iterator<Item = Result<(FileNumber, Record), Error>> + use<>, Error> {
        let entries = guarded(|| Ok(self.tables()?.files.range(FileNumber::MIN..)?))?;
        Ok(entries.map(|entry| {
            let (number, bytes) = entry.map_err(redb::Error::from)?;
            Ok((number.value(), Record::from_bytes(bytes.value())?))
        }))
    }

    /// Every file that was taken in, with what could not be read of it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn sources(&self) -> Result<Vec<(Key, Vec<Unreadable>)>, Error> {
        let files = self.files()?;
        files
            .map(|file| file.map(|(_, record)| (record.key.clone(), record.unreadable())))
            .collect()
    }

    /// Whether the index may hold messages that the ledger knows nothing of.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn has_strangers(&self) -> Result<bool, Error> {
        Ok(self.number(STRANGERS)?.is_some())
    }

    /// Number of the last commit.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn sequence(&self) -> Result<u64, Error> {
        Ok(self.number(SEQUENCE)?.unwrap_or(0))
    }

    fn tables(&self) -> Result<&Tables, redb::Error> {
        self.tables.as_ref().ok_or_else(tables::closed)
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Error> {
        guarded(|| Ok(self.tables()?.numbers.get(name)?.map(|value| value.value())))
    }

    fn write(
        &mut self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), Error> {
        let Self { tables, database, path, .. } = self;
        // What is read keeps it open, too.
        *tables = None;
        guarded(|| {
            let transaction = database.writable(path)?.begin_write()?;
            work(&transaction)?;
            transaction.commit()?;
            *tables = Some(database.tables()?);
            Ok(())
        })
    }
}
