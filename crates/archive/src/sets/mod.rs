//! Frozen sets: what a query found at one time, by name.
//!
//! A set keeps ids and the places that the messages lay in. So it outlives the index, and whoever may see some
//! mailboxes alone sees and counts only what lay in them.

mod hold;
mod name;
mod rows;
mod seen;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use postern_local_index::database;
use postern_local_index::search::Scope;
use postern_query::Place;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::Error;
pub(crate) use hold::{Held, id_in};
pub use name::{BadName, SET_VERBS, check_name};
use rows::{PLACE, add, insert, no_longer_held, place, set};
pub use seen::SeenSets;

/// The form of the tables.
const FORM: i64 = 1;

/// What is known of a set beside its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenSet {
    /// What it is called.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
    /// Its one canonical text.
    pub canonical: String,
    /// Where its days began: an IANA name.
    pub zone: String,
    /// When it was made.
    pub taken: Timestamp,
    /// Who made it: the name of a key, or `local`.
    pub taken_by: String,
    /// Messages that could be found then.
    pub indexed: u64,
    /// Messages that were known then.
    pub known: u64,
    /// When what was here was last compared with its sources.
    pub as_of: Option<Timestamp>,
    /// What somebody wrote about it.
    pub note: Option<String>,
    /// Since when its messages are held, if they are.
    pub held: Option<Timestamp>,
}

/// A message of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// The places that it lay in.
    pub places: Vec<Place>,
}

/// The frozen sets of a data folder.
///
/// ```
/// use postern_archive::search::Scope;
/// use postern_archive::{FrozenSet, Member, Sets};
///
/// let folder = tempfile::tempdir()?;
/// let sets = Sets::below(folder.path());
/// let set = FrozenSet {
///     name: "lease".into(), query: "lease".into(), canonical: "lease".into(), zone: "UTC".into(),
///     taken: "2024-05-22T12:00:00Z".parse()?, taken_by: "local".into(), indexed: 2, known: 2, as_of: None,
///     note: None, held: None,
/// };
/// let member = Member { id: "m1".into(), places: Vec::new() };
/// assert!(sets.put(&set, &mut |add| add(&member))?);
/// assert_eq!(sets.ids("lease", &Scope::All)?, Some(["m1".to_owned()].into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sets {
    path: PathBuf,
}

/// Takes the messages of a new set one by one.
type Add<'a> = dyn FnMut(&Member) -> Result<(), Error> + 'a;

impl Sets {
    /// Those of a data folder, where there are any.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self { path: data.join("sets.sqlite") }
    }

    /// All of them, by name.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn list(&self) -> Result<Vec<FrozenSet>, Error> {
        let Some(connection) = self.reading()? else { return Ok(Vec::new()) };
        let sql = "SELECT name, query, canonical, zone, taken, taken_by, indexed, known, as_of, note, held \
                   FROM sets ORDER BY name";
        let mut statement = connection.prepare(sql).map_err(Error::Sets)?;
        let rows = statement.query_map([], set).map_err(Error::Sets)?;
        rows.collect::<Result<_, _>>().map_err(Error::Sets)
    }

    /// The one of that name.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn get(&self, name: &str) -> Result<Option<FrozenSet>, Error> {
        Ok(self.list()?.into_iter().find(|one| one.name == name))
    }

    /// The ids of the messages of a set that lay in the scope; nothing where there is no such set.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn ids(&self, name: &str, scope: &Scope) -> Result<Option<BTreeSet<String>>, Error> {
        let mut ids = BTreeSet::new();
        let is_there = self.each_row(name, &mut |id, place| {
            if scope.shows(&place) {
                ids.insert(id);
            }
            ControlFlow::Continue(())
        })?;
        Ok(is_there.then_some(ids))
    }

    /// Hands over the ids of the messages of a set that lay in the scope, in order and one at a time, until it is told
    /// to stop; tells whether there is such a set.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn each_id(
        &self,
        name: &str,
        scope: &Scope,
        take: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<bool, Error> {
        let mut last = None;
        self.each_row(name, &mut |id, place| {
            // A message has a row for each of its places.
            if !scope.shows(&place) || last.as_ref() == Some(&id) {
                return ControlFlow::Continue(());
            }
            let taken = take(&id);
            last = Some(id);
            taken
        })
    }

    /// The messages of a set; nothing where there is no such set.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn members(&self, name: &str) -> Result<Option<Vec<Member>>, Error> {
        let mut members: Vec<Member> = Vec::new();
        let is_there = self.each_row(name, &mut |id, place| {
            match members.last_mut() {
                Some(last) if last.id == id => last.places.push(place),
                _ => members.push(Member { id, places: vec![place] }),
            }
            ControlFlow::Continue(())
        })?;
        Ok(is_there.then_some(members))
    }

    /// Tells of every message of a set and of each of its places, until it is told to stop; whether there is such a
    /// set.
    fn each_row(
        &self,
        name: &str,
        tell: &mut dyn FnMut(String, Place) -> ControlFlow<()>,
    ) -> Result<bool, Error> {
        let Some(connection) = self.reading()? else { return Ok(false) };
        (|| {
            let there =
                connection.query_row("SELECT 1 FROM sets WHERE name = ?1", [name], |_| Ok(()));
            if there.optional()?.is_none() {
                return Ok(false);
            }
            let sql = format!("SELECT {PLACE} FROM members WHERE name = ?1 ORDER BY id, place");
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([name])?;
            while let Some(row) = rows.next()? {
                if tell(row.get(0)?, place(row)?).is_break() {
                    break;
                }
            }
            Ok(true)
        })()
        .map_err(Error::Sets)
    }

    /// Keeps a new set, whose messages `members` hands over; `false` where one of that name is there already, which
    /// stays as it is.
    ///
    /// # Errors
    ///
    /// When it cannot be written, and those of `members`: then there is no set.
    pub fn put(
        &self,
        set: &FrozenSet,
        members: &mut dyn FnMut(&mut Add<'_>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        self.change(|change| {
            if !insert(change, set).map_err(Error::Sets)? {
                return Ok(false);
            }
            members(&mut |member| add(change, "members", &set.name, member).map_err(Error::Sets))?;
            Ok(true)
        })
    }

    /// Writes something about a set, or takes away what was written; tells whether it is there.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn note(&self, name: &str, note: Option<&str>) -> Result<bool, Error> {
        self.change(|change| {
            let sql = "UPDATE sets SET note = ?2 WHERE name = ?1";
            Ok(change.execute(sql, params![name, note]).map_err(Error::Sets)? > 0)
        })
    }

    /// Notes since when a set is held, the messages that are, with their places, and those that are not and why.
    pub(crate) fn hold(
        &self,
        name: &str,
        since: Timestamp,
        held: &[Member],
        not_held: &[(String, String)],
    ) -> Result<(), Error> {
        self.change(|change| {
            (|| {
                no_longer_held(change, name)?;
                let sql = "UPDATE sets SET held = ?2 WHERE name = ?1";
                change.execute(sql, params![name, since.to_string()])?;
                for (id, why) in not_held {
                    change.execute("INSERT INTO not_held VALUES (?1, ?2, ?3)", [name, id, why])?;
                }
                held.iter().try_for_each(|member| add(change, "held", name, member))
            })()
            .map_err(Error::Sets)
        })
    }

    /// A set is not held any more.
    pub(crate) fn release(&self, name: &str) -> Result<(), Error> {
        self.change(|change| {
            (|| {
                no_longer_held(change, name)?;
                change.execute("UPDATE sets SET held = NULL WHERE name = ?1", [name]).map(drop)
            })()
            .map_err(Error::Sets)
        })
    }

    /// Every message that is held for some set, with the places of all of them.
    pub(crate) fn held(&self) -> Result<Vec<Member>, Error> {
        let Some(connection) = self.reading()? else { return Ok(Vec::new()) };
        (|| {
            let mut members: Vec<Member> = Vec::new();
            let sql = format!("SELECT DISTINCT {PLACE} FROM held ORDER BY id");
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (id, place) = (row.get(0)?, place(row)?);
                match members.last_mut() {
                    Some(last) if last.id == id => last.places.push(place),
                    _ => members.push(Member { id, places: vec![place] }),
                }
            }
            Ok(members)
        })()
        .map_err(Error::Sets)
    }

    /// The ids of every message that is held for some set.
    pub(crate) fn held_ids(&self) -> Result<BTreeSet<String>, Error> {
        Ok(self.held()?.into_iter().map(|member| member.id).collect())
    }

    /// The messages of a held set that could not be held, and why.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn not_held(&self, name: &str) -> Result<Vec<(String, String)>, Error> {
        let Some(connection) = self.reading()? else { return Ok(Vec::new()) };
        let sql = "SELECT id, why FROM not_held WHERE name = ?1 ORDER BY id";
        let mut statement = connection.prepare(sql).map_err(Error::Sets)?;
        let rows = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.map_err(Error::Sets)?.collect::<Result<_, _>>().map_err(Error::Sets)
    }

    /// Forgets a set; tells whether it was there.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, Error> {
        self.change(|change| {
            (|| {
                change.execute("DELETE FROM members WHERE name = ?1", [name])?;
                no_longer_held(change, name)?;
                Ok(change.execute("DELETE FROM sets WHERE name = ?1", [name])? > 0)
            })()
            .map_err(Error::Sets)
        })
    }

    fn reading(&self) -> Result<Option<Connection>, Error> {
        let Some(connection) = database::read(&self.path).map_err(Error::Sets)? else {
            return Ok(None);
        };
        let form = database::format(&connection).map_err(Error::Sets)?;
        // One that is being made has nothing yet.
        if form == 0 { Ok(None) } else { known(form).map(|()| Some(connection)) }
    }

    fn change<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let folder = self.path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let mut connection = database::write(&self.path).map_err(Error::Sets)?;
        known(database::format(&connection).map_err(Error::Sets)?)?;
        let kind = rusqlite::TransactionBehavior::Immediate;
        let change = connection.transaction_with_behavior(kind).map_err(Error::Sets)?;
        change.execute_batch(include_str!("sets.sql")).map_err(Error::Sets)?;
        let done = work(&change)?;
        change.commit().map_err(Error::Sets)?;
        Ok(done)
    }
}

/// Whether this version knows tables of that form.
fn known(form: i64) -> Result<(), Error> {
    if form > FORM { Err(Error::LaterSets { found: form, known: FORM }) } else { Ok(()) }
}
