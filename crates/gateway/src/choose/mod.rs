//! Who answers: the engines of a tenant in their order, each asked where those before it fail.
//!
//! All of this is written once for every engine: the [walk](walk()) over the list, with its early start of
//! the next one, and what is [watched](watch) of each: its breakers, what it is known to lack, which keys it
//! refuses, how long it takes.

mod breaker;
mod breakers;
mod latency;
mod memory;
mod recent;
mod standing;
mod walk;
mod watch;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::access::{Denied, UpstreamKey};
use crate::config::EngineName;
use crate::engine::{Ask, Engine, Made, Outcome, Reason, Why};

pub(crate) use breaker::BreakerState;
pub(crate) use walk::{Ending, Face, Walked, walk};
use watch::Watch;

/// An engine, and what is watched of it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) engine: Arc<dyn Engine>,
    /// Nothing for one that does not fail by itself.
    watch: Option<Watch>,
}

/// A name in the order of engines, and the engine, or why there is none.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: EngineName,
    pub(crate) member: Result<Arc<Member>, Why>,
}

/// What comes of an engine's turn: an outcome, or why it was not asked.
type Asked<T> = Result<Outcome<T>, NotAsked>;

/// Why an engine was not asked.
#[derive(Debug)]
pub(crate) enum NotAsked {
    /// It was passed over.
    PassedOver(Why),
    /// The key may not read what it would say.
    Denied(Denied),
}

impl From<Why> for NotAsked {
    fn from(why: Why) -> Self {
        Self::PassedOver(why)
    }
}

/// An engine's turn, when it comes to that: nothing happens before.
pub(crate) struct Turn<'a, T> {
    name: EngineName,
    head_start: Option<Duration>,
    asking: Pin<Box<dyn Future<Output = Asked<T>> + Send + 'a>>,
}

impl Member {
    /// The engine that was made, or why there is none. With one asker, all that is known of it is what he
    /// heard.
    pub(crate) fn of(made: Made, has_one_asker: bool) -> Result<Arc<Self>, Why> {
        let (engine, watching) = made?;
        let watch = watching.map(|watching| Watch::new(watching, has_one_asker));
        Ok(Arc::new(Self { engine, watch }))
    }

    /// Asks, unless that is known to be in vain, and takes note of what comes of it.
    pub(crate) async fn ask<T>(&self, ask: Ask<T>) -> Result<Outcome<T>, Why> {
        match (&self.watch, ask.by) {
            (Some(watch), Some(by)) => watch.ask(by, ask.answer).await,
            (None, _) | (_, None) => Ok(ask.answer.await),
        }
    }

    /// Whether it is not the index of this machine.
    pub(crate) const fn is_elsewhere(&self) -> bool {
        self.watch.is_some()
    }

    /// From now on there are several askers.
    pub(crate) fn share(&self) {
        self.watch.iter().for_each(Watch::share);
    }

    /// The breaker of the engine; those of single keys say nothing to others.
    pub(crate) fn breaker(&self, now: Instant) -> Option<BreakerState> {
        self.watch.as_ref().map(|watch| watch.breaker(now))
    }

    /// Whether it is known to refuse the key.
    pub(crate) fn refuses(&self, key: &UpstreamKey) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.refuses(key.sent(), Instant::now()))
    }

    /// The same, before something is shown: about a key that was never asked about it is asked now. Where
    /// it does not say until `deadline`, the key is configured, and that decides.
    pub(crate) async fn refuses_after_asking(
        &self,
        key: &UpstreamKey,
        tenant: &str,
        deadline: Instant,
    ) -> bool {
        let Some(watch) = &self.watch else { return false };
        let ask = || self.engine.probe(key, tenant, deadline);
        watch.learn_of_key(key.sent(), deadline, ask).await;
        self.refuses(key)
    }

    /// A request of any kind was answered with 401: was that about the key? Where the engine does not say,
    /// it was.
    pub(crate) async fn doubt(&self, key: &UpstreamKey, tenant: &str, deadline: Instant) {
        let ask = self.engine.probe(key, tenant, deadline);
        if let Some((watch, ask)) = self.watch.as_ref().zip(ask) {
            watch.doubt(key.sent(), ask, deadline).await;
        }
    }

    /// Asks beside the requests what the engine can do, where it is time for that.
    pub(crate) fn refresh(self: &Arc<Self>, key: &UpstreamKey, tenant: &str) {
        let Some(ask) = self.engine.due(key, tenant) else { return };
        let member = Arc::clone(self);
        drop(tokio::spawn(async move { member.ask(ask).await.map(drop) }));
    }

    #[cfg(test)]
    pub(crate) fn trust(&self, key: &UpstreamKey) {
        self.watch.iter().for_each(|watch| watch.trust(key.sent()));
    }
}

impl Entry {
    /// The engine's turn with `ask`. One that does not judge keys shows nothing to a key that `gate` does not
    /// let through.
    pub(crate) fn turn<'a, T: Send + 'a>(
        &self,
        gate: impl Future<Output = Result<(), Denied>> + Send + 'a,
        ask: Result<Ask<T>, Why>,
    ) -> Turn<'a, T> {
        let member = self.member.clone();
        let watch = member.as_ref().ok().and_then(|member| member.watch.as_ref());
        let head_start = watch.and_then(Watch::head_start);
        let asking = async move {
            let (member, ask) = (member?, ask?);
            if !member.engine.judges_keys() {
                gate.await.map_err(NotAsked::Denied)?;
            }
            Ok(member.ask(ask).await?)
        };
        Turn { name: self.name, head_start, asking: Box::pin(asking) }
    }

    /// The share of its answers that the next engine is asked for too.
    pub(crate) fn shadow(&self) -> f64 {
        let watch = self.member.as_ref().ok().and_then(|member| member.watch.as_ref());
        watch.map_or(0.0, Watch::shadow)
    }

    /// Why this engine was passed over.
    pub(crate) const fn passed_over(&self, why: Why) -> Reason {
        Reason { engine: self.name, why }
    }
}
