//! The configuration, and the folders and files that it names.

use anyhow::anyhow;
use postern_archive::search::Scope;
use postern_archive::{Archive, SeenSets};
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
    let config = read(common, overrides)?;
    if let Some(path) = common.config.as_deref().filter(|_| config.file_holds_keys) {
        private::warn_of_secret(common, path);
    }
    config.secret_files().into_iter().for_each(|file| private::warn_of_secret(common, file));
    for folder in config.tenants.iter().map(|tenant| &tenant.data).chain([&config.data]) {
        private::close(common, folder);
    }
    Ok(config)
}

/// Reads the configuration, and touches nothing else.
///
/// # Errors
///
/// When it cannot be read, or is not valid.
pub(crate) fn read(common: &Common, overrides: &Overrides) -> anyhow::Result<Config> {
    let overrides = &Overrides {
        veeam_password: key::of_veeam()?,
        cluster_password: key::of_cluster()?,
        webhook_secret: key::of_webhook()?,
        ..overrides.clone()
    };
    Ok(Config::load(common.config.as_deref(), overrides, data::place(common)?)?)
}

/// For what reads a configuration and does not serve: the first key of a gateway that others may reach is made
/// before there is one.
pub(crate) fn not_listening() -> Overrides {
    Overrides { listen: Some("127.0.0.1:0".to_owned()), ..Overrides::default() }
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
    let viewpoint = viewpoint.map_err(|(name, what)| anyhow!("--{name} {what}"))?;
    // Where no one data folder is meant, there are no sets to name.
    let folder = data::folder(common).ok();
    let sets = folder.map(|folder| SeenSets::new(Archive::below(&folder).sets(), Scope::All));
    Ok(Viewpoint { sets, ..viewpoint })
}
