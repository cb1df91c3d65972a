//! What was collected upstream, and what of it is here: the book-keeping of sync.
//!
//! One process writes it, any number read it meanwhile (`SQLite` with a write-ahead log), and a process
//! that is killed at any moment has done whole transactions and nothing else.

mod document;
mod entry;
mod form;
mod identity;
mod list;
mod location;
mod mailbox;
mod status;
mod take;
mod walk;
mod window;

use std::fs;
use std::path::{Path, PathBuf};

use postern_local_index::database;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::Error;

pub use entry::{After, Entry, Location, Node, Owner, Versions};
pub use identity::AtSource;
pub use list::Moment;
pub use mailbox::{Holds, Identity, Mailbox, MailboxNumber};
pub use status::{MailboxStatus, NotHere, SourceStatus, Status};
pub use take::{Prune, ToFetch};
pub(crate) use take::{Stored, ToIndex};
pub use walk::Walk;
pub use window::{Listed, Window};

/// The book-keeping, open for reading, or for reading and writing.
#[derive(Debug)]
pub struct Book {
    connection: Connection,
}

/// The fact that names the index that has what was indexed; without it that of this machine.
pub(crate) const INDEX: &str = "index";

/// KiB of the book that its writer keeps in memory: what is listed lies all over its indexes.
const CACHE: i64 = 32 << 10;

/// Pages of the log that are written back into the book at once: the same page is written into it again and again.
const LOG: i64 = 8 << 10;

/// Where the book-keeping lies below a data folder.
pub(crate) fn path(data: &Path) -> PathBuf {
    crate::folder(data).join("book.sqlite")
}

impl Book {
    /// Opens the book for writing, and makes it where there is none.
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        let path = path(data);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        }
        let connection = database::write(&path)?;
        connection.pragma_update(None, "cache_size", -CACHE)?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        Self { connection }.prepared()
    }

    /// A number that changes with every commit of somebody else.
    pub(crate) fn version(&self) -> Result<i64, Error> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// Notes what the source can list again. It is there whole or not at all, and comes to the disk with the next note that
    /// has to last: a disk takes longer for each of them than for all that a folder has.
    fn inventory<T>(
        &mut self,
        note: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.connection.pragma_update(None, "synchronous", "normal")?;
        let transaction = self.connection.transaction().map_err(Error::from);
        let noted = transaction.and_then(|transaction| {
            let noted = note(&transaction)?;
            transaction.commit()?;
            Ok(noted)
        });
        self.connection.pragma_update(None, "synchronous", "full")?;
        noted
    }

    pub(crate) fn fact(&self, name: &str) -> Result<Option<String>, Error> {
        let found = "SELECT value FROM facts WHERE name = ?1";
        Ok(self.connection.query_row(found, [name], |row| row.get(0)).optional()?)
    }

    /// Keeps a value under a name.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn set_fact(&self, name: &str, value: &str) -> Result<(), Error> {
        let sql =
            "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
        self.connection.execute(sql, [name, value])?;
        Ok(())
    }

    /// Makes sure that the mail is that of one tenant only.
    pub(crate) fn belongs_to(&self, data: &Path, tenant: &str) -> Result<(), Error> {
        match self.fact("tenant")? {
            None => self.set_fact("tenant", tenant),
            Some(found) if found == tenant => Ok(()),
            Some(found) => {
                Err(Error::OtherTenant { path: data.to_owned(), found, asked: tenant.to_owned() })
            }
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod drive_tests;

#[cfg(test)]
mod document_tests;
