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
        ConfigAction::Show => show(&loaded)?,
    }
    Ok(Exit::Done)
}

fn show(config: &Loaded) -> anyhow::Result<()> {
    output::line(format!("listen = \"{}\"", config.listen))?;
    output::line(format!("data = {:?}", config.data.display().to_string()))?;
    if let Some(premium) = &config.premium {
        output::line("\n[premium]")?;
        output::line(format!("url = {:?}", premium.url))?;
        output::line(format!("index = {:?}", premium.index))?;
        output::line(format!("deadline = \"{}ms\"", premium.deadline.as_millis()))?;
        output::line(format!("search_functions = {}", premium.search_functions))?;
        output::line(format!("lower_case_addresses = {}", premium.lower_case_addresses))?;
    }
    for key in config.access.keys() {
        output::line("\n[[keys]]")?;
        output::line(format!("name = {:?}", key.name))?;
        output::line("sha256 = \"***\"")?;
        output::line(format!("tenant = {:?}", key.tenant))?;
        output::line(format!("mailboxes = {:?}", key.mailboxes))?;
    }
    Ok(())
}
