//! Where data lies, and how sizes are written.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use etcetera::BaseStrategy as _;

use crate::args::Common;
use crate::private;

/// The data folder, closed to other users.
pub(crate) fn folder(common: &Common) -> anyhow::Result<PathBuf> {
    let folder = place(common)?;
    private::close(common, &folder);
    Ok(folder)
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
