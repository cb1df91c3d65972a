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
    let (mut messages, mut bytes, mut last, mut has_more) = (Vec::new(), 0, None, false);
    let page = engine.each(&question.search(), asker, &mut |hit| {
        let view = MessageView::from(&hit);
        bytes += size(&view);
        has_more = messages.len() == limit || (bytes > PAGE_BYTES && !messages.is_empty());
        if has_more {
            return ControlFlow::Break(());
        }
        messages.push(view);
        last = Some(Hit { message: Message { body: None, ..hit.message }, ..hit });
        ControlFlow::Continue(())
    })?;
    let last = Page { hits: last.filter(|_| has_more).into_iter().collect(), ..page };
    Ok(Listed { messages, count: last.count, next: last.position(0, &question.order) })
}
