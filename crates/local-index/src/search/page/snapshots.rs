//! States of the index to which pages by relevance go back.
//!
//! Every message that is added changes a little how relevant each other one is. So that pages in this
//! order do not repeat or leave out messages, the next one is taken from the state of the first.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tantivy::Searcher;

/// How many states are kept. Each holds on to files that may be gone from the index.
const MOST: usize = 4;

/// How long a state is kept after the last page of it.
const LIFE: Duration = Duration::from_secs(600);

/// The states of which pages were given lately, the latest last.
#[derive(Default)]
pub(crate) struct Snapshots(Mutex<VecDeque<(u64, Instant, Searcher)>>);

/// Names a state of the index; the same in every process.
pub(crate) fn mark(searcher: &Searcher) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (segment, deletions) in searcher.generation().segments() {
        (segment.uuid_string(), deletions).hash(&mut hasher);
    }
    hasher.finish()
}

impl Snapshots {
    /// Keeps a state for the next pages.
    pub(crate) fn keep(&self, searcher: &Searcher, now: Instant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = mark(searcher);
        kept.retain(|(other, last, _)| *other != mark && now.duration_since(*last) < LIFE);
        kept.push_back((mark, now, searcher.clone()));
        let surplus = kept.len().saturating_sub(MOST);
        kept.drain(..surplus);
    }

    /// The state of that name, if it is still there.
    pub(crate) fn find(&self, mark: u64) -> Option<Searcher> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(other, ..)| *other == mark).map(|(.., searcher)| searcher.clone())
    }
}
