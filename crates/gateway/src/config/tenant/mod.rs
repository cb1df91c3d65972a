//! A tenant: where its data lies, who is asked for it, and where its mail comes from beside DataTap.

mod log_on;
mod veeam;

use std::path::PathBuf;

use serde::Deserialize;
use toml::{Table, Value};

use super::shown::{names, path, put};
use super::{Config, ConfigError, EngineName, order};
pub use log_on::{LogOn, variable};
use veeam::FileVeeam;
pub use veeam::{Veeam, VeeamTrust};

/// What is kept of one tenant, and where its mail comes from beside DataTap.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    /// The tenant's id.
    pub id: String,
    /// Where its index lies.
    pub data: PathBuf,
    /// Its engines in the order in which they are asked; without it that of the gateway.
    pub engines: Option<Vec<EngineName>>,
    /// Its server of Veeam, if it has one.
    pub veeam: Option<Veeam>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTenant {
    id: String,
    data: PathBuf,
    engines: Option<Vec<String>>,
    veeam: Option<FileVeeam>,
}

impl Config {
    /// The tenant of that id; without one the only tenant there is.
    #[must_use]
    pub fn tenant(&self, id: Option<&str>) -> Option<&Tenant> {
        match (id, self.tenants.as_slice()) {
            (Some(id), all) => all.iter().find(|tenant| tenant.id == id),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

impl Tenant {
    /// As it would stand in a file, secrets masked.
    pub(super) fn shown(&self) -> Table {
        let mut table = Table::new();
        put(&mut table, "id", &self.id);
        put(&mut table, "data", path(&self.data));
        if let Some(engines) = &self.engines {
            put(&mut table, "engines", names(engines));
        }
        if let Some(veeam) = &self.veeam {
            table.insert("veeam".into(), Value::Table(veeam.shown()));
        }
        table
    }
}

impl TryFrom<FileTenant> for Tenant {
    type Error = ConfigError;

    fn try_from(file: FileTenant) -> Result<Self, ConfigError> {
        Ok(Self {
            id: file.id,
            data: file.data,
            engines: order::read(file.engines)?,
            veeam: file.veeam.map(Veeam::try_from).transpose()?,
        })
    }
}
