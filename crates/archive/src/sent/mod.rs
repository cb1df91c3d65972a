//! What this machine has sent to an index elsewhere: which files were acknowledged, and where their messages lie.

mod place;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use postern_local_index::database;
use postern_local_index::ledger::{Source, bytes_of, path_of};
use postern_query::{Message, Place};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::Error;

/// The form of the tables. What a former one noted is sent again.
const FORMAT: i64 = 2;

/// What this machine has sent to an index elsewhere.
///
/// Messages are [held](Self::hold) by the file that they came from. What is noted may be there; a file counts as
/// acknowledged when it was [closed](Self::close) and all of it was [acknowledged](Self::acknowledge). An index that was
/// deleted and made anew has another id, and has acknowledged nothing.
///
/// ```
/// use postern_archive::{Sent, Source};
/// use postern_query::Message;
///
/// let folder = tempfile::tempdir()?;
/// let file = Source { path: "a.eml".into(), length: 5, modified: 7 };
/// let mut sent = Sent::open(folder.path(), "index-1").unwrap();
/// sent.hold(&file.path, &Message { id: "m1".into(), ..Message::default() }).unwrap();
/// sent.close(&file, 0).unwrap();
/// sent.acknowledge().unwrap();
/// assert_eq!(sent.messages_of(&file).unwrap(), Some(1));
/// let changed = Source { length: 6, ..file.clone() };
/// assert_eq!(sent.messages_of(&changed).unwrap(), None);
/// drop(sent);
/// assert_eq!(Sent::open(folder.path(), "index-2").unwrap().messages_of(&file).unwrap(), None);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Sent {
    connection: Connection,
    machine: String,
    /// Files that are being read, or were since the last time that all was acknowledged, each with its last reading.
    readings: HashMap<i64, i64>,
    open: HashMap<PathBuf, Open>,
    closed: Vec<Closed>,
    forgotten: Vec<i64>,
    next_reading: i64,
}

/// A file that is being read.
#[derive(Clone, Copy, Debug)]
struct Open {
    number: i64,
    reading: i64,
    messages: u64,
}

/// A file that was read to its end.
#[derive(Debug)]
struct Closed {
    file: Open,
    source: Source,
    unread: u64,
}

impl Sent {
    /// Opens the book below the data folder for the index of that id, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read or made.
    pub fn open(data: &Path, index: &str) -> Result<Self, Error> {
        fs::create_dir_all(data).map_err(|error| Error::io(data, error))?;
        let connection = database::write(&data.join("cluster.sqlite"))?;
        make(&connection)?;
        if fact(&connection, "index")?.is_none_or(|known| known != index) {
            connection.execute_batch("DELETE FROM held; DELETE FROM files;")?;
            set_fact(&connection, "index", index)?;
        }
        Self::over(connection)
    }

    /// The same for reading; nothing where nothing was sent to that index.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn look(data: &Path, index: &str) -> Result<Option<Self>, Error> {
        let Some(connection) = database::read(&data.join("cluster.sqlite"))? else {
            return Ok(None);
        };
        let is_it = database::format(&connection)? == FORMAT
            && fact(&connection, "index")?.is_some_and(|known| known == index);
        is_it.then(|| Self::over(connection)).transpose()
    }

    fn over(connection: Connection) -> Result<Self, Error> {
        let machine = fact(&connection, "machine")?.unwrap_or_default();
        let next_reading = fact(&connection, "reading")?.and_then(|text| text.parse().ok());
        Ok(Self {
            connection,
            machine,
            readings: HashMap::new(),
            open: HashMap::new(),
            closed: Vec::new(),
            forgotten: Vec::new(),
            next_reading: next_reading.unwrap_or(1),
        })
    }

    /// What tells this data folder from others: twelve hexadecimal digits, drawn when it was made.
    #[must_use]
    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// How many messages a file has, if it was acknowledged as it is now.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn messages_of(&self, source: &Source) -> Result<Option<u64>, Error> {
        let mut found = self.connection.prepare_cached(
            "SELECT messages FROM files WHERE path = ?1 AND length = ?2 AND modified = ?3",
        )?;
        let values = params![bytes_of(&source.path), signed(source.length), source.modified];
        let row = found.query_row(values, |row| row.get::<_, i64>(0));
        Ok(row.optional()?.and_then(|messages| u64::try_from(messages).ok()))
    }

    /// The number of a file that is known.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn number_of(&self, path: &Path) -> Result<Option<i64>, Error> {
        let mut found =
            self.connection.prepare_cached("SELECT number FROM files WHERE path = ?1")?;
        Ok(found.query_row([bytes_of(path)], |row| row.get(0)).optional()?)
    }

    /// How many messages this machine has sent, and how much of its files could not be read or was refused.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn totals(&self) -> Result<(u64, u64), Error> {
        let sql = "SELECT (SELECT count(DISTINCT id) FROM held), (SELECT coalesce(sum(unread), 0) FROM files)";
        let (ids, unread): (i64, i64) =
            self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((u64::try_from(ids).unwrap_or_default(), u64::try_from(unread).unwrap_or_default()))
    }

    /// So many ids of messages of acknowledged files, behind that one in the order of ids.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn ids_behind(&self, id: &str, most: usize) -> Result<Vec<String>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT DISTINCT id FROM held JOIN files ON number = file \
             WHERE id > ?1 AND length IS NOT NULL ORDER BY id LIMIT ?2",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let ids = rows.query_map(params![id, most], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Notes that a message lies in a file that is being read, at each of its places.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn hold(&mut self, path: &Path, message: &Message) -> Result<(), Error> {
        let file = self.begin(path)?;
        let sql = "INSERT OR REPLACE INTO held VALUES (?1, ?2, ?3, ?4)";
        let mut put = self.connection.prepare_cached(sql)?;
        for place in message.each_place() {
            put.execute(params![file.number, message.id, place::to_text(place), file.reading])?;
        }
        if let Some(open) = self.open.get_mut(path) {
            open.messages += 1;
        }
        Ok(())
    }

    /// The places at which a message lies in the files of this machine, without what former readings of a file found.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn places(&self, id: &str) -> Result<BTreeSet<Place>, Error> {
        let sql = "SELECT file, place, reading FROM held WHERE id = ?1";
        let mut rows = self.connection.prepare_cached(sql)?;
        let rows = rows.query_map([id], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        let mut places = BTreeSet::new();
        for row in rows {
            let (file, text, reading) = row?;
            if self.readings.get(&file).is_none_or(|last| reading >= *last) {
                places.extend(place::from_text(&text));
            }
        }
        Ok(places)
    }

    /// Notes that a file was read to its end, and how much of it could not be read.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn close(&mut self, source: &Source, unread: u64) -> Result<(), Error> {
        let file = self.begin(&source.path)?;
        self.open.remove(&source.path);
        self.closed.push(Closed { file, source: source.clone(), unread });
        Ok(())
    }

    /// Counts a message of a file that was closed as refused.
    pub fn refused(&mut self, path: &Path) {
        if let Some(closed) = self.closed.iter_mut().rev().find(|one| one.source.path == path) {
            closed.unread += 1;
        }
    }

    /// Forgets a file that is gone.
    ///
    /// # Errors
    ///
    /// When the book cannot be read or written.
    pub fn forget(&mut self, path: &Path) -> Result<(), Error> {
        if self.number_of(path)?.is_some() {
            let file = self.begin(path)?;
            self.open.remove(path);
            self.closed.retain(|one| one.file.number != file.number);
            // It stays known until what came from it has gone.
            self.forgotten.push(file.number);
        }
        Ok(())
    }

    /// Forgets every file for which `is_gone` holds, and says how many there were.
    ///
    /// # Errors
    ///
    /// When the book cannot be read or written.
    pub fn forget_where(&mut self, is_gone: &dyn Fn(i64, &Path) -> bool) -> Result<u64, Error> {
        let (mut last, mut forgotten) = (0, 0);
        while let Some((number, path)) = self.file_behind(last)? {
            last = number;
            if is_gone(number, &path) {
                self.forget(&path)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    fn file_behind(&self, number: i64) -> Result<Option<(i64, PathBuf)>, Error> {
        let sql = "SELECT number, path FROM files WHERE number > ?1 ORDER BY number LIMIT 1";
        let mut found = self.connection.prepare_cached(sql)?;
        let row =
            found.query_row([number], |row| Ok((row.get(0)?, path_of(&row.get::<_, Vec<u8>>(1)?))));
        Ok(row.optional()?)
    }

    /// Keeps what was noted: from now on it may be there, whatever becomes of this process.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn note(&mut self) -> Result<(), Error> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        set_fact(&self.connection, "reading", &self.next_reading.to_string())?;
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    /// Drops what former readings of closed files found, and all of forgotten ones. The ids of messages that thereby
    /// lost a place, or all of them.
    ///
    /// # Errors
    ///
    /// When the book cannot be read or written.
    pub fn sweep(&mut self) -> Result<BTreeSet<String>, Error> {
        let mut moved = BTreeSet::new();
        let ended = |number: &i64| !self.open.values().any(|open| open.number == *number);
        let files: Vec<_> =
            self.readings.clone().into_iter().filter(|(number, _)| ended(number)).collect();
        for (number, reading) in files {
            self.begin_work()?;
            let sql = "SELECT DISTINCT id FROM held WHERE file = ?1 AND reading < ?2";
            let mut rows = self.connection.prepare_cached(sql)?;
            let ids = rows.query_map([number, reading], |row| row.get(0))?;
            let before = moved.len();
            moved.extend(ids.collect::<Result<Vec<String>, _>>()?);
            if moved.len() > before {
                let sql = "DELETE FROM held WHERE file = ?1 AND reading < ?2";
                self.connection.prepare_cached(sql)?.execute([number, reading])?;
            }
        }
        Ok(moved)
    }

    /// Keeps that all was acknowledged that was sent of closed files.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn acknowledge(&mut self) -> Result<(), Error> {
        for Closed { file, source, unread } in std::mem::take(&mut self.closed) {
            self.begin_work()?;
            let sql = "UPDATE files SET length = ?2, modified = ?3, messages = ?4, unread = ?5 WHERE number = ?1";
            let (length, messages) = (signed(source.length), signed(file.messages));
            let values = params![file.number, length, source.modified, messages, signed(unread)];
            self.connection.prepare_cached(sql)?.execute(values)?;
        }
        for number in std::mem::take(&mut self.forgotten) {
            self.begin_work()?;
            self.change("DELETE FROM files WHERE number = ?1", number)?;
        }
        let open: BTreeSet<_> = self.open.values().map(|open| open.number).collect();
        self.readings.retain(|number, _| open.contains(number));
        self.note()
    }

    /// The reading of a file that is under way; begins one where there is none.
    fn begin(&mut self, path: &Path) -> Result<Open, Error> {
        self.begin_work()?;
        if let Some(open) = self.open.get(path) {
            return Ok(*open);
        }
        let number = match self.number_of(path)? {
            Some(number) => {
                self.change("UPDATE files SET length = NULL WHERE number = ?1", number)?;
                number
            }
            None => {
                let sql = "INSERT INTO files (path) VALUES (?1)";
                self.connection.prepare_cached(sql)?.execute([bytes_of(path)])?;
                self.connection.last_insert_rowid()
            }
        };
        let open = Open { number, reading: self.next_reading, messages: 0 };
        self.next_reading += 1;
        self.readings.insert(number, open.reading);
        self.open.insert(path.to_owned(), open);
        Ok(open)
    }

    fn begin_work(&self) -> Result<(), Error> {
        if self.connection.is_autocommit() {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        Ok(())
    }

    fn change(&self, sql: &str, number: i64) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute([number])?;
        Ok(())
    }
}

/// Makes the tables where there are none of this form.
fn make(connection: &Connection) -> Result<(), Error> {
    if database::format(connection)? == FORMAT {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE; DROP TABLE IF EXISTS files;")?;
    connection.execute_batch(include_str!("schema.sql"))?;
    let sql = "INSERT INTO facts VALUES ('machine', lower(hex(randomblob(6))))";
    connection.execute(sql, [])?;
    connection.pragma_update(None, "user_version", FORMAT)?;
    Ok(connection.execute_batch("COMMIT")?)
}

fn fact(connection: &Connection, name: &str) -> Result<Option<String>, Error> {
    let sql = "SELECT value FROM facts WHERE name = ?1";
    Ok(connection.query_row(sql, [name], |row| row.get(0)).optional()?)
}

fn set_fact(connection: &Connection, name: &str, value: &str) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO facts VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute([name, value])?;
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
