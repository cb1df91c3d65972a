//! What was found, read and handed over one by one.

use std::collections::HashMap;
use std::ops::ControlFlow;

use tantivy::{DocAddress, Searcher};

use super::scores;
use super::snapshots::mark;
use super::top::{Found, UNSCORED};
use crate::Error;
use crate::format::fetch::Read;
use crate::search::compile::plan::Plan;
use crate::search::inside::Inside;
use crate::search::snippet::Needles;
use crate::search::work::MESSAGE;
use crate::search::{Asker, Hit, Page, Search};

/// Hands over what was found by a plan, each with where it lies, as messages that are read so.
///
/// # Errors
///
/// When it costs too much work or is stopped, or the index cannot be read.
pub(crate) fn hand_over(
    searcher: &Searcher,
    plan: &Plan,
    mut found: Found,
    search: &Search<'_>,
    asker: &Asker,
    read: Read,
    take: &mut dyn FnMut(DocAddress, Hit) -> ControlFlow<()>,
) -> Result<Page, Error> {
    if plan.scored && !search.is_ranked() {
        scores::fill_in(searcher, plan, &mut found.first)?;
    }
    let needles = search.highlight.then(|| Needles::of(search.query.condition()));
    let highlighting = asker.work.meter("highlighting");
    let scanned = Needles::share(found.first.len());
    // Paid before the first is handed over: an answer that has begun is not too costly.
    let hits = u64::try_from(found.first.len()).unwrap_or(u64::MAX);
    plan.meter.pay(MESSAGE.saturating_mul(hits))?;
    let places = match &plan.place {
        Some(place) => place.places_of(searcher, found.first.iter().map(|(_, at)| *at))?,
        None => HashMap::new(),
    };
    let inside = match &needles {
        Some(needles) => {
            let messages = found.first.iter().map(|(_, at)| *at);
            Inside::of(searcher, needles.clauses(), messages, &highlighting)?
        }
        None => None,
    };
    for (score, address) in found.first {
        if asker.work.is_stopped() {
            return Err(Error::Stopped);
        }
        let message = read(searcher, address)?;
        // What may not be seen was not found.
        let Some(message) = message.seen_at(|place| asker.scope.shows(place)) else { continue };
        let place = places.get(&address).copied().unwrap_or_default();
        let inside = inside.as_ref().map(|inside| inside.of_message(address));
        let snippet = needles.as_ref().map(|needles| {
            let counter = &mut highlighting.counter();
            needles.snippet(&message, place, scanned, inside.as_ref(), counter)
        });
        let score = if plan.scored { score } else { UNSCORED };
        if take(address, Hit { score, message, place, snippet }).is_break() {
            break;
        }
    }
    plan.faults.check()?;
    Ok(Page { count: found.count, hits: Vec::new(), snapshot: mark(searcher) })
}
