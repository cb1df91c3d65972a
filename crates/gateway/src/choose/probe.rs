//! What `/fields` said of an index, for as long as that is believed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_query::Capabilities;
use postern_upstream::{Answer, Secret, Target, index_fields};

use crate::config::field_capabilities;

/// How many indexes are remembered; names come from clients, so there is a bound.
const REMEMBERED: usize = 1_024;

/// What was learnt of one index with one key.
#[derive(Debug)]
struct Entry {
    key: Secret,
    asked: Instant,
    answer: Option<Answer>,
    capabilities: Option<Arc<Capabilities>>,
}

/// The answers to `/fields`.
#[derive(Debug)]
pub(super) struct Probes {
    lasting: Duration,
    known: Mutex<HashMap<(String, String), Entry>>,
}

impl Probes {
    pub(super) fn new(lasting: Duration) -> Self {
        Self { lasting, known: Mutex::default() }
    }

    pub(super) const fn lasting(&self) -> Duration {
        self.lasting
    }

    /// What is believed of an index, and whether it is time to ask: only one of those who see that
    /// is told so.
    pub(super) fn recall(
        &self,
        target: Target<'_>,
        key: &Secret,
        now: Instant,
    ) -> (Option<Arc<Capabilities>>, bool) {
        let mut known = self.lock();
        let former = known.get_mut(&place(target)).filter(|entry| entry.is_of(key));
        if let Some(entry) = former {
            let is_due = now.duration_since(entry.asked) >= self.lasting;
            if is_due {
                entry.asked = now;
            }
            return (entry.capabilities.clone(), is_due);
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let entry = Entry { key: key.clone(), asked: now, answer: None, capabilities: None };
        known.insert(place(target), entry);
        (None, true)
    }

    /// The whole answer, while it is fresh.
    pub(super) fn answer(&self, target: Target<'_>, key: &Secret, now: Instant) -> Option<Answer> {
        let known = self.lock();
        let entry = known.get(&place(target)).filter(|entry| entry.is_of(key))?;
        let is_fresh = now.duration_since(entry.asked) < self.lasting;
        entry.answer.clone().filter(|_| is_fresh)
    }

    /// Believes an answer. One of a shape that is not known says nothing of what the index can do.
    pub(super) fn learn(
        &self,
        target: Target<'_>,
        key: &Secret,
        answer: &Answer,
        known: &Capabilities,
        now: Instant,
    ) {
        let text = std::str::from_utf8(&answer.body).ok();
        let fields = text.and_then(index_fields).map(field_capabilities);
        let capabilities = fields.map(|fields| Arc::new(Capabilities { fields, ..known.clone() }));
        let (key, answer) = (key.clone(), Some(answer.clone()));
        self.lock().insert(place(target), Entry { key, asked: now, answer, capabilities });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_of(&self, key: &Secret) -> bool {
        self.key.expose() == key.expose()
    }
}

fn place(target: Target<'_>) -> (String, String) {
    (target.tenant.to_owned(), target.index.to_owned())
}
