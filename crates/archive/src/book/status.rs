//! What the book says to people, and to those who browse.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{Book, Entry, Node};
use crate::Error;

/// What was collected, and what of it is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The collected mailboxes, by their addresses.
    pub mailboxes: Vec<MailboxStatus>,
    /// When a run last went to its end.
    pub finished: Option<Timestamp>,
    /// Why the last run did not, if it did not.
    pub error: Option<String>,
}

/// What was collected of a mailbox, and what of it is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxStatus {
    /// Its address.
    pub address: String,
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
}

const MAILBOXES: &str = "
    SELECT address,
      (SELECT count(*) FROM folders WHERE mailbox = number AND gone_at IS NULL),
      (SELECT count(*) FROM windows WHERE mailbox = number),
      known, here, failed, gone, listed_at, error
    FROM mailboxes ORDER BY address";

/// The mailboxes whose counts are not what the triggers would have counted.
const MISCOUNTED: &str = "
    SELECT count(*) FROM mailboxes WHERE (known, here, failed, gone) != (
      SELECT count(CASE WHEN gone_at IS NULL OR indexed THEN 1 END), coalesce(sum(indexed), 0),
        count(CASE WHEN failure IS NOT NULL AND gone_at IS NULL THEN 1 END), count(gone_at)
      FROM items WHERE mailbox = number)";

impl Book {
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn status(&self) -> Result<Status, Error> {
        let mut rows = self.connection.prepare_cached(MAILBOXES)?;
        let mailboxes = rows.query_map([], |row| {
            let listed: Option<i64> = row.get(7)?;
            Ok(MailboxStatus {
                address: row.get(0)?,
                folders: row.get(1)?,
                windows: row.get(2)?,
                known: row.get(3)?,
                here: row.get(4)?,
                failed: row.get(5)?,
                gone: row.get(6)?,
                listed: listed.and_then(|second| Timestamp::from_second(second).ok()),
                error: row.get(8)?,
            })
        })?;
        let mailboxes = mailboxes.collect::<Result<_, _>>()?;
        let finished = self.fact("finished")?.and_then(|text| text.parse().ok());
        let error = self.fact("error")?.filter(|text| !text.is_empty());
        Ok(Status { mailboxes, finished, error })
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

    /// The ids of all messages that are here.
    pub(crate) fn contents(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT content FROM items WHERE content IS NOT NULL";
        let mut rows = self.connection.prepare(sql)?;
        let found = rows.query_map([], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Mailbox, subject and reason of messages that could not be fetched: the first so many.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn failures(&self, most: usize) -> Result<Vec<(String, String, String)>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT address, id, failure FROM items JOIN mailboxes ON number = mailbox \
             WHERE failure IS NOT NULL AND gone_at IS NULL ORDER BY address, id LIMIT ?1",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = rows.query_map([most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The mailbox of that address or id at a location.
    pub(crate) fn find(&self, location: &str, source: &str) -> Result<Option<Found>, Error> {
        let mut row = self.connection.prepare_cached(
            "SELECT number, address FROM mailboxes \
             WHERE location = ?1 AND (address = ?2 OR source = ?2) LIMIT 1",
        )?;
        let found = row.query_row([location, source], |row| {
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
        let mut rows = self.connection.prepare_cached(
            "SELECT id, fragment, name, path, kind, parent FROM folders \
             WHERE mailbox = ?1 AND parent = ?2 AND gone_at IS NULL ORDER BY name, id LIMIT ?4 OFFSET ?3",
        )?;
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
    /// both included, oldest first.
    pub(crate) fn entries(
        &self,
        mailbox: i64,
        folder: Option<&str>,
        span: [Timestamp; 2],
        offset: u32,
        most: u32,
    ) -> Result<Vec<Entry>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT id, fragment, name, kind, created FROM items \
             WHERE mailbox = ?1 AND (?2 IS NULL OR folder = ?2) AND created BETWEEN ?3 AND ?4 \
             AND gone_at IS NULL ORDER BY created, id LIMIT ?6 OFFSET ?5",
        )?;
        let [from, to] = span.map(Timestamp::as_microsecond);
        let found = rows.query_map(params![mailbox, folder, from, to, offset, most], Entry::of)?;
        Ok(found.collect::<Result<_, _>>()?)
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

/// A mailbox that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) number: i64,
    pub(crate) address: String,
}
