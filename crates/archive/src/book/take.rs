//! The way of a message: to fetch, stored, indexed.

use jiff::Timestamp;
use postern_mail::File;
use postern_query::Place;
use rusqlite::{OptionalExtension as _, Row, params};

use super::document::file_at;
use super::entry::time;
use super::{Book, Holds, MailboxNumber};
use crate::Error;

/// A message that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToFetch {
    /// Its id at the source.
    pub id: String,
    /// The second part of the id, where it has one.
    pub fragment: Option<String>,
    /// The path of its folder.
    pub path: String,
    /// Its subject.
    pub name: Option<String>,
    /// When it arrived.
    pub created: Option<Timestamp>,
    /// What else the source listed of it.
    pub listed: Option<String>,
    /// The id of the message that is stored for it already.
    pub first: Option<String>,
    /// Of an older version of a document, the id of the newest one.
    pub newest: Option<String>,
}

impl ToFetch {
    /// How many bytes it has by what is listed of a file.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        let file = File::from_line(self.listed.as_deref()?).ok()?;
        usize::try_from(file.size?).ok()
    }
}

/// A message that is stored now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stored {
    pub(crate) mailbox: MailboxNumber,
    pub(crate) id: String,
    /// Its id in the index, and of a message in the store.
    pub(crate) content: String,
    /// The id of the bytes of a file in the store.
    pub(crate) bytes: Option<String>,
}

/// A message that is stored and is to be indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToIndex {
    pub(crate) stored: Stored,
    pub(crate) fragment: Option<String>,
    /// The name of its source.
    pub(crate) source: String,
    /// What its mailbox holds.
    pub(crate) holds: Holds,
    /// The address of its mailbox.
    pub(crate) address: String,
    /// The path of its folder.
    pub(crate) path: String,
    /// When it arrived.
    pub(crate) created: Option<Timestamp>,
    /// What else the source listed of it.
    pub(crate) listed: Option<String>,
    /// Of an older version of a document, the id of the newest one.
    pub(crate) newest: Option<String>,
}

const TO_INDEX: &str = "SELECT items.mailbox, items.id, content, items.fragment, address, \
     coalesce(folders.path, items.folder), created, source, holds, listed, bytes, items.newest FROM items \
     JOIN mailboxes ON number = items.mailbox \
     LEFT JOIN folders ON folders.mailbox = items.mailbox AND folders.id = items.folder";

/// An item that the source has no longer, in a mailbox that it still has: of what is only listed, or of all.
const GONE: &str = "gone_at IS NOT NULL AND mailbox IN (SELECT number FROM mailboxes \
     WHERE mailboxes.source = ?1 AND mailboxes.gone_at IS NULL AND (?2 OR holds = 'listings'))";

/// What is removed of what a source has no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// Files without bytes: such a drive shows what is in it now.
    Listings,
    /// All of it.
    All,
}

impl ToIndex {
    /// The id in the store of its bytes; none where they are not here.
    pub(crate) fn stored_bytes(&self) -> Option<&str> {
        let of_mail = Some(&self.stored.content).filter(|_| !self.holds.is_drive());
        self.stored.bytes.as_ref().or(of_mail).map(String::as_str)
    }

    /// Its id at the source: of a version that of the document.
    pub(crate) fn item(&self) -> String {
        file_at(&File::default(), &self.stored.id, self.holds).item
    }

    /// The file that it is, as it was listed, at the place where it lies now.
    pub(crate) fn file(&self) -> File {
        let (source, owner) = (self.source.clone(), Some(self.address.clone()));
        let of = File { source, owner, ..File::default() };
        let File { source, owner, item, version, .. } = file_at(&of, &self.stored.id, self.holds);
        let newest = self.newest.as_ref().map(|item| file_at(&of, item, self.holds).id());
        let folder = Some(self.path.clone()).filter(|path| !path.is_empty());
        let listed = self.listed.as_deref().map(File::from_line);
        let listed = listed.and_then(Result::ok).unwrap_or_default();
        File { source, owner, item, version, newest, folder, ..listed }
    }

    /// From the columns of [`TO_INDEX`].
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (mailbox, id, content, bytes) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(10)?);
        let stored = Stored { mailbox, id, content, bytes };
        let (fragment, address, path) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let (created, source) = (time(row.get(6)?), row.get(7)?);
        let (holds, listed, newest) = (row.get(8)?, row.get(9)?, row.get(11)?);
        Ok(Self { stored, fragment, source, holds, address, path, created, listed, newest })
    }
}

impl Book {
    /// The next messages of a mailbox that are to be fetched, after that id; with `again`, of those
    /// that could not be fetched, only where the reason may pass.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn to_fetch(
        &self,
        mailbox: MailboxNumber,
        after: &str,
        again: bool,
        most: usize,
    ) -> Result<Vec<ToFetch>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT items.id, items.fragment, coalesce(folders.path, items.folder), created, \
             items.name, listed, content, newest FROM items LEFT JOIN folders ON folders.mailbox = items.mailbox AND folders.id = items.folder \
             WHERE items.mailbox = ?1 AND items.id > ?2 AND (content IS NULL OR stale = 1) \
             AND items.gone_at IS NULL AND (failure IS NULL OR may_pass OR NOT ?3) ORDER BY items.id LIMIT ?4",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = rows.query_map(params![mailbox, after, again, most], |row| {
            Ok(ToFetch {
                id: row.get(0)?,
                fragment: row.get(1)?,
                path: row.get(2)?,
                created: time(row.get(3)?),
                name: row.get(4)?,
                listed: row.get(5)?,
                first: row.get(6)?,
                newest: row.get(7)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The next messages that are stored and not indexed.
    pub(crate) fn to_index(&self, most: usize) -> Result<Vec<ToIndex>, Error> {
        let sql = format!(
            "{TO_INDEX} WHERE content IS NOT NULL AND indexed = 0 \
             AND (items.gone_at IS NULL OR holds <> 'listings') ORDER BY content LIMIT ?1"
        );
        let mut rows = self.connection.prepare_cached(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = rows.query_map([most], ToIndex::of)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The next files that are here since they were listed, and not indexed.
    pub(crate) fn listings_to_index(&self, most: usize) -> Result<Vec<ToIndex>, Error> {
        let sql = format!(
            "{TO_INDEX} WHERE content IS NOT NULL AND indexed = 0 \
             AND items.gone_at IS NULL AND holds = ?2 LIMIT ?1"
        );
        let mut rows = self.connection.prepare_cached(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = rows.query_map(params![most, Holds::Listings], ToIndex::of)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// How many files are here and not indexed, counted up to `most`; and what else is on its way to the index.
    pub(crate) fn listings_waiting(&self, most: usize) -> Result<usize, Error> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM items INDEXED BY items_to_index \
                   WHERE content IS NOT NULL AND indexed = 0 LIMIT ?1)";
        let mut row = self.connection.prepare_cached(sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found: i64 = row.query_row([most], |row| row.get(0))?;
        Ok(usize::try_from(found).unwrap_or_default())
    }

    /// A message of the store, at any of its places.
    pub(crate) fn any_of(&self, content: &str) -> Result<Option<ToIndex>, Error> {
        let sql = format!("{TO_INDEX} WHERE content = ?1 LIMIT 1");
        let mut row = self.connection.prepare_cached(&sql)?;
        Ok(row.query_row([content], ToIndex::of).optional()?)
    }

    /// These are in the store.
    pub(crate) fn stored(&mut self, all: &[Stored]) -> Result<(), Error> {
        self.each(
            &[
                "INSERT OR IGNORE INTO replaced SELECT content, mailbox, id FROM items \
                 WHERE mailbox = ?1 AND id = ?2 AND content <> ?3",
                "INSERT OR IGNORE INTO replaced SELECT bytes, mailbox, id FROM items \
                 WHERE mailbox = ?1 AND id = ?2 AND bytes <> ?4",
                "UPDATE items SET indexed = indexed AND content IS ?3 AND bytes IS ?4, \
                 content = ?3, bytes = ?4, stale = 0, \
                 failure = NULL, may_pass = 0 WHERE mailbox = ?1 AND id = ?2",
            ],
            all,
        )
    }

    /// These can be found.
    pub(crate) fn indexed(&mut self, all: &[Stored]) -> Result<(), Error> {
        let sql = "UPDATE items SET indexed = 1 WHERE mailbox = ?1 AND id = ?2 AND content = ?3";
        self.each(&[sql], all)
    }

    /// These are not what they were in the store, so that they have to be fetched again.
    pub(crate) fn lost(&mut self, all: &[Stored]) -> Result<(), Error> {
        self.each(
            &[
                "INSERT OR IGNORE INTO replaced VALUES (?3, ?1, ?2)",
                "UPDATE items SET content = NULL, bytes = NULL, stale = 0, indexed = 0 \
                 WHERE mailbox = ?1 AND id = ?2 AND content = ?3",
            ],
            all,
        )
    }

    fn each(&mut self, steps: &[&str], all: &[Stored]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        for Stored { mailbox, id, content, bytes } in all {
            for sql in steps {
                let mut step = transaction.prepare_cached(sql)?;
                let values = params![mailbox, id, content, bytes];
                let used = step.parameter_count();
                step.execute(values.get(..used).unwrap_or(values))?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// The ids in the store of messages in whose place every item that had them has another one now.
    pub(crate) fn replaced(&self) -> Result<Vec<String>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT DISTINCT content FROM replaced AS former WHERE NOT EXISTS (SELECT 1 FROM items \
             WHERE items.mailbox = former.mailbox AND items.id = former.id AND items.content IS NULL)",
        )?;
        let found = rows.query_map([], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// What had that message has another one. Items elsewhere that have it still are indexed again.
    pub(crate) fn forget_replaced(&mut self, content: &str) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM replaced WHERE content = ?1", [content])?;
        transaction.execute(
            "UPDATE items SET indexed = 0 WHERE content = ?1 AND indexed = 1",
            [content],
        )?;
        Ok(transaction.commit()?)
    }

    /// Whether an item has that message, or a file those bytes.
    pub(crate) fn has(&self, content: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM items WHERE content = ?1 OR bytes = ?1 LIMIT 1";
        let mut row = self.connection.prepare_cached(sql)?;
        Ok(row.query_row([content], |_| Ok(())).optional()?.is_some())
    }

    /// Every place of a message of the store.
    pub(crate) fn places(&self, content: &str) -> Result<Vec<Place>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT address, nullif(coalesce(folders.path, items.folder), ''), items.id, items.fragment, source \
             FROM items JOIN mailboxes ON number = items.mailbox \
             LEFT JOIN folders ON folders.mailbox = items.mailbox AND folders.id = items.folder \
             WHERE content = ?1",
        )?;
        let found = rows.query_map([content], |row| {
            let (mailbox, folder, item_id) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (fragment_id, source) = (row.get(3)?, row.get(4)?);
            Ok(Place { mailbox, folder, item_id, fragment_id, source, ..Place::NOWHERE })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Any message that can be found.
    pub(crate) fn any_indexed(&self) -> Result<Option<String>, Error> {
        let sql = "SELECT content FROM items WHERE indexed = 1 LIMIT 1";
        Ok(self.connection.query_row(sql, [], |row| row.get(0)).optional()?)
    }

    /// The ids in the store of what is gone everywhere, and last of all from that source. What lies in a
    /// mailbox that the source lists no longer is kept: it may have gone to an archive tier.
    pub(crate) fn gone_for_good(&self, source: &str, prune: Prune) -> Result<Vec<String>, Error> {
        let mut rows = self.connection.prepare(&format!(
            "SELECT DISTINCT content FROM items AS gone WHERE {GONE} AND content IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM items WHERE content = gone.content AND NOT ({GONE}))"
        ))?;
        let of = params![source, prune == Prune::All];
        let found = rows.query_map(of, |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The ids in the store of the bytes of files that are gone at that source.
    pub(crate) fn bytes_gone(&self, source: &str, prune: Prune) -> Result<Vec<String>, Error> {
        let sql = format!("SELECT DISTINCT bytes FROM items WHERE bytes IS NOT NULL AND {GONE}");
        let mut rows = self.connection.prepare(&sql)?;
        let found = rows.query_map(params![source, prune == Prune::All], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Forgets everything that is gone at that source. What still lies elsewhere is to be indexed again,
    /// without the place that it has left.
    pub(crate) fn forget_gone(&mut self, source: &str, prune: Prune) -> Result<(), Error> {
        let of = params![source, prune == Prune::All];
        let transaction = self.connection.transaction()?;
        transaction.execute(
            &format!(
                "UPDATE items SET indexed = 0 WHERE indexed = 1 AND NOT ({GONE}) AND content IN \
                 (SELECT content FROM items WHERE {GONE} AND content IS NOT NULL)"
            ),
            of,
        )?;
        transaction.execute(&format!("DELETE FROM items WHERE {GONE}"), of)?;
        Ok(transaction.commit()?)
    }

    /// Nothing can be found any more: the index is a new one.
    pub(crate) fn nothing_indexed(&self) -> Result<(), Error> {
        self.connection.execute("UPDATE items SET indexed = 0 WHERE indexed = 1", [])?;
        Ok(())
    }

    /// A message could not be fetched.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn failed(
        &self,
        mailbox: MailboxNumber,
        id: &str,
        why: &str,
        may_pass: bool,
    ) -> Result<(), Error> {
        self.connection
            .prepare_cached(
                "UPDATE items SET failure = ?3, may_pass = ?4 WHERE mailbox = ?1 AND id = ?2",
            )?
            .execute(params![mailbox, id, why, may_pass])?;
        Ok(())
    }
}
