//! The locations of a tenant and the mailboxes that they list.

use rusqlite::{Row, params};

use super::{Book, Location, Owner};
use crate::Error;

impl Book {
    /// The locations are these now.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn set_locations(&mut self, locations: &[Location]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM locations", [])?;
        for (position, one) in (0_i64..).zip(locations) {
            transaction.execute(
                "INSERT OR REPLACE INTO locations VALUES (?1, ?2, ?3, ?4)",
                params![one.id, one.kind, one.name, position],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// The mailboxes at a location are these now.
    ///
    /// # Errors
    ///
    /// When the book cannot be written.
    pub fn set_owners(&mut self, location: &str, owners: &[Owner]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM sources WHERE location = ?1", [location])?;
        for (position, one) in (0_i64..).zip(owners) {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO sources VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![location, one.id, one.address, one.name, one.kind, position])?;
        }
        Ok(transaction.commit()?)
    }

    /// The locations, in the order in which they were listed.
    pub(crate) fn locations(&self) -> Result<Vec<Location>, Error> {
        let mut rows = self
            .connection
            .prepare_cached("SELECT id, kind, name FROM locations ORDER BY position")?;
        let found = rows.query_map([], |row| {
            Ok(Location { id: row.get(0)?, kind: row.get(1)?, name: row.get(2)? })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The mailboxes at a location, in the order in which they were listed.
    pub(crate) fn owners(&self, location: &str) -> Result<Vec<Owner>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT id, address, name, kind FROM sources WHERE location = ?1 ORDER BY position",
        )?;
        let found = rows.query_map([location], owner)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

fn owner(row: &Row<'_>) -> rusqlite::Result<Owner> {
    Ok(Owner { id: row.get(0)?, address: row.get(1)?, name: row.get(2)?, kind: row.get(3)? })
}
