//! Walks over the folders of a drive: each goes through all of them once, and one that was cut short goes on.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, params};

use super::list::{add_folder, enter_folder};
use super::{Book, MailboxNumber, Moment, Node};
use crate::Error;

/// How old a walk may be that is gone on with: what it has seen first may be another by now.
const MOST_AGE: SignedDuration = SignedDuration::from_hours(1);

pub(super) const UNLESS_LISTED: &str = "
    UPDATE folders INDEXED BY folders_by_parent SET gone_at = ?3
    WHERE mailbox = ?1 AND parent = ?2 AND gone_at IS NULL";
pub(super) const NOT_YET_WALKED: &str = "
    SELECT id, fragment, name, path, kind, parent FROM folders INDEXED BY folders_by_parent
    WHERE mailbox = ?1 AND parent = ?2 AND walk <> ?3 AND gone_at IS NULL";

/// The number of a walk over a drive.
pub type Walk = i64;

impl Book {
    /// Begins a walk over the folders of a drive in that state of its source, or goes on with one that was cut
    /// short, unless `anew`.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn walk(
        &mut self,
        drive: MailboxNumber,
        state: Option<&str>,
        anew: bool,
        now: Timestamp,
    ) -> Result<Walk, Error> {
        let transaction = self.connection.transaction()?;
        let (found, oldest) = ("SELECT walk FROM mailboxes WHERE number = ?1", now - MOST_AGE);
        let begin = "UPDATE mailboxes SET walk = walk + 1, walking_since = ?2, walking_state = ?5 \
                     WHERE number = ?1 AND (?3 OR walking_since IS NULL OR walking_since < ?4 \
                     OR walking_state IS NOT ?5)";
        let values = params![drive, now.as_second(), anew, oldest.as_second(), state];
        transaction.execute(begin, values)?;
        add_folder(&transaction, drive, &Node::root(), Moment::Newest)?;
        let walk = transaction.query_row(found, [drive], |row| row.get(0))?;
        transaction.commit()?;
        Ok(walk)
    }

    /// The folders of a drive that are to be listed by that walk, as far as they are known: its top, and
    /// what lies in folders that it has listed.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn to_walk(&self, drive: MailboxNumber, walk: Walk) -> Result<Vec<Node>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT id, fragment, name, path, kind, parent FROM folders AS one \
             WHERE mailbox = ?1 AND walk <> ?2 AND gone_at IS NULL AND (id = '-' OR EXISTS \
             (SELECT 1 FROM folders WHERE mailbox = ?1 AND id = one.parent AND walk = ?2))",
        )?;
        let found = rows.query_map(params![drive, walk], Node::of)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// That walk has listed a folder to its end: these folders, and no others, lie in it. Those that the walk
    /// has yet to list are given back; what was moved may have been seen before.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn walked(
        &mut self,
        drive: MailboxNumber,
        folder: &str,
        folders: &[Node],
        walk: Walk,
        now: Timestamp,
    ) -> Result<Vec<Node>, Error> {
        self.inventory(|transaction| {
            let at = params![drive, folder, now.as_second()];
            transaction.prepare_cached(UNLESS_LISTED)?.execute(at)?;
            for one in folders {
                enter_folder(transaction, drive, one)?;
            }
            let ended = "UPDATE folders SET walk = ?3 WHERE mailbox = ?1 AND id = ?2";
            transaction.prepare_cached(ended)?.execute(params![drive, folder, walk])?;
            not_yet_walked(transaction, drive, folder, walk)
        })
    }

    /// Folders that a former state of the source has. What is there now is not known from it.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn add_folders(&mut self, drive: MailboxNumber, folders: &[Node]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        for one in folders {
            add_folder(&transaction, drive, one, Moment::Former)?;
        }
        Ok(transaction.commit()?)
    }

    /// That walk has come to its end: folders that it has not seen are gone, and what lay in them.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn end_walk(
        &mut self,
        drive: MailboxNumber,
        walk: Walk,
        now: Timestamp,
    ) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        let at = params![drive, walk, now.as_second()];
        transaction.execute(
            "UPDATE folders SET gone_at = ?3 \
             WHERE mailbox = ?1 AND walk <> ?2 AND gone_at IS NULL",
            at,
        )?;
        transaction.execute(
            "UPDATE items SET gone_at = ?3 WHERE mailbox = ?1 AND gone_at IS NULL AND folder IN \
             (SELECT id FROM folders WHERE mailbox = ?1 AND walk <> ?2)",
            at,
        )?;
        let ended = "UPDATE mailboxes SET walking_since = NULL WHERE number = ?1";
        transaction.execute(ended, [drive])?;
        Ok(transaction.commit()?)
    }

    /// The source has nothing of a drive any more: every file of it is gone.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn drive_is_gone(&mut self, drive: MailboxNumber, now: Timestamp) -> Result<(), Error> {
        let walk = self.walk(drive, None, true, now)?;
        self.end_walk(drive, walk, now)?;
        self.listed_whole(drive, None, now)
    }
}

/// The folders in a folder that the walk has not listed.
fn not_yet_walked(
    transaction: &Transaction<'_>,
    drive: MailboxNumber,
    folder: &str,
    walk: Walk,
) -> Result<Vec<Node>, Error> {
    let mut rows = transaction.prepare_cached(NOT_YET_WALKED)?;
    let found = rows.query_map(params![drive, folder, walk], Node::of)?;
    Ok(found.collect::<Result<_, _>>()?)
}
