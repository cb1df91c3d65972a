//! A page of the local index within bounds.

use std::ops::ControlFlow;

use postern_archive::IndexError;
use postern_archive::search::{Asker, Hit, Page, Position};
use postern_query::Message;

use crate::engine::PAGE_BYTES;
use crate::local::{LocalEngine, Question};
use crate::wire::{MessageView, ResultView};

/// The messages of a page without their bodies.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) messages: Vec<ResultView>,
    /// How many match in all.
    pub(super) count: usize,
    /// In how many rows, where equal messages are in one.
    pub(super) rows: Option<usize>,
    /// The position of the last one, if others come behind it.
    pub(super) next: Option<Position>,
}

/// At most `limit` messages, and no more than fit into a page. A body is in memory only while its
/// snippet is cut. The question asks for one more, which tells whether there is another page.
pub(super) fn list(
    engine: &dyn LocalEngine,
    question: &Question,
    limit: usize,
    asker: &Asker,
) -> Result<Listed, IndexError> {
    let mut gathered = Gathered { limit, ..Gathered::default() };
    if question.collapse {
        let rows =
            engine.rows(&question.search(), asker, &mut |row| gathered.take(row, |row| row.hit))?;
        let position = |last: &Hit| rows.position(last, &question.order);
        return Ok(Listed {
            count: rows.messages,
            rows: Some(rows.rows),
            next: gathered.last_of_several().as_ref().map(position),
            messages: gathered.messages,
        });
    }
    let page =
        engine.listed(&question.search(), asker, &mut |hit| gathered.take(hit, |hit| hit))?;
    let last = Page { hits: gathered.last_of_several().into_iter().collect(), ..page };
    let next = last.position(0, &question.order);
    Ok(Listed { messages: gathered.messages, count: last.count, rows: None, next })
}

/// What was handed over so far.
#[derive(Default)]
struct Gathered {
    limit: usize,
    messages: Vec<ResultView>,
    bytes: usize,
    last: Option<Hit>,
    has_more: bool,
}

impl Gathered {
    fn take<T>(&mut self, found: T, hit: impl FnOnce(T) -> Hit) -> ControlFlow<()>
    where
        for<'f> MessageView: From<&'f T>,
    {
        self.has_more = self.messages.len() == self.limit || !self.add(MessageView::from(&found));
        if self.has_more {
            return ControlFlow::Break(());
        }
        let hit = hit(found);
        self.last = Some(Hit { message: Message { body: None, ..hit.message }, ..hit });
        ControlFlow::Continue(())
    }

    /// Adds a message, if there is room for it. The first one has room, however long it is.
    fn add(&mut self, view: MessageView) -> bool {
        let (message, size) = ResultView::written(view);
        self.bytes += size;
        let has_room = self.bytes <= PAGE_BYTES || self.messages.is_empty();
        self.messages.extend(has_room.then_some(message));
        has_room
    }

    /// The last one, if others come behind it.
    fn last_of_several(&mut self) -> Option<Hit> {
        self.last.take().filter(|_| self.has_more)
    }
}
