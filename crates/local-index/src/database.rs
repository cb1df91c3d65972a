//! `SQLite` as the books in a data folder use it: one process writes, any number read meanwhile.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, OpenFlags, Result, ffi};

/// How long a reader and a writer wait for one another.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a database for writing, and makes it where there is none.
///
/// A commit is on the disk when it returns: a file written afterwards may rely on it.
///
/// # Errors
///
/// When it cannot be opened or made.
pub fn write(path: &Path) -> Result<Connection> {
    let connection = prepared(Connection::open(path)?)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// Writes what the last commit left into a new file, also while somebody writes the next one.
///
/// # Errors
///
/// When one cannot be read or the other cannot be made.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    // <https://www.sqlite.org/lang_vacuum.html#vacuuminto>: a consistent copy of a live database.
    let read = read(from)?.ok_or(Error::InvalidPath(from.to_owned()))?;
    read.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map(drop)
}

/// What every connection has. A statement keeps its plan: `SQLite` would otherwise make a new one for each value
/// that is bound to it (<https://www.sqlite.org/queryplanner-ng.html#qpsg>).
fn prepared(connection: Connection) -> Result<Connection> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Opens a database for reading; `None` where there is none. It shows the last commit, also while
/// somebody writes the next one.
///
/// # Errors
///
/// When it cannot be opened.
pub fn read(path: &Path) -> Result<Option<Connection>> {
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = prepared(Connection::open_with_flags(path, flags)?)?;
    match format(&connection) {
        Ok(_) => Ok(Some(connection)),
        // A reader coordinates with writers through a file beside the database. Where it cannot make
        // that file and nothing is in the log, there is no writer.
        Err(error) if is_code(&error, ffi::SQLITE_CANTOPEN) && has_no_log(path) => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(unchanging(path), flags).and_then(prepared).map(Some)
        }
        Err(error) => Err(error),
    }
}

/// The number that says which form the tables have; 0 of a database that is still being made.
///
/// # Errors
///
/// When the database cannot be read.
pub fn format(connection: &Connection) -> Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether there is no space. `SQLite` says so of a full disk. Of a full quota and of a limit for
/// files it says only that a write was refused.
#[must_use]
pub fn is_full(error: &Error) -> bool {
    let refused = [
        ffi::SQLITE_FULL,
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_TRUNCATE,
        ffi::SQLITE_IOERR_SHMOPEN,
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_IOERR_FSYNC,
    ];
    error.sqlite_error().is_some_and(|error| refused.contains(&error.extended_code))
}

/// Whether the file is not what was written there.
#[must_use]
pub fn is_damaged(error: &Error) -> bool {
    is_code(error, ffi::SQLITE_CORRUPT) || is_code(error, ffi::SQLITE_NOTADB)
}

/// Whether it is a fault of that kind.
fn is_code(error: &Error, code: i32) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code & 0xff == code)
}

/// The files that may lie beside a database.
#[must_use]
pub fn beside(path: &Path) -> [PathBuf; 2] {
    [log_of(path), with_ending(path, "-shm")]
}

/// Whether nothing is committed but what the database itself holds.
fn has_no_log(path: &Path) -> bool {
    std::fs::metadata(log_of(path)).map_or(true, |log| log.len() == 0)
}

/// The write-ahead log of a database.
fn log_of(path: &Path) -> PathBuf {
    with_ending(path, "-wal")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// The address of a database that nobody writes.
fn unchanging(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut uri = "file:".to_owned();
    for byte in bytes {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(*byte)),
            letter if letter.is_ascii_alphanumeric() => uri.push(char::from(*letter)),
            other => uri.extend(['%', hex(other >> 4), hex(other & 15)]),
        }
    }
    uri + "?immutable=1"
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn numbers(connection: &Connection) -> Vec<i64> {
        let mut rows = connection.prepare("SELECT number FROM numbers ORDER BY number").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn others_read_the_last_commit_while_one_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.sqlite");
        assert!(read(&path).unwrap().is_none());
        let writing = write(&path).unwrap();
        writing.execute_batch("CREATE TABLE numbers (number INTEGER); BEGIN IMMEDIATE").unwrap();
        writing.execute("INSERT INTO numbers VALUES (7)", []).unwrap();
        let reading = read(&path).unwrap().unwrap();
        assert_eq!(numbers(&reading), [0; 0]);
        writing.execute_batch("COMMIT").unwrap();
        assert_eq!(numbers(&reading), [7]);
        assert!(reading.execute("DELETE FROM numbers", []).is_err(), "it only reads");
    }

    /// Nothing can be made beside the database, as on a file system that is mounted for reading.
    #[test]
    fn a_folder_that_cannot_be_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("100% sure?#é.sqlite");
        let writing = write(&path).unwrap();
        writing.execute_batch("CREATE TABLE numbers (number INTEGER)").unwrap();
        writing.execute("INSERT INTO numbers VALUES (7)", []).unwrap();
        drop(writing);
        let [log, shared] = beside(&path);
        assert!(!log.exists(), "the last one to close it tidies up");
        // It cannot be opened, not even by those who may do everything.
        std::os::unix::fs::symlink(&shared, &shared).unwrap();
        assert_eq!(numbers(&read(&path).unwrap().unwrap()), [7]);
        fs::write(&log, "something").unwrap();
        assert!(read(&path).is_err(), "a log that cannot be read may hold what belongs there");
    }
}
