//! The configuration, and the folders and files that it names.

use postern_gateway::config::{Config, Overrides};

use crate::args::Common;
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
