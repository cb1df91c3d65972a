//! The configuration, and the folders and files that it names.

use anyhow::anyhow;
use postern_gateway::Viewpoint;
use postern_gateway::config::{Config, Overrides};

use crate::args::{Common, View};
use crate::{data, key, private};

/// Reads the configuration, and closes to others what lies where it says.
///
/// # Errors
///
/// When it cannot be read, or is not valid.
pub(crate) fn load(common: &Common, overrides: &Overrides) -> anyhow::Result<Config> {
    let overrides = &Overrides { veeam_password: key::of_veeam()?, ..overrides.clone() };
    let config = Config::load(common.config.as_deref(), overrides, data::place(common)?)?;
    if let Some(path) = common.config.as_deref().filter(|_| config.file_holds_keys) {
        private::warn_of_secret(common, path);
    }
    let servers = config.tenants.iter().filter_map(|tenant| tenant.veeam.as_ref());
    for server in servers {
        let files = server.password_file.as_deref().into_iter().chain(server.restore.files());
        files.for_each(|file| private::warn_of_secret(common, file));
    }
    for folder in config.tenants.iter().map(|tenant| &tenant.data).chain([&config.data]) {
        private::close(common, folder);
    }
    Ok(config)
}

/// From where queries are read: as the flags say, else as the configuration does.
///
/// # Errors
///
/// When the configuration cannot be read, or a zone or an address is none.
pub(crate) fn viewpoint(common: &Common, view: &View) -> anyhow::Result<Viewpoint> {
    let known = match &common.config {
        Some(file) => {
            Config::load(Some(file), &Overrides::default(), data::place(common)?)?.viewpoint
        }
        None => Viewpoint::default(),
    };
    let me = (!view.me.is_empty()).then_some(view.me.as_slice());
    let viewpoint = known.with(view.zone.as_deref(), me);
    viewpoint.map_err(|(name, what)| anyhow!("--{name} {what}"))
}
