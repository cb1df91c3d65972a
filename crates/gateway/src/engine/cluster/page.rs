//! A page of what the cluster finds.

use std::time::Instant;

use postern_upstream::cluster::Searched;
use serde_json::Value;

use super::asking::{Asking, Place, Shown};
use super::outcome::Stop;
use super::position::{self, Position};
use super::{Cluster, Question, hit, rows};
use crate::engine::{Found, PAGE_BYTES, Start, Wanted};
use crate::wire::{MessageView, size};

/// Asks for a page, and whether there is another one.
pub(super) async fn of(
    cluster: &Cluster,
    question: &Question,
    wanted: &Wanted,
    deadline: Instant,
) -> Result<Found, Stop> {
    let asking = Asking { cluster, question, deadline };
    if wanted.limit == 0 && !wanted.collapse {
        return Ok(found(asking.counted().await?, Vec::new()));
    }
    let (place, known) = match &wanted.start {
        Start::Offset(from) => (Place::behind(asking.now().await?, *from), None),
        Start::Position(text) => {
            let position = position::read(text).ok_or(Stop::OldPosition)?;
            let rows = position.rows;
            (asking.place(position).await?, rows)
        }
    };
    if wanted.collapse
        && let Some(found) = rows::of(&asking, wanted, place.clone(), known).await?
    {
        return Ok(found);
    }
    if wanted.limit == 0 {
        return Ok(found(asking.counted().await?, Vec::new()));
    }
    // One more than wanted tells whether there is another page.
    let shown = Shown { size: wanted.limit + 1, body: wanted.highlight };
    let (page, place) = asking.at(place, shown).await?;
    listed(&asking, wanted, page, place).await
}

/// A page that is the last one.
pub(super) const fn found(total: u64, messages: Vec<MessageView>) -> Found {
    Found { messages, count: Some(total), exact: true, rows: None, next: None, files_missing: None }
}

/// The messages of a page within bounds.
async fn listed(
    asking: &Asking<'_>,
    wanted: &Wanted,
    page: Searched,
    place: Place,
) -> Result<Found, Stop> {
    let Asking { cluster, question, deadline } = *asking;
    let mut gathered = Gathered::up_to(wanted.limit);
    for found in page.hits {
        if gathered.is_full() {
            break;
        }
        let sort = found.sort.clone();
        let view = hit::view(cluster, question, found, wanted.highlight, deadline).await?;
        gathered.take(view, &sort);
    }
    let next = gathered.next(place, None);
    Ok(Found { next, ..found(page.total, gathered.messages) })
}

/// What a page has so far.
#[derive(Default)]
pub(super) struct Gathered {
    limit: usize,
    bytes: usize,
    pub(super) messages: Vec<MessageView>,
    /// The values that the last one is ordered by.
    after: Vec<Value>,
    has_more: bool,
}

impl Gathered {
    pub(super) fn up_to(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Whether there is no room for another one, which is there.
    pub(super) fn is_full(&mut self) -> bool {
        self.has_more |= self.messages.len() == self.limit;
        self.has_more
    }

    /// Whether others come behind the page.
    pub(super) const fn has_more(&self) -> bool {
        self.has_more
    }

    pub(super) fn take(&mut self, view: MessageView, sort: &Value) {
        self.bytes += size(&view);
        self.has_more = self.bytes > PAGE_BYTES && !self.messages.is_empty();
        if !self.has_more {
            self.messages.push(view);
            self.after = sort.as_array().cloned().unwrap_or_default();
        }
    }

    /// Where the next page begins, if others come behind.
    pub(super) fn next(&mut self, place: Place, rows: Option<u64>) -> Option<Start> {
        let after = std::mem::take(&mut self.after);
        let next = Position::new(place.point, after, rows);
        self.has_more.then(|| Start::Position(position::write(&next)))
    }
}
