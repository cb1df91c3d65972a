//! What all requests share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::access::{Access, Caller, Mailboxes};
use crate::choose::{Premium, Reason};
use crate::config::{Config, ConfigError};
use crate::language::Language;
use crate::local::Local;
use postern_upstream::Secret;

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
        let place = |data: &std::path::Path| Local::new(data.to_owned());
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

/// What every request needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct State(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    access: Access,
    premium: Option<Premium>,
    locals: Locals,
    nowhere: Local,
    language: Language,
    deadline: Duration,
    clock: fn() -> Timestamp,
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
        let mut language = Language::default();
        if let Some(premium) = &config.premium {
            language.reading = premium.reading;
            language.capabilities = premium.capabilities()?;
        }
        let premium = config.premium.as_ref().map(Premium::new).transpose();
        Ok(Self(Arc::new(Inner {
            access: config.access.clone(),
            premium: premium.map_err(|error| ConfigError::Value(error.to_string()))?,
            locals,
            nowhere: Local::new(config.data.join("no-such-tenant")),
            language,
            deadline: config.deadline,
            clock,
        })))
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

    pub(crate) fn local(&self, tenant: Option<&str>) -> &Local {
        self.0.locals.get(tenant).unwrap_or(&self.0.nowhere)
    }

    pub(crate) fn has_local(&self) -> bool {
        let locals = self.0.locals.by_tenant.values().chain([&self.0.locals.common]);
        locals.into_iter().any(|local| local.absent().is_none())
    }

    /// The configured service, whether or not it may be asked.
    pub(crate) fn premium(&self) -> Option<&Premium> {
        self.0.premium.as_ref()
    }

    /// The service and the key for it, if this caller's searches may go there at all.
    pub(crate) fn premium_for<'a>(
        &'a self,
        caller: &'a Caller,
    ) -> Result<(&'a Premium, &'a Secret), Reason> {
        let premium = self.premium().ok_or(Reason::NotConfigured)?;
        match (&caller.upstream, &caller.mailboxes) {
            (None, _) => Err(Reason::NoKey),
            // Premium knows tenants only: it would show mailboxes that the key does not open.
            (Some(_), Mailboxes::Only(_)) => Err(Reason::Mailboxes),
            (Some(key), Mailboxes::All) => Ok((premium, key)),
        }
    }

    pub(crate) fn deadline(&self, start: Instant) -> Instant {
        start + self.0.deadline
    }

    /// When to stop waiting for premium, so that the local index can still answer in time.
    pub(crate) fn premium_deadline(&self, start: Instant) -> Instant {
        let reserve = (self.0.deadline / 4).min(Duration::from_secs(1));
        start + (self.0.deadline - reserve)
    }
}
