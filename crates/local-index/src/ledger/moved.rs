//! Messages that lie in other places than the index knows: they came to lie in one more, or in one less,
//! since they were written into it.

use rusqlite::{Connection, Row, params};

use super::row::{Id, Sum, Summed};

/// Such a message.
pub(super) struct Moved(Id<'static>);

impl Summed for Moved {
    const ALL: &'static str = "SELECT id, sum FROM moved";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self(row.get(0)?))
    }

    fn sum(&self) -> u32 {
        sum(&self.0)
    }
}

fn sum(id: &Id<'_>) -> u32 {
    Sum::default().id(id).finish()
}

pub(super) fn note(connection: &Connection, id: &Id<'_>) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO moved VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute(params![id, sum(id)])?;
    Ok(())
}

/// The index knows where it lies, or has it no longer.
pub(super) fn settle(connection: &Connection, id: &Id<'_>) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM moved WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Some of them in the order of their ids, those behind `after` where it is given.
pub(super) fn some(
    connection: &Connection,
    after: Option<&str>,
    most: usize,
) -> rusqlite::Result<Vec<String>> {
    let (after, most) = (after.map(Id::new), i64::try_from(most).unwrap_or(i64::MAX));
    let mut rows = connection
        .prepare_cached("SELECT id FROM moved WHERE ?1 IS NULL OR id > ?1 ORDER BY id LIMIT ?2")?;
    let ids = rows.query_map(params![after, most], |row| row.get::<_, Id<'_>>(0))?;
    ids.map(|id| Ok(id?.text().into_owned())).collect()
}
