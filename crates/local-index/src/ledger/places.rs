//! The places in which messages lie, each kept once.

use std::collections::HashMap;

use postern_query::Place;
use rusqlite::{Connection, Row, params};

use super::row::{Sum, Summed};

/// A place and its number.
pub(super) struct Numbered {
    number: i64,
    place: Place,
}

impl Summed for Numbered {
    const ALL: &'static str = "SELECT number, mailbox, folder, sum FROM places";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let place = Place { mailbox: row.get(1)?, folder: row.get(2)? };
        Ok(Self { number: row.get(0)?, place })
    }

    fn sum(&self) -> u32 {
        let Place { mailbox, folder } = &self.place;
        let number = Sum::default().number(Some(self.number));
        number.bytes(mailbox.as_bytes()).bytes(folder.as_bytes()).finish()
    }
}

/// The numbers of all places; they are read when the first one is asked for.
#[derive(Debug, Default)]
pub(super) struct Places {
    numbers: HashMap<Place, i64>,
    next: i64,
}

impl Places {
    /// The number of a place. One that is new gets the next number.
    pub(super) fn number(
        &mut self,
        connection: &Connection,
        place: &Place,
    ) -> rusqlite::Result<i64> {
        if self.next == 0 {
            self.read(connection)?;
        }
        if let Some(number) = self.numbers.get(place) {
            return Ok(*number);
        }
        let new = Numbered { number: self.next, place: place.clone() };
        let Place { mailbox, folder } = place;
        connection
            .prepare_cached("INSERT INTO places VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![new.number, mailbox, folder, new.sum()])?;
        self.numbers.insert(new.place, new.number);
        self.next += 1;
        Ok(new.number)
    }

    fn read(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut rows = connection.prepare(Numbered::ALL)?;
        let known = rows.query_map([], Numbered::of)?;
        self.numbers = known
            .map(|one| one.map(|Numbered { number, place }| (place, number)))
            .collect::<rusqlite::Result<_>>()?;
        self.next = self.numbers.values().max().map_or(1, |last| last + 1);
        Ok(())
    }
}
