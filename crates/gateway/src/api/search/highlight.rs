//! Where clauses match in what an engine elsewhere tells of messages.

use std::sync::Arc;

use postern_archive::search::{Clauses, Work};

use super::asked::Asked;
use crate::State as Shared;
use crate::config::EngineName;
use crate::engine::{Found, Occasion};
use crate::wire::ResultView;

/// The same page with the places in which clauses match, where that was asked for and the engine does not say it.
/// It is looked for aside from the threads that talk to clients, and left out if that takes too long.
pub(super) async fn looked_for(
    state: &Shared,
    asked: &Asked,
    engine: EngineName,
    found: Found,
    occasion: &Occasion,
) -> Found {
    if !asked.is_unmarked(engine) || found.messages.is_empty() {
        return found;
    }
    let (understood, mut messages) = (Arc::clone(&asked.understood), found.messages.clone());
    let looked = state.language().aside(occasion.deadline, move |_| {
        let (clauses, work) = (Clauses::of(understood.query.condition()), Work::limited());
        let views = messages.iter_mut().filter_map(ResultView::view_mut);
        views.for_each(|view| view.look_for(&clauses, &work));
        messages
    });
    match looked.await {
        Ok(messages) => Found { messages, ..found },
        Err(_) => found,
    }
}
