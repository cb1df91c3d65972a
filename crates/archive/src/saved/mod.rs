//! Saved searches: named queries, each of one owner, what is new in them, and what webhooks are told of that.

mod events;
mod watch;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use postern_local_index::database;
use rusqlite::{Connection, Row, Transaction};

use crate::Error;

pub use events::Event;
pub use watch::{Compared, Watch};

/// The form of the tables.
const FORM: i64 = 2;

/// A search that somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSearch {
    /// What its owner calls it.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
    /// Its one canonical text when it was saved.
    pub canonical: String,
    /// The version of Postern that read it so.
    pub version: String,
    /// When it was saved.
    pub saved: Timestamp,
    /// When its owner last opened it.
    pub opened: Timestamp,
}

/// The saved searches of a data folder, of every owner.
///
/// ```
/// use postern_archive::{Saved, SavedSearch};
///
/// let folder = tempfile::tempdir()?;
/// let saved = Saved::below(folder.path());
/// let now = "2024-05-22T12:00:00Z".parse()?;
/// let search = SavedSearch {
///     name: "Unpaid".into(), query: "invoice overdue".into(), canonical: "invoice overdue".into(),
///     version: "1".into(), saved: now, opened: now,
/// };
/// saved.put("ann", &search, None)?;
/// assert_eq!(saved.list("ann")?, [search]);
/// assert!(saved.list("bob")?.is_empty(), "each owner has their own");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Saved {
    path: PathBuf,
}

impl Saved {
    /// Those of a data folder, where there are any.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self { path: data.join("saved.sqlite") }
    }

    /// Those of an owner, by name.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn list(&self, owner: &str) -> Result<Vec<SavedSearch>, Error> {
        let Some(connection) = self.reading()? else { return Ok(Vec::new()) };
        let sql = "SELECT name, query, canonical, version, saved, opened FROM searches WHERE owner = ?1 ORDER BY name";
        let mut statement = connection.prepare(sql).map_err(Error::Saved)?;
        let rows = statement.query_map([owner], search).map_err(Error::Saved)?;
        rows.collect::<Result<_, _>>().map_err(Error::Saved)
    }

    /// The one of that name.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn get(&self, owner: &str, name: &str) -> Result<Option<SavedSearch>, Error> {
        Ok(self.list(owner)?.into_iter().find(|one| one.name == name))
    }

    /// Keeps a search in the place of one of the same name. Nothing of it is new before it was first
    /// [compared](Self::compare). `mailboxes` are those that its owner may see; without them all.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn put(
        &self,
        owner: &str,
        one: &SavedSearch,
        mailboxes: Option<&[String]>,
    ) -> Result<(), Error> {
        self.change(|change| {
            watch::forget(change, owner, &one.name)?;
            let sql = "INSERT OR REPLACE INTO searches VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let SavedSearch { name, query, canonical, version, saved, opened } = one;
            let (saved, opened) = (saved.to_string(), opened.to_string());
            change.execute(sql, [owner, name, query, canonical, version, &saved, &opened])?;
            watch::begin(change, owner, name, mailboxes)
        })
    }

    /// Forgets one; tells whether it was there.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn remove(&self, owner: &str, name: &str) -> Result<bool, Error> {
        if self.get(owner, name)?.is_none() {
            return Ok(false);
        }
        self.change(|change| {
            watch::forget(change, owner, name)?;
            let sql = "DELETE FROM searches WHERE owner = ?1 AND name = ?2";
            Ok(change.execute(sql, [owner, name])? > 0)
        })
    }

    fn reading(&self) -> Result<Option<Connection>, Error> {
        let Some(connection) = database::read(&self.path).map_err(Error::Saved)? else {
            return Ok(None);
        };
        let form = database::format(&connection).map_err(Error::Saved)?;
        // One that is being made has nothing yet.
        if form == 0 {
            return Ok(None);
        }
        known(form)?;
        if form < FORM {
            drop(connection);
            self.change(|_| Ok(()))?;
            return self.reading();
        }
        Ok(Some(connection))
    }

    fn change<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        // Where all mail lies elsewhere, nothing else is kept on this machine.
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
        }
        let mut connection = database::write(&self.path).map_err(Error::Saved)?;
        known(database::format(&connection).map_err(Error::Saved)?)?;
        let done = (|| {
            let kind = rusqlite::TransactionBehavior::Immediate;
            let change = connection.transaction_with_behavior(kind)?;
            change.execute_batch(include_str!("tables.sql"))?;
            let done = work(&change)?;
            change.commit()?;
            Ok(done)
        })();
        done.map_err(Error::Saved)
    }
}

/// Whether this version knows tables of that form.
fn known(form: i64) -> Result<(), Error> {
    if form > FORM { Err(Error::LaterSaved { found: form, known: FORM }) } else { Ok(()) }
}

fn search(row: &Row<'_>) -> rusqlite::Result<SavedSearch> {
    let time = |at: usize| {
        let text: String = row.get(at)?;
        let wrong = |error| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(at, kind, Box::new(error))
        };
        text.parse().map_err(|error: jiff::Error| wrong(error))
    };
    Ok(SavedSearch {
        name: row.get(0)?,
        query: row.get(1)?,
        canonical: row.get(2)?,
        version: row.get(3)?,
        saved: time(4)?,
        opened: time(5)?,
    })
}
