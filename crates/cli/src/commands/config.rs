//! `postern config`.

use postern_gateway::config::{Config as Loaded, Overrides};

use crate::args::{Common, Config, ConfigAction};
use crate::exit::Exit;
use crate::{data, output};

/// Checks or shows the configuration.
pub(crate) fn run(common: &Common, arguments: &Config) -> anyhow::Result<Exit> {
    let loaded =
        Loaded::load(common.config.as_deref(), &Overrides::default(), data::folder(common)?)?;
    match arguments.action {
        ConfigAction::Check => output::line("the configuration is valid")?,
        ConfigAction::Show => output::line(loaded.shown().trim_end())?,
    }
    Ok(Exit::Done)
}
