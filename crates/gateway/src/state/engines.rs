//! The engines of the tenants, in the order in which they are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::locals::{Locals, only};
use crate::choose::{Entry, Member};
use crate::config::{Config, ConfigError, EngineName};
use crate::engine::{Kind, Why, kind};
use crate::local::Local;
use crate::servers::Servers;

/// What is stored of a tenant, read in the order of its engines. Only with an engine that stores something
/// elsewhere there is a choice.
fn read(order: &[Entry], local: &Local) -> Local {
    let members = order.iter().filter_map(|entry| entry.member.as_ref().ok());
    let stores = members.filter_map(|member| match member.engine.archive() {
        Some(_) => Some(None),
        None => Some(Some(member.engine.shelf()?)),
    });
    let stores: Vec<_> = stores.collect();
    if stores.iter().all(Option::is_none) { local.clone() } else { local.read_from(stores) }
}

/// The engines of every tenant, in their order.
#[derive(Debug)]
pub(super) struct Engines {
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
    pub(super) fn of(
        config: &Config,
        locals: &Locals,
        nowhere: &Local,
        servers: &Servers,
    ) -> Result<Self, ConfigError> {
        let has_one_asker = config.access.has_one_asker();
        let mut shared = BTreeMap::new();
        for name in EngineName::ALL {
            if let Kind::Shared(make) = kind(name) {
                shared.insert(name, Member::of(make(config)?, has_one_asker));
            }
        }
        let is_somewhere = |local: &Local| !std::ptr::eq(local, nowhere);
        let entry = |name: EngineName, tenant: Option<&str>, local: &Local| {
            let member = match kind(name) {
                Kind::Shared(_) => shared.get(&name).cloned()?,
                Kind::OfTenant(make) => Member::of(make(local), has_one_asker),
                // A tenant that nobody named must not be asked for in the index of the only one there is.
                Kind::OfIndex(_) if tenant.is_none() && !is_somewhere(local) => return None,
                Kind::OfIndex(make) => Member::of(make(config, tenant), has_one_asker),
                Kind::OfSource(make) => {
                    let at = config.tenant(Some(tenant?))?;
                    let made = make(config, at, local, servers.sessions(tenant?)?);
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

    pub(super) fn get(&self, tenant: Option<&str>, locals: &Locals) -> &[Entry] {
        let tenant = tenant.or_else(|| only(&self.by_tenant));
        let own = tenant.and_then(|tenant| self.by_tenant.get(tenant));
        let others = if locals.get(tenant).is_some() { &self.common } else { &self.nowhere };
        own.unwrap_or(others)
    }

    /// What is read of each tenant: its local index, and what engines elsewhere store, in the order of the engines.
    pub(super) fn shelves(&self, locals: &Locals) -> Locals {
        let of = |tenant: &String| {
            let local = locals.get(Some(tenant)).unwrap_or(&locals.common);
            (tenant.clone(), read(self.get(Some(tenant), locals), local))
        };
        // Where tenants have no places of their own, they share one.
        let tenants = self.by_tenant.keys().filter(|_| !locals.by_tenant.is_empty());
        Locals { common: read(&self.common, &locals.common), by_tenant: tenants.map(of).collect() }
    }

    /// Every engine that is configured, each once.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Member>> {
        let own = self.by_tenant.values().chain([&self.common]).flatten();
        let own = own.filter(|entry| !self.shared.contains_key(&entry.name));
        self.shared().chain(own.filter_map(|entry| entry.member.as_ref().ok()))
    }

    /// Whether premium is used for a tenant.
    pub(super) fn uses_premium(&self, tenant: Option<&str>) -> bool {
        let tenant = tenant.or_else(|| only(&self.by_tenant));
        tenant.is_none_or(|tenant| !self.without_premium.contains(tenant))
    }

    /// Those that all tenants share, as far as they are configured.
    pub(super) fn shared(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.shared.values().filter_map(|member| member.as_ref().ok())
    }
}
