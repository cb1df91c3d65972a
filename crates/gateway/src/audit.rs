//! The audit logs of the tenants, and what is written of a request.
//!
//! A request of somebody who is known is written down before it is answered, by the guard, whatever its handler does.
//! A handler adds what only it knows (`Noted`). What exports or acts needs a `Begun`, which there is only for an entry
//! that is on the disk.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use postern_audit::{AuditError, Entry, Log, Warn, What, folder};
use prometheus_client::metrics::counter::Counter;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::access::Caller;
use crate::config::{Audit, Config, Level};

/// Who asks where no key does, and who acts on a schedule.
pub(crate) const LOCAL: &str = "local";

/// The logs of all tenants.
#[derive(Debug)]
pub(crate) struct Audits {
    audit: Audit,
    clock: fn() -> Timestamp,
    /// How often something went wrong while nobody waited.
    faults: Counter,
    common: Kept,
    by_tenant: BTreeMap<String, Kept>,
}

/// A log that is opened when it is first needed.
#[derive(Debug)]
struct Kept {
    data: PathBuf,
    log: Mutex<Option<Arc<Log>>>,
}

/// An export or an act whose entry is on the disk, so that it may be done.
#[derive(Debug)]
pub(crate) struct Begun(());

/// What a handler adds to the entry of its request, if it has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted(Option<Arc<Mutex<Fields>>>);

/// Fields of an entry, each name once.
type Fields = Vec<(&'static str, Value)>;

impl Noted {
    /// For a request that has an entry.
    pub(crate) fn of_entry() -> Self {
        Self(Some(Arc::default()))
    }

    /// For a request whose fields are told elsewhere too, as a manifest does, also where nothing is audited.
    pub(crate) fn told_elsewhere(self) -> Self {
        if self.0.is_some() { self } else { Self::of_entry() }
    }

    /// Has a field in the entry. It is no secret.
    pub(crate) fn put(&self, name: &'static str, value: impl Into<Value>) {
        let Some(fields) = &self.0 else { return };
        let mut fields = fields.lock().unwrap_or_else(PoisonError::into_inner);
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value.into(),
            None => fields.push((name, value.into())),
        }
    }

    /// What was put so far.
    pub(crate) fn fields(&self) -> Fields {
        let fields = self.0.as_ref().map(|fields| fields.lock());
        fields
            .map(|fields| fields.unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default()
    }

    /// What was put, without a copy where nobody can put any more.
    pub(crate) fn into_fields(self) -> Fields {
        match self.0.map(Arc::try_unwrap) {
            Some(Ok(fields)) => fields.into_inner().unwrap_or_else(PoisonError::into_inner),
            Some(Err(shared)) => Self(Some(shared)).fields(),
            None => Fields::new(),
        }
    }
}

#[cfg(test)]
impl Begun {
    pub(crate) const fn for_a_test() -> Self {
        Self(())
    }
}

impl<S: Sync> FromRequestParts<S> for Noted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl Audits {
    pub(crate) fn of(config: &Config, clock: fn() -> Timestamp, faults: Counter) -> Self {
        let tenants = config.tenants.iter();
        Self {
            audit: config.audit.clone(),
            clock,
            faults,
            common: Kept::at(&config.data),
            by_tenant: tenants.map(|tenant| (tenant.id.clone(), Kept::at(&tenant.data))).collect(),
        }
    }

    /// Whether requests are written down.
    pub(crate) fn are_on(&self) -> bool {
        self.audit.level != Level::Off
    }

    /// Has an export or an act on the disk before it is done.
    pub(crate) async fn begin(
        &self,
        what: What,
        caller: &Caller,
        noted: &Noted,
    ) -> Result<Begun, AuditError> {
        let entry = entry(what, caller).with("event", "begun").with_all(noted.fields());
        self.write(caller, entry).await.map(Begun)
    }

    /// Writes an entry of what a caller does; then it counts as written.
    pub(crate) async fn write(&self, caller: &Caller, entry: Entry) -> Result<(), AuditError> {
        self.write_to(self.kept(caller.tenant.as_deref()), entry).await
    }

    /// Writes an entry of what the gateway does for a tenant by itself.
    pub(crate) async fn write_of(&self, tenant: &str, entry: Entry) -> Result<(), AuditError> {
        self.write_to(self.kept(Some(tenant)), entry).await
    }

    async fn write_to(&self, kept: &Kept, entry: Entry) -> Result<(), AuditError> {
        if !self.are_on() {
            return Ok(());
        }
        let log = kept.open(self)?;
        if let Some(written) = log.write_at_once(&entry) {
            return written;
        }
        let (tell, told) = oneshot::channel();
        // Who does not wait any more is told nothing.
        log.send(entry, move |written| drop(tell.send(written)));
        told.await.unwrap_or(Err(AuditError::Closed))
    }

    /// Has an entry written that nobody waits for.
    pub(crate) fn note(&self, caller: &Caller, entry: Entry) {
        if !self.are_on() {
            return;
        }
        let warn = warning(&self.faults);
        let told = move |written: Result<(), AuditError>| {
            written.unwrap_or_else(|error| warn(&error.to_string()));
        };
        match self.kept(caller.tenant.as_deref()).open(self) {
            Ok(log) => log.send(entry, told),
            Err(error) => told(Err(error)),
        }
    }

    /// The folder of the log of a caller's tenant.
    pub(crate) fn folder(&self, caller: &Caller) -> PathBuf {
        folder(&self.kept(caller.tenant.as_deref()).data)
    }

    fn kept(&self, tenant: Option<&str>) -> &Kept {
        let mut tenants = self.by_tenant.values();
        match tenant.and_then(|tenant| self.by_tenant.get(tenant)) {
            Some(kept) => kept,
            // Without keys there is one user, who asks for the only tenant there is.
            None => tenants.next().filter(|_| tenants.len() == 0).unwrap_or(&self.common),
        }
    }
}

impl Kept {
    fn at(data: &Path) -> Self {
        Self { data: data.to_owned(), log: Mutex::default() }
    }

    fn open(&self, audits: &Audits) -> Result<Arc<Log>, AuditError> {
        let mut open = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = open.as_ref() {
            return Ok(Arc::clone(log));
        }
        let Audits { audit, clock, faults, .. } = audits;
        let settings = audit.settings(&self.data, *clock, warning(faults));
        let log = Arc::new(Log::open(&self.data, settings)?);
        *open = Some(Arc::clone(&log));
        Ok(log)
    }
}

/// What a caller is called in the log.
pub(crate) fn who(caller: &Caller) -> &str {
    if caller.name.is_empty() { LOCAL } else { &caller.name }
}

/// An entry of what a caller does over HTTP.
pub(crate) fn entry(what: What, caller: &Caller) -> Entry {
    let entry = Entry::new(what, who(caller)).with("how", "http");
    match &caller.tenant {
        Some(tenant) => entry.with("tenant", tenant.as_str()),
        None => entry,
    }
}

/// What goes wrong is logged and counted.
fn warning(faults: &Counter) -> Warn {
    let faults = faults.clone();
    Arc::new(move |why: &str| {
        faults.inc();
        tracing::warn!(why, "the audit log");
    })
}
