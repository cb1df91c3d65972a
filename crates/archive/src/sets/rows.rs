//! Sets and their messages as rows of the tables.

use jiff::Timestamp;
use postern_query::Place;
use rusqlite::{Row, Transaction, params};

use super::{FrozenSet, Member};

pub(super) fn insert(change: &Transaction<'_>, set: &FrozenSet) -> rusqlite::Result<bool> {
    let sql = "INSERT OR IGNORE INTO sets VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL)";
    let time = |time: Timestamp| time.to_string();
    let added = change.execute(
        sql,
        params![
            set.name,
            set.query,
            set.canonical,
            set.zone,
            time(set.taken),
            set.taken_by,
            set.indexed,
            set.known,
            set.as_of.map(time),
            set.note
        ],
    )?;
    Ok(added > 0)
}

pub(super) fn no_longer_held(change: &Transaction<'_>, name: &str) -> rusqlite::Result<()> {
    change.execute("DELETE FROM not_held WHERE name = ?1", [name])?;
    change.execute("DELETE FROM held WHERE name = ?1", [name]).map(drop)
}

/// Adds a message to one of the tables of messages. One without a place has a row as well.
pub(super) fn add(
    change: &Transaction<'_>,
    table: &str,
    name: &str,
    member: &Member,
) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO {table} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    );
    let mut statement = change.prepare_cached(&sql)?;
    let nowhere = [Place::NOWHERE];
    let places = if member.places.is_empty() { &nowhere[..] } else { &member.places };
    for (number, place) in (0_i64..).zip(places) {
        let Place { mailbox, folder, source, item_id, fragment_id, .. } = place;
        let Place { is_read, is_flagged, is_replied, is_draft, .. } = place;
        statement.execute(params![
            name,
            member.id,
            number,
            mailbox,
            folder,
            source,
            item_id,
            fragment_id,
            is_read,
            is_flagged,
            is_replied,
            is_draft
        ])?;
    }
    Ok(())
}

/// The id and the place of a message of a set.
pub(super) const PLACE: &str =
    "id, mailbox, folder, source, item, fragment, is_read, is_flagged, is_replied, is_draft";

pub(super) fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        mailbox: row.get(1)?,
        folder: row.get(2)?,
        source: row.get(3)?,
        item_id: row.get(4)?,
        fragment_id: row.get(5)?,
        is_read: row.get(6)?,
        is_flagged: row.get(7)?,
        is_replied: row.get(8)?,
        is_draft: row.get(9)?,
    })
}

pub(super) fn set(row: &Row<'_>) -> rusqlite::Result<FrozenSet> {
    let time = |at: usize| {
        let text: Option<String> = row.get(at)?;
        let wrong = |error: jiff::Error| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(at, kind, Box::new(error))
        };
        text.map(|text| text.parse::<Timestamp>().map_err(wrong)).transpose()
    };
    Ok(FrozenSet {
        name: row.get(0)?,
        query: row.get(1)?,
        canonical: row.get(2)?,
        zone: row.get(3)?,
        taken: time(4)?.unwrap_or_default(),
        taken_by: row.get(5)?,
        indexed: row.get(6)?,
        known: row.get(7)?,
        as_of: time(8)?,
        note: row.get(9)?,
        held: time(10)?,
    })
}
