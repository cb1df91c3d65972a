//! What all requests share.

mod background;
mod engines;
mod locals;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use self::engines::Engines;
use crate::access::{Access, Caller, Denied};
use crate::acts::Acts;
use crate::choose::{BreakerState, Entry, Member};
use crate::config::{Config, ConfigError, Limits};
use crate::engine::Premium;
use crate::language::Language;
use crate::local::{Allowance, Local};
use crate::metrics::Metrics;
use crate::rate::Rate;
use crate::servers::{Server, Servers};
use crate::slots::{Full, Slot, Slots};
use crate::sync::Scheduled;
use crate::viewpoint::Viewpoint;
use postern_query::Capabilities;

pub use self::locals::Locals;

/// Local answers that are written while they are sent, each a thread, one message and a few chunks.
const STREAMS: usize = 32;
/// Bytes of answers that are in memory as a whole while they are sent.
const HELD: usize = 256 << 20;
/// The slots for them are of this size.
const MEBIBYTE: usize = 1 << 20;

/// What every request needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    access: Access,
    locals: Locals,
    nowhere: Local,
    engines: Engines,
    servers: Servers,
    acts: Acts,
    language: Language,
    deadline: Duration,
    limits: Limits,
    rate: Rate,
    requests: Arc<Slots>,
    /// Those of each tenant.
    exports: BTreeMap<String, Arc<Slots>>,
    streams: Arc<Slots>,
    held: Arc<Slots>,
    origins: Vec<String>,
    viewpoint: Viewpoint,
    metrics: Metrics,
    scheduled: Vec<Scheduled>,
    clock: fn() -> Timestamp,
}

/// Every tenant has its own, so that none waits for the exports of another. Without keys there is one user.
fn slots_to_export(config: &Config) -> BTreeMap<String, Arc<Slots>> {
    let keys = config.access.keys();
    let tenants = keys.iter().map(|key| key.tenant.clone());
    let nobody = keys.is_empty().then(String::new);
    let slots = |tenant| (tenant, Slots::new(config.limits.exports, keys.len()));
    tenants.chain(nobody).map(slots).collect()
}

impl State {
    /// Prepares what the configuration asks for; `clock` says what time it is.
    ///
    /// # Errors
    ///
    /// When the configuration contradicts itself, or its files cannot be read.
    pub fn new(config: &Config, clock: fn() -> Timestamp) -> Result<Self, ConfigError> {
        Self::over(config, Locals::of(config), clock)
    }

    /// The same over these indexes.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn over(
        config: &Config,
        locals: Locals,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let nowhere = Local::below(&config.data.join("no-such-tenant"));
        let reading = config.premium.as_ref().map(|premium| premium.reading);
        let servers = Servers::of(config)?;
        Ok(Self(Arc::new(Inner {
            access: config.access.clone(),
            engines: Engines::of(config, &locals, &nowhere, &servers)?,
            scheduled: Scheduled::of(config, &servers)?,
            servers,
            acts: Acts::default(),
            locals,
            nowhere,
            language: Language::new(reading.unwrap_or_default()),
            deadline: config.deadline,
            limits: config.limits,
            rate: Rate::new(&config.limits),
            requests: Slots::new(config.limits.concurrency, config.access.keys().len()),
            exports: slots_to_export(config),
            streams: Slots::new(STREAMS, config.access.keys().len()),
            held: Slots::new(
                if cfg!(test) { 4 } else { HELD / MEBIBYTE },
                config.access.keys().len(),
            ),
            origins: config.origins.clone(),
            viewpoint: config.viewpoint.clone(),
            metrics: Metrics::default(),
            clock,
        })))
    }

    /// Who presents `key`, for `tenant` where the path names one, if that is not too often. What premium is
    /// asked for may follow; what is answered without it needs [`known`](Self::known) or
    /// [`local_for`](Self::local_for) too.
    pub(crate) fn caller(&self, key: Option<&str>, tenant: Option<&str>) -> Result<Caller, Denied> {
        let caller = self.access().caller(key, tenant)?;
        self.0.rate.admit(&caller.name).map_err(|wait| {
            self.metrics().refusal("rate");
            Denied::TooOften(wait)
        })?;
        Ok(caller)
    }

    /// The caller, unless an engine is known to refuse the key that it is mapped to.
    pub(crate) fn known(&self, caller: Caller) -> Result<Caller, Denied> {
        let refuses = |key| self.judges(caller.tenant.as_deref()).any(|judge| judge.refuses(key));
        if caller.upstream.as_ref().is_some_and(refuses) {
            return Err(Denied::Refused);
        }
        Ok(caller)
    }

    /// The local index of the caller, to answer from. It is the only way to one but for
    /// [turns](Entry::turn), and [admits](Self::admits) the caller first.
    pub(crate) async fn local_for(
        &self,
        caller: &Caller,
        deadline: Instant,
    ) -> Result<&Local, Denied> {
        self.admits(caller, deadline).await?;
        Ok(self.local_beside(caller.tenant.as_deref()))
    }

    /// Whether the caller may read what is here: an engine that judges keys is asked about a key that it was
    /// never asked about, and has until `deadline`.
    pub(crate) async fn admits(&self, caller: &Caller, deadline: Instant) -> Result<(), Denied> {
        let Some(key) = &caller.upstream else { return Ok(()) };
        for judge in self.judges(caller.tenant.as_deref()) {
            let is_refused = match &caller.tenant {
                Some(tenant) => judge.refuses_after_asking(key, tenant, deadline).await,
                // Without a tenant there is nothing to ask; what was heard still holds.
                None => judge.refuses(key),
            };
            if is_refused {
                return Err(Denied::Refused);
            }
        }
        Ok(())
    }

    /// The engines of a tenant, in the order in which they are asked.
    pub(crate) fn engines(&self, tenant: Option<&str>) -> &[Entry] {
        self.0.engines.get(tenant, &self.0.locals)
    }

    /// The service of DataTap, whether or not it is asked for searches.
    pub(crate) fn datatap(&self) -> Option<(&Arc<Member>, &Premium)> {
        self.0.engines.shared().find_map(|member| Some((member, member.engine.datatap()?)))
    }

    /// What an index of premium can do, as far as it was told.
    pub(crate) fn capabilities(&self) -> Arc<Capabilities> {
        self.datatap().map_or_else(Arc::default, |(_, premium)| premium.capabilities())
    }

    /// The breakers of the engines elsewhere.
    pub(crate) fn breakers(&self) -> impl Iterator<Item = BreakerState> {
        let now = Instant::now();
        self.0.engines.shared().filter_map(move |member| member.breaker(now))
    }

    /// Whether premium is used for a tenant.
    pub(crate) fn uses_premium(&self, tenant: Option<&str>) -> bool {
        self.0.engines.uses_premium(tenant)
    }

    fn judges(&self, tenant: Option<&str>) -> impl Iterator<Item = &Arc<Member>> {
        let is_asked = self.uses_premium(tenant);
        let members = self.0.engines.shared().filter(move |_| is_asked);
        members.filter(|member| member.engine.judges_keys())
    }

    /// The server of Veeam of a tenant; without one, of the only tenant that has one.
    pub(crate) fn server(&self, tenant: Option<&str>) -> Option<&Server> {
        self.0.servers.get(tenant)
    }

    pub(crate) fn clock(&self) -> fn() -> Timestamp {
        self.0.clock
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn origins(&self) -> &[String] {
        &self.0.origins
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// A slot for one more request.
    pub(crate) fn slot(&self, caller: &Caller) -> Result<Slot, Full> {
        self.0.requests.take(&caller.name)
    }

    /// A slot for one more export of the caller's tenant.
    pub(crate) fn slot_to_export(&self, caller: &Caller) -> Result<Slot, Full> {
        let tenant = caller.tenant.as_deref().unwrap_or_default();
        self.0.exports.get(tenant).ok_or(Full::All(0))?.take(&caller.name)
    }

    /// A slot for one more large answer, for as long as it is sent.
    pub(crate) fn slot_to_stream(&self, caller: &Caller) -> Result<Slot, Full> {
        self.0.streams.take(&caller.name)
    }

    /// A slot for so many bytes of an answer in memory, for as long as it is sent.
    pub(crate) fn slot_to_hold(&self, caller: &Caller, bytes: usize) -> Result<Slot, Full> {
        self.0.held.take_some(&caller.name, bytes.div_ceil(MEBIBYTE))
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(crate) fn language(&self) -> &Language {
        &self.0.language
    }

    /// From where queries are read, where a request says nothing else.
    pub(crate) fn viewpoint(&self) -> &Viewpoint {
        &self.0.viewpoint
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The local index of a tenant for what stands beside an answer: how much there is, and what premium is
    /// sent or compared with. Mail that is shown comes from [`local_for`](Self::local_for).
    pub(crate) fn local_beside(&self, tenant: Option<&str>) -> &Local {
        self.0.locals.get(tenant).unwrap_or(&self.0.nowhere)
    }

    pub(crate) fn has_local(&self) -> bool {
        self.locals().any(|local| local.absent().is_none())
    }

    /// Every local index.
    pub(crate) fn locals(&self) -> impl Iterator<Item = &Local> {
        self.0.locals.by_tenant.values().chain([&self.0.locals.common])
    }

    /// What a request of this caller that began then may ask of a local index.
    pub(crate) fn allowance(&self, caller: &Caller, start: Instant) -> Allowance {
        Allowance::new(caller.mailboxes.scope(), self.deadline(start))
    }

    pub(crate) fn deadline(&self, start: Instant) -> Instant {
        start + self.0.deadline
    }

    /// When to stop waiting for an engine, so that the next one can still answer in time.
    pub(crate) fn engine_deadline(&self, start: Instant) -> Instant {
        let reserve = (self.0.deadline / 4).min(Duration::from_secs(1));
        start + (self.0.deadline - reserve)
    }

    /// As if every key had been asked about that is configured.
    #[cfg(test)]
    pub(crate) fn having_asked(self) -> Self {
        for key in self.access().keys().iter().filter_map(|key| key.sent_upstream(None)) {
            self.judges(None).for_each(|judge| judge.trust(&key));
        }
        self
    }
}
