//! What is new in a saved search: what it finds now and never found before.
//!
//! What was found is noted, told of and made an event in one transaction. So each hit is new once, whatever is killed
//! when, and whoever compares at the same time.

use jiff::Timestamp;
use postern_mail::id_of;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::{Saved, events};
use crate::Error;

/// New hits of a search that are kept until its owner sees them; the newest.
const MOST_UNREAD: usize = 10_000;
/// What stands for the version while an index is made anew.
const REBUILDING: &str = "";

/// A saved search, as it is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Whose it is.
    pub owner: String,
    /// What its owner calls it.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
    /// The mailboxes that its owner may see; without them all.
    pub mailboxes: Option<Vec<String>>,
    /// Whether all that it finds is known, read as this version of Postern reads it. Until then nothing is new.
    pub is_based: bool,
    /// Whether an index is being made anew, or was when that broke off.
    pub is_rebuilding: bool,
    /// The state of the index that it was last compared with.
    pub state: Option<String>,
    /// How many new hits its owner has not seen.
    pub unread: usize,
}

/// What a search finds now.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// The ids of all that it finds.
    pub found: &'a [String],
    /// The state of the index that they were found in.
    pub state: Option<&'a str>,
    /// The version of Postern that read the query.
    pub version: &'a str,
    /// When that was.
    pub at: Timestamp,
}

impl Saved {
    /// Every search of every owner, as it is watched by a version of Postern.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn watches(&self, version: &str) -> Result<Vec<Watch>, Error> {
        let Some(connection) = self.reading()? else { return Ok(Vec::new()) };
        let sql = "SELECT owner, name, query, mailboxes, based, state, \
                   (SELECT count(*) FROM unread WHERE watch = watches.number) \
                   FROM watches JOIN searches USING (owner, name) ORDER BY owner, name";
        let mut statement = connection.prepare(sql).map_err(Error::Saved)?;
        let rows = statement.query_map([], |row| watch(row, version)).map_err(Error::Saved)?;
        rows.collect::<Result<_, _>>().map_err(Error::Saved)
    }

    /// The mailboxes that the owner of these searches may see now; without them all. What lies in others than before
    /// is not new.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn limit(&self, owner: &str, mailboxes: Option<&[String]>) -> Result<(), Error> {
        let mailboxes = written(mailboxes);
        let sql = "UPDATE watches SET mailboxes = ?2, based = NULL \
                   WHERE owner = ?1 AND mailboxes IS NOT ?2";
        self.change(|change| change.execute(sql, params![owner, mailboxes]).map(|_| ()))
    }

    /// An index is made anew: what is found in it first is not new.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn rebuilding(&self) -> Result<(), Error> {
        if self.reading()?.is_none() {
            return Ok(());
        }
        self.change(|change| {
            change.execute("UPDATE watches SET based = ?1", [REBUILDING]).map(|_| ())
        })
    }

    /// Notes all that a search finds, and returns what it never found before. Nothing is new where it was not
    /// compared yet, where another version of Postern read it, and where the index was made anew.
    ///
    /// # Errors
    ///
    /// When it cannot be written; then nothing was noted.
    pub fn compare(
        &self,
        owner: &str,
        name: &str,
        now: &Compared<'_>,
    ) -> Result<Vec<String>, Error> {
        self.change(|change| {
            let sql = "SELECT number, based IS ?3, query, saved FROM watches \
                       JOIN searches USING (owner, name) WHERE owner = ?1 AND name = ?2";
            let row = change.query_row(sql, [owner, name, now.version], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, bool>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                ))
            });
            // Somebody forgot it meanwhile.
            let Some((number, is_based, query, saved)) = row.optional()? else {
                return Ok(Vec::new());
            };
            let mut new = note(change, number, now.found)?;
            if !is_based {
                new.clear();
            }
            keep(change, number, &new)?;
            events::add(
                change,
                &events::New { owner, name, query: &query, saved: &saved, at: now.at },
                &new,
            )?;
            let sql = "UPDATE watches SET based = ?2, state = ?3 WHERE number = ?1";
            change.execute(sql, params![number, now.version, now.state])?;
            Ok(new)
        })
    }

    /// The ids of the new hits of a search that its owner has not seen, in the order in which they were found.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn unread(&self, owner: &str, name: &str) -> Result<Vec<String>, Error> {
        let Some(connection) = self.reading()? else { return Ok(Vec::new()) };
        let sql = "SELECT id FROM unread JOIN watches ON watches.number = watch \
                   WHERE owner = ?1 AND name = ?2 ORDER BY unread.number";
        let mut statement = connection.prepare(sql).map_err(Error::Saved)?;
        let rows = statement.query_map([owner, name], |row| row.get(0)).map_err(Error::Saved)?;
        rows.collect::<Result<_, _>>().map_err(Error::Saved)
    }

    /// Its owner opens it, and sees these of its new hits.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn open(
        &self,
        owner: &str,
        name: &str,
        at: Timestamp,
        seen: &[String],
    ) -> Result<(), Error> {
        self.change(|change| {
            let sql = "UPDATE searches SET opened = ?3 WHERE owner = ?1 AND name = ?2";
            change.execute(sql, [owner, name, &at.to_string()])?;
            let Some(number) = number_of(change, owner, name)? else { return Ok(()) };
            let mut statement =
                change.prepare("DELETE FROM unread WHERE watch = ?1 AND id = ?2")?;
            for id in seen {
                statement.execute(params![number, id])?;
            }
            Ok(())
        })
    }
}

fn watch(row: &Row<'_>, version: &str) -> rusqlite::Result<Watch> {
    let (mailboxes, based): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
    Ok(Watch {
        owner: row.get(0)?,
        name: row.get(1)?,
        query: row.get(2)?,
        // What cannot be read opens nothing.
        mailboxes: mailboxes.map(|list| serde_json::from_str(&list).unwrap_or_default()),
        is_based: based.as_deref() == Some(version),
        is_rebuilding: based.as_deref() == Some(REBUILDING),
        state: row.get(5)?,
        unread: row.get(6)?,
    })
}

fn written(mailboxes: Option<&[String]>) -> Option<String> {
    mailboxes.map(|list| serde_json::to_string(list).unwrap_or_default())
}

fn number_of(change: &Transaction<'_>, owner: &str, name: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT number FROM watches WHERE owner = ?1 AND name = ?2";
    change.query_row(sql, [owner, name], |row| row.get(0)).optional()
}

/// Watches a search from now on.
pub(super) fn begin(
    change: &Transaction<'_>,
    owner: &str,
    name: &str,
    mailboxes: Option<&[String]>,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO watches (owner, name, mailboxes) VALUES (?1, ?2, ?3)";
    change.execute(sql, params![owner, name, written(mailboxes)]).map(|_| ())
}

/// Forgets what was found. What was told stays told.
pub(super) fn forget(change: &Transaction<'_>, owner: &str, name: &str) -> rusqlite::Result<()> {
    let Some(number) = number_of(change, owner, name)? else { return Ok(()) };
    for sql in [
        "DELETE FROM known WHERE watch = ?1",
        "DELETE FROM unread WHERE watch = ?1",
        "DELETE FROM watches WHERE number = ?1",
    ] {
        change.execute(sql, [number])?;
    }
    Ok(())
}

/// Notes what was found; those that never were.
fn note(change: &Transaction<'_>, number: i64, found: &[String]) -> rusqlite::Result<Vec<String>> {
    let mut statement = change.prepare("INSERT OR IGNORE INTO known VALUES (?1, ?2)")?;
    let mut new = Vec::new();
    for id in found {
        if statement.execute(params![number, digest(id)])? > 0 {
            new.push(id.clone());
        }
    }
    Ok(new)
}

/// Half the length of an id of ours, and of any text.
fn digest(id: &str) -> Vec<u8> {
    let hex = id_of(id.as_bytes());
    let pair = |at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..hex.len()).step_by(2).filter_map(pair).collect()
}

fn keep(change: &Transaction<'_>, number: i64, new: &[String]) -> rusqlite::Result<()> {
    let mut statement = change.prepare("INSERT INTO unread (watch, id) VALUES (?1, ?2)")?;
    for id in new {
        statement.execute(params![number, id])?;
    }
    let sql = "DELETE FROM unread WHERE watch = ?1 AND number <= \
               (SELECT number FROM unread WHERE watch = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)";
    change.execute(sql, params![number, MOST_UNREAD]).map(|_| ())
}
