//! The one writer of an index.

use std::path::Path;

use jiff::Timestamp;
use postern_query::Message;

use super::document::document;
use super::engine::{Engine, Queued, Room};
use crate::Error;
use crate::format::disk::Disk;
use crate::format::folder::{Folder, WriteLock};
use crate::format::payload::{Checked, Payload};
use crate::format::stored;
use crate::ledger::Ledger;
use crate::ledger::changes::{Changes, State, Touched};
use crate::ledger::held;
use crate::ledger::held::FileNumber;
use crate::ledger::record::{Key, Record};
use crate::ledger::{Occurrence, Source, Unreadable};

/// Bytes of the longest id of a message.
pub const LONGEST_ID: usize = 1_024;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Memory for messages that are not on disk yet, over all threads.
    pub memory_bytes: usize,
    /// How many threads write.
    pub threads: usize,
    /// Whether to forget what is there, whichever version made it.
    pub rebuild: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { memory_bytes: 256 << 20, threads: 2, rebuild: false }
    }
}

/// What to do with a message whose id is already there from another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameId {
    /// It is the same message: the first one stays, with its mailbox and folder.
    Keeps,
    /// It is a newer version: it takes the place of the first one.
    Replaces,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It was not there before.
    New,
    /// It took the place of one with the same id.
    Replaced,
    /// The same message is there from another place; that place was noted.
    Duplicate,
}

/// The only thing that writes an index.
///
/// Messages go in with [`add`](Self::add), each file is closed with [`record`](Self::record), and
/// nothing of it can be found, nor is remembered, before [`commit`](Self::commit). A commit may
/// come at any time, also in the middle of a file. A process that is killed at any moment has
/// done what its last commit did, and nothing else.
pub struct Writer {
    ledger: Ledger,
    /// Whether the index may hold messages that the ledger does not know.
    has_strangers: bool,
    without_attachment_text: bool,
    changes: Changes,
    // Last, so that the lock outlives what it guards.
    engine: Engine,
    folder: Folder,
    lock: WriteLock,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("ledger", &self.ledger).field("lock", &self.lock).finish()
    }
}

impl Writer {
    /// Opens the index below `data` for writing, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] while another writer has it, [`Error::OtherVersion`] when it must be built
    /// anew, and whatever the disk says.
    pub fn open(data: &Path, options: &Options) -> Result<Self, Error> {
        Self::open_on(data, options, Folder::disk)
    }

    /// The same with the files of the engine on that disk.
    pub(crate) fn open_on(
        data: &Path,
        options: &Options,
        disk: impl FnOnce(&Folder) -> Result<Disk, Error>,
    ) -> Result<Self, Error> {
        let folder = Folder::new(data);
        let lock = folder.lock()?;
        if options.rebuild {
            folder.clear(&lock)?;
        }
        let disk = disk(&folder)?;
        let index = folder.open_or_create(&lock, &disk)?;
        let mut ledger = Ledger::open(&folder)?;
        let is_empty = index.searchable_segment_metas()?.is_empty();
        let committed = Payload::of(&index)?;
        ledger.agree(committed.sequence, is_empty)?;
        Ok(Self {
            has_strangers: ledger.has_strangers()?,
            ledger,
            without_attachment_text: committed.without_attachment_text,
            changes: Changes::default(),
            engine: Engine::new(index, disk, folder.tantivy(), *options),
            folder,
            lock,
        })
    }

    /// Whether a file was taken in to its end and has not changed since.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn is_current(&self, source: &Source) -> Result<bool, Error> {
        Ok(self.messages_of(source)?.is_some())
    }

    /// How many messages came from a file that was taken in to its end and has not changed since.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn messages_of(&self, source: &Source) -> Result<Option<u64>, Error> {
        Ok(self.known(source)?.and_then(|known| known.messages))
    }

    /// What is known of a file; nothing of one that was never seen. Files are found fastest in the
    /// order in which they were first taken in.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn known(&self, source: &Source) -> Result<Option<Known>, Error> {
        let key = Key::of(&source.path);
        if let Some(number) = self.changes.number(&key) {
            let file = self.changes.file(number).filter(|file| file.state == State::Closed);
            return Ok(file.map(|file| Known::of(number, &file.record, source)));
        }
        let file = self.ledger.file(&key)?;
        Ok(file.map(|(number, record)| Known::of(number, &record, source)))
    }

    /// Notes that nobody looks into the attachments of what is added now.
    pub const fn leave_out_attachment_text(&mut self) {
        self.without_attachment_text = true;
    }

    /// Adds a message of a file.
    ///
    /// # Errors
    ///
    /// [`Error::BadId`] for a message that cannot be told from others; otherwise when the index
    /// cannot be written.
    pub fn add(
        &mut self,
        occurrence: &Occurrence,
        message: &Message,
        same_id: SameId,
    ) -> Result<Added, Error> {
        self.add_within(occurrence, message, same_id, None)
    }

    /// The same. The engine takes a message up later; what waits for that takes memory that only `room`
    /// can bound: it is dropped when the message was taken up.
    ///
    /// # Errors
    ///
    /// Those of [`add`](Self::add).
    pub fn add_within(
        &mut self,
        occurrence: &Occurrence,
        message: &Message,
        same_id: SameId,
        room: Option<Room>,
    ) -> Result<Added, Error> {
        if message.id.is_empty() || message.id.len() > LONGEST_ID {
            return Err(Error::BadId { found: message.id.len(), limit: LONGEST_ID });
        }
        let form = held::id_form(&message.id);
        let (number, reading) = self.begin(&Key::of(&occurrence.path))?;
        let added = self.added_as(number, reading, &form, same_id)?;
        if added != Added::Duplicate {
            self.put(message, added, room)?;
        }
        let home = message.mailbox.as_deref().zip(message.folder.as_deref());
        let home = home.filter(|_| added == Added::Duplicate).map(<[&str; 2]>::from);
        self.changes.hold(number, &form, &held::with_home(&occurrence.part, home), reading);
        if let Some(file) = self.changes.file_mut(number) {
            file.record.messages += 1;
        }
        Ok(added)
    }

    /// Closes a file: what was added of it since the last time is all there is of it now, and what
    /// it no longer has goes away, unless another file has it too.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the index not be written.
    pub fn record(&mut self, source: &Source, unreadable: Vec<Unreadable>) -> Result<(), Error> {
        let count = unreadable.len() as u64;
        self.record_some(source, unreadable, count)
    }

    /// The same for a file with so many unreadable messages that only some are told.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the index not be written.
    pub fn record_some(
        &mut self,
        source: &Source,
        unreadable: Vec<Unreadable>,
        count: u64,
    ) -> Result<(), Error> {
        let (number, reading) = self.begin(&Key::of(&source.path))?;
        if let Some(file) = self.changes.file_mut(number) {
            file.state = State::Closed;
            file.record.close(source, unreadable, count);
        }
        self.sweep(number, Some(reading))
    }

    /// Forgets a file that is gone, and every message that came only from it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the index not be written.
    pub fn forget(&mut self, path: &Path) -> Result<(), Error> {
        let key = Key::of(path);
        let number = match self.changes.number(&key) {
            Some(number) => number,
            None => match self.ledger.touched(&key)? {
                Some((number, file)) => {
                    self.changes.touch(number, file);
                    number
                }
                None => return Ok(()),
            },
        };
        if let Some(file) = self.changes.file_mut(number) {
            file.state = State::Gone;
        }
        self.sweep(number, None)
    }

    /// Forgets every file for which `is_gone` holds, and says how many there were.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the index not be written.
    pub fn forget_where(
        &mut self,
        is_gone: impl Fn(FileNumber, &Path) -> bool,
    ) -> Result<u64, Error> {
        let mut forgotten = 0;
        for file in self.ledger.files()? {
            let (number, record) = file?;
            let path = record.key.path();
            if is_gone(number, &path) {
                self.forget(&path)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// The files that were taken in, as of the last commit, with what could not be read of each.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn sources(&self) -> Result<Vec<(std::path::PathBuf, Vec<Unreadable>)>, Error> {
        let sources = self.ledger.sources()?;
        Ok(sources.into_iter().map(|(key, unreadable)| (key.path(), unreadable)).collect())
    }

    /// Where a message came from, as of the last commit.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn occurrences(&self, id: &str) -> Result<Vec<Occurrence>, Error> {
        self.ledger.occurrences(id)
    }

    /// How many messages and files the next commit has to remember; they are held in memory.
    #[must_use]
    pub fn uncommitted(&self) -> usize {
        self.changes.len()
    }

    /// Makes everything since the last commit searchable and remembered, both or neither. Where there
    /// is nothing, only the time is noted.
    ///
    /// # Errors
    ///
    /// When the disk refuses. The next writer finds either all of it or nothing.
    pub fn commit(&mut self, now: Timestamp) -> Result<(), Error> {
        let sequence = self.ledger.sequence()?;
        if sequence > 0 && self.changes.is_empty() {
            return Checked::at(sequence, now).write(&self.folder);
        }
        let payload = self.propose(now)?;
        self.publish(&payload)?;
        self.accept()?;
        self.engine.merge()
    }

    /// Waits for work in the background to end.
    ///
    /// # Errors
    ///
    /// When that work failed.
    pub fn close(self) -> Result<(), Error> {
        self.ledger.close()?;
        self.engine.close()
    }

    pub(crate) fn propose(&mut self, now: Timestamp) -> Result<Payload, Error> {
        let (sequence, unreadable) = self.ledger.propose(&self.changes)?;
        Ok(Payload {
            sequence,
            as_of: Some(stored::milliseconds(now)),
            unreadable,
            without_attachment_text: self.without_attachment_text,
        })
    }

    pub(crate) fn publish(&mut self, payload: &Payload) -> Result<(), Error> {
        self.engine.commit(&payload.to_text()?)
    }

    fn accept(&mut self) -> Result<(), Error> {
        self.ledger.accept()?;
        self.changes.committed();
        Ok(())
    }

    /// The number of a file that is being read, and of that reading; begins one where there is none.
    fn begin(&mut self, key: &Key) -> Result<(FileNumber, u32), Error> {
        let number = match self.changes.number(key) {
            Some(number) => number,
            None => self.touch(key)?,
        };
        let Some(file) = self.changes.file_mut(number) else {
            return Err(Error::Corrupt("a file without a number".into()));
        };
        if file.state != State::Open {
            file.record.begin();
            file.state = State::Open;
        }
        Ok((number, file.record.reading))
    }

    fn touch(&mut self, key: &Key) -> Result<FileNumber, Error> {
        let (number, file) = match self.ledger.touched(key)? {
            Some(known) => known,
            None => {
                (self.changes.free_number(self.ledger.free_number()?), Touched::new(key.clone()))
            }
        };
        self.changes.touch(number, file);
        Ok(number)
    }

    fn added_as(
        &self,
        number: FileNumber,
        reading: u32,
        form: &[u8],
        same_id: SameId,
    ) -> Result<Added, Error> {
        let holders = self.holders(form)?;
        if holders.is_empty() {
            return Ok(Added::New);
        }
        let keeps = same_id == SameId::Keeps
            && (holders.iter().any(|holder| *holder != number)
                || self.holds(number, form, reading)?);
        Ok(if keeps { Added::Duplicate } else { Added::Replaced })
    }

    fn put(&mut self, message: &Message, added: Added, room: Option<Room>) -> Result<(), Error> {
        if added == Added::Replaced || self.has_strangers {
            self.engine.delete(&message.id)?;
        }
        self.engine.add(Queued::new(document(message), room))
    }

    /// The files that hold an id: as the ledger says, but for those that changed since.
    fn holders(&self, form: &[u8]) -> Result<Vec<FileNumber>, Error> {
        let mut holders: Vec<_> = self.changes.holders(form).collect();
        for number in self.ledger.holders(form)? {
            let still = match self.changes.file(number) {
                None => true,
                Some(file) => match (file.state, file.only_reading()) {
                    (State::Gone, _) => false,
                    (_, Some(reading)) => self.ledger.holds(number, form, reading)?,
                    (_, None) => true,
                },
            };
            if still {
                holders.push(number);
            }
        }
        Ok(holders)
    }

    /// Whether that reading of the file found the message.
    fn holds(&self, number: FileNumber, form: &[u8], reading: u32) -> Result<bool, Error> {
        let is_known = self.changes.file(number).is_some_and(|file| file.is_known);
        Ok(self.changes.holds(number, form, reading)
            || is_known && self.ledger.holds(number, form, reading)?)
    }

    /// Removes the messages of other readings of a file from the index, unless another file has them.
    fn sweep(&mut self, number: FileNumber, keep: Option<u32>) -> Result<(), Error> {
        for form in self.changes.sweep(number, keep) {
            self.delete_unheld(&form)?;
        }
        if self.changes.file(number).is_some_and(|file| file.is_known) {
            for form in self.ledger.of_other_readings(number, keep)? {
                self.delete_unheld(&form?)?;
            }
        }
        Ok(())
    }

    fn delete_unheld(&mut self, form: &[u8]) -> Result<(), Error> {
        if self.holders(form)?.is_empty() {
            self.engine.delete(&held::id_of(form))?;
        }
        Ok(())
    }
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub number: FileNumber,
    /// Its messages, if it was taken in to its end and has not changed since.
    pub messages: Option<u64>,
}

impl Known {
    fn of(number: FileNumber, record: &Record, source: &Source) -> Self {
        Self { number, messages: record.is_of(source).then_some(record.messages) }
    }
}
