//! Who answers: premium, or the local index and why.

mod breaker;
mod memory;
mod policy;

use std::time::{Duration, Instant};

use postern_upstream::{DataTap, Outcome, Settings, SetupError, Target};

use crate::config;
use breaker::{Breaker, BreakerSettings};
use memory::{Known, Memory};

pub(crate) use breaker::BreakerState;
pub(crate) use policy::{Face, Reason, Verdict};

/// The premium service and what is known of its health.
#[derive(Debug)]
pub(crate) struct Premium {
    client: DataTap,
    index: String,
    only_index: bool,
    breaker: Breaker,
    memory: Memory,
    recheck: Duration,
}

impl Premium {
    pub(crate) fn new(settings: &config::Premium) -> Result<Self, SetupError> {
        Ok(Self {
            client: DataTap::new(&settings.url, Settings::default())?,
            index: settings.index.clone(),
            only_index: settings.only_index,
            breaker: Breaker::new(BreakerSettings::default()),
            memory: Memory::default(),
            recheck: settings.recheck,
        })
    }

    pub(crate) const fn client(&self) -> &DataTap {
        &self.client
    }

    /// The index that native searches ask.
    pub(crate) fn index(&self) -> &str {
        &self.index
    }

    /// Whether the local index stands in for the index of that name.
    pub(crate) fn is_ours(&self, index: &str) -> bool {
        !self.only_index || self.index == index
    }

    pub(crate) fn breaker(&self, now: Instant) -> BreakerState {
        self.breaker.state(now)
    }

    /// Asks unless that is known to be in vain, learns from the outcome, and decides.
    pub(crate) async fn ask(
        &self,
        target: Target<'_>,
        face: Face,
        asking: impl Future<Output = Outcome>,
    ) -> Verdict {
        if let Some(reason) = self.in_vain(target, Instant::now()) {
            return Verdict::FallBack(reason);
        }
        let outcome = asking.await;
        self.learn(target, &outcome, Instant::now());
        policy::decide(outcome, face)
    }

    fn in_vain(&self, target: Target<'_>, now: Instant) -> Option<Reason> {
        match self.memory.recall(target, now) {
            Some((Known::Absent, since)) => Some(Reason::KnownAbsent(now.duration_since(since))),
            Some((Known::Busy, _)) => Some(Reason::Busy),
            None => {
                let since = self.breaker.admits(now).err()?;
                Some(Reason::BreakerOpen(now.duration_since(since)))
            }
        }
    }

    fn learn(&self, target: Target<'_>, outcome: &Outcome, now: Instant) {
        self.breaker.record(policy::health(outcome), now);
        match outcome {
            Outcome::Served(_) => self.memory.forget(target),
            Outcome::NotPremium(_) => {
                self.memory.note(target, Known::Absent, now, self.recheck);
            }
            Outcome::Busy(_, Some(wait)) => self.memory.note(target, Known::Busy, now, *wait),
            Outcome::BadRequest(_)
            | Outcome::BadKey(_)
            | Outcome::Busy(_, None)
            | Outcome::Failed(_) => {}
        }
    }
}
