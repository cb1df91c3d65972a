//! The mailboxes and drives that were collected: which they are, and how far each was listed.

use jiff::Timestamp;
use postern_mail::File;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension as _, ToSql, params};

use super::Book;
use super::document::readdress;
use crate::Error;

/// The number of a mailbox in the book.
pub type MailboxNumber = i64;

/// What makes a mailbox of a source the same one again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Its address: its id may be learned later, or be another one.
    Address,
    /// Its id: several may have one address, and an address may change.
    Id,
}

/// What a mailbox of the books holds. A drive is one that holds files; a mailbox and a drive of one
/// owner are two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// Mail.
    #[default]
    Mail,
    /// Files of a drive, of which the source gives what it lists and no bytes.
    Listings,
    /// Files of a drive, in versions, whose bytes the source gives.
    Documents,
}

impl Holds {
    const ALL: [Self; 3] = [Self::Mail, Self::Listings, Self::Documents];

    /// Whether it is a drive.
    ///
    /// ```
    /// use postern_archive::Holds;
    ///
    /// assert!(Holds::Listings.is_drive() && !Holds::Mail.is_drive());
    /// ```
    #[must_use]
    pub const fn is_drive(self) -> bool {
        match self {
            Self::Mail => false,
            Self::Listings | Self::Documents => true,
        }
    }

    /// What a mailbox or drive of that address is called where both stand beside each other.
    ///
    /// ```
    /// use postern_archive::Holds;
    ///
    /// let named = |holds: Holds| holds.named("ann@x.com");
    /// assert_eq!((named(Holds::Mail), named(Holds::Listings)), ("ann@x.com".into(), "drive of ann@x.com".into()));
    /// ```
    #[must_use]
    pub fn named(self, address: &str) -> String {
        if self.is_drive() { format!("drive of {address}") } else { address.to_owned() }
    }

    /// What it holds, in a word: `mail` or `files`.
    #[must_use]
    pub const fn what(self) -> &'static str {
        if self.is_drive() { "files" } else { "mail" }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Listings => "listings",
            Self::Documents => "documents",
        }
    }
}

impl ToSql for Holds {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.word().into())
    }
}

impl FromSql for Holds {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        let found = Self::ALL.into_iter().find(|holds| holds.word() == word);
        found.ok_or(FromSqlError::InvalidType)
    }
}

/// A mailbox or a drive as its source names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The id of the location that keeps what was collected of it.
    pub location: String,
    /// What it holds.
    pub holds: Holds,
    /// Its address.
    pub address: String,
    /// Its id at the source.
    pub id: String,
}

impl Book {
    /// The number of a collected mailbox; it is noted where it was not known.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn mailbox(
        &mut self,
        source: &str,
        mailbox: &Mailbox,
        identity: Identity,
    ) -> Result<MailboxNumber, Error> {
        let Mailbox { location, holds, address, id } = mailbox;
        let Some((number, was)) = self.known(source, mailbox, identity)? else {
            let sql = "INSERT INTO mailboxes (source, location, address, id, holds) \
                       VALUES (?1, ?2, ?3, ?4, ?5) RETURNING number";
            let new = params![source, location, address, id, holds];
            return Ok(self.connection.query_row(sql, new, |row| row.get(0))?);
        };
        let transaction = self.connection.transaction()?;
        if was != *address {
            // Messages are found by the address, so those of another one are indexed again.
            let sql = "UPDATE items SET indexed = 0 WHERE mailbox = ?1 AND indexed = 1";
            transaction.execute(sql, [number])?;
            let (source, owner) = (source.to_owned(), Some(address.clone()));
            let of = File { source, owner, ..File::default() };
            readdress(&transaction, number, &of, *holds)?;
        }
        let sql = "UPDATE mailboxes SET address = ?2, id = ?3, gone_at = NULL WHERE number = ?1";
        transaction.execute(sql, params![number, address, id])?;
        transaction.commit()?;
        Ok(number)
    }

    /// The number of a mailbox or drive that was collected before.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn number(
        &self,
        source: &str,
        mailbox: &Mailbox,
        identity: Identity,
    ) -> Result<Option<MailboxNumber>, Error> {
        Ok(self.known(source, mailbox, identity)?.map(|(number, _)| number))
    }

    /// The address of a mailbox or drive.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn address(&self, mailbox: MailboxNumber) -> Result<String, Error> {
        let sql = "SELECT address FROM mailboxes WHERE number = ?1";
        Ok(self.connection.query_row(sql, [mailbox], |row| row.get(0))?)
    }

    /// The number and the former address of a mailbox.
    fn known(
        &self,
        source: &str,
        mailbox: &Mailbox,
        identity: Identity,
    ) -> Result<Option<(MailboxNumber, String)>, Error> {
        let (column, key) = match identity {
            Identity::Address => ("address", &mailbox.address),
            Identity::Id => ("id", &mailbox.id),
        };
        let sql = format!(
            "SELECT number, address FROM mailboxes \
             WHERE source = ?1 AND location = ?2 AND {column} = ?3 AND holds = ?4"
        );
        let key = params![source, mailbox.location, key, mailbox.holds];
        let found = self.connection.query_row(&sql, key, |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// The mailboxes of a source that were collected before.
    ///
    /// # Errors
    ///
    /// When the book cannot be read.
    pub fn mailboxes(&self, source: &str) -> Result<Vec<Mailbox>, Error> {
        let sql = "SELECT location, address, id, holds FROM mailboxes WHERE source = ?1";
        let mut rows = self.connection.prepare(sql)?;
        let found = rows.query_map([source], |row| {
            let (location, address, id) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Mailbox { location, holds: row.get(3)?, address, id })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The number of a mailbox that was listed whole in that state of its source, and is listed so again.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn unchanged(
        &mut self,
        source: &str,
        mailbox: &Mailbox,
        identity: Identity,
        state: &str,
        now: Timestamp,
    ) -> Result<Option<MailboxNumber>, Error> {
        let Some((number, _)) = self.known(source, mailbox, identity)? else { return Ok(None) };
        let sql = "UPDATE mailboxes SET listed_at = ?3 WHERE number = ?1 AND state = ?2 \
                   AND error IS NULL AND gone_at IS NULL";
        if self.connection.execute(sql, params![number, state, now.as_second()])? == 0 {
            return Ok(None);
        }
        self.mailbox(source, mailbox, identity).map(Some)
    }

    /// All of a mailbox was listed, at that state of the source where it has such.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn listed_whole(
        &self,
        mailbox: MailboxNumber,
        state: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "UPDATE mailboxes SET listed_at = ?2, state = ?3, error = NULL, is_cold = 0 \
                   WHERE number = ?1";
        self.connection.execute(sql, params![mailbox, now.as_second(), state])?;
        Ok(())
    }

    /// A mailbox could not be listed to its end. What `is_cold` lies in an archive tier, where nobody
    /// sees what is in it.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn not_listed(
        &self,
        mailbox: MailboxNumber,
        why: &str,
        is_cold: bool,
    ) -> Result<(), Error> {
        let sql = "UPDATE mailboxes SET error = ?2, is_cold = ?3 WHERE number = ?1";
        self.connection.execute(sql, params![mailbox, why, is_cold])?;
        Ok(())
    }

    /// Nothing was collected of a mailbox that the source lists.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn nothing_of(&self, source: &str, mailbox: &Mailbox, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE owners SET empty_at = ?4 WHERE source = ?1 AND (address = ?2 OR id = ?3) \
                   AND holds = ?5";
        let Mailbox { location: _, holds, address, id } = mailbox;
        let values = params![source, address, id, now.as_second(), holds];
        self.connection.execute(sql, values)?;
        Ok(())
    }

    /// The source has only the listed mailboxes of that kind now: what others hold is gone there.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn only_listed(&mut self, source: &str, holds: Holds, now: Timestamp) -> Result<(), Error> {
        const UNLISTED: &str = "source = ?1 AND holds = ?3 AND NOT EXISTS (SELECT 1 FROM owners WHERE \
             owners.source = mailboxes.source AND owners.location = mailboxes.location \
             AND owners.holds = mailboxes.holds AND owners.id = mailboxes.id)";
        let transaction = self.connection.transaction()?;
        transaction.execute(
            &format!(
                "UPDATE items SET gone_at = ?2 WHERE gone_at IS NULL AND mailbox IN \
                 (SELECT number FROM mailboxes WHERE gone_at IS NULL AND {UNLISTED})"
            ),
            params![source, now.as_second(), holds],
        )?;
        transaction.execute(
            &format!(
                "UPDATE mailboxes SET gone_at = ?2, state = NULL, error = NULL, is_cold = 0 \
                 WHERE gone_at IS NULL AND {UNLISTED}"
            ),
            params![source, now.as_second(), holds],
        )?;
        Ok(transaction.commit()?)
    }
}
