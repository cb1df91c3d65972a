//! Who answers: premium, or the local index and why.

mod breaker;
mod breakers;
mod hedge;
mod latency;
mod memory;
mod policy;
mod probe;
mod recent;
mod refused;
mod standing;

use std::sync::Arc;
use std::time::{Duration, Instant};

use postern_query::Capabilities;
use postern_upstream::{Call, DataTap, Fault, Outcome, SetupError, Target};

use crate::access::UpstreamKey;
use crate::config::{self, ConfigError};
use crate::remembered::Fingerprint;
use breaker::Health;
use breakers::{Breakers, Pass};
use latency::Latency;
use memory::{Known, Memory};
use probe::Probes;
use standing::{Standing, Standings};

pub(crate) use breaker::BreakerState;
pub(crate) use hedge::{Chosen, choose};
pub(crate) use policy::{Face, Reason, Verdict};

/// The premium service and what is known of its health.
#[derive(Debug)]
pub(crate) struct Premium {
    client: DataTap,
    index: String,
    only_index: bool,
    breakers: Breakers,
    memory: Memory,
    standings: Standings,
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
        is_for_one_key: bool,
    ) -> Result<Self, ConfigError> {
        // A file of fields is the operator's word, and premium is not asked for it.
        let probe = settings.probe.filter(|_| settings.fields.is_none());
        let invalid = |error: SetupError| ConfigError::Value(error.to_string());
        Ok(Self {
            client: DataTap::new(&settings.url, settings.client()?).map_err(invalid)?,
            index: settings.index.clone(),
            only_index: settings.only_index,
            breakers: Breakers::new(settings.breaker, is_for_one_key),
            memory: Memory::default(),
            standings: Standings::default(),
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

    /// The breaker of the upstream; those of single keys say nothing to others.
    pub(crate) fn breaker(&self, now: Instant) -> BreakerState {
        self.breakers.state(now)
    }

    /// For how long premium is waited for before the local index begins as well.
    pub(crate) fn head_start(&self) -> Option<Duration> {
        if self.hedge { self.latency.p95() } else { None }
    }

    /// How often what an index can do is asked again; nothing where it is never asked.
    pub(crate) fn probing(&self) -> Option<Duration> {
        self.probes.as_ref().map(Probes::lasting)
    }

    /// What the index that searches ask can do, as far as it is known. Where that is not, or not any more,
    /// premium is asked beside the requests.
    pub(crate) fn capabilities(
        self: &Arc<Self>,
        tenant: &str,
        key: &UpstreamKey,
    ) -> Arc<Capabilities> {
        let Some(probes) = &self.probes else { return Arc::clone(&self.capabilities) };
        let target = Target { tenant, index: &self.index };
        let (known, is_due) = probes.recall(place(target, key), Instant::now());
        if is_due {
            let (premium, key, tenant) = (Arc::clone(self), key.clone(), tenant.to_owned());
            drop(tokio::spawn(async move {
                let target = Target { tenant: &tenant, index: &premium.index };
                let deadline = Instant::now() + premium.deadline;
                let call = Call { target, key: key.secret(), deadline, traceparent: None };
                premium.fields(call, &key).await
            }));
        }
        known.unwrap_or_else(|| Arc::clone(&self.capabilities))
    }

    /// The fields of an index: what premium said not long ago, or says now.
    pub(crate) async fn fields(&self, call: Call<'_>, key: &UpstreamKey) -> Verdict {
        let place = place(call.target, key);
        let known = |probes: &Probes| probes.answer(place, Instant::now());
        let answer = self.probes.as_ref().and_then(known);
        if let Some(answer) = answer.filter(|_| !self.refuses(key)) {
            return Verdict::PassOn(answer);
        }
        let asking = async {
            let outcome = self.client.fields(call).await;
            self.learn_fields(call.target, key, &outcome, Instant::now());
            outcome
        };
        self.ask(call.target, key, Face::DropIn, asking).await
    }

    fn learn_fields(&self, target: Target<'_>, key: &UpstreamKey, outcome: &Outcome, now: Instant) {
        let (Some(probes), Outcome::Served(answer)) = (&self.probes, outcome) else { return };
        let place = place(target, key);
        probes.keep(place, answer, now);
        if target.index == self.index {
            probes.learn(place, answer, &self.capabilities, now);
        }
    }

    /// Asks unless that is known to be in vain, learns from the outcome, and decides.
    pub(crate) async fn ask(
        &self,
        target: Target<'_>,
        key: &UpstreamKey,
        face: Face,
        asking: impl Future<Output = Outcome>,
    ) -> Verdict {
        let start = Instant::now();
        let pass = match self.admit(target, key, start) {
            Ok(pass) => pass,
            Err(reason) => return Verdict::FallBack(reason),
        };
        let outcome = asking.await;
        if let Outcome::Served(_) = outcome {
            self.latency.record(start.elapsed());
        }
        let now = Instant::now();
        pass.report(policy::health(&outcome), now);
        self.learn(target, key, &outcome, now);
        policy::decide(outcome, face)
    }

    /// Passes on a request that names no index, and learns from the head of its answer.
    pub(crate) async fn browse<T>(
        &self,
        key: &UpstreamKey,
        status_of: impl FnOnce(&T) -> u16,
        asking: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Reason> {
        let pass = self.pass(key, Instant::now())?;
        let answer = asking.await;
        let answer = answer.and_then(|answer| match status_of(&answer) {
            status @ 300..=399 => Err(Fault::Redirect(status)),
            status @ 500.. => Err(Fault::Status(status)),
            401 => {
                self.standings.note(key.sent(), Standing::Refused, Instant::now());
                Ok((answer, Health::Alive))
            }
            400..=499 => Ok((answer, Health::Alive)),
            _ => Ok((answer, Health::Good)),
        });
        let health = match &answer {
            Ok((_, health)) => *health,
            // Its client may not have sent all of it, or asks for a very long list.
            Err(Fault::Timeout) => Health::Broken,
            Err(fault) => policy::health_after(*fault),
        };
        pass.report(health, Instant::now());
        answer.map(|(answer, _)| answer).map_err(Reason::Fault)
    }

    fn admit(
        &self,
        target: Target<'_>,
        key: &UpstreamKey,
        now: Instant,
    ) -> Result<Pass<'_>, Reason> {
        match self.memory.recall(place(target, key), now) {
            Some((Known::Absent, since)) => Err(Reason::KnownAbsent(now.duration_since(since))),
            Some((Known::Busy, _)) => Err(Reason::Busy),
            None => self.pass(key, now),
        }
    }

    fn pass(&self, key: &UpstreamKey, now: Instant) -> Result<Pass<'_>, Reason> {
        let pass = self.breakers.admit(key.asker(), now);
        pass.map_err(|since| Reason::BreakerOpen(now.duration_since(since)))
    }

    /// What was answered to a key is known of that key: of each index, and whether it is refused.
    fn learn(&self, target: Target<'_>, key: &UpstreamKey, outcome: &Outcome, now: Instant) {
        let place = place(target, key);
        match outcome {
            Outcome::Served(_) => {
                self.memory.forget(place);
                self.standings.note(key.sent(), Standing::Known, now);
            }
            Outcome::BadKey(_) => self.standings.note(key.sent(), Standing::Refused, now),
            Outcome::NotPremium(_) => self.memory.note(place, Known::Absent, now, self.recheck),
            Outcome::Busy(_, Some(wait)) => self.memory.note(place, Known::Busy, now, *wait),
            Outcome::BadRequest(_) | Outcome::Busy(_, None) | Outcome::Failed(_) => {}
        }
    }
}

/// An index with a key that is sent for it.
fn place(target: Target<'_>, key: &UpstreamKey) -> Fingerprint {
    key.sent().with(&[target.tenant, target.index])
}
