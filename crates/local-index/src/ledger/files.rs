//! The files that were taken in.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::row::{FileNumber, Sum, Summed, bytes_of, path_of};
use super::source::{Source, Unreadable};

/// Files that are read from the database at once.
const AHEAD: i64 = 256;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) number: FileNumber,
    /// The bytes of its path.
    pub(super) path: Vec<u8>,
    /// Length and time of change; `None` while it was not read to its end.
    pub(super) stamp: Option<(u64, i64)>,
    /// Messages that were found in it.
    pub(super) messages: u64,
    /// Messages that could not be read.
    pub(super) unreadable: u64,
}

impl Summed for File {
    const ALL: &'static str =
        "SELECT number, path, length, modified, messages, unreadable, sum FROM files";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let length: Option<u64> = row.get(2)?;
        Ok(Self {
            number: row.get(0)?,
            path: row.get(1)?,
            stamp: length.zip(row.get(3)?),
            messages: row.get(4)?,
            unreadable: row.get(5)?,
        })
    }

    fn sum(&self) -> u32 {
        let (length, modified) = self.stamp.unzip();
        let sum = Sum::default().number(Some(self.number)).bytes(&self.path);
        let sum = sum.number(length.map(u64::cast_signed)).number(modified);
        sum.count(self.messages).count(self.unreadable).finish()
    }
}

impl File {
    /// The messages of a file that was read to its end and has not changed since.
    pub(crate) fn messages_of(&self, source: &Source) -> Option<u64> {
        (self.stamp == Some((source.length, source.modified))).then_some(self.messages)
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        path_of(&self.path)
    }

    pub(super) fn at(connection: &Connection, path: &[u8]) -> rusqlite::Result<Option<Self>> {
        let mut rows = connection.prepare_cached(
            "SELECT number, path, length, modified, messages, unreadable FROM files WHERE path = ?1",
        )?;
        rows.query_row([path], Self::of).optional()
    }

    /// The next files behind that number.
    pub(super) fn behind(
        connection: &Connection,
        number: FileNumber,
    ) -> rusqlite::Result<Vec<Self>> {
        let mut rows = connection.prepare_cached(
            "SELECT number, path, length, modified, messages, unreadable FROM files \
             WHERE number > ?1 ORDER BY number LIMIT ?2",
        )?;
        rows.query_map([number, AHEAD], Self::of)?.collect()
    }

    pub(super) fn put(&self, connection: &Connection) -> rusqlite::Result<()> {
        let (length, modified) = self.stamp.unzip();
        connection
            .prepare_cached(
                "INSERT INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (number) DO UPDATE SET \
                 length = excluded.length, modified = excluded.modified, messages = excluded.messages, \
                 unreadable = excluded.unreadable, sum = excluded.sum",
            )?
            .execute(params![
                self.number,
                self.path,
                length,
                modified,
                self.messages,
                self.unreadable,
                self.sum()
            ])?;
        Ok(())
    }

    pub(super) fn remove(&self, connection: &Connection) -> rusqlite::Result<()> {
        Fault::clear(connection, self.number)?;
        connection.prepare_cached("DELETE FROM files WHERE number = ?1")?.execute([self.number])?;
        Ok(())
    }
}

/// Finds files by their paths; fastest in the order of their numbers, which is that of a walk.
#[derive(Debug, Default)]
pub(super) struct Finder {
    ahead: VecDeque<File>,
    /// The number behind that of the file that was found last.
    next: FileNumber,
}

impl Finder {
    pub(super) fn find(
        &mut self,
        connection: &Connection,
        path: &Path,
    ) -> rusqlite::Result<Option<File>> {
        let path = bytes_of(path);
        match self.ahead.pop_front() {
            Some(file) if file.path == *path => {
                self.next = file.number + 1;
                return Ok(Some(file));
            }
            Some(other) => self.ahead.push_front(other),
            None => {}
        }
        let found = File::at(connection, &path)?;
        if let Some(file) = &found {
            self.ahead.clear();
            if file.number == self.next {
                self.ahead = File::behind(connection, file.number)?.into();
            }
            self.next = file.number + 1;
        }
        Ok(found)
    }

    /// Forgets what was read ahead: something is about to change.
    pub(super) fn clear(&mut self) {
        self.ahead.clear();
    }
}

/// What could not be read of a file, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    file: FileNumber,
    number: i64,
    part: String,
    reason: String,
}

impl Summed for Fault {
    const ALL: &'static str = "SELECT file, number, part, reason, sum FROM faults";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (part, reason) = (row.get(2)?, row.get(3)?);
        Ok(Self { file: row.get(0)?, number: row.get(1)?, part, reason })
    }

    fn sum(&self) -> u32 {
        let numbers = Sum::default().number(Some(self.file)).number(Some(self.number));
        numbers.bytes(self.part.as_bytes()).bytes(self.reason.as_bytes()).finish()
    }
}

impl Fault {
    pub(super) fn of_file(
        connection: &Connection,
        file: FileNumber,
    ) -> rusqlite::Result<Vec<Unreadable>> {
        let mut rows = connection
            .prepare_cached("SELECT part, reason FROM faults WHERE file = ?1 ORDER BY number")?;
        let faults =
            rows.query_map([file], |row| Ok(Unreadable { part: row.get(0)?, reason: row.get(1)? }));
        faults?.collect()
    }

    pub(super) fn put(
        connection: &Connection,
        file: FileNumber,
        all: Vec<Unreadable>,
    ) -> rusqlite::Result<()> {
        for (number, Unreadable { part, reason }) in (0..).zip(all) {
            let fault = Self { file, number, part, reason };
            connection.prepare_cached("INSERT INTO faults VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(
                params![fault.file, fault.number, fault.part, fault.reason, fault.sum()],
            )?;
        }
        Ok(())
    }

    pub(super) fn clear(connection: &Connection, file: FileNumber) -> rusqlite::Result<()> {
        connection.prepare_cached("DELETE FROM faults WHERE file = ?1")?.execute([file])?;
        Ok(())
    }
}
