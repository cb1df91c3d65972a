//! What all requests share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::access::{Access, Caller, Denied};
use crate::choose::{BreakerState, Entry, Member};
use crate::config::{Config, ConfigError, EngineName, Limits, Tenant, Veeam};
use crate::engine::{Kind, Premium, Why, kind};
use crate::language::Language;
use crate::local::{Allowance, Local};
use crate::metrics::Metrics;
use crate::rate::Rate;
use crate::retrievals::Retrievals;
use crate::slots::{Full, Slot, Slots};
use crate::sync::Scheduled;
use postern_query::Capabilities;
use postern_upstream::veeam::Sessions;

/// The local indexes: one for all, or one for each tenant.
#[derive(Clone, Debug)]
pub struct Locals {
    common: Local,
    by_tenant: BTreeMap<String, Local>,
}

impl Locals {
    /// One index for every tenant.
    #[must_use]
    pub const fn common(local: Local) -> Self {
        Self { common: local, by_tenant: BTreeMap::new() }
    }

    /// The indexes that a configuration names.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let place = Local::below;
        let tenants = config.tenants.iter();
        Self {
            common: place(&config.data),
            by_tenant: tenants.map(|tenant| (tenant.id.clone(), place(&tenant.data))).collect(),
        }
    }

    /// The index of a tenant. Once tenants have places of their own, nobody else's is shared. Without keys
    /// there is one user, who asks for the only tenant there is.
    fn get(&self, tenant: Option<&str>) -> Option<&Local> {
        match tenant.or_else(|| only(&self.by_tenant)) {
            Some(tenant) if !self.by_tenant.is_empty() => self.by_tenant.get(tenant),
            _ => Some(&self.common),
        }
    }
}

/// The only tenant, if there is one only.
fn only<T>(by_tenant: &BTreeMap<String, T>) -> Option<&str> {
    let mut tenants = by_tenant.keys();
    tenants.next().filter(|_| tenants.len() == 0).map(String::as_str)
}

/// The engines of every tenant, in their order.
#[derive(Debug)]
struct Engines {
    /// Those of everybody for whom nothing else is said.
    common: Vec<Entry>,
    by_tenant: BTreeMap<String, Vec<Entry>>,
    /// Those of a tenant that has no index.
    nowhere: Vec<Entry>,
    /// What all tenants share.
    shared: BTreeMap<EngineName, Result<Arc<Member>, Why>>,
    /// The tenants that premium is not used for.
    without_premium: BTreeSet<String>,
}

impl Engines {
    fn of(
        config: &Config,
        locals: &Locals,
        nowhere: &Local,
        sources: &BTreeMap<String, Sessions>,
    ) -> Result<Self, ConfigError> {
        let has_one_asker = config.access.has_one_asker();
        let mut shared = BTreeMap::new();
        for name in EngineName::ALL {
            if let Kind::Shared(make) = kind(name) {
                shared.insert(name, Member::of(make(config)?, has_one_asker));
            }
        }
        let entry = |name: EngineName, tenant: Option<&str>, local: &Local| {
            let member = match kind(name) {
                Kind::Shared(_) => shared.get(&name).cloned()?,
                Kind::OfTenant(make) => Member::of(make(local), has_one_asker),
                Kind::OfSource(make) => {
                    let at = config.tenant(Some(tenant?))?;
                    let made = make(config, at, local, sources.get(tenant?)?);
                    Member::of(made, has_one_asker)
                }
            };
            Some(Entry { name, member })
        };
        let entries = |tenant: Option<&str>, local: &Local| {
            let order = config.order_of(tenant).into_iter();
            order.filter_map(|name| entry(name, tenant, local)).collect::<Vec<_>>()
        };
        let of = |tenant: &String| {
            let local = locals.get(Some(tenant)).unwrap_or(nowhere);
            (tenant.clone(), entries(Some(tenant), local))
        };
        let tenants = config.tenants.iter().map(|tenant| &tenant.id);
        let unused = config.tenants.iter().filter(|tenant| !config.uses_premium(tenant));
        Ok(Self {
            common: entries(None, &locals.common),
            by_tenant: tenants.chain(locals.by_tenant.keys()).map(of).collect(),
            nowhere: entries(None, nowhere),
            without_premium: unused.map(|tenant| tenant.id.clone()).collect(),
            shared,
        })
    }

    fn get(&self, tenant: Option<&str>, locals: &Locals) -> &[Entry] {
        let tenant = tenant.or_else(|| only(&self.by_tenant));
        let own = tenant.and_then(|tenant| self.by_tenant.get(tenant));
        let others = if locals.get(tenant).is_some() { &self.common } else { &self.nowhere };
        own.unwrap_or(others)
    }

    /// Whether premium is used for a tenant.
    fn uses_premium(&self, tenant: Option<&str>) -> bool {
        let tenant = tenant.or_else(|| only(&self.by_tenant));
        tenant.is_none_or(|tenant| !self.without_premium.contains(tenant))
    }

    /// Those that all tenants share, as far as they are configured.
    fn shared(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.shared.values().filter_map(|member| member.as_ref().ok())
    }
}

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
    /// The restore sessions of the tenants that have a server of Veeam: there is one pool in this process.
    sessions: BTreeMap<String, Sessions>,
    /// The same with what acting at a server needs.
    backups: BTreeMap<String, Backups>,
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

/// What acting on backed-up mail of a tenant needs.
#[derive(Clone, Debug)]
pub(crate) struct Backups {
    pub(crate) settings: Veeam,
    pub(crate) sessions: Sessions,
    /// The data folder, which keeps the record.
    pub(crate) data: PathBuf,
    /// What was retrieved from archive tiers.
    pub(crate) retrievals: Arc<Retrievals>,
}

impl Backups {
    fn of(config: &Config, sessions: &BTreeMap<String, Sessions>) -> BTreeMap<String, Self> {
        let of = |tenant: &Tenant| {
            let (settings, sessions) = (tenant.veeam.clone()?, sessions.get(&tenant.id)?.clone());
            let retrievals = Arc::new(Retrievals::of(sessions.client()));
            let data = tenant.data.clone();
            Some((tenant.id.clone(), Self { settings, sessions, data, retrievals }))
        };
        config.tenants.iter().filter_map(of).collect()
    }
}

fn sessions(config: &Config) -> Result<BTreeMap<String, Sessions>, ConfigError> {
    let of = |tenant: &Tenant| {
        let sessions = config.veeam_sessions(Some(&tenant.id)).transpose()?;
        Some(sessions.map(|sessions| (tenant.id.clone(), sessions)))
    };
    config.tenants.iter().filter_map(of).collect()
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
        let sessions = sessions(config)?;
        Ok(Self(Arc::new(Inner {
            access: config.access.clone(),
            engines: Engines::of(config, &locals, &nowhere, &sessions)?,
            backups: Backups::of(config, &sessions),
            scheduled: Scheduled::of(config, &sessions)?,
            sessions,
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

    /// Stops what processes before this one left open at Veeam.
    pub(crate) async fn stop_leftovers(self) {
        for (tenant, sessions) in &self.0.sessions {
            match sessions.stop_leftovers().await {
                Ok(0) => {}
                Ok(stopped) => tracing::info!(tenant, stopped, "stopped restore sessions"),
                Err(problem) => {
                    tracing::warn!(tenant, %problem, "restore sessions of before may be open");
                }
            }
        }
    }

    /// The backups of a tenant; without one, of the only tenant that has some.
    pub(crate) fn backups(&self, tenant: Option<&str>) -> Option<&Backups> {
        let mut all = self.0.backups.iter();
        match (tenant, all.next(), all.next()) {
            (Some(tenant), ..) => self.0.backups.get(tenant),
            (None, Some((_, only)), None) => Some(only),
            (None, ..) => None,
        }
    }

    pub(crate) fn clock(&self) -> fn() -> Timestamp {
        self.0.clock
    }

    /// Stops the restore sessions of this process.
    pub async fn stop_sessions(&self) {
        let mut all = tokio::task::JoinSet::new();
        for sessions in self.0.sessions.values() {
            let sessions = sessions.clone();
            all.spawn(async move { sessions.stop_all().await });
        }
        all.join_all().await;
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

    /// Asks an engine again and again what it can do with the configured keys, so that this is known before
    /// it is needed; it never ends.
    pub(crate) async fn keep_probing(self) {
        let mut all = tokio::task::JoinSet::new();
        for member in self.0.engines.shared().cloned() {
            let Some(pause) = member.engine.probing() else { continue };
            let state = self.clone();
            all.spawn(async move {
                loop {
                    tokio::time::sleep(pause).await;
                    let keys = state.access().keys().iter();
                    for key in keys.filter(|key| state.uses_premium(Some(&key.tenant))) {
                        let Some(sent) = key.sent_upstream(None) else { continue };
                        member.refresh(&sent, &key.tenant);
                    }
                }
            });
        }
        all.join_all().await;
    }

    /// Begins to verify the files of every index.
    pub(crate) fn keep_verifying(&self) {
        self.locals().for_each(Local::keep_verifying);
    }

    /// Syncs what is to be synced on a schedule; it never ends.
    pub(crate) async fn keep_syncing(self) {
        let mut all = tokio::task::JoinSet::new();
        for one in self.0.scheduled.iter().cloned() {
            all.spawn(one.keep_syncing(self.0.clock));
        }
        all.join_all().await;
    }
}
