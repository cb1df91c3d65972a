//! Where data lies, and how sizes are written.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use etcetera::BaseStrategy as _;
use postern_gateway::config::{Config, Overrides};

use crate::args::Common;
use crate::private;

/// The data folder, closed to other users: as told, else that of the configuration's only tenant.
pub(crate) fn folder(common: &Common) -> anyhow::Result<PathBuf> {
    let folder = match (&common.data, &common.config) {
        (None, Some(file)) => of_config(common, file)?,
        (Some(_), _) | (None, None) => place(common)?,
    };
    private::close(common, &folder);
    Ok(folder)
}

fn of_config(common: &Common, file: &Path) -> anyhow::Result<PathBuf> {
    let config = Config::load(Some(file), &Overrides::default(), place(common)?)?;
    match config.tenants.as_slice() {
        [] => Ok(config.data),
        [only] => Ok(only.data.clone()),
        [..] => {
            bail!("the configuration has several tenants; give the folder of one with --data DIR")
        }
    }
}

/// Where the data folder lies: as told, else where the platform has such.
pub(crate) fn place(common: &Common) -> anyhow::Result<PathBuf> {
    if let Some(told) = &common.data {
        return Ok(told.clone());
    }
    let strategy = etcetera::choose_base_strategy()
        .context("no home folder is known; say where the index lies with --data DIR")?;
    Ok(strategy.data_dir().join("postern"))
}

/// A path that is not there is a mistake to be told before anything is done.
pub(crate) fn must_exist(path: &Path) -> anyhow::Result<()> {
    match path.symlink_metadata() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("there is no file or folder `{}`; check the path", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    }
}
