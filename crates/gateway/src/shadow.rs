//! Whether the local index would have said what premium said: a share of the answers is asked for
//! twice, so that an operator knows how far to trust the fallback before it is needed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Instant;

use postern_archive::IndexError;
use postern_archive::search::{Asker, Scope};
use postern_upstream::Answer;
use tracing::{info, warn};

use crate::State;
use crate::local::{Allowance, LocalEngine, Question};
use crate::metrics::Comparison;

/// Asks the local index beside the requests, if it is this one's turn. The messages are compared where
/// premium answers `exactly` what is asked, and all of them stand on the page.
pub(crate) fn compare<Q>(
    state: &State,
    tenant: Option<&str>,
    query_id: &str,
    answer: &Answer,
    exactly: bool,
    question: impl FnOnce() -> Q,
) where
    Q: Future<Output = Option<Question>> + Send + 'static,
{
    if fastrand::f64() >= state.shadow() {
        return;
    }
    let Some(theirs) = Theirs::of(answer, exactly) else { return };
    let question = question();
    let (state, query_id) = (state.clone(), query_id.to_owned());
    let local = state.local_beside(tenant).clone();
    // Premium was asked, so everything may be seen.
    let allowance = Allowance::new(Scope::All, state.deadline(Instant::now()));
    drop(tokio::spawn(async move {
        let Some(question) = question.await else { return };
        let page =
            local.ask(&allowance, move |engine, asker| Ours::find(engine, &question, asker)).await;
        let result = page.map_or(Comparison::Failed, |page| theirs.compare(&page));
        state.metrics().shadow(result);
        match result {
            Comparison::Same => info!(query_id, "the local index agrees"),
            Comparison::Count | Comparison::Ids | Comparison::Failed => {
                warn!(query_id, ?result, "the local index disagrees");
            }
        }
    }));
}

/// What the local index said.
struct Ours {
    count: usize,
    ids: Vec<String>,
}

impl Ours {
    fn find(
        engine: &dyn LocalEngine,
        question: &Question,
        asker: &Asker,
    ) -> Result<Self, IndexError> {
        let mut ids = Vec::new();
        let page = engine.each(&question.search(), asker, &mut |hit| {
            ids.push(hit.message.id);
            ControlFlow::Continue(())
        })?;
        Ok(Self { count: page.count, ids })
    }
}

/// What premium said.
#[derive(Debug)]
struct Theirs {
    count: usize,
    /// All ids, where they are known.
    ids: Option<BTreeSet<String>>,
}

impl Theirs {
    fn of(answer: &Answer, exactly: bool) -> Option<Self> {
        let found = answer.found()?;
        let count = usize::try_from(found.count?).ok()?;
        let ids = found.hits.iter().map(|hit| hit.text("id").map(str::to_owned));
        let ids = ids.collect::<Option<BTreeSet<_>>>();
        Some(Self { count, ids: ids.filter(|ids| exactly && ids.len() == count) })
    }

    fn compare(&self, ours: &Ours) -> Comparison {
        if ours.count != self.count {
            return Comparison::Count;
        }
        let is_other = |ids: &BTreeSet<String>| ours.ids.iter().any(|id| !ids.contains(id));
        if self.ids.as_ref().is_some_and(is_other) { Comparison::Ids } else { Comparison::Same }
    }
}
