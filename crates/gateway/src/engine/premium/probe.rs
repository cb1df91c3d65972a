//! What `/fields` said of an index, for as long as that is believed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_document::index_fields;
use postern_query::Capabilities;
use postern_upstream::Answer;

use crate::remembered::{Fingerprint, Remembered};

/// How many whole answers are kept, and the longest that is: the names of indexes come from clients.
const ANSWERS: usize = 64;
const LONGEST: usize = 256 << 10;

/// What the index that searches ask can do, with one key.
#[derive(Debug)]
struct Can {
    asked: Instant,
    capabilities: Option<Arc<Capabilities>>,
}

/// What was learnt from `/fields`; each index is an index with a key.
#[derive(Debug)]
pub(super) struct Probes {
    lasting: Duration,
    can: Mutex<Remembered<Can>>,
    answers: Mutex<Remembered<(Instant, Answer)>>,
}

impl Probes {
    pub(super) fn new(lasting: Duration) -> Self {
        let answers = Mutex::new(Remembered::with_room(ANSWERS));
        Self { lasting, can: Mutex::default(), answers }
    }

    pub(super) const fn lasting(&self) -> Duration {
        self.lasting
    }

    /// What is believed of an index.
    pub(super) fn known(&self, index: Fingerprint) -> Option<Arc<Capabilities>> {
        lock(&self.can).get(index)?.capabilities.clone()
    }

    /// Whether it is time to ask again what an index can do: only one of those who see that is told so.
    pub(super) fn is_due(&self, index: Fingerprint, now: Instant) -> bool {
        let mut known = lock(&self.can);
        let former = known.get(index);
        let is_due = former.is_none_or(|one| now.duration_since(one.asked) >= self.lasting);
        if is_due {
            let capabilities = former.and_then(|one| one.capabilities.clone());
            known.note(index, Can { asked: now, capabilities });
        }
        is_due
    }

    /// The whole answer, while it is fresh.
    pub(super) fn answer(&self, index: Fingerprint, now: Instant) -> Option<Answer> {
        let known = lock(&self.answers);
        let (asked, answer) = known.get(index)?;
        let is_fresh = now.duration_since(*asked) < self.lasting;
        is_fresh.then(|| answer.clone())
    }

    /// Keeps an answer that premium gave, if it is not too long.
    pub(super) fn keep(&self, index: Fingerprint, answer: &Answer, now: Instant) {
        if answer.body.len() <= LONGEST {
            lock(&self.answers).note(index, (now, answer.clone()));
        }
    }

    /// Believes what an answer says of the index that searches ask. One of a shape that is not known says
    /// nothing of what the index can do.
    pub(super) fn learn(
        &self,
        index: Fingerprint,
        answer: &Answer,
        known: &Capabilities,
        now: Instant,
    ) {
        let text = std::str::from_utf8(&answer.body).ok();
        let text = text.filter(|text| text.len() <= LONGEST);
        let fields = text.and_then(index_fields);
        let capabilities = fields.map(|fields| Arc::new(Capabilities { fields, ..known.clone() }));
        lock(&self.can).note(index, Can { asked: now, capabilities });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};

    use super::*;

    const LASTING: Duration = Duration::from_secs(600);

    fn answer(length: usize) -> Answer {
        let body = vec![b' '; length].into();
        Answer { status: StatusCode::OK, headers: HeaderMap::new(), body }
    }

    /// Names of indexes come from clients, in as many spellings as they like.
    #[test]
    fn many_spellings_push_out_the_oldest() {
        let (probes, now) = (Probes::new(LASTING), Instant::now());
        let index = |number: usize| Fingerprint::of(&["key", &number.to_string()]);
        for number in 0..=10 * ANSWERS {
            probes.keep(index(number), &answer(LONGEST), now);
        }
        assert_eq!(lock(&probes.answers).len(), ANSWERS);
        assert!(probes.answer(index(0), now).is_none());
        assert!(probes.answer(index(10 * ANSWERS), now).is_some());
        assert!(probes.answer(index(10 * ANSWERS), now + LASTING).is_none(), "old");
        assert_eq!(lock(&probes.can).len(), 0, "only what searches ask is remembered there");
    }

    #[test]
    fn a_long_answer_is_passed_on_and_not_kept() {
        let (probes, now, index) = (Probes::new(LASTING), Instant::now(), Fingerprint::of(&["a"]));
        for (length, is_kept) in [(LONGEST, true), (LONGEST + 1, false)] {
            let index = index.with(&[&length.to_string()]);
            probes.keep(index, &answer(length), now);
            assert_eq!(probes.answer(index, now).is_some(), is_kept, "{length}");
        }
    }

    #[test]
    fn only_the_first_is_told_to_ask() {
        let (probes, now, index) = (Probes::new(LASTING), Instant::now(), Fingerprint::of(&["a"]));
        let is_due = |at| probes.is_due(index, at);
        assert_eq!([is_due(now), is_due(now)], [true, false]);
        assert_eq!([is_due(now + LASTING), is_due(now + LASTING)], [true, false]);
    }
}
