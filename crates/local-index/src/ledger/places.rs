//! The places in which messages lie, each kept once.

use std::collections::HashMap;

use postern_query::Place;
use rusqlite::{Connection, Row, params};

use super::row::{Sum, Summed};

/// What many messages of a place have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shared {
    source: Option<String>,
    mailbox: Option<String>,
    folder: Option<String>,
    /// Whether they were read, flagged and replied to, and are drafts.
    marks: [Option<bool>; 4],
}

impl Shared {
    pub(super) fn of(place: &Place) -> Self {
        let Place { source, mailbox, folder, .. } = place.clone();
        let marks = [place.is_read, place.is_flagged, place.is_replied, place.is_draft];
        Self { source, mailbox, folder, marks }
    }
}

/// Such a place and its number.
pub(super) struct Numbered {
    number: i64,
    shared: Shared,
}

impl Summed for Numbered {
    const ALL: &'static str = "SELECT number, source, mailbox, folder, is_read, is_flagged, is_replied, is_draft, sum \
                               FROM places";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let marks = [row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?];
        let (source, mailbox, folder) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Self { number: row.get(0)?, shared: Shared { source, mailbox, folder, marks } })
    }

    fn sum(&self) -> u32 {
        let Shared { source, mailbox, folder, marks } = &self.shared;
        let sum = Sum::default().number(Some(self.number));
        let sum = [source, mailbox, folder].iter().fold(sum, |sum, name| sum.text(name.as_deref()));
        marks.iter().fold(sum, |sum, mark| sum.number(mark.map(i64::from))).finish()
    }
}

impl Numbered {
    fn put(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { number, shared: Shared { source, mailbox, folder, marks } } = self;
        let [is_read, is_flagged, is_replied, is_draft] = marks;
        connection
            .prepare_cached("INSERT INTO places VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
            .execute(params![
                number,
                source,
                mailbox,
                folder,
                is_read,
                is_flagged,
                is_replied,
                is_draft,
                self.sum()
            ])?;
        Ok(())
    }
}

/// The numbers of all places; they are read when the first one is asked for.
#[derive(Debug, Default)]
pub(super) struct Places {
    numbers: HashMap<Shared, i64>,
    next: i64,
}

impl Places {
    /// The number of a place. One that is new gets the next number.
    pub(super) fn number(
        &mut self,
        connection: &Connection,
        shared: Shared,
    ) -> rusqlite::Result<i64> {
        if self.next == 0 {
            self.read(connection)?;
        }
        if let Some(number) = self.numbers.get(&shared) {
            return Ok(*number);
        }
        let new = Numbered { number: self.next, shared };
        new.put(connection)?;
        self.numbers.insert(new.shared, new.number);
        self.next += 1;
        Ok(new.number)
    }

    fn read(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut rows = connection.prepare(Numbered::ALL)?;
        let known = rows.query_map([], Numbered::of)?;
        self.numbers = known
            .map(|one| one.map(|Numbered { number, shared }| (shared, number)))
            .collect::<rusqlite::Result<_>>()?;
        self.next = self.numbers.values().max().map_or(1, |last| last + 1);
        Ok(())
    }
}
