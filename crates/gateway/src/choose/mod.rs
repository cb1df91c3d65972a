//! Who answers: premium, or the local index and why.

mod breaker;
mod hedge;
mod latency;
mod memory;
mod policy;
mod probe;

use std::sync::Arc;
use std::time::{Duration, Instant};

use postern_query::Capabilities;
use postern_upstream::{Call, DataTap, Outcome, Secret, SetupError, Target};

use crate::config::{self, ConfigError};
use breaker::Breaker;
use latency::Latency;
use memory::{Known, Memory};
use probe::Probes;

pub use breaker::BreakerSettings;
pub(crate) use breaker::BreakerState;
pub(crate) use hedge::{Chosen, choose};
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
    deadline: Duration,
    latency: Latency,
    hedge: bool,
    capabilities: Arc<Capabilities>,
    probes: Option<Probes>,
}

impl Premium {
    pub(crate) fn new(
        settings: &config::Premium,
        capabilities: Capabilities,
    ) -> Result<Self, ConfigError> {
        // A file of fields is the operator's word, and premium is not asked for it.
        let probe = settings.probe.filter(|_| settings.fields.is_none());
        let invalid = |error: SetupError| ConfigError::Value(error.to_string());
        Ok(Self {
            client: DataTap::new(&settings.url, settings.client()?).map_err(invalid)?,
            index: settings.index.clone(),
            only_index: settings.only_index,
            breaker: Breaker::new(settings.breaker),
            memory: Memory::default(),
            recheck: settings.recheck,
            deadline: settings.deadline,
            latency: Latency::default(),
            hedge: settings.hedge,
            capabilities: Arc::new(capabilities),
            probes: probe.map(Probes::new),
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

    /// For how long premium is waited for before the local index begins as well.
    pub(crate) fn head_start(&self) -> Option<Duration> {
        if self.hedge { self.latency.p95() } else { None }
    }

    /// How often what an index can do is asked again; nothing where it is never asked.
    pub(crate) fn probing(&self) -> Option<Duration> {
        self.probes.as_ref().map(Probes::lasting)
    }

    /// What the index of a tenant can do, as far as it is known. Where that is not, or not any more,
    /// premium is asked beside the requests.
    pub(crate) fn capabilities(
        self: &Arc<Self>,
        target: Target<'_>,
        key: &Secret,
    ) -> Arc<Capabilities> {
        let Some(probes) = &self.probes else { return Arc::clone(&self.capabilities) };
        let (known, is_due) = probes.recall(target, key, Instant::now());
        if is_due {
            let (premium, key) = (Arc::clone(self), key.clone());
            let (tenant, index) = (target.tenant.to_owned(), target.index.to_owned());
            drop(tokio::spawn(async move {
                let target = Target { tenant: &tenant, index: &index };
                let deadline = Instant::now() + premium.deadline;
                let call = Call { target, key: &key, deadline, traceparent: None };
                premium.fields(call).await
            }));
        }
        known.unwrap_or_else(|| Arc::clone(&self.capabilities))
    }

    /// The fields of an index: what premium said not long ago, or says now.
    pub(crate) async fn fields(&self, call: Call<'_>) -> Verdict {
        let known = |probes: &Probes| probes.answer(call.target, call.key, Instant::now());
        if let Some(answer) = self.probes.as_ref().and_then(known) {
            return Verdict::PassOn(answer);
        }
        let verdict = self.ask(call.target, Face::DropIn, self.client.fields(call)).await;
        if let (Some(probes), Verdict::PassOn(answer)) = (&self.probes, &verdict) {
            probes.learn(call.target, call.key, answer, &self.capabilities, Instant::now());
        }
        verdict
    }

    /// Asks unless that is known to be in vain, learns from the outcome, and decides.
    pub(crate) async fn ask(
        &self,
        target: Target<'_>,
        face: Face,
        asking: impl Future<Output = Outcome>,
    ) -> Verdict {
        let start = Instant::now();
        if let Some(reason) = self.in_vain(target, start) {
            return Verdict::FallBack(reason);
        }
        let outcome = asking.await;
        if let Outcome::Served(_) = outcome {
            self.latency.record(start.elapsed());
        }
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
