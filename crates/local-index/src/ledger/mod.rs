//! Which files were taken in, and which messages each of them holds.
//!
//! The ledger and the index must never tell different stories, whenever the process is killed. They
//! are two things on disk, but they are committed in one step: the transaction of the ledger.
//!
//! 1. What changes is written into a transaction as it comes. Whoever writes sees it, nobody else.
//! 2. `Ledger::seal` says that all is there that belongs to the next commit.
//! 3. tantivy writes the files of the index and then says in `meta.json` which these are. Right before
//!    it writes that file, the `Committer` puts its content into the transaction and commits.
//!
//! Killed before the commit, nothing happened. Killed after it, `meta.json` may be missing:
//! `Ledger::unpublished` knows its content, and the next writer puts it where it belongs. The
//! number of the commit is in both. Numbers that do not fit (one of the two was removed or restored
//! by hand) mean that the ledger knows nothing of this index, so it is emptied and every file is read
//! again.

mod books;
mod files;
mod messages;
mod moved;
mod places;
mod row;
mod source;
mod verify;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use postern_query::{Message, Place};
use rusqlite::Connection;

use crate::format::folder::{FORMAT, Folder};
use crate::{Error, database};
use books::{Books, State, locked};
use files::{Fault, File, Finder};
use messages::{Held, MessageNumber, Spot};
use places::{Places, Shared};

pub(crate) use books::Committer;
pub(crate) use messages::Holder;
pub(crate) use row::Id;
pub use row::{FileNumber, bytes_of, path_of};
pub use source::{Occurrence, Source, Unreadable};
pub(crate) use verify::verify;

/// Kilobytes of the database that are kept in memory while it is written.
const CACHE_KB: i64 = 32_000;

/// The ledger as the one writer has it.
#[derive(Debug)]
pub(crate) struct Ledger {
    books: Arc<Mutex<Books>>,
    /// Files that are being read, by the bytes of their paths.
    open: HashMap<Vec<u8>, Open>,
    finder: RefCell<Finder>,
    places: Places,
    next_file: FileNumber,
    next_message: MessageNumber,
    /// Messages that could not be read, in all.
    unreadable: u64,
    /// Messages and files that were noted since the last commit.
    uncommitted: usize,
}

/// What the index did with a message that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Indexed {
    /// Nobody held it before, and now it lies there as it was found.
    New,
    /// It lies there as it was found.
    Replaced,
    /// It lies there as it was found before.
    Kept,
}

impl Indexed {
    /// Whether the index does not know all places of the message.
    fn misses(
        self,
        connection: &Connection,
        id: &Id<'_>,
        spot: &Spot<'_>,
    ) -> rusqlite::Result<bool> {
        Ok(match self {
            Self::New => false,
            Self::Replaced => messages::is_elsewhere(connection, id, spot)?,
            Self::Kept => !messages::is_in(connection, id, spot)?,
        })
    }
}

/// A file that is being read.
#[derive(Debug)]
struct Open {
    file: File,
    reading: Reading,
    /// The ledger knew it before.
    is_known: bool,
}

/// One reading of a file, from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Number of the file.
    pub(crate) file: FileNumber,
    /// The messages that this reading finds have this number or a higher one.
    pub(crate) since: MessageNumber,
}

impl Ledger {
    /// Opens the ledger, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read or made.
    pub(crate) fn open(folder: &Folder) -> Result<Self, Error> {
        let connection = database::write(&folder.ledger())?;
        connection.pragma_update(None, "cache_size", -CACHE_KB)?;
        connection.set_prepared_statement_cache_capacity(32);
        make(&connection)?;
        let next = |table| {
            let last = format!("SELECT coalesce(max(number), 0) + 1 FROM {table}");
            connection.query_row(&last, [], |row| row.get(0))
        };
        let (next_file, next_message) = (next("files")?, next("messages")?);
        let books = Books::new(connection)?;
        Ok(Self {
            unreadable: books.last.unreadable,
            books: Arc::new(Mutex::new(books)),
            open: HashMap::new(),
            finder: RefCell::default(),
            places: Places::default(),
            next_file,
            next_message,
            uncommitted: 0,
        })
    }

    /// What commits the ledger together with the index.
    pub(crate) fn committer(&self) -> Committer {
        Committer::of(&self.books)
    }

    /// What `meta.json` should hold, where the index is one commit behind: the process was killed
    /// between the commit and the writing of that file.
    pub(crate) fn unpublished(&self, committed: u64) -> Option<Vec<u8>> {
        let last = &locked(&self.books).last;
        (last.sequence == committed + 1).then(|| last.meta.clone())
    }

    /// Brings the ledger in line with an index whose last commit had the number `committed`.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn agree(&mut self, committed: u64, index_is_empty: bool) -> Result<(), Error> {
        let mut books = locked(&self.books);
        if books.last.sequence == committed {
            return Ok(());
        }
        let strangers = !index_is_empty;
        let state = State { sequence: committed, strangers, ..State::default() };
        books.begin()?;
        for table in ["files", "faults", "places", "messages", "moved"] {
            books.connection.execute(&format!("DELETE FROM {table}"), [])?;
        }
        state.put(&books.connection)?;
        books.connection.execute_batch("COMMIT")?;
        books.last = state;
        self.unreadable = 0;
        Ok(())
    }

    /// Number of the last commit.
    pub(crate) fn sequence(&self) -> u64 {
        locked(&self.books).last.sequence
    }

    /// Whether the index may hold messages that the ledger does not know.
    pub(crate) fn has_strangers(&self) -> bool {
        locked(&self.books).last.strangers
    }

    /// Whether anything changed since the last commit.
    pub(crate) fn has_changes(&self) -> bool {
        locked(&self.books).has_changes()
    }

    /// Says that all is there that belongs to the next commit. Gives its number, and how many messages
    /// are unreadable then.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn seal(&mut self) -> Result<(u64, u64), Error> {
        let mut books = locked(&self.books);
        books.begin()?;
        for Open { file, .. } in self.open.values() {
            file.put(&books.connection)?;
        }
        let last = &books.last;
        let (sequence, unreadable) = (last.sequence + 1, self.unreadable);
        let state = State { sequence, unreadable, strangers: last.strangers, meta: Vec::new() };
        books.sealed = Some(state);
        Ok((sequence, unreadable))
    }

    /// The commit came about, or did not: what tantivy says next belongs to something else.
    pub(crate) fn unseal(&mut self, is_committed: bool) {
        locked(&self.books).sealed = None;
        if is_committed {
            self.uncommitted = 0;
        }
    }

    /// How many messages and files were noted since the last commit.
    pub(crate) const fn uncommitted(&self) -> usize {
        self.uncommitted
    }

    /// What is known of a file, unless it is being read.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn file(&self, path: &Path) -> Result<Option<File>, Error> {
        if self.open.contains_key(&*bytes_of(path)) {
            return Ok(None);
        }
        Ok(self.finder.borrow_mut().find(&locked(&self.books).connection, path)?)
    }

    /// The next files behind that number, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn files_behind(&self, number: FileNumber) -> Result<Vec<File>, Error> {
        Ok(File::behind(&locked(&self.books).connection, number)?)
    }

    /// What could not be read of a file.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn faults(&self, file: FileNumber) -> Result<Vec<Unreadable>, Error> {
        Ok(Fault::of_file(&locked(&self.books).connection, file)?)
    }

    /// The reading of a file that is under way; begins one where there is none.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn begin(&mut self, path: &Path) -> Result<Reading, Error> {
        let path = bytes_of(path);
        if let Some(open) = self.open.get(&*path) {
            return Ok(open.reading);
        }
        let known = File::at(&locked(&self.books).connection, &path)?;
        let is_known = known.is_some();
        let file = known.unwrap_or_else(|| {
            self.next_file += 1;
            let path = path.to_vec();
            File { number: self.next_file - 1, path, stamp: None, messages: 0, unreadable: 0 }
        });
        let reading = Reading { file: file.number, since: self.next_message };
        let file = File { stamp: None, messages: 0, ..file };
        self.open.insert(path.into_owned(), Open { file, reading, is_known });
        Ok(reading)
    }

    /// Notes a message of a file that is being read, which the index has now as it is here, or kept as it
    /// was.
    ///
    /// Says whether it now lies in other places than the index knows.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn hold(
        &mut self,
        occurrence: &Occurrence,
        message: &Message,
        added: Indexed,
    ) -> Result<bool, Error> {
        let mut is_moved = false;
        let file = self.begin(&occurrence.path)?.file;
        let books = locked(&self.books);
        books.begin()?;
        let connection = &books.connection;
        if added == Indexed::Replaced {
            messages::drop_earlier(connection, &Id::new(&message.id), file)?;
        }
        for place in message.each_place() {
            let (number, id) = (self.next_message, Id::new(&message.id));
            let spot = Spot::of(place, self.places.number(connection, Shared::of(place))?);
            if added.misses(connection, &id, &spot)? {
                moved::note(connection, &id)?;
                is_moved = true;
            }
            let part = occurrence.part.as_str().into();
            Held { number, file, id, part, spot }.put(connection)?;
            self.next_message += 1;
        }
        self.uncommitted += 1;
        if let Some(open) = self.open.get_mut(&*bytes_of(&occurrence.path)) {
            open.file.messages += 1;
        }
        Ok(is_moved)
    }

    /// Every place of a message, without what earlier readings of a file found.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn places(&self, id: &str, reading: Reading) -> Result<Vec<Place>, Error> {
        let connection = &locked(&self.books).connection;
        Ok(messages::places(connection, id, reading.file, reading.since)?)
    }

    /// Whether more than so many messages of files have an id.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn are_more(&self, id: &str, than: usize) -> Result<bool, Error> {
        Ok(messages::are_more(&locked(&self.books).connection, &Id::new(id), than)?)
    }

    /// Who holds an id, for a reading that finds it.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn holder(&self, id: &Id<'_>, reading: Reading) -> Result<Holder, Error> {
        Ok(messages::holder(&locked(&self.books).connection, id, reading.file, reading.since)?)
    }

    /// Messages that lie in other places than the index knows.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn moved(&self, after: Option<&str>, most: usize) -> Result<Vec<String>, Error> {
        Ok(moved::some(&locked(&self.books).connection, after, most)?)
    }

    /// Notes that a message has to be read again, as one that moved.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn note_moved(&mut self, id: &str) -> Result<(), Error> {
        let books = locked(&self.books);
        books.begin()?;
        Ok(moved::note(&books.connection, &Id::new(id))?)
    }

    /// Notes that the index knows all places of a message.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn settle(&self, id: &str) -> Result<(), Error> {
        let books = locked(&self.books);
        books.begin()?;
        Ok(moved::settle(&books.connection, &Id::new(id))?)
    }

    /// Notes that a file was read to its end, with the first of its `count` unreadable messages. What
    /// earlier readings found, if there were any, is to be [removed](Self::remove_some).
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn close_file(
        &mut self,
        source: &Source,
        unreadable: Vec<Unreadable>,
        count: u64,
    ) -> Result<Option<Reading>, Error> {
        self.begin(&source.path)?;
        let Some(open) = self.open.remove(&*bytes_of(&source.path)) else { return Ok(None) };
        self.unreadable = (self.unreadable + count).saturating_sub(open.file.unreadable);
        self.uncommitted += 1;
        let had_faults = open.file.unreadable > 0;
        let stamp = Some((source.length, source.modified));
        let file = File { stamp, unreadable: count, ..open.file };
        let books = self.changing()?;
        file.put(&books.connection)?;
        if had_faults {
            Fault::clear(&books.connection, file.number)?;
        }
        Fault::put(&books.connection, file.number, unreadable)?;
        Ok(open.is_known.then_some(open.reading))
    }

    /// Forgets a file, but for its messages, which are to be [removed](Self::remove_some).
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn forget(&mut self, path: &Path) -> Result<Option<Reading>, Error> {
        let open = self.open.remove(&*bytes_of(path)).map(|open| open.file);
        let known = match open {
            Some(file) => Some(file),
            None => File::at(&locked(&self.books).connection, &bytes_of(path))?,
        };
        let Some(file) = known else { return Ok(None) };
        self.unreadable = self.unreadable.saturating_sub(file.unreadable);
        file.remove(&self.changing()?.connection)?;
        Ok(Some(Reading { file: file.number, since: MessageNumber::MAX }))
    }

    /// The books, to change files in them.
    fn changing(&mut self) -> Result<MutexGuard<'_, Books>, Error> {
        self.finder.get_mut().clear();
        let books = locked(&self.books);
        books.begin()?;
        Ok(books)
    }

    /// Removes some of the messages of a file that lie before a reading. Gives the ids that nobody holds
    /// any more, and notes which ones [moved](Self::moved); `None` when there is nothing to remove.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(crate) fn remove_some(&self, reading: Reading) -> Result<Option<Vec<Id<'static>>>, Error> {
        let books = locked(&self.books);
        books.begin()?;
        Ok(messages::remove_some(&books.connection, reading.file, reading.since)?)
    }

    /// Where a message was found.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub(crate) fn occurrences(&self, id: &str) -> Result<Vec<Occurrence>, Error> {
        Ok(messages::occurrences(&locked(&self.books).connection, id)?)
    }
}

/// Makes the tables where there are none.
fn make(connection: &Connection) -> Result<(), Error> {
    if database::format(connection)? == 0 {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        connection.execute_batch(include_str!("schema.sql"))?;
        connection.pragma_update(None, "user_version", FORMAT)?;
        connection.execute_batch("COMMIT")?;
    }
    Ok(())
}

/// Where a message was found as of the last commit, whoever may be writing the next one.
///
/// # Errors
///
/// When the ledger cannot be read.
pub(crate) fn occurrences_at(folder: &Folder, id: &str) -> Result<Vec<Occurrence>, Error> {
    match database::read(&folder.ledger())? {
        Some(connection) if database::format(&connection)? != 0 => {
            Ok(messages::occurrences(&connection, id)?)
        }
        // It is being made.
        Some(_) | None => Ok(Vec::new()),
    }
}
