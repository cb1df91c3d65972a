//! The database of the ledger, and the one moment in which it and the index commit.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::row::{Sum, Summed};
use crate::database;
use crate::format::disk::Commit;

/// What a commit says of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Number of the commit.
    pub(super) sequence: u64,
    /// Messages that could not be read, in all.
    pub(super) unreadable: u64,
    /// Whether the index may hold messages that the ledger does not know.
    pub(super) strangers: bool,
    /// What tantivy then says the index is made of.
    pub(super) meta: Vec<u8>,
}

impl Summed for State {
    const ALL: &'static str = "SELECT sequence, unreadable, strangers, meta, sum FROM state";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (sequence, unreadable) = (row.get(0)?, row.get(1)?);
        Ok(Self { sequence, unreadable, strangers: row.get(2)?, meta: row.get(3)? })
    }

    fn sum(&self) -> u32 {
        let numbers = [self.sequence, self.unreadable, u64::from(self.strangers)];
        let sum = numbers.iter().fold(Sum::default(), |sum, number| sum.count(*number));
        sum.bytes(&self.meta).finish()
    }
}

impl State {
    /// The state of the last commit.
    pub(super) fn last(connection: &Connection) -> rusqlite::Result<Self> {
        let last = connection.query_row(Self::ALL, [], Self::of).optional()?;
        Ok(last.unwrap_or_default())
    }

    pub(super) fn put(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute("DELETE FROM state", [])?;
        let Self { sequence, unreadable, strangers, meta } = self;
        connection.execute(
            "INSERT INTO state VALUES (?1, ?2, ?3, ?4, ?5)",
            params![sequence, unreadable, strangers, meta, self.sum()],
        )?;
        Ok(())
    }
}

/// A database with a transaction that may be open.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) connection: Connection,
    /// The state as of the last commit.
    pub(super) last: State,
    /// The state that the next commit brings, once all that belongs to it is in the transaction.
    pub(super) sealed: Option<State>,
}

impl Books {
    pub(super) fn new(connection: Connection) -> rusqlite::Result<Self> {
        Ok(Self { last: State::last(&connection)?, connection, sealed: None })
    }

    /// Begins a transaction, where none is open.
    pub(super) fn begin(&self) -> rusqlite::Result<()> {
        if self.connection.is_autocommit() {
            self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        }
        Ok(())
    }

    /// Whether something was written since the last commit.
    pub(super) fn has_changes(&self) -> bool {
        !self.connection.is_autocommit()
    }

    fn commit(&mut self, mut state: State, meta: &[u8]) -> rusqlite::Result<()> {
        state.meta = meta.to_owned();
        state.put(&self.connection)?;
        self.connection.execute_batch("COMMIT")?;
        self.last = state;
        Ok(())
    }
}

/// The books, for whoever asks for them.
pub(super) fn locked(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Commits the ledger when tantivy is about to say what the index is made of.
///
/// The index is what its file `meta.json` says. Whoever writes that file calls [`commit`](Commit::commit)
/// with its content first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Committer(Weak<Mutex<Books>>);

impl Committer {
    pub(super) fn of(books: &Arc<Mutex<Books>>) -> Self {
        Self(Arc::downgrade(books))
    }
}

impl Commit for Committer {
    /// Where nothing was sealed (parts of the index were merged), there is nothing to commit.
    fn commit(&self, meta: &[u8]) -> io::Result<()> {
        let Some(books) = self.0.upgrade() else { return Ok(()) };
        let mut books = locked(&books);
        let Some(state) = books.sealed.take() else { return Ok(()) };
        books.commit(state, meta).map_err(|error| match database::is_full(&error) {
            true => io::Error::new(io::ErrorKind::StorageFull, error),
            false => io::Error::other(error),
        })
    }
}
