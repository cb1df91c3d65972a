//! What webhooks are told: events in their order, each until the webhook has taken it.

use jiff::Timestamp;
use postern_mail::id_of;
use rusqlite::{Row, Transaction, params};

use super::Saved;
use crate::Error;

/// New hits of one event; more are told in several.
const MOST_HITS: usize = 1_000;
/// Events that are kept for webhooks that do not take them; the newest.
const MOST_EVENTS: usize = 10_000;

/// New hits of a saved search, to be told to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among all events.
    pub number: i64,
    /// What it is known by: the same however often it is told.
    pub id: String,
    /// Whose search it is.
    pub owner: String,
    /// What its owner calls it.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
    /// When it was compared.
    pub at: String,
    /// The ids of the new hits.
    pub hits: Vec<String>,
}

/// A search in which something is new.
#[derive(Clone, Copy, Debug)]
pub(super) struct New<'a> {
    pub(super) owner: &'a str,
    pub(super) name: &'a str,
    pub(super) query: &'a str,
    pub(super) saved: &'a str,
    pub(super) at: Timestamp,
}

/// Notes what is to be told of new hits.
pub(super) fn add(change: &Transaction<'_>, of: &New<'_>, new: &[String]) -> rusqlite::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let New { owner, name, query, saved, at } = of;
    let sql = "INSERT OR REPLACE INTO events (id, owner, name, query, at, hits) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = change.prepare(sql)?;
    for hits in new.chunks(MOST_HITS) {
        let first = hits.first().map(String::as_str).unwrap_or_default();
        // A hit is new once in a search that was saved at that time.
        let id = id_of([*owner, *name, *saved, first].join("\n").as_bytes());
        let hits = serde_json::to_string(hits).unwrap_or_default();
        statement.execute(params![id, owner, name, query, at.to_string(), hits])?;
    }
    let sql = "DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?1";
    change.execute(sql, params![MOST_EVENTS]).map(|_| ())
}

impl Saved {
    /// Knows a webhook from now on. Nothing that was new before is told to it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn meet(&self, hook: &str) -> Result<(), Error> {
        let is_known = match self.reading()? {
            Some(connection) => connection
                .query_row("SELECT count(*) FROM told WHERE hook = ?1", [hook], |row| row.get(0))
                .map(|known: i64| known > 0)
                .map_err(Error::Saved)?,
            None => false,
        };
        if is_known {
            return Ok(());
        }
        // The number of an event is never used again, also where none is left.
        let sql = "INSERT OR IGNORE INTO told VALUES \
                   (?1, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))";
        self.change(|change| change.execute(sql, [hook]).map(|_| ()))
    }

    /// The first events that a webhook has not taken yet, at most so many.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn untold(&self, hook: &str, most: usize) -> Result<Vec<Event>, Error> {
        let Some(connection) = self.reading()? else { return Ok(Vec::new()) };
        let sql = "SELECT number, id, owner, name, query, at, hits FROM events WHERE number > \
                   (SELECT number FROM told WHERE hook = ?1) ORDER BY number LIMIT ?2";
        let mut statement = connection.prepare(sql).map_err(Error::Saved)?;
        let rows = statement.query_map(params![hook, most], event).map_err(Error::Saved)?;
        rows.collect::<Result<_, _>>().map_err(Error::Saved)
    }

    /// A webhook has taken all events up to that one.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn told(&self, hook: &str, number: i64) -> Result<(), Error> {
        let sql = "UPDATE told SET number = max(number, ?2) WHERE hook = ?1";
        self.change(|change| {
            change.execute(sql, params![hook, number])?;
            // What every webhook took is told for good.
            let sql = "DELETE FROM events WHERE number <= (SELECT min(number) FROM told)";
            change.execute(sql, []).map(|_| ())
        })
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let hits: String = row.get(6)?;
    Ok(Event {
        number: row.get(0)?,
        id: row.get(1)?,
        owner: row.get(2)?,
        name: row.get(3)?,
        query: row.get(4)?,
        at: row.get(5)?,
        hits: serde_json::from_str(&hits).unwrap_or_default(),
    })
}
