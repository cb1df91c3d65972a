//! Whether the next engine would have said what an engine said: a share of the answers is asked for twice,
//! so that an operator knows how far to trust the fallback before it is needed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use postern_archive::search::Scope;
use tracing::{info, warn};

use crate::State;
use crate::engine::{Found, Occasion, Outcome, Refusal};
use crate::local::Allowance;
use crate::metrics::Comparison;

/// Whether it is this answer's turn.
pub(crate) fn is_due(share: f64) -> bool {
    fastrand::f64() < share
}

/// What an engine is told that is asked beside the requests. Another one has answered this key, so everything
/// may be seen.
pub(crate) fn occasion(state: &State) -> Occasion {
    let deadline = state.deadline(Instant::now());
    let allowance = Allowance::new(Scope::All, deadline, Duration::ZERO);
    Occasion { deadline, traceparent: None, allowance }
}

/// Compares beside the requests. The messages are compared where an answer is exact, and all of them stand on
/// the page; what would cost too much to ask again is left out.
pub(crate) fn compare(
    state: &State,
    query_id: &str,
    theirs: Theirs,
    again: impl Future<Output = Option<Outcome<Found>>> + Send + 'static,
) {
    let (state, query_id) = (state.clone(), query_id.to_owned());
    drop(tokio::spawn(async move {
        let result = match again.await {
            None | Some(Outcome::TooCostly(Refusal::Errors(_))) => return,
            Some(Outcome::Served(ours)) => theirs.compare(&ours),
            Some(
                Outcome::RefusedKey(_)
                | Outcome::RefusedQuery(_)
                | Outcome::TooCostly(_)
                | Outcome::Absent(_)
                | Outcome::Busy(_)
                | Outcome::Failed(_),
            ) => Comparison::Failed,
        };
        state.metrics().shadow(result);
        match result {
            Comparison::Same => info!(query_id, "the next engine agrees"),
            Comparison::Count | Comparison::Ids | Comparison::Failed => {
                warn!(query_id, ?result, "the next engine disagrees");
            }
        }
    }));
}

/// What the engine that answered said.
#[derive(Debug)]
pub(crate) struct Theirs {
    count: u64,
    /// All ids, where they are known.
    ids: Option<BTreeSet<String>>,
}

impl Theirs {
    /// Nothing where it did not say how many match.
    pub(crate) fn of(found: &Found) -> Option<Self> {
        let count = found.count?;
        let ids = found.messages.iter().map(|message| message.id().map(str::to_owned));
        let ids = ids.collect::<Option<BTreeSet<_>>>();
        let is_all = |ids: &BTreeSet<_>| u64::try_from(ids.len()) == Ok(count);
        Some(Self { count, ids: ids.filter(|ids| found.exact && is_all(ids)) })
    }

    fn compare(&self, ours: &Found) -> Comparison {
        if ours.count != Some(self.count) {
            return Comparison::Count;
        }
        let mut own = ours.messages.iter().filter_map(|message| message.id());
        let has_others = |ids: &BTreeSet<String>| own.any(|id| !ids.contains(id));
        if self.ids.as_ref().is_some_and(has_others) { Comparison::Ids } else { Comparison::Same }
    }
}
