//! The locations of a source and the mailboxes and drives that they list.

use rusqlite::{Row, params};

use super::{Book, Holds, Location, Owner};
use crate::Error;

impl Book {
    /// The locations of a source are these now.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn set_locations(&mut self, source: &str, locations: &[Location]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM locations WHERE source = ?1", [source])?;
        for (position, one) in (0_i64..).zip(locations) {
            transaction.execute(
                "INSERT OR REPLACE INTO locations VALUES (?1, ?2, ?3, ?4, ?5)",
                params![source, one.id, one.kind, one.name, position],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// The mailboxes, or drives, at a location of a source are these now.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn set_owners(
        &mut self,
        source: &str,
        location: &str,
        holds: Holds,
        owners: &[Owner],
    ) -> Result<(), Error> {
        const ENTER: &str = "INSERT INTO owners VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL) \
             ON CONFLICT DO UPDATE SET address = excluded.address, name = excluded.name, \
             kind = excluded.kind, position = excluded.position";
        let transaction = self.connection.transaction()?;
        // A position that is none marks those that are not listed again.
        let at = params![source, location, holds];
        let unlist =
            "UPDATE owners SET position = -1 WHERE source = ?1 AND location = ?2 AND holds = ?3";
        transaction.execute(unlist, at)?;
        for (position, one) in (0_i64..).zip(owners) {
            let Owner { id, address, name, kind } = one;
            transaction
                .prepare_cached(ENTER)?
                .execute(params![source, location, holds, id, address, name, kind, position])?;
        }
        let forget = "DELETE FROM owners \
             WHERE source = ?1 AND location = ?2 AND holds = ?3 AND position = -1";
        transaction.execute(forget, at)?;
        Ok(transaction.commit()?)
    }

    /// The locations of a source, in the order in which they were listed.
    pub(crate) fn locations(&self, source: &str) -> Result<Vec<Location>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT id, kind, name FROM locations WHERE source = ?1 ORDER BY position",
        )?;
        let found = rows.query_map([source], |row| {
            Ok(Location { id: row.get(0)?, kind: row.get(1)?, name: row.get(2)? })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The mailboxes and drives at a location of a source, in the order in which they were listed.
    pub(crate) fn owners(&self, source: &str, location: &str) -> Result<Vec<Owner>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT id, address, name, kind FROM owners WHERE source = ?1 AND location = ?2 \
             ORDER BY position",
        )?;
        let found = rows.query_map([source, location], owner)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

fn owner(row: &Row<'_>) -> rusqlite::Result<Owner> {
    Ok(Owner { id: row.get(0)?, address: row.get(1)?, name: row.get(2)?, kind: row.get(3)? })
}
