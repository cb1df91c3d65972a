//! What all requests share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::access::{Access, Caller, Denied, Mailboxes, UpstreamKey};
use crate::choose::{Premium, Reason};
use crate::config::{self, Config, ConfigError, Limits};
use crate::language::Language;
use crate::local::{Allowance, Local};
use crate::metrics::Metrics;
use crate::rate::Rate;
use crate::slots::{Full, Slot, Slots};
use crate::sync::Scheduled;
use postern_query::Capabilities;

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

    /// The index of a tenant. Once tenants have places of their own, nobody else's is shared.
    fn get(&self, tenant: Option<&str>) -> Option<&Local> {
        match tenant {
            Some(tenant) if !self.by_tenant.is_empty() => self.by_tenant.get(tenant),
            _ => Some(&self.common),
        }
    }
}

/// Local answers that are written while they are sent, each a thread, one message and a few chunks.
const STREAMS: usize = 32;
/// MiB of answers that are in memory as a whole while they are sent; fewer where it is tested.
const HELD: usize = if cfg!(test) { 4 } else { 256 };

/// What every request needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    access: Access,
    premium: Option<Arc<Premium>>,
    locals: Locals,
    nowhere: Local,
    language: Language,
    capabilities: Arc<Capabilities>,
    deadline: Duration,
    limits: Limits,
    rate: Rate,
    requests: Arc<Slots>,
    /// Those of each tenant.
    exports: BTreeMap<String, Arc<Slots>>,
    streams: Arc<Slots>,
    held: Arc<Slots>,
    shadow: f64,
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
        let settings = config.premium.as_ref();
        let is_for_one_key = config.access.has_one_asker();
        let premium = |settings: &config::Premium| {
            Premium::new(settings, settings.capabilities()?, is_for_one_key)
        };
        Ok(Self(Arc::new(Inner {
            access: config.access.clone(),
            premium: settings.map(premium).transpose()?.map(Arc::new),
            locals,
            nowhere: Local::below(&config.data.join("no-such-tenant")),
            language: Language::new(settings.map(|one| one.reading).unwrap_or_default()),
            capabilities: Arc::new(
                settings
                    .map_or_else(|| Ok(Capabilities::default()), config::Premium::capabilities)?,
            ),
            deadline: config.deadline,
            limits: config.limits,
            rate: Rate::new(&config.limits),
            requests: Slots::new(config.limits.concurrency, config.access.keys().len()),
            exports: slots_to_export(config),
            streams: Slots::new(STREAMS, config.access.keys().len()),
            held: Slots::new(HELD, config.access.keys().len()),
            shadow: settings.map_or(0.0, |one| one.shadow),
            origins: config.origins.clone(),
            metrics: Metrics::default(),
            scheduled: Scheduled::of(config)?,
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

    /// The caller, unless premium is known to refuse the key that it is mapped to.
    pub(crate) fn known(&self, caller: Caller) -> Result<Caller, Denied> {
        let refused = self.sent_for(&caller).is_some_and(|(premium, key)| premium.refuses(key));
        if refused { Err(Denied::Refused) } else { Ok(caller) }
    }

    /// The local index of the caller, to answer from. It is the only way to one, and asks premium first
    /// about a key that was never asked about: premium has until `deadline`.
    pub(crate) async fn local_for(
        &self,
        caller: &Caller,
        deadline: Instant,
    ) -> Result<&Local, Denied> {
        if let Some((premium, key)) = self.sent_for(caller) {
            let refused = match &caller.tenant {
                Some(tenant) => premium.refuses_after_asking(key, tenant, deadline).await,
                // Without a tenant there is nothing to ask; what was heard still holds.
                None => premium.refuses(key),
            };
            if refused {
                return Err(Denied::Refused);
            }
        }
        Ok(self.local_beside(caller.tenant.as_deref()))
    }

    /// The service, and what it is sent for the caller by anything at all.
    fn sent_for<'a>(&'a self, caller: &'a Caller) -> Option<(&'a Arc<Premium>, &'a UpstreamKey)> {
        self.premium().zip(caller.upstream.as_ref())
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

    /// The share of the answers of premium that the local index is asked for too.
    pub(crate) fn shadow(&self) -> f64 {
        self.0.shadow
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
        self.0.held.take_some(&caller.name, bytes.div_ceil(1 << 20))
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(crate) fn language(&self) -> &Language {
        &self.0.language
    }

    /// What an index of premium can do, as far as it was told.
    pub(crate) fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.0.capabilities)
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

    /// The configured service, whether or not it may be asked.
    pub(crate) fn premium(&self) -> Option<&Arc<Premium>> {
        self.0.premium.as_ref()
    }

    /// The service and the key for it, if this caller's searches may go there at all.
    pub(crate) fn premium_for<'a>(
        &'a self,
        caller: &'a Caller,
    ) -> Result<(&'a Arc<Premium>, &'a UpstreamKey), Reason> {
        let premium = self.premium().ok_or(Reason::NotConfigured)?;
        match (&caller.upstream, &caller.mailboxes) {
            // Premium knows tenants only: it would show mailboxes that the key does not open.
            (_, Mailboxes::Only(_)) => Err(Reason::Mailboxes),
            (None, Mailboxes::All) => Err(Reason::NoKey),
            (Some(key), Mailboxes::All) => Ok((premium, key)),
        }
    }

    /// What a request of this caller that began then may ask of a local index.
    pub(crate) fn allowance(&self, caller: &Caller, start: Instant) -> Allowance {
        Allowance::new(caller.mailboxes.scope(), self.deadline(start))
    }

    pub(crate) fn deadline(&self, start: Instant) -> Instant {
        start + self.0.deadline
    }

    /// When to stop waiting for premium, so that the local index can still answer in time.
    pub(crate) fn premium_deadline(&self, start: Instant) -> Instant {
        let reserve = (self.0.deadline / 4).min(Duration::from_secs(1));
        start + (self.0.deadline - reserve)
    }

    /// As if premium had been asked about every key that is configured.
    #[cfg(test)]
    pub(crate) fn having_asked(self) -> Self {
        for key in self.access().keys().iter().filter_map(|key| key.sent_upstream(None)) {
            self.premium().inspect(|premium| premium.trust(&key));
        }
        self
    }

    /// Asks premium again and again what the indexes of the configured keys can do, so that this is
    /// known before it is needed; it never ends.
    pub(crate) async fn keep_probing(self) {
        let Some(premium) = self.premium().cloned() else { return };
        let Some(pause) = premium.probing() else { return };
        loop {
            tokio::time::sleep(pause).await;
            for key in self.access().keys() {
                let Some(sent) = key.sent_upstream(None) else { continue };
                drop(premium.capabilities(&key.tenant, &sent));
            }
        }
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
