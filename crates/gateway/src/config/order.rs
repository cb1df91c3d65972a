//! The order in which engines are asked.

use super::{Config, ConfigError, EngineName, Tenant, invalid};

/// The engines that `engines` names; nothing where it does not stand there.
pub(super) fn read(names: Option<Vec<String>>) -> Result<Option<Vec<EngineName>>, ConfigError> {
    let Some(names) = names else { return Ok(None) };
    if names.is_empty() {
        return invalid(format!("`engines` is empty, so nobody could answer; write {}", all()));
    }
    let mut order = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let number = at + 1;
        match EngineName::parse(name) {
            None => {
                return invalid(format!(
                    "number {number} of `engines` is none; there are {}",
                    all()
                ));
            }
            Some(name) if order.contains(&name) => {
                return invalid(format!("`engines` names {} twice; remove one", name.as_str()));
            }
            Some(name) => order.push(name),
        }
    }
    Ok(Some(order))
}

impl Config {
    /// The engines of a tenant, in the order in which they are asked; those of everybody else without one.
    #[must_use]
    pub fn order_of(&self, tenant: Option<&str>) -> Vec<EngineName> {
        let tenant = tenant.and_then(|id| self.tenant(Some(id)));
        let told = self.told_order(tenant);
        told.map_or_else(|| self.own_order(tenant), <[EngineName]>::to_vec)
    }

    /// Whether the order of a tenant follows from its sources.
    pub(crate) fn is_own_order(&self, tenant: &Tenant) -> bool {
        self.told_order(Some(tenant)).is_none()
    }

    fn told_order<'a>(&'a self, tenant: Option<&'a Tenant>) -> Option<&'a [EngineName]> {
        tenant.and_then(|tenant| tenant.engines.as_deref()).or(self.engines.as_deref())
    }

    /// The remote engine of a source comes first. Of two remote ones neither has all, and the local index does.
    /// A cluster stands before the local index.
    fn own_order(&self, tenant: Option<&Tenant>) -> Vec<EngineName> {
        use EngineName::{Cluster, Local, Premium, Veeam};
        let order = match tenant.and_then(|tenant| tenant.veeam.as_ref()) {
            None => vec![Premium, Local],
            Some(veeam) if veeam.premium && self.premium.is_some() => vec![Local, Premium, Veeam],
            Some(_) => vec![Veeam, Local],
        };
        let with_cluster = order.into_iter().flat_map(|name| match name {
            Local if self.cluster.is_some() => vec![Cluster, Local],
            other => vec![other],
        });
        with_cluster.collect()
    }

    /// Whether premium is used for a tenant at all.
    #[must_use]
    pub fn uses_premium(&self, tenant: &Tenant) -> bool {
        tenant.veeam.as_ref().is_none_or(|veeam| veeam.premium)
    }
}

impl EngineName {
    /// The engine of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

fn all() -> String {
    EngineName::ALL.map(EngineName::as_str).join(", ")
}
