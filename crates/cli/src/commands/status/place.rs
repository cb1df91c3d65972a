//! Whose state is told.

use std::path::PathBuf;

use postern_gateway::config::{Config, Overrides, Tenant};

use crate::args::{Common, Status};
use crate::{data, settings};

/// A data folder, and the tenant that the configuration names for it.
pub(super) struct Place {
    pub(super) data: PathBuf,
    /// Nothing without a configuration.
    pub(super) configured: Option<Configured>,
}

pub(super) struct Configured {
    pub(super) config: Config,
    /// Nothing where the configuration names no such tenant.
    pub(super) tenant: Option<String>,
}

impl Place {
    pub(super) fn of(common: &Common, arguments: &Status) -> anyhow::Result<Self> {
        if common.config.is_none() {
            return Ok(Self { data: data::folder(common)?, configured: None });
        }
        let config = settings::load(common, &Overrides::default())?;
        let tenant = tenant(&config, arguments.tenant.as_deref())?;
        let own = tenant.filter(|one| one.veeam.is_some() || common.data.is_none());
        let data = own.map_or_else(|| data::folder(common), |one| Ok(one.data.clone()))?;
        let tenant = tenant.map(|one| one.id.clone());
        Ok(Self { data, configured: Some(Configured { config, tenant }) })
    }

    /// Whether its index may lie in a cluster.
    pub(super) fn has_cluster(&self) -> bool {
        self.configured.as_ref().is_some_and(|it| it.config.cluster.is_some())
    }

    /// Whether its tenant has a server of Veeam.
    pub(super) fn has_veeam(&self) -> bool {
        self.configured.as_ref().is_some_and(|it| it.config.veeam(it.tenant.as_deref()).is_some())
    }
}

/// The tenant that is meant: the one that is named, else the one with a server of Veeam, else the only one.
fn tenant<'a>(config: &'a Config, wanted: Option<&str>) -> anyhow::Result<Option<&'a Tenant>> {
    if let Some(wanted) = wanted {
        return Ok(config.tenants.iter().find(|one| one.id == wanted));
    }
    let mut with_veeam = config.tenants.iter().filter(|one| one.veeam.is_some());
    match (with_veeam.next(), with_veeam.next(), config.tenants.as_slice()) {
        (Some(_), Some(_), _) => {
            anyhow::bail!("several tenants have a server of Veeam; say which with --tenant ID")
        }
        (Some(one), None, _) | (None, _, [one]) => Ok(Some(one)),
        (None, _, _) => Ok(None),
    }
}
