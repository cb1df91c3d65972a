//! Whether the ledger is what was written.

use rusqlite::Connection;

use super::books::State;
use super::files::{Fault, File};
use super::messages::Held;
use super::moved::Moved;
use super::places::Numbered;
use super::row::Summed;
use crate::format::folder::Folder;
use crate::{Error, database};

/// What is wrong with the ledger, if anything: with its pages and indexes, with what stands in its rows,
/// or with the number of its last commit, where that of the index is `committed`.
///
/// # Errors
///
/// When the system refuses to read it.
pub(crate) fn verify(folder: &Folder, committed: Option<u64>) -> Result<Option<String>, Error> {
    let found = database::read(&folder.ledger()).and_then(|opened| match opened {
        Some(connection) => fault(&connection, committed),
        None => Ok(None),
    });
    match found {
        Ok(fault) => Ok(fault),
        Err(error) if database::is_damaged(&error) => Ok(Some(error.to_string())),
        // It does not hold what belongs there.
        Err(error) if error.sqlite_error().is_none() => Ok(Some(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn fault(connection: &Connection, committed: Option<u64>) -> rusqlite::Result<Option<String>> {
    let structure: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if structure != "ok" {
        return Ok(Some(structure));
    }
    let is_whole = rows::<State>(connection)?
        && rows::<File>(connection)?
        && rows::<Fault>(connection)?
        && rows::<Numbered>(connection)?
        && rows::<Held<'_>>(connection)?
        && rows::<Moved>(connection)?;
    if !is_whole {
        return Ok(Some("a checksum in it is another".to_owned()));
    }
    // A writer that was killed between the two is one commit ahead in the ledger.
    let last = State::last(connection)?.sequence;
    let agrees = committed.is_none_or(|committed| last == committed || last == committed + 1);
    Ok((!agrees).then(|| "it is not of the same commit as the index".to_owned()))
}

/// Whether the checksums of the rows of a table are those of what they hold.
fn rows<R: Summed>(connection: &Connection) -> rusqlite::Result<bool> {
    let mut all = connection.prepare(R::ALL)?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let sum: u32 = row.get("sum")?;
        if R::of(row)?.sum() != sum {
            return Ok(false);
        }
    }
    Ok(true)
}
