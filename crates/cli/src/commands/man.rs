//! `postern man`.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::args::Arguments;
use crate::exit::Exit;

/// Writes the manual pages.
pub(crate) fn run(folder: &Path) -> anyhow::Result<Exit> {
    clap_mangen::generate_to(Arguments::command(), folder)
        .with_context(|| format!("the manual pages cannot be written into {}", folder.display()))?;
    Ok(Exit::Done)
}
