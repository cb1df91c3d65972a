//! What all requests share.

mod background;
mod engines;
mod keys;
mod locals;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postern_archive::search::Coverage;
use postern_archive::{Archive, AttachmentText, DATATAP, Destination, SeenSets};
use tokio::task::JoinSet;

use self::engines::Engines;
use crate::access::{Access, Caller, Denied, Right};
use crate::acts::Acts;
use crate::audit::{Audits, Begun};
use crate::choose::{BreakerState, Entry, Member};
use crate::config::{Config, ConfigError, EngineName, Limits};
use crate::engine::{Outcome, Premium, StoreHealth};
use crate::history::History;
use crate::language::Language;
use crate::local::{Allowance, Local, LocalEngine};
use crate::metrics::Metrics;
use crate::rate::Rate;
use crate::reports::Reports;
use crate::servers::{Server, Servers};
use crate::slots::{Full, Slot, Slots};
use crate::sync::Scheduled;
use crate::tickets::Tickets;
use crate::viewpoint::Viewpoint;
use crate::watch::Hook;
use postern_query::Capabilities;

pub use self::locals::Locals;

/// Local answers that are written while they are sent, each a thread, one message and a few chunks.
const STREAMS: usize = 32;
/// Bytes of answers that are in memory as a whole while they are sent.
const HELD: usize = 256 << 20;
/// The slots for them are of this size.
const MEBIBYTE: usize = 1 << 20;
/// Engines that are asked at a time how they are.
const ASKED_AT_ONCE: usize = 8;

/// What every request needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// What it was told at the start, for keys that are made or revoked since, and for holds.
    config: Config,
    access: RwLock<Arc<Access>>,
    locals: Locals,
    /// The same with what engines elsewhere store.
    shelves: Locals,
    nowhere: Local,
    engines: Engines,
    servers: Servers,
    acts: Acts,
    audits: Arc<Audits>,
    tickets: Tickets,
    reports: Arc<Reports>,
    history: History,
    language: Language,
    deadline: Duration,
    limits: Limits,
    rate: Rate,
    requests: Arc<Slots>,
    /// Of assistants, whose questions are requests too.
    assistants: Arc<Slots>,
    /// Those of each tenant.
    exports: Mutex<BTreeMap<String, Arc<Slots>>>,
    streams: Arc<Slots>,
    held: Arc<Slots>,
    origins: Vec<String>,
    mcp_over_http: bool,
    viewpoint: Viewpoint,
    metrics: Metrics,
    scheduled: Vec<Scheduled>,
    hook: Option<Hook>,
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
        let engines = Engines::of(config, &locals, &nowhere, &servers)?;
        let metrics = Metrics::default();
        Ok(Self(Arc::new(Inner {
            config: config.clone(),
            access: RwLock::new(Arc::new(config.access.clone())),
            shelves: engines.shelves(&locals),
            engines,
            scheduled: Scheduled::of(config, &servers)?,
            hook: config.hook()?,
            servers,
            acts: Acts::default(),
            audits: Arc::new(Audits::of(config, clock, metrics.audit_faults())),
            tickets: Tickets::default(),
            reports: Arc::default(),
            history: History::default(),
            locals,
            nowhere,
            language: Language::new(reading.unwrap_or_default()),
            deadline: config.deadline,
            limits: config.limits,
            rate: Rate::new(&config.limits),
            requests: Slots::new(config.limits.concurrency, config.access.keys().len()),
            assistants: Slots::new(config.limits.concurrency, config.access.keys().len()),
            exports: Mutex::new(slots_to_export(config)),
            streams: Slots::new(STREAMS, config.access.keys().len()),
            held: Slots::new(
                if cfg!(test) { 4 } else { HELD / MEBIBYTE },
                config.access.keys().len(),
            ),
            origins: config.origins.clone(),
            mcp_over_http: config.mcp_over_http,
            viewpoint: config.viewpoint.clone(),
            metrics,
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

    /// What is stored of the caller's tenant, here or elsewhere, to answer from. It is the only way to it but for
    /// [turns](Entry::turn), and [admits](Self::admits) the caller first.
    pub(crate) async fn local_for(
        &self,
        caller: &Caller,
        deadline: Instant,
    ) -> Result<&Local, Denied> {
        self.admits(caller, deadline).await?;
        Ok(self.stored_for(caller.tenant.as_deref()))
    }

    /// What is stored of a tenant, here or elsewhere, for whoever shows no mail of it.
    pub(crate) fn stored_for(&self, tenant: Option<&str>) -> &Local {
        self.0.shelves.get(tenant).unwrap_or(&self.0.nowhere)
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
        self.0.engines.all().filter_map(move |member| member.breaker(now))
    }

    /// Whether an engine elsewhere can be asked. One that says how it is, is asked until then; one that is left alone
    /// for its faults answers nobody.
    pub(crate) async fn can_ask(&self, deadline: Instant) -> bool {
        for member in self.0.engines.all() {
            let can = match member.engine.health(deadline) {
                Some(ask) => matches!(member.ask(ask).await, Ok(Outcome::Served(_))),
                None => {
                    let state = member.breaker(Instant::now());
                    state.is_some_and(|state| !matches!(state, BreakerState::Open(_)))
                }
            };
            if can {
                return true;
            }
        }
        false
    }

    /// How each engine elsewhere is that says so; nothing of one that gives no answer until then.
    pub(crate) async fn stores(&self, deadline: Instant) -> Vec<Option<StoreHealth>> {
        let members = self.0.engines.all().cloned();
        let asking = members.filter_map(|member| Some((member.engine.health(deadline)?, member)));
        // The only tenant that is named has the index of everybody.
        let mut known = HashSet::new();
        let asking = asking.filter(|(ask, _)| ask.by.is_none_or(|by| known.insert(by.sent)));
        let mut asking = asking.map(|(ask, member)| async move {
            match member.ask(ask).await {
                Ok(Outcome::Served(health)) => Some(health),
                Ok(_) | Err(_) => None,
            }
        });
        let (mut under_way, mut all) = (JoinSet::new(), Vec::new());
        loop {
            asking.by_ref().take(ASKED_AT_ONCE - under_way.len()).for_each(|one| {
                under_way.spawn(one);
            });
            match under_way.join_next().await {
                Some(health) => all.push(health.ok().flatten()),
                None => return all,
            }
        }
    }

    /// Whether a cluster is configured.
    pub(crate) fn has_cluster(&self) -> bool {
        self.0.engines.all().any(|member| member.engine.shelf().is_some())
    }

    /// What the cluster stores of a tenant, where one is configured.
    pub(crate) fn in_cluster(&self, tenant: Option<&str>) -> Option<Arc<dyn LocalEngine>> {
        let mut engines = self.engines(tenant).iter();
        engines.find_map(|entry| entry.member.as_ref().ok()?.engine.shelf())
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

    /// The names of the sources elsewhere that a tenant has.
    pub(crate) fn sources(&self, tenant: Option<&str>) -> Vec<String> {
        let datatap = self.datatap().filter(|_| self.uses_premium(tenant));
        let datatap = datatap.map(|_| DATATAP.to_owned());
        let veeam = self.server(tenant).map(|server| server.settings.source.clone());
        datatap.into_iter().chain(veeam).collect()
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

    /// The pause between two runs of sync, where there is something to sync.
    pub(crate) fn syncs_every(&self) -> Option<Duration> {
        self.0.config.sync.every
    }

    /// Whether assistants are served over HTTP.
    pub(crate) fn serves_assistants(&self) -> bool {
        self.0.mcp_over_http
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// A slot for one more request.
    pub(crate) fn slot(&self, caller: &Caller) -> Result<Slot, Full> {
        self.0.requests.take(&caller.name)
    }

    /// A slot for one more request of an assistant.
    pub(crate) fn slot_to_assist(&self, caller: &Caller) -> Result<Slot, Full> {
        self.0.assistants.take(&caller.name)
    }

    /// A slot for one more export of the caller's tenant, which was written down.
    pub(crate) fn slot_to_export(&self, caller: &Caller, _: &Begun) -> Result<Slot, Full> {
        let tenant = caller.tenant.as_deref().unwrap_or_default();
        let exports = self.0.exports.lock().unwrap_or_else(PoisonError::into_inner);
        exports.get(tenant).ok_or(Full::All(0))?.take(&caller.name)
    }

    /// A slot for one more large answer, for as long as it is sent.
    pub(crate) fn slot_to_stream(&self, caller: &Caller) -> Result<Slot, Full> {
        self.0.streams.take(&caller.name)
    }

    /// A slot for so many bytes of an answer in memory, for as long as it is sent.
    pub(crate) fn slot_to_hold(&self, caller: &Caller, bytes: usize) -> Result<Slot, Full> {
        self.0.held.take_some(&caller.name, bytes.div_ceil(MEBIBYTE))
    }

    /// Where what is asked for is written down.
    pub(crate) fn audits(&self) -> &Audits {
        &self.0.audits
    }

    /// The last hour of searches.
    pub(crate) fn history(&self) -> &History {
        &self.0.history
    }

    /// The reports that wait or are being made.
    pub(crate) fn reports(&self) -> &Arc<Reports> {
        &self.0.reports
    }

    /// What stands for keys in paths.
    pub(crate) fn tickets(&self) -> &Tickets {
        &self.0.tickets
    }

    pub(crate) fn language(&self) -> &Language {
        &self.0.language
    }

    /// From where queries are read, where a request says nothing else, with the frozen sets that a caller may name.
    pub(crate) fn viewpoint_of(&self, caller: &Caller) -> Viewpoint {
        let has_right = caller.rights.contains(&Right::Evidence);
        let sets = || self.local_beside(caller.tenant.as_deref()).archive().sets();
        let sets = has_right.then(|| SeenSets::new(sets(), caller.mailboxes.scope()));
        Viewpoint { sets, ..self.0.viewpoint.clone() }
    }

    /// Where messages of a data folder are held, and which of their attachments are read.
    pub(crate) fn holds_in(
        &self,
        archive: &Archive,
    ) -> Result<(Destination, AttachmentText), ConfigError> {
        let config = &self.0.config;
        Ok((config.holds_in(archive, crate::sync::notice())?, self.attachment_text()))
    }

    /// Which attachments are read.
    pub(crate) fn attachment_text(&self) -> AttachmentText {
        self.0.config.sync.attachment_text.clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// The local index of a tenant for what stands beside an answer: how much there is, and what premium is
    /// sent or compared with. Mail that is shown comes from [`local_for`](Self::local_for).
    pub(crate) fn local_beside(&self, tenant: Option<&str>) -> &Local {
        self.0.locals.get(tenant).unwrap_or(&self.0.nowhere)
    }

    /// How complete the answer of that engine is, as far as the caller may know: by what is stored here, or by what
    /// the machines that write its index say. Nothing where the latter is not known.
    pub(crate) fn coverage(
        &self,
        caller: &Caller,
        tenant: Option<&str>,
        engine: Option<EngineName>,
    ) -> Option<Coverage> {
        let coverage = match engine.filter(|name| !name.is_covered_here()) {
            None => Some(self.local_beside(tenant).coverage()),
            Some(name) => {
                let entry = self.engines(tenant).iter().find(|entry| entry.name == name);
                entry.and_then(|entry| entry.member.as_ref().ok()?.engine.coverage())
            }
        };
        coverage.map(|coverage| caller.mailboxes.view(coverage))
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
        Allowance::new(caller.mailboxes.scope(), self.deadline(start), self.reserve())
    }

    pub(crate) fn deadline(&self, start: Instant) -> Instant {
        start + self.0.deadline
    }

    /// When to stop waiting for an engine, so that the next one can still answer in time.
    pub(crate) fn engine_deadline(&self, start: Instant) -> Instant {
        start + (self.0.deadline - self.reserve())
    }

    /// The same for one of the engines of a tenant: each engine elsewhere that stands behind it has a quarter of the
    /// time, of two at most.
    pub(crate) fn deadline_of(
        &self,
        tenant: Option<&str>,
        name: EngineName,
        start: Instant,
    ) -> Instant {
        let behind = self.engines(tenant).iter().skip_while(|entry| entry.name != name).skip(1);
        let elsewhere = |entry: &&Entry| entry.member.as_ref().is_ok_and(|one| one.is_elsewhere());
        let kept = behind.filter(elsewhere).take(2).map(|_| self.0.deadline / 4);
        self.engine_deadline(start) - kept.sum::<Duration>()
    }

    /// What of the time of a request is kept for the engine that comes last.
    fn reserve(&self) -> Duration {
        (self.0.deadline / 4).min(Duration::from_secs(1))
    }

    /// As if every key had been asked about that is configured.
    #[cfg(test)]
    pub(crate) fn having_asked(self) -> Self {
        let access = self.access();
        for key in access.keys().iter().filter_map(|key| key.sent_upstream(None)) {
            self.judges(None).for_each(|judge| judge.trust(&key));
        }
        self
    }
}
