//! `postern config`.

use postern_gateway::config::{Overrides, Tls};

use crate::args::{Common, Config, ConfigAction};
use crate::exit::Exit;
use crate::{output, settings};

/// Checks or shows the configuration.
pub(crate) fn run(common: &Common, arguments: &Config) -> anyhow::Result<Exit> {
    let loaded = settings::load(common, &Overrides::default())?;
    match arguments.action {
        ConfigAction::Check => {
            loaded.tls.as_ref().map_or(Ok(()), Tls::check)?;
            output::line("the configuration is valid")?;
        }
        ConfigAction::Show => output::line(loaded.shown().trim_end())?,
    }
    Ok(Exit::Done)
}
