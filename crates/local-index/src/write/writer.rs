//! The one writer of an index.

use std::collections::BTreeSet;
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
use crate::ledger::{
    Committer, FileNumber, Holder, Id, Indexed, Ledger, Occurrence, Reading, Source, Unreadable,
};

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

/// Places of a message after which further ones wait: it is indexed once more for all of them, when
/// whoever writes asks what [moved](Writer::moved).
pub const FEW_PLACES: usize = 4;

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

impl From<Added> for Indexed {
    fn from(added: Added) -> Self {
        match added {
            Added::New => Self::New,
            Added::Replaced => Self::Replaced,
            Added::Duplicate => Self::Kept,
        }
    }
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
    incomplete: u64,
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
        disk: impl FnOnce(&Folder, Committer) -> Result<Disk, Error>,
    ) -> Result<Self, Error> {
        let folder = Folder::new(data);
        let lock = folder.lock()?;
        if options.rebuild {
            folder.clear(&lock)?;
        }
        folder.claim(&lock)?;
        let mut ledger = Ledger::open(&folder)?;
        let disk = disk(&folder, ledger.committer())?;
        let index = agreed(&folder, &disk, &mut ledger)?;
        let Payload { without_attachment_text, incomplete, .. } = Payload::of(&index)?;
        Ok(Self {
            has_strangers: ledger.has_strangers(),
            without_attachment_text,
            incomplete,
            ledger,
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
        let file = self.ledger.file(&source.path)?;
        Ok(file.map(|file| Known { number: file.number, messages: file.messages_of(source) }))
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
        let reading = self.ledger.begin(&occurrence.path)?;
        let added = self.added_as(&message.id, reading, same_id)?;
        let is_moved = self.ledger.hold(occurrence, message, added.into())?;
        if is_moved && added == Added::Duplicate && self.ledger.are_more(&message.id, FEW_PLACES)? {
            // It stays noted as moved: to write it at each of its places would take their square.
            return Ok(added);
        }
        if is_moved {
            self.put_everywhere(message, reading, room)?;
        } else if added != Added::Duplicate {
            self.put(message, added, room)?;
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
        match self.ledger.close_file(source, unreadable, count)? {
            Some(reading) => self.sweep(reading),
            None => Ok(()),
        }
    }

    /// Forgets a file that is gone, and every message that came only from it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the index not be written.
    pub fn forget(&mut self, path: &Path) -> Result<(), Error> {
        match self.ledger.forget(path)? {
            Some(reading) => self.sweep(reading),
            None => Ok(()),
        }
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
        let (mut last, mut forgotten) = (0, 0);
        loop {
            let files = self.ledger.files_behind(last)?;
            let Some(end) = files.last() else { return Ok(forgotten) };
            last = end.number;
            for file in files {
                let path = file.path();
                if is_gone(file.number, &path) {
                    self.forget(&path)?;
                    forgotten += 1;
                }
            }
        }
    }

    /// The files that were taken in, with what could not be read of each.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn sources(&self) -> Result<Vec<(std::path::PathBuf, Vec<Unreadable>)>, Error> {
        let (mut last, mut sources) = (0, Vec::new());
        loop {
            let files = self.ledger.files_behind(last)?;
            let Some(end) = files.last() else { return Ok(sources) };
            last = end.number;
            for file in files {
                sources.push((file.path(), self.ledger.faults(file.number)?));
            }
        }
    }

    /// Where a message came from.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn occurrences(&self, id: &str) -> Result<Vec<Occurrence>, Error> {
        self.ledger.occurrences(id)
    }

    /// The first of the messages that lie in other places than the index knows: in one more, or in one
    /// less. They come in a fixed order, those behind `after` where it is given. Whoever has read such a
    /// message again indexes it with [`place_again`](Self::place_again).
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn moved(&self, after: Option<&str>, most: usize) -> Result<Vec<String>, Error> {
        self.ledger.moved(after, most)
    }

    /// Notes that a message has to be read again, as one that [moved](Self::moved).
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub fn note_moved(&mut self, id: &str) -> Result<(), Error> {
        self.ledger.note_moved(id)
    }

    /// Leaves those of these messages as they are that still [have to be read again](Self::note_moved), and says how
    /// many they are.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub fn give_up(&mut self, ids: &[String]) -> Result<u64, Error> {
        let (mut last, mut left) = (None, BTreeSet::new());
        loop {
            let some = self.ledger.moved(last.as_deref(), 10_000)?;
            last = some.last().cloned();
            if last.is_none() {
                break;
            }
            left.extend(some);
        }
        let given_up: Vec<_> = ids.iter().filter(|id| left.contains(*id)).collect();
        given_up.iter().try_for_each(|id| self.ledger.settle(id))?;
        self.incomplete += given_up.len() as u64;
        Ok(given_up.len() as u64)
    }

    /// Indexes a message that [moved](Self::moved) with every place that the ledger knows, and no other.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the index not be written.
    pub fn place_again(&mut self, message: &Message) -> Result<(), Error> {
        // No file has this number, so the ledger leaves out nothing.
        self.put_everywhere(message, Reading { file: 0, since: 0 }, None)
    }

    /// How many messages and files were noted since the last commit.
    #[must_use]
    pub const fn uncommitted(&self) -> usize {
        self.ledger.uncommitted()
    }

    /// Makes everything since the last commit searchable and remembered, both or neither. Where there
    /// is nothing, only the time is noted.
    ///
    /// # Errors
    ///
    /// When the disk refuses. The next writer finds either all of it or nothing.
    pub fn commit(&mut self, now: Timestamp) -> Result<(), Error> {
        let sequence = self.ledger.sequence();
        if sequence > 0 && !self.ledger.has_changes() {
            return Checked::at(sequence, now).write(&self.folder);
        }
        let payload = self.seal(now)?;
        self.publish(&payload)?;
        self.engine.merge()
    }

    /// Waits for work in the background to end.
    ///
    /// # Errors
    ///
    /// When that work failed.
    pub fn close(self) -> Result<(), Error> {
        self.engine.close()
    }

    /// Puts into the ledger what belongs to the next commit, and says what the index notes of it.
    pub(crate) fn seal(&mut self, now: Timestamp) -> Result<Payload, Error> {
        let (sequence, unreadable) = self.ledger.seal()?;
        Ok(Payload {
            sequence,
            as_of: Some(stored::milliseconds(now)),
            unreadable,
            without_attachment_text: self.without_attachment_text,
            incomplete: self.incomplete,
        })
    }

    /// Commits index and ledger.
    pub(crate) fn publish(&mut self, payload: &Payload) -> Result<(), Error> {
        let committed = self.engine.commit(&payload.to_text()?);
        self.ledger.unseal(committed.is_ok());
        committed
    }

    fn added_as(&self, id: &str, reading: Reading, same_id: SameId) -> Result<Added, Error> {
        let holder = self.ledger.holder(&Id::new(id), reading)?;
        Ok(match (holder, same_id) {
            (Holder::Nobody, _) => Added::New,
            (Holder::Already, SameId::Keeps) => Added::Duplicate,
            (Holder::Already | Holder::Before, _) => Added::Replaced,
        })
    }

    /// The same message with every place that is known of it.
    fn put_everywhere(
        &mut self,
        message: &Message,
        reading: Reading,
        room: Option<Room>,
    ) -> Result<(), Error> {
        let places = self.ledger.places(&message.id, reading)?;
        let message = Message { places, ..message.clone() };
        self.put(&message, Added::Replaced, room)?;
        self.ledger.settle(&message.id)
    }

    fn put(&mut self, message: &Message, added: Added, room: Option<Room>) -> Result<(), Error> {
        if added == Added::Replaced || self.has_strangers {
            self.engine.delete(&message.id)?;
        }
        self.engine.add(Queued::new(document(message), room))
    }

    /// Removes what lies before a reading of a file: from the ledger, and from the index what no other
    /// file has.
    fn sweep(&mut self, reading: Reading) -> Result<(), Error> {
        loop {
            let Some(unheld) = self.ledger.remove_some(reading)? else { return Ok(()) };
            for id in unheld {
                self.engine.delete(&id.text())?;
            }
        }
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

/// Opens the index, or makes it, so that it and the ledger are those of the same commit.
pub(super) fn agreed(
    folder: &Folder,
    disk: &Disk,
    ledger: &mut Ledger,
) -> Result<tantivy::Index, Error> {
    let open = || match folder.is_former()? {
        true => folder.open(),
        false => folder.open_or_create(disk),
    };
    let index = open()?;
    let committed = Payload::of(&index)?.sequence;
    if let Some(meta) = ledger.unpublished(committed)
        && folder.publish(disk, &meta)?
    {
        return open();
    }
    ledger.agree(committed, index.searchable_segment_metas()?.is_empty())?;
    Ok(index)
}
