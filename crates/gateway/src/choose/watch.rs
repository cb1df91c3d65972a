//! What is watched of an engine that may fail, so that nobody waits for it in vain.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::breaker::BreakerState;
use super::breakers::{Breakers, Pass};
use super::latency::Latency;
use super::memory::{Known, Memory};
use super::standing::{Standing, Standings};
use crate::engine::{Ask, Asking, By, Health, Outcome, Watching, Why};
use crate::remembered::Fingerprint;

/// What is known of an engine by what it answered.
#[derive(Debug)]
pub(super) struct Watch {
    settings: Watching,
    breakers: Breakers,
    memory: Memory,
    standings: Standings,
    latency: Latency,
}

impl Watch {
    pub(super) fn new(settings: Watching, has_one_asker: bool) -> Self {
        Self {
            breakers: Breakers::new(settings.breaker, has_one_asker),
            memory: Memory::default(),
            standings: Standings::default(),
            latency: Latency::default(),
            settings,
        }
    }

    /// From now on there are several askers.
    pub(super) fn share(&self) {
        self.breakers.share();
    }

    pub(super) fn breaker(&self, now: Instant) -> BreakerState {
        self.breakers.state(now)
    }

    pub(super) const fn shadow(&self) -> f64 {
        self.settings.shadow
    }

    /// For how long it is waited for before the next engine begins as well.
    pub(super) fn head_start(&self) -> Option<Duration> {
        if self.settings.hedge { self.latency.p95() } else { None }
    }

    /// Asks unless that is known to be in vain, and learns from the outcome.
    pub(super) async fn ask<T>(&self, by: By, answer: Asking<T>) -> Result<Outcome<T>, Why> {
        let start = Instant::now();
        let pass = self.admit(by, start)?;
        let outcome = answer.await;
        if let (Outcome::Served(_), Some(_)) = (&outcome, by.index) {
            self.latency.record(start.elapsed());
        }
        let now = Instant::now();
        pass.report(outcome.health(), now);
        self.learn(by, &outcome, now);
        Ok(outcome)
    }

    fn admit(&self, by: By, now: Instant) -> Result<Pass<'_>, Why> {
        match by.index.and_then(|index| self.memory.recall(index, now)) {
            Some((Known::Absent, since)) => Err(Why::KnownAbsent(now.duration_since(since))),
            Some((Known::Busy, _)) => Err(Why::Busy),
            None => self.pass(by, now),
        }
    }

    fn pass(&self, by: By, now: Instant) -> Result<Pass<'_>, Why> {
        let pass = self.breakers.admit(by.asker, now);
        pass.map_err(|since| Why::BreakerOpen(now.duration_since(since)))
    }

    /// What was answered to a key is known of that key: of each index, and whether it is refused.
    fn learn<T>(&self, by: By, outcome: &Outcome<T>, now: Instant) {
        if let Outcome::RefusedKey(_) = outcome {
            self.standings.note(by.sent, Standing::Refused, now);
        }
        let Some(index) = by.index else { return };
        match outcome {
            Outcome::Served(_) => {
                self.memory.forget(index);
                self.standings.note(by.sent, Standing::Known, now);
            }
            Outcome::Absent(_) => {
                self.memory.note(index, Known::Absent, now, self.settings.recheck);
            }
            Outcome::Busy(Some(wait)) => self.memory.note(index, Known::Busy, now, *wait),
            Outcome::RefusedKey(_)
            | Outcome::RefusedQuery(_)
            | Outcome::TooCostly(_)
            | Outcome::Busy(None)
            | Outcome::Failed(_) => {}
        }
    }
}

/// Keys that the engine refuses.
impl Watch {
    pub(super) fn refuses(&self, key: Fingerprint, now: Instant) -> bool {
        self.standings.of(key, now) == Some(Standing::Refused)
    }

    /// Asks about a key of which nothing is told, one request at a time; the others wait for what comes of
    /// that.
    pub(super) async fn learn_of_key(
        &self,
        key: Fingerprint,
        deadline: Instant,
        ask: impl FnOnce() -> Option<Ask<()>>,
    ) {
        if self.is_told(key) {
            return;
        }
        let turn = self.standings.turn(key);
        if let Ok(_mine) = timeout_at(deadline.into(), turn.lock()).await
            && !self.is_told(key)
            && let Some(ask) = ask()
            && let Some(standing) = self.ask_about(ask, deadline).await
        {
            self.standings.note_first(key, standing, Instant::now());
        }
    }

    /// A request was answered with 401: unless the engine says that it knows the key, it refuses it.
    pub(super) async fn doubt(&self, key: Fingerprint, ask: Ask<()>, deadline: Instant) {
        let standing = match self.ask_about(ask, deadline).await {
            Some(Standing::Known) => Standing::Known,
            Some(Standing::Refused | Standing::Untold) | None => Standing::Refused,
        };
        self.standings.note(key, standing, Instant::now());
    }

    #[cfg(test)]
    pub(super) fn trust(&self, key: Fingerprint) {
        self.standings.note(key, Standing::Known, Instant::now());
    }

    fn is_told(&self, key: Fingerprint) -> bool {
        self.standings.of(key, Instant::now()).is_some()
    }

    /// Asks with a question of which a client writes no part, whatever is known of the index. Nothing where
    /// it could not be asked.
    async fn ask_about(&self, ask: Ask<()>, deadline: Instant) -> Option<Standing> {
        let (start, by) = (Instant::now(), ask.by?);
        let pass = self.pass(by, start).ok()?;
        let outcome = ask.answer.await;
        // An engine that had little time left was not silent.
        let had_time = deadline.duration_since(start) >= self.settings.deadline / 2;
        let health = outcome.health();
        if health == Health::Silent && !had_time {
            return None;
        }
        let now = Instant::now();
        pass.report(health, now);
        self.learn(by, &outcome, now);
        Some(standing_after(&outcome))
    }
}

/// A refusal of the request, or of the engine to this key, shows that the key itself is known.
const fn standing_after<T>(outcome: &Outcome<T>) -> Standing {
    match outcome {
        Outcome::Served(_) | Outcome::Absent(_) => Standing::Known,
        Outcome::RefusedKey(_) => Standing::Refused,
        Outcome::RefusedQuery(_)
        | Outcome::TooCostly(_)
        | Outcome::Busy(_)
        | Outcome::Failed(_) => Standing::Untold,
    }
}
