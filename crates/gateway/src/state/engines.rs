//! The engines of the tenants, in the order in which they are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::locals::{Locals, only};
use crate::choose::{Entry, Member};
use crate::config::{Config, ConfigError, EngineName};
use crate::engine::{Kind, Why, kind};
use crate::local::Local;
use crate::servers::Servers;

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
        let entry = |name: EngineName, tenant: Option<&str>, local: &Local| {
            let member = match kind(name) {
                Kind::Shared(_) => shared.get(&name).cloned()?,
                Kind::OfTenant(make) => Member::of(make(local), has_one_asker),
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
