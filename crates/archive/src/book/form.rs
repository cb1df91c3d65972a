//! The form of the book, and how one of a former version gets it.

use std::path::Path;
use std::time::Duration;

use postern_local_index::database;
use rusqlite::backup::Backup;
use rusqlite::{Connection, TransactionBehavior};

use super::{Book, path};
use crate::Error;

/// The number of this version's form of the book-keeping.
pub(super) const FORMAT: i64 = 4;
/// Pages that are copied at a time, between which a writer may write.
const STEP: i32 = 4_096;

impl Book {
    /// Opens the book for reading; nothing where there is none.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>, Error> {
        let Some(connection) = database::read(&path(data))? else { return Ok(None) };
        match database::format(&connection)? {
            // One that is being made has no form yet.
            0 => Ok(None),
            FORMAT => Ok(Some(Self { connection })),
            found if found > FORMAT => Err(Error::LaterVersion { found, known: FORMAT }),
            _ => {
                drop(connection);
                Self::renewed(data).map(Some)
            }
        }
    }

    /// A book of a former version, open for reading: it is renewed in its place, else read as a copy.
    fn renewed(data: &Path) -> Result<Self, Error> {
        if Self::open(data).is_err() {
            return Self::copy(data);
        }
        match database::read(&path(data))? {
            Some(connection) => Ok(Self { connection }),
            None => Self::copy(data),
        }
    }

    /// A copy to try things on, which is gone when it is dropped.
    pub(crate) fn copy(data: &Path) -> Result<Self, Error> {
        let mut copy = Connection::open_in_memory()?;
        if let Some(real) = database::read(&path(data))? {
            Backup::new(&real, &mut copy)?.run_to_completion(STEP, Duration::ZERO, None)?;
        }
        Self { connection: copy }.prepared()
    }

    /// The book with the form of this version.
    pub(super) fn prepared(mut self) -> Result<Self, Error> {
        if database::format(&self.connection)? != FORMAT {
            self.renew()?;
        }
        Ok(self)
    }

    fn renew(&mut self) -> Result<(), Error> {
        const MADE: &str = include_str!("schema.sql");
        const FROM_1: &str = include_str!("from_1.sql");
        const OF_1: &str = include_str!("of_1.sql");
        const FROM_2: &str = include_str!("from_2.sql");
        const OF_2: &str = include_str!("of_2.sql");
        const FROM_3: &str = include_str!("from_3.sql");
        // Another process may have done it while this one waited.
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match database::format(&transaction)? {
            FORMAT => return Ok(()),
            0 => transaction.execute_batch(MADE)?,
            1 => transaction.execute_batch(&[FROM_1, MADE, OF_1].concat())?,
            2 => transaction.execute_batch(&[FROM_2, MADE, OF_2].concat())?,
            3 => transaction.execute_batch(FROM_3)?,
            found => return Err(Error::LaterVersion { found, known: FORMAT }),
        }
        transaction.pragma_update(None, "user_version", FORMAT)?;
        Ok(transaction.commit()?)
    }
}
