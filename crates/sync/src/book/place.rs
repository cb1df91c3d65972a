//! The locations of a tenant and the live mailboxes in them.

use postern_upstream::{Location, LocationKind, Source};
use rusqlite::{Row, params};

use super::Book;
use crate::Error;

impl Book {
    /// The locations are these now.
    pub(crate) fn set_locations(&mut self, locations: &[Location]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM locations", [])?;
        for (position, one) in (0_i64..).zip(locations) {
            transaction.execute(
                "INSERT OR REPLACE INTO locations VALUES (?1, ?2, ?3, ?4)",
                params![one.id, one.kind.name(), one.name, position],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// The live mailboxes at a location are these now.
    pub(crate) fn set_sources(&mut self, location: &str, sources: &[Source]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM sources WHERE location = ?1", [location])?;
        for (position, one) in (0_i64..).zip(sources) {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO sources VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![location, one.id, one.email, one.name, one.kind, position])?;
        }
        Ok(transaction.commit()?)
    }

    /// The locations, in the order in which they were listed.
    pub(crate) fn locations(&self) -> Result<Vec<Location>, Error> {
        let mut rows = self
            .connection
            .prepare_cached("SELECT id, kind, name FROM locations ORDER BY position")?;
        let found = rows.query_map([], |row| {
            let kind: String = row.get(1)?;
            Ok(Location { id: row.get(0)?, kind: LocationKind::named(&kind), name: row.get(2)? })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The live mailboxes at a location, in the order in which they were listed.
    pub(crate) fn sources(&self, location: &str) -> Result<Vec<Source>, Error> {
        let mut rows = self.connection.prepare_cached(
            "SELECT id, address, name, kind FROM sources WHERE location = ?1 ORDER BY position",
        )?;
        let found = rows.query_map([location], source)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

fn source(row: &Row<'_>) -> rusqlite::Result<Source> {
    Ok(Source { id: row.get(0)?, email: row.get(1)?, name: row.get(2)?, kind: row.get(3)? })
}
