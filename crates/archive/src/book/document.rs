//! Documents of drives and their versions: each version is an item of its own, and older ones know the newest.

use std::collections::HashSet;

use jiff::Timestamp;
use postern_mail::File;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::entry::{document_of, versions_of};
use super::{Book, Entry, Holds, MailboxNumber, Moment, Versions};
use crate::Error;

/// A version that is new, or of which the source says something else. It is fetched again where its bytes may be
/// others, or can be had for the first time; what is only listed is here at once (`?9` is its id).
const ENTER: &str = "
    INSERT INTO items (mailbox, id, fragment, folder, name, kind, created, listed, content)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT DO UPDATE SET
      indexed = indexed AND folder = excluded.folder AND name IS excluded.name AND listed IS excluded.listed,
      stale = excluded.content IS NULL AND (stale OR (content IS NOT NULL AND
        (bytes IS NULL OR created IS NOT excluded.created
         OR json_extract(listed, '$.size') IS NOT json_extract(excluded.listed, '$.size')))),
      content = coalesce(content, excluded.content),
      fragment = excluded.fragment, folder = excluded.folder, name = excluded.name,
      kind = excluded.kind, created = excluded.created, listed = excluded.listed, gone_at = NULL
    WHERE folder <> excluded.folder OR fragment IS NOT excluded.fragment OR name IS NOT excluded.name
      OR created IS NOT excluded.created OR listed IS NOT excluded.listed OR gone_at IS NOT NULL
      OR (excluded.content IS NULL AND content IS NOT NULL AND bytes IS NULL)
      OR (excluded.content IS NOT NULL AND content IS NULL)";

/// A version that a former state of the source has, unless it is known.
const ADD: &str = "
    INSERT INTO items (mailbox, id, fragment, folder, name, kind, created, listed, content)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT DO UPDATE SET
      fragment = excluded.fragment, folder = excluded.folder, name = excluded.name,
      kind = excluded.kind, created = excluded.created, listed = excluded.listed, gone_at = NULL
    WHERE gone_at IS NOT NULL AND content IS NULL";

/// What all documents of a drive have in common.
struct Drive<'a> {
    number: MailboxNumber,
    folder: &'a str,
    file: File,
}

impl Book {
    /// Which of these documents lie in that folder as they are listed now. Of these no versions need to be
    /// listed again.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn known_documents(
        &self,
        drive: MailboxNumber,
        folder: &str,
        newest: &[Entry],
    ) -> Result<HashSet<String>, Error> {
        let mut row = self.connection.prepare_cached(
            "SELECT 1 FROM items WHERE mailbox = ?1 AND id = ?2 AND folder = ?3 AND fragment IS ?4 \
             AND name IS ?5 AND listed IS ?6 AND gone_at IS NULL AND newest IS NULL",
        )?;
        let mut known = HashSet::new();
        for Entry { id, fragment, name, listed, .. } in newest {
            let values = params![drive, id, folder, fragment, name, listed];
            if row.query_row(values, |_| Ok(())).optional()?.is_some() {
                known.insert(id.clone());
            }
        }
        Ok(known)
    }

    /// A page of a folder of documents: those that are known as they are listed, and the others with their
    /// versions.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn documents(
        &mut self,
        drive: MailboxNumber,
        folder: &str,
        known: &[String],
        documents: &[Versions],
        moment: Moment,
    ) -> Result<(), Error> {
        let drive = Drive { number: drive, folder, file: self.file_of(drive)? };
        let transaction = self.connection.transaction()?;
        for id in known {
            drive.saw_known(&transaction, id)?;
        }
        for document in documents {
            drive.enter(&transaction, document, moment)?;
        }
        Ok(transaction.commit()?)
    }

    /// What files of a drive have in common.
    pub(super) fn file_of(&self, drive: MailboxNumber) -> Result<File, Error> {
        let sql = "SELECT source, address FROM mailboxes WHERE number = ?1";
        let mut row = self.connection.prepare_cached(sql)?;
        Ok(row.query_row([drive], |row| {
            Ok(File { source: row.get(0)?, owner: row.get(1)?, ..File::default() })
        })?)
    }
}

impl Drive<'_> {
    /// A known document is still there, and so are its versions.
    fn saw_known(&self, transaction: &Transaction<'_>, id: &str) -> Result<(), Error> {
        let [from, to] = versions_of(document_of(id).0);
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO seen SELECT mailbox, folder, id FROM items \
                 WHERE mailbox = ?1 AND folder = ?2 AND id >= ?3 AND id < ?4 AND gone_at IS NULL",
            )?
            .execute(params![self.number, self.folder, from, to])?;
        Ok(())
    }

    fn enter(
        &self,
        transaction: &Transaction<'_>,
        document: &Versions,
        moment: Moment,
    ) -> Result<(), Error> {
        let newest = self.newest(transaction, &document.newest, moment)?;
        for version in document.older.iter().chain([&document.newest]) {
            self.version(transaction, version, moment)?;
        }
        let [from, to] = versions_of(document_of(&newest).0);
        transaction
            .prepare_cached(
                "UPDATE items SET newest = nullif(?2, id), indexed = 0 \
                 WHERE mailbox = ?1 AND id >= ?3 AND id < ?4 AND newest IS NOT nullif(?2, id)",
            )?
            .execute(params![self.number, newest, from, to])?;
        Ok(())
    }

    fn version(
        &self,
        transaction: &Transaction<'_>,
        version: &Entry,
        moment: Moment,
    ) -> Result<(), Error> {
        let Entry { id, fragment, name, kind, created, listed, only_listed } = version;
        let content = only_listed.then(|| file_at(&self.file, id, Holds::Documents).id());
        let created = created.map(Timestamp::as_microsecond);
        let sql = match moment {
            Moment::Newest => ENTER,
            Moment::Former => ADD,
        };
        let (drive, folder) = (self.number, self.folder);
        transaction
            .prepare_cached(sql)?
            .execute(params![drive, id, fragment, folder, name, kind, created, listed, content])?;
        transaction
            .prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2, ?3)")?
            .execute(params![drive, folder, id])?;
        Ok(())
    }

    /// The id of the newest version. A former state does not know it: of its own and the one that was the newest
    /// until now, it is the one with the higher number.
    fn newest(
        &self,
        transaction: &Transaction<'_>,
        listed: &Entry,
        moment: Moment,
    ) -> Result<String, Error> {
        let [from, to] = versions_of(document_of(&listed.id).0);
        let sql = "SELECT id FROM items WHERE mailbox = ?1 AND id >= ?2 AND id < ?3 \
                   AND newest IS NULL LIMIT 1";
        let until_now: Option<String> = match moment {
            Moment::Newest => None,
            Moment::Former => transaction
                .prepare_cached(sql)?
                .query_row(params![self.number, from, to], |row| row.get(0))
                .optional()?,
        };
        let is_later = |id: &String| number_of(id) > number_of(&listed.id);
        Ok(until_now.filter(is_later).unwrap_or_else(|| listed.id.clone()))
    }
}

/// The number of a version, such as `10.0`, to compare it with others of its document.
fn number_of(item: &str) -> Vec<u64> {
    document_of(item).1.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// The file of an item of a drive, as far as its id in the index depends on it.
pub(super) fn file_at(of: &File, item: &str, holds: Holds) -> File {
    let (document, version) = match holds {
        Holds::Documents => document_of(item),
        Holds::Listings | Holds::Mail => (item, ""),
    };
    File { item: document.to_owned(), version: version.to_owned(), ..of.clone() }
}

/// The address of a drive is another one now, and the ids of files depend on it.
pub(super) fn readdress(
    transaction: &Transaction<'_>,
    drive: MailboxNumber,
    of: &File,
    holds: Holds,
) -> Result<(), Error> {
    if !holds.is_drive() {
        return Ok(());
    }
    let mut rows = transaction
        .prepare("SELECT id, content FROM items WHERE mailbox = ?1 AND content IS NOT NULL")?;
    let found = rows.query_map([drive], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, content) in found.collect::<Result<Vec<(String, String)>, _>>()? {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO replaced VALUES (?1, ?2, ?3)")?
            .execute(params![content, drive, id])?;
        transaction
            .prepare_cached(
                "UPDATE items SET content = ?3, indexed = 0 WHERE mailbox = ?1 AND id = ?2",
            )?
            .execute(params![drive, id, file_at(of, &id, holds).id()])?;
    }
    Ok(())
}
