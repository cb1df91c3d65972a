//! Everything that a query finds, newest first.

use std::ops::ControlFlow;

use postern_local_index::search::{Asker, Hit, Page, Search};
use postern_query::schema::{InstantField, Sort, SortField};
use postern_query::{Message, Query};

use super::{Broken, Format, Shelf};

/// Messages that are looked for at once. The search is made again for each page, so few pages cost little;
/// of a page only the places of its messages are in memory.
const PAGE: usize = 10_000;

/// Hands over what a query finds, of what a format has room for.
pub(super) fn each(
    shelf: &(impl Shelf + ?Sized),
    query: &Query,
    asker: &Asker,
    format: Format,
    take: &mut dyn FnMut(&Hit) -> Result<(), Broken>,
) -> Result<(), Broken> {
    let order = [Sort::descending(SortField::Instant(InstantField::Received))];
    // A mailbox file has no room for files.
    let mail = (format == Format::Mbox).then(|| query.clone().mail_only());
    let query = mail.as_ref().unwrap_or(query);
    let mut after = None;
    // Page after page, each right behind the last message of the one before, so that none is left out or
    // written twice while mail is taken in.
    loop {
        let asker = Asker { work: asker.work.renewed(), ..asker.clone() };
        let (mut hits, mut last, mut taken) = (0, None, Ok(()));
        let after_last = after.as_ref();
        let search = Search {
            query,
            order: &order,
            after: after_last,
            offset: 0,
            limit: PAGE,
            highlight: false,
        };
        let page = shelf.each(&search, &asker, &mut |hit| {
            hits += 1;
            taken = take(&hit);
            last = Some(Hit { message: Message { body: None, ..hit.message }, ..hit });
            if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        taken?;
        let last = Page { hits: last.filter(|_| hits == PAGE).into_iter().collect(), ..page };
        match last.position(0, &order) {
            Some(position) => after = Some(position),
            None => return Ok(()),
        }
    }
}
