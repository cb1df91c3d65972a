//! Which message an item of a source is here, and which items a message here is there.

use postern_mail::File;
use rusqlite::{OptionalExtension as _, params};

use super::Book;
use super::document::file_at;
use crate::Error;

/// An item of a source, as the source names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtSource {
    /// The name of the source.
    pub source: String,
    /// The id of the mailbox at the source.
    pub mailbox: String,
    /// The address of the mailbox.
    pub address: String,
    /// The id of the item at the source.
    pub item: String,
    /// The second part of that id, where it has one: of a document the id of its version.
    pub fragment: Option<String>,
    /// The source had it when it was last listed.
    pub is_there: bool,
}

impl Book {
    /// The id in the index of an item of a source; nothing where it is not here.
    pub(crate) fn id_of(
        &self,
        source: &str,
        mailbox: &str,
        item: &str,
    ) -> Result<Option<String>, Error> {
        let mut row = self.connection.prepare_cached(
            "SELECT content FROM mailboxes JOIN items ON items.mailbox = number \
             WHERE source = ?1 AND mailboxes.id = ?2 AND items.id = ?3 AND content IS NOT NULL",
        )?;
        Ok(row.query_row(params![source, mailbox, item], |row| row.get(0)).optional()?)
    }

    /// The items that a message of the index is at the sources.
    pub(crate) fn at_sources(&self, id: &str) -> Result<Vec<AtSource>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT source, mailboxes.id, address, items.id, fragment, items.gone_at IS NULL, holds \
             FROM items JOIN mailboxes ON number = items.mailbox WHERE content = ?1 \
             ORDER BY source, address, items.id",
        )?;
        let found = rows.query_map([id], |row| {
            let item: String = row.get(3)?;
            Ok(AtSource {
                source: row.get(0)?,
                mailbox: row.get(1)?,
                address: row.get(2)?,
                item: file_at(&File::default(), &item, row.get(6)?).item,
                fragment: row.get(4)?,
                is_there: row.get(5)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
