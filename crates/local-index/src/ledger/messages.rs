//! The messages of files.

use std::borrow::Cow;
use std::path::PathBuf;

use postern_query::Place;
use rusqlite::{Connection, Row, params};

use super::row::{FileNumber, Id, Sum, Summed, path_of};
use super::source::Occurrence;

/// Number of a message of a file. Later ones are higher.
pub(crate) type MessageNumber = i64;

/// Messages that are removed at once.
const BATCH: i64 = 10_000;

/// A message of a file.
#[derive(Debug)]
pub(super) struct Held<'h> {
    pub(super) number: MessageNumber,
    pub(super) file: FileNumber,
    pub(super) id: Id<'h>,
    pub(super) part: Cow<'h, str>,
    pub(super) place: Option<i64>,
}

impl Summed for Held<'static> {
    const ALL: &'static str = "SELECT number, file, id, part, place, sum FROM messages";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (id, part) = (row.get(2)?, Cow::Owned(row.get(3)?));
        Ok(Self { number: row.get(0)?, file: row.get(1)?, id, part, place: row.get(4)? })
    }

    fn sum(&self) -> u32 {
        self.checksum()
    }
}

impl Held<'_> {
    fn checksum(&self) -> u32 {
        let numbers = Sum::default().number(Some(self.number)).number(Some(self.file));
        numbers.id(&self.id).bytes(self.part.as_bytes()).number(self.place).finish()
    }

    pub(super) fn put(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { number, file, id, part, place } = self;
        connection
            .prepare_cached("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![number, file, id, part, place, self.checksum()])?;
        Ok(())
    }
}

/// Who holds an id, for a reading of a file that finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nobody.
    Nobody,
    /// Only earlier readings of the same file.
    Before,
    /// Another file, or this reading.
    Already,
}

/// Who holds an id, for a reading of that file whose messages begin with that number.
pub(super) fn holder(
    connection: &Connection,
    id: &Id<'_>,
    file: FileNumber,
    since: MessageNumber,
) -> rusqlite::Result<Holder> {
    let mut rows = connection
        .prepare_cached("SELECT number, file FROM messages WHERE id = ?1 ORDER BY number DESC")?;
    let mut rows = rows.query([id])?;
    let mut found = Holder::Nobody;
    while let Some(row) = rows.next()? {
        let (number, holder): (MessageNumber, FileNumber) = (row.get(0)?, row.get(1)?);
        if holder != file || number >= since {
            return Ok(Holder::Already);
        }
        found = Holder::Before;
    }
    Ok(found)
}

/// Whether any file holds an id.
pub(super) fn is_held(connection: &Connection, id: &Id<'_>) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM messages WHERE id = ?1 LIMIT 1")?.exists([id])
}

/// Removes some of the messages of a file that lie before that number, and gives their ids; none when
/// there are no more.
pub(super) fn remove_some(
    connection: &Connection,
    file: FileNumber,
    before: MessageNumber,
) -> rusqlite::Result<Vec<Id<'static>>> {
    let mut rows = connection.prepare_cached(
        "SELECT number, id FROM messages WHERE file = ?1 AND number < ?2 ORDER BY number LIMIT ?3",
    )?;
    let found = rows.query_map([file, before, BATCH], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(MessageNumber, _)> = found.collect::<rusqlite::Result<_>>()?;
    if let Some((last, _)) = found.last() {
        connection
            .prepare_cached("DELETE FROM messages WHERE file = ?1 AND number <= ?2")?
            .execute([file, *last])?;
    }
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// Where a message was found, in the order of the files; a part that was found by two readings counts
/// once, as the later one found it.
pub(super) fn occurrences(connection: &Connection, id: &str) -> rusqlite::Result<Vec<Occurrence>> {
    let mut rows = connection.prepare_cached(
        "SELECT path, part, mailbox, folder, max(messages.number) AS last FROM messages \
         JOIN files ON files.number = file LEFT JOIN places ON places.number = place \
         WHERE id = ?1 GROUP BY file, part ORDER BY file, last",
    )?;
    let found = rows.query_map([Id::new(id)], |row| {
        let (path, part): (PathBuf, _) = (path_of(row.get_ref(0)?.as_blob()?), row.get(1)?);
        let (mailbox, folder): (Option<_>, Option<_>) = (row.get(2)?, row.get(3)?);
        let home = mailbox.zip(folder).map(|(mailbox, folder)| Place { mailbox, folder });
        Ok(Occurrence { path, part, home })
    })?;
    found.collect()
}
