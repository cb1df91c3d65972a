//! A page of the local index within bounds.

use std::ops::ControlFlow;

use postern_archive::IndexError;
use postern_archive::search::{Asker, Hit, Page, Position};
use postern_query::Message;

use crate::engine::PAGE_BYTES;
use crate::local::{LocalEngine, Question};
use crate::wire::{MessageView, size};

/// The messages of a page without their bodies.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) messages: Vec<MessageView>,
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
        let rows = engine.rows(&question.search(), asker, &mut |row| {
            gathered.take(MessageView::from(&row), row.hit)
        })?;
        let position = |last: &Hit| rows.position(last, &question.order);
        return Ok(Listed {
            count: rows.messages,
            rows: Some(rows.rows),
            next: gathered.last_of_several().as_ref().map(position),
            messages: gathered.messages,
        });
    }
    let page = engine
        .each(&question.search(), asker, &mut |hit| gathered.take(MessageView::from(&hit), hit))?;
    let last = Page { hits: gathered.last_of_several().into_iter().collect(), ..page };
    let next = last.position(0, &question.order);
    Ok(Listed { messages: gathered.messages, count: last.count, rows: None, next })
}

/// What was handed over so far.
#[derive(Default)]
struct Gathered {
    limit: usize,
    messages: Vec<MessageView>,
    bytes: usize,
    last: Option<Hit>,
    has_more: bool,
}

impl Gathered {
    fn take(&mut self, view: MessageView, hit: Hit) -> ControlFlow<()> {
        self.bytes += size(&view);
        let is_full = self.bytes > PAGE_BYTES && !self.messages.is_empty();
        self.has_more = self.messages.len() == self.limit || is_full;
        if self.has_more {
            return ControlFlow::Break(());
        }
        self.messages.push(view);
        self.last = Some(Hit { message: Message { body: None, ..hit.message }, ..hit });
        ControlFlow::Continue(())
    }

    /// The last one, if others come behind it.
    fn last_of_several(&mut self) -> Option<Hit> {
        self.last.take().filter(|_| self.has_more)
    }
}
