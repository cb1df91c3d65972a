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

/// A size such as `256M` in bytes.
pub(crate) fn size(text: &str) -> anyhow::Result<usize> {
    let upper = text.to_ascii_uppercase();
    let number = upper.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match upper.get(number.len()..).unwrap_or_default() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        unit => bail!("`{unit}` is no unit of size; write 256M or 1G"),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(factor));
    bytes.with_context(|| format!("`{text}` is not a size; write 256M or 1G"))
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

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("5k", Some(5 << 10)),
            ("256M", Some(256 << 20)),
            ("1GiB", Some(1 << 30)),
            ("M", None),
            ("5X", None),
            ("99999999999G", None),
        ] {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
    }
}
