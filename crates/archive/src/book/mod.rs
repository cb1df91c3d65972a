//! What was collected upstream, and what of it is here: the book-keeping of sync.
//!
//! One process writes it, any number read it meanwhile (`SQLite` with a write-ahead log), and a process
//! that is killed at any moment has done whole transactions and nothing else.

mod entry;
mod list;
mod location;
mod status;
mod take;
mod window;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use postern_local_index::database;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::Error;

pub use entry::{Entry, Location, Node, Owner};
pub use status::{MailboxStatus, Status};
pub use take::ToFetch;
pub(crate) use take::{Stored, ToIndex};
pub use window::{Listed, Window};

/// The number of this version's form of the book-keeping.
const FORMAT: i64 = 1;

/// The number of a mailbox in the book.
pub type MailboxNumber = i64;

/// The book-keeping, open for reading, or for reading and writing.
#[derive(Debug)]
pub struct Book {
    connection: Connection,
}

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
        Self { connection: database::write(&path)? }.prepared()
    }

    /// Opens the book for reading; nothing where there is none.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>, Error> {
        let Some(connection) = database::read(&path(data))? else { return Ok(None) };
        // One that is being made has no form yet.
        let is_made = database::format(&connection)? != 0;
        Ok(is_made.then_some(Self { connection }))
    }

    /// A copy to try things on, which is gone when it is dropped.
    pub(crate) fn copy(data: &Path) -> Result<Self, Error> {
        let book = Self { connection: Connection::open_in_memory()? }.prepared()?;
        let path = path(data);
        if path.exists() {
            let name = path.to_string_lossy();
            book.connection.execute("ATTACH ?1 AS real", [name])?;
            for table in
                ["facts", "locations", "sources", "mailboxes", "folders", "windows", "items"]
            {
                book.connection
                    .execute(&format!("INSERT INTO main.{table} SELECT * FROM real.{table}"), [])?;
            }
            // What the triggers counted is there already.
            let counts = "UPDATE mailboxes SET (known, here, failed, gone) = (SELECT known, here, failed, gone \
                          FROM real.mailboxes AS real WHERE real.number = mailboxes.number)";
            book.connection.execute(counts, [])?;
            book.connection.execute("DETACH real", [])?;
        }
        Ok(book)
    }

    fn prepared(mut self) -> Result<Self, Error> {
        match database::format(&self.connection)? {
            FORMAT => {}
            0 => {
                let transaction = self.connection.transaction()?;
                transaction.execute_batch(include_str!("schema.sql"))?;
                transaction.pragma_update(None, "user_version", FORMAT)?;
                transaction.commit()?;
            }
            found => return Err(Error::LaterVersion { found, known: FORMAT }),
        }
        Ok(self)
    }

    /// A number that changes with every commit of somebody else.
    pub(crate) fn version(&self) -> Result<i64, Error> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    pub(crate) fn fact(&self, name: &str) -> Result<Option<String>, Error> {
        let found = "SELECT value FROM facts WHERE name = ?1";
        Ok(self.connection.query_row(found, [name], |row| row.get(0)).optional()?)
    }

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

    /// The number of a collected mailbox; it is noted where it was not known.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn mailbox(
        &self,
        location: &str,
        address: &str,
        source: &str,
    ) -> Result<MailboxNumber, Error> {
        let sql = "INSERT INTO mailboxes (location, address, source) VALUES (?1, ?2, ?3) \
                   ON CONFLICT DO UPDATE SET source = excluded.source RETURNING number";
        Ok(self.connection.query_row(sql, [location, address, source], |row| row.get(0))?)
    }

    /// Address, source and location of the mailboxes that were collected before.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn mailboxes(&self) -> Result<Vec<(String, String, String)>, Error> {
        let mut rows =
            self.connection.prepare("SELECT address, source, location FROM mailboxes")?;
        let found = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// All of a mailbox was listed.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn listed_whole(&self, mailbox: MailboxNumber, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE mailboxes SET listed_at = ?2, error = NULL WHERE number = ?1";
        self.connection.execute(sql, params![mailbox, now.as_second()])?;
        Ok(())
    }

    /// A mailbox could not be listed to its end.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn not_listed(&self, mailbox: MailboxNumber, why: &str) -> Result<(), Error> {
        let sql = "UPDATE mailboxes SET error = ?2 WHERE number = ?1";
        self.connection.execute(sql, params![mailbox, why])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
