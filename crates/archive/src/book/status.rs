//! What the book says to people, and to those who browse.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{After, Book, Entry, Holds, INDEX, Node};
use crate::Error;

/// A page of a folder, from where the page before ends.
pub(super) const ENTRIES: &str = "
    SELECT id, fragment, name, kind, created, listed FROM items INDEXED BY items_by_time
    WHERE mailbox = ?1 AND folder = ?2 AND (created, id) > (?3, ?4) AND created <= ?5 AND gone_at IS NULL
    ORDER BY created, id LIMIT ?6";

// From one folder to the next: SQLite would go through all items.
pub(super) const FILLED_FOLDERS: &str = "
    WITH RECURSIVE filled (folder) AS (
      SELECT min(folder) FROM items WHERE mailbox = ?1
      UNION ALL
      SELECT (SELECT min(folder) FROM items WHERE mailbox = ?1 AND folder > filled.folder)
      FROM filled WHERE filled.folder IS NOT NULL)
    SELECT folder FROM filled WHERE folder IS NOT NULL";

/// What was collected, and what of it is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The collected mailboxes of all sources, by their addresses.
    pub mailboxes: Vec<MailboxStatus>,
    /// The sources, by their names.
    pub sources: Vec<SourceStatus>,
    /// The name of the index that has what is said to be here; nothing for that of this machine.
    pub index: Option<String>,
}

/// How the runs over a source went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStatus {
    /// The name of the source.
    pub name: String,
    /// When a run last went to its end.
    pub finished: Option<Timestamp>,
    /// Why the last run did not, if it did not.
    pub error: Option<String>,
    /// What the source said of itself: its word, and what is true of it.
    pub facts: Vec<(String, String)>,
    /// Listed mailboxes of which nothing is known to be collected, and when the source last said so.
    pub empty: Vec<(String, Option<Timestamp>)>,
}

/// What was collected of a mailbox, and what of it is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxStatus {
    /// The name of its source.
    pub source: String,
    /// Its address.
    pub address: String,
    /// What it holds: messages below are files where it is a drive.
    pub holds: Holds,
    /// Folders upstream.
    pub folders: u64,
    /// Spans of time that were listed, over all folders.
    pub windows: u64,
    /// Messages that are upstream or here.
    pub known: u64,
    /// Messages that are stored and can be found.
    pub here: u64,
    /// Messages that could not be fetched when that was last tried.
    pub failed: u64,
    /// Messages that are here, and upstream no longer.
    pub gone: u64,
    /// When all of it was last listed; never where a run is under way or was cut short.
    pub listed: Option<Timestamp>,
    /// Why it could not be listed since.
    pub error: Option<String>,
    /// It lies in an archive tier, so that nobody knows how many messages it has.
    pub is_cold: bool,
    /// When the source was first seen without it.
    pub gone_at: Option<Timestamp>,
    /// Files that can be found, and whose bytes are not here.
    pub without_content: u64,
}

/// An item of a source that is not searchable yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotHere {
    /// The name of the source.
    pub source: String,
    /// The mailbox or drive.
    pub mailbox: String,
    /// Its id at the source.
    pub item: String,
    /// Why it could not be fetched, if that was tried.
    pub why: Option<String>,
}

impl Status {
    /// When every source had a run that went to its end: the earliest of those times.
    #[must_use]
    pub fn finished(&self) -> Option<Timestamp> {
        let each: Option<Vec<_>> = self.sources.iter().map(|one| one.finished).collect();
        each?.into_iter().min()
    }

    /// Why the last run over one of the sources ended early, if one did.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.sources.iter().find_map(|one| one.error.as_deref())
    }

    /// When the source of that name last listed all of these mailboxes, and with files their drives, if all that it
    /// listed is here; without any mailboxes, of all that it has. Nothing where something is missing or not known.
    ///
    /// ```
    /// use jiff::Timestamp;
    /// use postern_archive::{MailboxStatus, Status};
    ///
    /// let listed = Some(Timestamp::UNIX_EPOCH);
    /// let ann = MailboxStatus {
    ///     source: "veeam".into(), address: "ann@x.com".into(), known: 7, here: 7, listed,
    ///     ..MailboxStatus::default()
    /// };
    /// let bob = MailboxStatus { address: "bob@x.com".into(), here: 6, ..ann.clone() };
    /// let status = Status { mailboxes: vec![ann, bob], ..Status::default() };
    /// assert_eq!(status.whole("veeam", &["Ann@x.com"], true), listed);
    /// assert_eq!(status.whole("veeam", &["bob@x.com"], true), None, "one message is missing");
    /// assert_eq!(status.whole("veeam", &[], true), None);
    /// assert_eq!(status.whole("datatap", &["ann@x.com"], true), None, "it was never synced from there");
    /// ```
    #[must_use]
    pub fn whole(&self, source: &str, mailboxes: &[&str], files: bool) -> Option<Timestamp> {
        let of = self.mailboxes.iter().filter(|one| one.source == source && one.gone_at.is_none());
        let of = of.filter(|one| files || !one.holds.is_drive());
        let of = of.map(|one| (one.address.as_str(), one.whole()));
        let empty = self.sources.iter().filter(|one| one.name == source);
        let empty = empty.flat_map(|one| one.empty.iter().map(|(name, at)| (name.as_str(), *at)));
        let all: Vec<_> = of.chain(empty).collect();
        if mailboxes.is_empty() {
            return oldest(all.iter().map(|(_, at)| *at));
        }
        let each = mailboxes.iter().map(|mailbox| {
            let of = all.iter().filter(|(name, _)| name.eq_ignore_ascii_case(mailbox));
            oldest(of.map(|(_, at)| *at))
        });
        oldest(each)
    }
}

impl MailboxStatus {
    /// What it is called where mailboxes and drives stand beside each other.
    #[must_use]
    pub fn name(&self) -> String {
        self.holds.named(&self.address)
    }

    /// When all of it was listed, if all of that is here.
    fn whole(&self) -> Option<Timestamp> {
        let is_here = self.known == self.here && self.failed == 0;
        let is_sound = self.error.is_none() && !self.is_cold;
        self.listed.filter(|_| is_here && is_sound)
    }
}

/// The oldest of the times; never, if that is true of one or there is none.
fn oldest(times: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    times.collect::<Option<Vec<_>>>()?.into_iter().min()
}

const MAILBOXES: &str = "
    SELECT address,
      (SELECT count(*) FROM folders WHERE mailbox = number AND gone_at IS NULL AND id <> '-'),
      (SELECT count(*) FROM windows WHERE mailbox = number),
      known, here, failed, gone, listed_at, error, source, is_cold, gone_at, holds,
      CASE holds WHEN 'listings' THEN here WHEN 'documents' THEN
        (SELECT count(*) FROM items WHERE mailbox = number AND indexed = 1 AND bytes IS NULL) ELSE 0 END
    FROM mailboxes ORDER BY address, holds DESC, source, id";

/// Listed mailboxes of a source that nothing is known to be collected of.
const EMPTY: &str = "
    SELECT coalesce(address, id), empty_at FROM owners WHERE source = ?1 AND holds = 'mail' AND NOT EXISTS
      (SELECT 1 FROM mailboxes WHERE mailboxes.source = ?1 AND mailboxes.holds = 'mail'
        AND (mailboxes.address = owners.address OR mailboxes.id = owners.id))";

/// The mailboxes whose counts are not what the triggers would have counted.
const MISCOUNTED: &str = "
    SELECT count(*) FROM mailboxes WHERE (known, here, failed, gone) != (
      SELECT count(CASE WHEN gone_at IS NULL OR indexed THEN 1 END), coalesce(sum(indexed), 0),
        count(CASE WHEN failure IS NOT NULL AND gone_at IS NULL THEN 1 END), count(gone_at)
      FROM items WHERE mailbox = number)";

// Of a folder. SQLite would go through the whole mailbox or drive.
pub(super) const FOLDERS: &str = "
    SELECT id, fragment, name, path, kind, parent FROM folders INDEXED BY folders_by_parent
    WHERE mailbox = ?1 AND parent = ?2 AND gone_at IS NULL ORDER BY name, id LIMIT ?4 OFFSET ?3";
pub(super) const FILES: &str = "
    SELECT id, fragment, name, kind, created, listed FROM items INDEXED BY items_by_time
    WHERE mailbox = ?1 AND folder = ?2 AND gone_at IS NULL ORDER BY name, id LIMIT ?4 OFFSET ?3";
pub(super) const FOLDER_COUNT: &str = "
    SELECT count(*) FROM folders INDEXED BY folders_by_parent
    WHERE mailbox = ?1 AND parent = ?2 AND gone_at IS NULL";

impl Book {
    /// What was collected, and what of it is here.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        let mut rows = self.connection.prepare_cached(MAILBOXES)?;
        let mailboxes = rows.query_map([], |row| {
            Ok(MailboxStatus {
                address: row.get(0)?,
                folders: row.get(1)?,
                windows: row.get(2)?,
                known: row.get(3)?,
                here: row.get(4)?,
                failed: row.get(5)?,
                gone: row.get(6)?,
                listed: second(row.get(7)?),
                error: row.get(8)?,
                source: row.get(9)?,
                is_cold: row.get(10)?,
                gone_at: second(row.get(11)?),
                holds: row.get(12)?,
                without_content: row.get(13)?,
            })
        })?;
        let mailboxes = mailboxes.collect::<Result<_, _>>()?;
        let sources = self.sources()?.into_iter().map(|name| self.source(name));
        let index = self.fact(INDEX)?;
        Ok(Status { mailboxes, sources: sources.collect::<Result<_, _>>()?, index })
    }

    /// The names of the sources that something was ever listed of.
    fn sources(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT source FROM mailboxes UNION SELECT source FROM locations \
                   UNION SELECT substr(name, 1, length(name) - 9) FROM facts \
                   WHERE name LIKE '% finished' ORDER BY 1";
        let mut rows = self.connection.prepare_cached(sql)?;
        let found = rows.query_map([], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn source(&self, name: String) -> Result<SourceStatus, Error> {
        let mut rows = self.connection.prepare_cached(EMPTY)?;
        let empty = rows.query_map([&name], |row| Ok((row.get(0)?, second(row.get(1)?))))?;
        let empty = empty.collect::<Result<_, _>>()?;
        let mut status = SourceStatus { name, empty, ..SourceStatus::default() };
        for (fact, value) in self.facts_of(&status.name)? {
            match fact.as_str() {
                "finished" => status.finished = value.parse().ok(),
                "error" => status.error = Some(value).filter(|text| !text.is_empty()),
                _ => status.facts.push((fact, value)),
            }
        }
        Ok(status)
    }

    fn facts_of(&self, source: &str) -> Result<Vec<(String, String)>, Error> {
        let sql = "SELECT substr(name, length(?1) + 2), value FROM facts \
                   WHERE substr(name, 1, length(?1) + 1) = ?1 || ' ' ORDER BY 1";
        let mut rows = self.connection.prepare_cached(sql)?;
        let found = rows.query_map([source], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Where the book contradicts itself: its pages, its indexes, its counts.
    pub(crate) fn contradictions(&self) -> Result<Vec<String>, Error> {
        let mut rows = self.connection.prepare("PRAGMA integrity_check(10)")?;
        let found: Vec<String> = rows.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut found: Vec<_> = found.into_iter().filter(|text| text != "ok").collect();
        let wrong: u64 = self.connection.query_row(MISCOUNTED, [], |row| row.get(0))?;
        if wrong > 0 {
            found.push(format!("the counts of {wrong} mailboxes are not those of their messages"));
        }
        Ok(found)
    }

    /// The ids of everything whose bytes are here.
    pub(crate) fn contents(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT CASE holds WHEN ?1 THEN content ELSE bytes END AS stored FROM items \
                   JOIN mailboxes ON number = mailbox WHERE stored IS NOT NULL";
        let mut rows = self.connection.prepare(sql)?;
        let found = rows.query_map([Holds::Mail], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Mailbox, id and reason of messages of a source that could not be fetched: the first so many.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn failures(
        &self,
        source: &str,
        most: usize,
    ) -> Result<Vec<(String, String, String)>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT address, items.id, failure FROM items JOIN mailboxes ON number = mailbox \
             WHERE source = ?1 AND failure IS NOT NULL AND items.gone_at IS NULL \
             ORDER BY address, items.id LIMIT ?2",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = rows
            .query_map(params![source, most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Everything that is known to be collected and is not searchable yet.
    pub(crate) fn not_here(&self) -> Result<Vec<NotHere>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT source, address, items.id, failure FROM items JOIN mailboxes ON number = mailbox \
             WHERE indexed = 0 AND items.gone_at IS NULL ORDER BY address, source, items.id",
        )?;
        let found = rows.query_map([], |row| {
            let (source, mailbox) = (row.get(0)?, row.get(1)?);
            Ok(NotHere { source, mailbox, item: row.get(2)?, why: row.get(3)? })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The mailbox, or the drive, of that address or id at a location.
    pub(crate) fn find(
        &self,
        location: &str,
        source: &str,
        is_drive: bool,
    ) -> Result<Option<Found>, Error> {
        let mut row = self.connection.prepare_cached(
            "SELECT number, address FROM mailboxes WHERE location = ?1 \
             AND (address = ?2 OR id = ?2) AND (holds <> 'mail') = ?3 LIMIT 1",
        )?;
        let found = row.query_row(params![location, source, is_drive], |row| {
            Ok(Found { number: row.get(0)?, address: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    /// The folders that lie in another one, and how many there are.
    pub(crate) fn folders_in(
        &self,
        mailbox: i64,
        parent: &str,
        offset: u32,
        most: u32,
    ) -> Result<Vec<Node>, Error> {
        let mut rows = self.connection.prepare_cached(FOLDERS)?;
        let found = rows.query_map(params![mailbox, parent, offset, most], Node::of)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Whether there is a folder of that id.
    pub(crate) fn has_folder(&self, mailbox: i64, id: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM folders WHERE mailbox = ?1 AND id = ?2 AND gone_at IS NULL";
        let found =
            self.connection.prepare_cached(sql)?.query_row(params![mailbox, id], |_| Ok(()));
        Ok(found.optional()?.is_some())
    }

    /// The messages of a folder, or of the whole mailbox, that arrived from the one time to the other,
    /// both included, oldest first, and behind `after`. However large the mailbox is, no more is looked at
    /// than a page of each folder.
    pub(crate) fn entries(
        &self,
        mailbox: i64,
        folder: Option<&str>,
        [from, to]: [Timestamp; 2],
        after: Option<&After>,
        most: u32,
    ) -> Result<Vec<Entry>, Error> {
        let folders = match folder {
            Some(folder) => vec![folder.to_owned()],
            None => self.filled_folders(mailbox)?,
        };
        // Every id is behind nothing.
        let (from, behind) =
            after.map_or((from, ""), |after| (after.arrived.max(from), after.id.as_str()));
        let [from, to] = [from, to].map(Timestamp::as_microsecond);
        let (mut rows, mut found) = (self.connection.prepare_cached(ENTRIES)?, Vec::new());
        for folder in folders {
            let of_folder = params![mailbox, folder, from, behind, to, most];
            for entry in rows.query_map(of_folder, Entry::of)? {
                found.push(entry?);
            }
        }
        found.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        found.truncate(most as usize);
        Ok(found)
    }

    /// The folders of a mailbox in which something lies.
    fn filled_folders(&self, mailbox: i64) -> Result<Vec<String>, Error> {
        let mut rows = self.connection.prepare_cached(FILLED_FOLDERS)?;
        let found = rows.query_map(params![mailbox], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The files of a folder of a drive, by name.
    pub(crate) fn files(
        &self,
        drive: i64,
        folder: &str,
        offset: u32,
        most: u32,
    ) -> Result<Vec<Entry>, Error> {
        let mut rows = self.connection.prepare_cached(FILES)?;
        let found = rows.query_map(params![drive, folder, offset, most], Entry::of)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// How many folders lie in another one.
    pub(crate) fn folder_count(&self, drive: i64, parent: &str) -> Result<u32, Error> {
        let mut row = self.connection.prepare_cached(FOLDER_COUNT)?;
        Ok(row.query_row(params![drive, parent], |row| row.get(0))?)
    }

    /// The path of a folder.
    pub(crate) fn path(&self, mailbox: i64, folder: &str) -> Result<String, Error> {
        let sql = "SELECT path FROM folders WHERE mailbox = ?1 AND id = ?2";
        let mut row = self.connection.prepare_cached(sql)?;
        let found = row.query_row(params![mailbox, folder], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or_default())
    }

    /// The id in the store of a message.
    pub(crate) fn content(&self, mailbox: i64, item: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT content FROM items WHERE mailbox = ?1 AND id = ?2";
        let found = self
            .connection
            .prepare_cached(sql)?
            .query_row(params![mailbox, item], |row| row.get(0));
        Ok(found.optional()?.flatten())
    }
}

/// A time that is kept in whole seconds.
fn second(second: Option<i64>) -> Option<Timestamp> {
    second.and_then(|second| Timestamp::from_second(second).ok())
}

/// A mailbox that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) number: i64,
    pub(crate) address: String,
}
