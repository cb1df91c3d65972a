//! What listings say: folders, windows and the messages in them.

use jiff::Timestamp;
use postern_mail::File;
use rusqlite::{Connection, Transaction, params};

use super::{Book, Entry, Listed, MailboxNumber, Node, Window};
use crate::Error;

const MICRO: i64 = 1_000_000;

/// A message or file that is new, or has changed its place. One that moved is indexed again; one of which
/// the source says something else is fetched again. A file without bytes is here as soon as it is listed
/// (`?9` is its id), and is indexed again where the source says something else.
const ENTER: &str = "
    INSERT INTO items (mailbox, id, fragment, folder, name, kind, created, listed, content)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT DO UPDATE SET
      indexed = indexed AND folder = excluded.folder AND fragment IS excluded.fragment
        AND (excluded.content IS NULL OR (listed IS excluded.listed AND gone_at IS NULL)),
      stale = stale OR (excluded.content IS NULL AND content IS NOT NULL AND listed IS NOT NULL AND
        (listed IS NOT excluded.listed OR name IS NOT excluded.name
         OR kind IS NOT excluded.kind OR created IS NOT excluded.created)),
      content = coalesce(excluded.content, content),
      fragment = excluded.fragment, folder = excluded.folder, name = excluded.name,
      kind = excluded.kind, created = excluded.created, listed = excluded.listed, gone_at = NULL
    WHERE folder <> excluded.folder OR fragment IS NOT excluded.fragment OR name IS NOT excluded.name
      OR kind IS NOT excluded.kind OR created IS NOT excluded.created
      OR listed IS NOT excluded.listed OR gone_at IS NOT NULL";

/// A message of a former state of the source, unless the newest one has it too, or it is here.
const ADD: &str = "
    INSERT INTO items (mailbox, id, fragment, folder, name, kind, created, listed, content)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT DO UPDATE SET
      fragment = excluded.fragment, folder = excluded.folder, name = excluded.name,
      kind = excluded.kind, created = excluded.created, listed = excluded.listed, gone_at = NULL
    WHERE gone_at IS NOT NULL AND content IS NULL";

/// What was on the pages of folders that are being listed.
pub(super) const SEEN: &str = "CREATE TEMP TABLE IF NOT EXISTS seen (mailbox INTEGER, folder TEXT, id TEXT, \
     PRIMARY KEY (mailbox, folder, id)) WITHOUT ROWID";

// Of a folder. SQLite would go through the whole mailbox or drive, which makes a walk over many folders quadratic.
pub(super) const UNSEEN_ARE_GONE: &str = "
    UPDATE items INDEXED BY items_by_time SET gone_at = ?3
    WHERE mailbox = ?1 AND folder = ?2 AND gone_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM seen WHERE seen.mailbox = ?1 AND seen.folder = ?2 AND seen.id = items.id)";
pub(super) const NEVER_CAME: &str = "
    DELETE FROM items INDEXED BY items_by_time
    WHERE mailbox = ?1 AND folder = ?2 AND gone_at IS NOT NULL AND content IS NULL";
pub(super) const RENAMED: &str = "
    UPDATE items INDEXED BY items_by_time SET indexed = 0
    WHERE mailbox = ?1 AND folder = ?2 AND indexed = 1
      AND EXISTS (SELECT 1 FROM folders WHERE mailbox = ?1 AND id = ?2 AND path <> ?3)";

/// Which state of the source a listing shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The newest: what it has no longer is gone.
    Newest,
    /// A former one: it adds what it has, and says nothing of what it has not.
    Former,
}

impl Book {
    /// The folders of a mailbox are these. What lay in others is gone, unless it is found again.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn folders(
        &mut self,
        mailbox: MailboxNumber,
        folders: &[Node],
        moment: Moment,
        now: Timestamp,
    ) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        match moment {
            Moment::Newest => only_folders(&transaction, mailbox, folders, now)?,
            Moment::Former => {
                for one in folders {
                    add_folder(&transaction, mailbox, one, moment)?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// A folder is listed from its beginning.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn begin(&mut self, mailbox: MailboxNumber, folder: &str) -> Result<(), Error> {
        self.connection.execute(SEEN, [])?;
        forget_seen(&self.connection, mailbox, folder)
    }

    /// A page of a folder that is listed whole.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn page(
        &mut self,
        mailbox: MailboxNumber,
        folder: &str,
        entries: &[Entry],
        moment: Moment,
    ) -> Result<(), Error> {
        let file = self.file_of(mailbox)?;
        let sql = match moment {
            Moment::Newest => ENTER,
            Moment::Former => ADD,
        };
        self.inventory(|transaction| {
            let mut saw =
                transaction.prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2, ?3)")?;
            for entry in entries {
                let file = || File { item: entry.id.clone(), ..file.clone() };
                let content = entry.only_listed.then(|| file().id());
                enter(transaction, mailbox, folder, entry, content.as_deref(), sql)?;
                saw.execute(params![mailbox, folder, entry.id])?;
            }
            Ok(())
        })
    }

    /// The last page of a folder was listed: what is known to lie there and was on no page is gone.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn end(
        &mut self,
        mailbox: MailboxNumber,
        folder: &str,
        moment: Moment,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.inventory(|transaction| {
            if moment == Moment::Newest {
                let at = params![mailbox, folder, now.as_second()];
                transaction.prepare_cached(UNSEEN_ARE_GONE)?.execute(at)?;
                transaction.prepare_cached(NEVER_CAME)?.execute(params![mailbox, folder])?;
            }
            forget_seen(transaction, mailbox, folder)
        })
    }

    /// The windows of a folder that were listed, in the order of time.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn windows(&self, mailbox: MailboxNumber, folder: &str) -> Result<Vec<Listed>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT start, \"end\", listed_at FROM windows WHERE mailbox = ?1 AND folder = ?2 ORDER BY start",
        )?;
        let listed = rows.query_map(params![mailbox, folder], |row| {
            Ok(Listed { window: Window { start: row.get(0)?, end: row.get(1)? }, at: row.get(2)? })
        })?;
        Ok(listed.collect::<Result<_, _>>()?)
    }

    /// A window of a folder was listed to its end and has these messages, and maybe some from right
    /// before and after it. Of what was known there before, the rest is gone.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn listed(
        &mut self,
        mailbox: MailboxNumber,
        folder: &str,
        window: Window,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        for entry in entries {
            enter(&transaction, mailbox, folder, entry, None, ENTER)?;
        }
        let (start, end) = (window.start.saturating_mul(MICRO), window.end.saturating_mul(MICRO));
        let there: std::collections::HashSet<_> = entries.iter().map(|one| &one.id).collect();
        let mut known = 0;
        for id in ids_between(&transaction, mailbox, folder, start, end)? {
            if there.contains(&id) {
                known += 1;
            } else {
                gone(&transaction, mailbox, &id, now)?;
            }
        }
        transaction.execute(
            "DELETE FROM windows WHERE mailbox = ?1 AND folder = ?2 AND start < ?4 AND \"end\" > ?3",
            params![mailbox, folder, window.start, window.end],
        )?;
        transaction.execute(
            "INSERT INTO windows VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![mailbox, folder, window.start, window.end, now.as_second(), known],
        )?;
        Ok(transaction.commit()?)
    }
}

fn forget_seen(connection: &Connection, mailbox: MailboxNumber, folder: &str) -> Result<(), Error> {
    let sql = "DELETE FROM seen WHERE mailbox = ?1 AND folder = ?2";
    connection.prepare_cached(sql)?.execute(params![mailbox, folder])?;
    Ok(())
}

/// The mailbox has these folders and no others.
fn only_folders(
    transaction: &Transaction<'_>,
    mailbox: MailboxNumber,
    folders: &[Node],
    now: Timestamp,
) -> Result<(), Error> {
    transaction.execute(
        "UPDATE folders SET gone_at = ?2 WHERE mailbox = ?1 AND gone_at IS NULL",
        params![mailbox, now.as_second()],
    )?;
    for one in folders {
        enter_folder(transaction, mailbox, one)?;
    }
    transaction.execute(
        "UPDATE items SET gone_at = ?2 WHERE mailbox = ?1 AND gone_at IS NULL AND folder IN \
         (SELECT id FROM folders WHERE mailbox = ?1 AND gone_at IS NOT NULL)",
        params![mailbox, now.as_second()],
    )?;
    transaction.execute(
        "DELETE FROM windows WHERE mailbox = ?1 AND folder IN \
         (SELECT id FROM folders WHERE mailbox = ?1 AND gone_at IS NOT NULL)",
        [mailbox],
    )?;
    Ok(())
}

pub(super) fn enter_folder(
    transaction: &Transaction<'_>,
    mailbox: MailboxNumber,
    folder: &Node,
) -> Result<(), Error> {
    // The name of a folder is searched for, so what lies in one that was renamed is indexed again.
    transaction.prepare_cached(RENAMED)?.execute(params![mailbox, folder.id, folder.path])?;
    add_folder(transaction, mailbox, folder, Moment::Newest)
}

/// A folder that was known keeps what is known of it where the listing shows a former state.
pub(super) fn add_folder(
    transaction: &Transaction<'_>,
    mailbox: MailboxNumber,
    folder: &Node,
    moment: Moment,
) -> Result<(), Error> {
    const ADD: &str = "INSERT INTO folders (mailbox, id, fragment, name, path, kind, parent) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO";
    let known = match moment {
        Moment::Former => "NOTHING",
        Moment::Newest => {
            "UPDATE SET fragment = excluded.fragment, name = excluded.name, path = excluded.path, \
             kind = excluded.kind, parent = excluded.parent, gone_at = NULL"
        }
    };
    let Node { id, fragment, name, path, kind, parent } = folder;
    transaction
        .prepare_cached(&format!("{ADD} {known}"))?
        .execute(params![mailbox, id, fragment, name, path, kind, parent])?;
    Ok(())
}

fn enter(
    transaction: &Transaction<'_>,
    mailbox: MailboxNumber,
    folder: &str,
    entry: &Entry,
    content: Option<&str>,
    sql: &str,
) -> Result<(), Error> {
    let Entry { id, fragment, name, kind, created, listed, only_listed: _ } = entry;
    let created = created.map(Timestamp::as_microsecond);
    transaction
        .prepare_cached(sql)?
        .execute(params![mailbox, id, fragment, folder, name, kind, created, listed, content])?;
    Ok(())
}

fn ids_between(
    transaction: &Transaction<'_>,
    mailbox: MailboxNumber,
    folder: &str,
    start: i64,
    end: i64,
) -> Result<Vec<String>, Error> {
    let mut rows = transaction.prepare_cached(
        "SELECT id FROM items WHERE mailbox = ?1 AND folder = ?2 AND created >= ?3 AND created < ?4 \
         AND gone_at IS NULL",
    )?;
    let ids = rows.query_map(params![mailbox, folder, start, end], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Notes that upstream has a message no longer. One that never came here leaves nothing to keep.
fn gone(
    transaction: &Transaction<'_>,
    mailbox: MailboxNumber,
    id: &str,
    now: Timestamp,
) -> Result<(), Error> {
    transaction
        .prepare_cached("UPDATE items SET gone_at = ?3 WHERE mailbox = ?1 AND id = ?2")?
        .execute(params![mailbox, id, now.as_second()])?;
    transaction
        .prepare_cached("DELETE FROM items WHERE mailbox = ?1 AND id = ?2 AND content IS NULL")?
        .execute(params![mailbox, id])?;
    Ok(())
}
