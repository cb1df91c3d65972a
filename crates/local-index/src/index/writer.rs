//! The one writer of an index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use postern_query::Message;
use postern_query::schema::StringField;
use serde::{Deserialize, Serialize};
use tantivy::Term;

use super::document::document;
use super::folder::{Folder, WriteLock};
use super::ledger::{Changes, Ledger};
use super::record::{Key, Record};
use super::source::{Origin, Source, Unreadable};
use super::{schema, stored};
use crate::search::Error;

/// Bytes of the longest id of a message.
pub const LONGEST_ID: usize = 1_024;

/// Bytes that one writing thread needs at least.
const THREAD_BYTES: usize = 16 << 20;

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

/// What a commit says about the index; it lies in the index itself, so that a reader needs nothing
/// else.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Payload {
    /// Number of the commit.
    pub(crate) sequence: u64,
    /// When it was made, in milliseconds.
    pub(crate) as_of: Option<i64>,
    /// Messages that could not be read.
    pub(crate) unreadable: u64,
    /// Nobody looked into the attachments of some messages.
    pub(crate) without_attachment_text: bool,
}

impl Payload {
    /// The payload of the last commit of an index; that of a new index where there is none.
    pub(crate) fn of(index: &tantivy::Index) -> Result<Self, Error> {
        let Some(text) = index.load_metas()?.payload else { return Ok(Self::default()) };
        serde_json::from_str(&text)
            .map_err(|error| Error::Corrupt(format!("the note of its last commit: {error}")))
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
    changes: Changes,
    /// Messages of files that are not closed yet.
    open: BTreeMap<Key, Vec<(String, String)>>,
    /// Each id that was added since the last commit, with each file that holds it.
    added: BTreeSet<(String, Key)>,
    // Last, so that the lock outlives what it guards.
    engine: tantivy::IndexWriter,
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
        let folder = Folder::new(data);
        let lock = folder.lock()?;
        if options.rebuild {
            folder.clear(&lock)?;
        }
        let index = folder.open_or_create(&lock)?;
        let mut ledger = Ledger::open(&folder)?;
        let is_empty = index.searchable_segment_metas()?.is_empty();
        let committed = Payload::of(&index)?;
        ledger.agree(committed.sequence, is_empty)?;
        let engine = engine(&index, options)?;
        Ok(Self {
            has_strangers: ledger.has_strangers()?,
            ledger,
            without_attachment_text: committed.without_attachment_text,
            changes: Changes::new(),
            open: BTreeMap::new(),
            added: BTreeSet::new(),
            engine,
            lock,
        })
    }

    /// Whether a file was taken in to its end and has not changed since.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn is_current(&self, source: &Source) -> Result<bool, Error> {
        let key = Key::of(&source.path);
        match self.changes.get(&key) {
            Some(record) => Ok(record.as_ref().is_some_and(|record| record.is_of(source))),
            None => self.ledger.is_current(source),
        }
    }

    /// How many messages came from a file that was taken in to its end and has not changed since.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn messages_of(&self, source: &Source) -> Result<Option<u64>, Error> {
        let record = self.former(&Key::of(&source.path))?;
        let current = record.filter(|record| record.is_of(source));
        Ok(current.map(|record| record.message_count()))
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
        origin: &Origin,
        message: &Message,
        same_id: SameId,
    ) -> Result<Added, Error> {
        if message.id.is_empty() || message.id.len() > LONGEST_ID {
            return Err(Error::BadId { found: message.id.len(), limit: LONGEST_ID });
        }
        let key = Key::of(&origin.path);
        let added = self.added_as(&key, &message.id, same_id)?;
        if added != Added::Duplicate {
            self.put(message, added)?;
        }
        self.note(key, &message.id, &origin.place);
        Ok(added)
    }

    /// Closes a file: what was added of it since the last time is all there is of it now, and what
    /// it no longer has goes away, unless another file has it too.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn record(&mut self, source: &Source, unreadable: Vec<Unreadable>) -> Result<(), Error> {
        let key = Key::of(&source.path);
        let messages = self.open.remove(&key).unwrap_or_default();
        self.change(&key, Some(Record::complete(source, messages, unreadable)))
    }

    /// Forgets a file that is gone, and every message that came only from it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn forget(&mut self, path: &Path) -> Result<(), Error> {
        self.change(&Key::of(path), None)
    }

    /// Forgets every file for which `is_gone` holds, and says how many there were.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn forget_where(&mut self, is_gone: impl Fn(&Path) -> bool) -> Result<u64, Error> {
        let gone: Vec<_> =
            self.ledger.files()?.into_iter().filter(|key| is_gone(&key.path())).collect();
        for key in &gone {
            self.change(key, None)?;
        }
        Ok(gone.len() as u64)
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
    pub fn origins(&self, id: &str) -> Result<Vec<Origin>, Error> {
        self.ledger.origins(id)
    }

    /// Makes everything since the last commit searchable and remembered, both or neither.
    ///
    /// # Errors
    ///
    /// When the disk refuses. The next writer finds either all of it or nothing.
    pub fn commit(&mut self, now: Timestamp) -> Result<(), Error> {
        let payload = self.propose(now)?;
        self.publish(&payload)?;
        self.accept()
    }

    /// Waits for work in the background to end.
    ///
    /// # Errors
    ///
    /// When that work failed.
    pub fn close(self) -> Result<(), Error> {
        Ok(self.engine.wait_merging_threads()?)
    }

    pub(super) fn propose(&mut self, now: Timestamp) -> Result<Payload, Error> {
        let mut partial = Changes::new();
        for (key, messages) in &self.open {
            let former = self.former(key)?.unwrap_or_default();
            partial.insert(key.clone(), Some(Record::partial(former, messages)));
        }
        let whole = self.changes.iter().filter(|(key, _)| !partial.contains_key(*key));
        let changes = whole.chain(&partial).map(|(key, record)| (key, record.as_ref()));
        let (sequence, unreadable) = self.ledger.propose(changes)?;
        Ok(Payload {
            sequence,
            as_of: Some(stored::milliseconds(now)),
            unreadable,
            without_attachment_text: self.without_attachment_text,
        })
    }

    pub(super) fn publish(&mut self, payload: &Payload) -> Result<(), Error> {
        let text = serde_json::to_string(payload)
            .map_err(|error| Error::Corrupt(format!("the note of a commit: {error}")))?;
        let mut commit = self.engine.prepare_commit()?;
        commit.set_payload(&text);
        commit.commit()?;
        Ok(())
    }

    fn accept(&mut self) -> Result<(), Error> {
        self.ledger.accept()?;
        self.changes.clear();
        self.added.clear();
        Ok(())
    }

    fn added_as(&self, key: &Key, id: &str, same_id: SameId) -> Result<Added, Error> {
        let files = self.files_of(id)?;
        let elsewhere = files.iter().any(|file| file != key);
        let again = self.added.contains(&(id.to_owned(), key.clone()));
        Ok(match same_id {
            SameId::Keeps if elsewhere || again => Added::Duplicate,
            SameId::Keeps | SameId::Replaces if files.is_empty() => Added::New,
            SameId::Keeps | SameId::Replaces => Added::Replaced,
        })
    }

    fn put(&self, message: &Message, added: Added) -> Result<(), Error> {
        if added == Added::Replaced || self.has_strangers {
            self.engine.delete_term(id_term(&message.id));
        }
        self.engine.add_document(document(message))?;
        Ok(())
    }

    fn note(&mut self, key: Key, id: &str, place: &str) {
        self.added.insert((id.to_owned(), key.clone()));
        self.open.entry(key).or_default().push((id.to_owned(), place.to_owned()));
    }

    /// The files that hold an id: as the ledger says, but for those that changed since.
    fn files_of(&self, id: &str) -> Result<BTreeSet<Key>, Error> {
        let first = (id.to_owned(), Key::from_bytes(&[]));
        let added = self.added.range(first..).take_while(|(found, _)| found == id);
        let mut files: BTreeSet<_> = added.map(|(_, file)| file.clone()).collect();
        let committed = self.ledger.files_of(id)?;
        files.extend(committed.into_iter().filter(|file| !self.changes.contains_key(file)));
        Ok(files)
    }

    /// Puts a record in the place of another and removes what only that one had.
    fn change(&mut self, key: &Key, record: Option<Record>) -> Result<(), Error> {
        let mut former = self.former(key)?.map(|record| record.ids()).unwrap_or_default();
        former.extend(self.open.remove(key).into_iter().flatten().map(|(id, _)| id));
        let ids = record.as_ref().map(Record::ids).unwrap_or_default();
        self.changes.insert(key.clone(), record);
        for id in former.difference(&ids) {
            self.added.remove(&(id.clone(), key.clone()));
            if self.files_of(id)?.is_empty() {
                self.engine.delete_term(id_term(id));
            }
        }
        self.added.extend(ids.into_iter().map(|id| (id, key.clone())));
        Ok(())
    }

    /// What is known of a file now, committed or not.
    fn former(&self, key: &Key) -> Result<Option<Record>, Error> {
        match self.changes.get(key) {
            Some(record) => Ok(record.clone()),
            None => self.ledger.record(key),
        }
    }
}

fn id_term(id: &str) -> Term {
    Term::from_field_text(schema::whole(StringField::Id), id)
}

fn engine(index: &tantivy::Index, options: &Options) -> Result<tantivy::IndexWriter, Error> {
    let affordable = (options.memory_bytes / THREAD_BYTES).max(1);
    let threads = options.threads.clamp(1, affordable);
    let bytes = options.memory_bytes.max(THREAD_BYTES);
    let engine = index.writer_with_num_threads(threads, bytes.min(threads * (2 << 30)))?;
    // What a killed commit left behind has names that the next commit may want to give.
    engine.garbage_collect_files().wait()?;
    Ok(engine)
}
