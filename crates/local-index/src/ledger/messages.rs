//! The messages of files.

use std::borrow::Cow;
use std::collections::BTreeSet;

use postern_query::Place;
use rusqlite::{Connection, Row, params};

use super::moved;
use super::row::{FileNumber, Id, Sum, Summed, path_of};
use super::source::Occurrence;

/// Number of a message of a file. Later ones are higher.
pub(crate) type MessageNumber = i64;

/// Messages that are removed at once.
const BATCH: i64 = 10_000;

/// Where a message lies: the number of what it has in common with others, and its ids upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot<'s> {
    pub(super) place: i64,
    pub(super) item: Option<Cow<'s, str>>,
    pub(super) fragment: Option<Cow<'s, str>>,
}

impl<'s> Spot<'s> {
    /// Where `at` is, whose shared part has that number.
    pub(super) fn of(at: &'s Place, place: i64) -> Self {
        let [item, fragment] =
            [&at.item_id, &at.fragment_id].map(|id| id.as_deref().map(Cow::Borrowed));
        Self { place, item, fragment }
    }

    /// From the three columns that begin there.
    fn from(row: &Row<'_>, first: usize) -> rusqlite::Result<Spot<'static>> {
        let text = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(at)?.map(Cow::Owned));
        let (item, fragment) = (text(first + 1)?, text(first + 2)?);
        Ok(Spot { place: row.get(first)?, item, fragment })
    }
}

/// A message of a file.
#[derive(Debug)]
pub(super) struct Held<'h> {
    pub(super) number: MessageNumber,
    pub(super) file: FileNumber,
    pub(super) id: Id<'h>,
    pub(super) part: Cow<'h, str>,
    pub(super) spot: Spot<'h>,
}

impl Summed for Held<'static> {
    const ALL: &'static str =
        "SELECT number, file, id, part, place, item, fragment, sum FROM messages";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (id, part) = (row.get(2)?, Cow::Owned(row.get(3)?));
        let spot = Spot::from(row, 4)?;
        Ok(Self { number: row.get(0)?, file: row.get(1)?, id, part, spot })
    }

    fn sum(&self) -> u32 {
        self.checksum()
    }
}

impl Held<'_> {
    fn checksum(&self) -> u32 {
        let Spot { place, item, fragment } = &self.spot;
        let sum = Sum::default().number(Some(self.number)).number(Some(self.file)).id(&self.id);
        let sum = sum.bytes(self.part.as_bytes()).number(Some(*place));
        sum.text(item.as_deref()).text(fragment.as_deref()).finish()
    }

    pub(super) fn put(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { number, file, id, part, spot: Spot { place, item, fragment } } = self;
        connection
            .prepare_cached("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![number, file, id, part, place, item, fragment, self.checksum()])?;
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

/// Whether an id lies in that spot.
pub(super) fn is_in(
    connection: &Connection,
    id: &Id<'_>,
    spot: &Spot<'_>,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM messages WHERE id = ?1 AND place = ?2 AND item IS ?3 AND fragment IS ?4",
        )?
        .exists(params![id, spot.place, spot.item, spot.fragment])
}

/// Whether an id lies in another spot.
pub(super) fn is_elsewhere(
    connection: &Connection,
    id: &Id<'_>,
    spot: &Spot<'_>,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM messages WHERE id = ?1 AND NOT (place = ?2 AND item IS ?3 AND fragment IS ?4)",
        )?
        .exists(params![id, spot.place, spot.item, spot.fragment])
}

/// Whether more than so many messages of files have an id.
pub(super) fn are_more(
    connection: &Connection,
    id: &Id<'_>,
    than: usize,
) -> rusqlite::Result<bool> {
    let mut rows =
        connection.prepare_cached("SELECT 1 FROM messages WHERE id = ?1 LIMIT 1 OFFSET ?2")?;
    rows.exists(params![id, i64::try_from(than).unwrap_or(i64::MAX)])
}

/// Drops what a file said of an id: a later message of the same file takes its place.
pub(super) fn drop_earlier(
    connection: &Connection,
    id: &Id<'_>,
    file: FileNumber,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM messages WHERE id = ?1 AND file = ?2";
    connection.prepare_cached(sql)?.execute(params![id, file])?;
    Ok(())
}

/// Removes some of the messages of a file that lie before that number. Gives the ids that nobody holds
/// any more, and notes which ones lost a place; `None` when there is nothing to remove.
pub(super) fn remove_some(
    connection: &Connection,
    file: FileNumber,
    before: MessageNumber,
) -> rusqlite::Result<Option<Vec<Id<'static>>>> {
    let mut rows = connection.prepare_cached(
        "SELECT number, id, place, item, fragment FROM messages \
         WHERE file = ?1 AND number < ?2 ORDER BY number LIMIT ?3",
    )?;
    let found = rows.query_map([file, before, BATCH], |row| {
        Ok((row.get(0)?, row.get(1)?, Spot::from(row, 2)?))
    })?;
    let found: Vec<(MessageNumber, Id<'static>, _)> = found.collect::<rusqlite::Result<_>>()?;
    let Some((last, _, _)) = found.last() else { return Ok(None) };
    connection
        .prepare_cached("DELETE FROM messages WHERE file = ?1 AND number <= ?2")?
        .execute([file, *last])?;
    let mut unheld = Vec::new();
    for (_, id, spot) in found {
        if is_in(connection, &id, &spot)? {
            continue;
        }
        if is_elsewhere(connection, &id, &spot)? {
            moved::note(connection, &id)?;
        } else {
            moved::settle(connection, &id)?;
            unheld.push(id);
        }
    }
    Ok(Some(unheld))
}

/// The place in the nine columns that begin there.
fn place_in(row: &Row<'_>, first: usize) -> rusqlite::Result<Place> {
    Ok(Place {
        mailbox: row.get(first)?,
        folder: row.get(first + 1)?,
        source: row.get(first + 2)?,
        is_read: row.get(first + 3)?,
        is_flagged: row.get(first + 4)?,
        is_replied: row.get(first + 5)?,
        is_draft: row.get(first + 6)?,
        item_id: row.get(first + 7)?,
        fragment_id: row.get(first + 8)?,
    })
}

/// Every place of a message, each once and in order, without what a file held before that number.
pub(super) fn places(
    connection: &Connection,
    id: &str,
    file: FileNumber,
    since: MessageNumber,
) -> rusqlite::Result<Vec<Place>> {
    let mut rows = connection.prepare_cached(
        "SELECT mailbox, folder, source, is_read, is_flagged, is_replied, is_draft, item, fragment \
         FROM messages JOIN places ON places.number = place \
         WHERE id = ?1 AND NOT (file = ?2 AND messages.number < ?3)",
    )?;
    let found = rows.query_map(params![Id::new(id), file, since], |row| place_in(row, 0))?;
    Ok(found.collect::<rusqlite::Result<BTreeSet<_>>>()?.into_iter().collect())
}

/// Where a message was found, in the order of the files; a part that was found by two readings counts
/// once, as the later one found it.
pub(super) fn occurrences(connection: &Connection, id: &str) -> rusqlite::Result<Vec<Occurrence>> {
    let mut rows = connection.prepare_cached(
        "SELECT path, part, mailbox, folder, source, is_read, is_flagged, is_replied, is_draft, \
         item, fragment, max(messages.number) AS last FROM messages \
         JOIN files ON files.number = file JOIN places ON places.number = place \
         WHERE id = ?1 GROUP BY file, part ORDER BY file, last",
    )?;
    let found = rows.query_map([Id::new(id)], |row| {
        let (path, part) = (path_of(row.get_ref(0)?.as_blob()?), row.get(1)?);
        let home = Some(place_in(row, 2)?).filter(|place| *place != Place::NOWHERE);
        Ok(Occurrence { path, part, home })
    })?;
    found.collect()
}
