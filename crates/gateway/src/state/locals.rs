//! The local indexes of the tenants.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::local::Local;

/// The local indexes: one for all, or one for each tenant.
#[derive(Clone, Debug)]
pub struct Locals {
    pub(super) common: Local,
    pub(super) by_tenant: BTreeMap<String, Local>,
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

    /// Each index and the tenant that it is of; nothing for one of all.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &Local)> {
        let of_tenants = self.by_tenant.iter().map(|(tenant, local)| (tenant.as_str(), local));
        of_tenants.chain([("", &self.common)])
    }

    /// The index of a tenant. Once tenants have places of their own, nobody else's is shared. Without keys
    /// there is one user, who asks for the only tenant there is.
    pub(super) fn get(&self, tenant: Option<&str>) -> Option<&Local> {
        match tenant.or_else(|| only(&self.by_tenant)) {
            Some(tenant) if !self.by_tenant.is_empty() => self.by_tenant.get(tenant),
            _ => Some(&self.common),
        }
    }
}

/// The only tenant, if there is one only.
pub(super) fn only<T>(by_tenant: &BTreeMap<String, T>) -> Option<&str> {
    let mut tenants = by_tenant.keys();
    tenants.next().filter(|_| tenants.len() == 0).map(String::as_str)
}
