//! `postern mcp`.

use anyhow::Context as _;
use postern_gateway::config::Config;
use postern_gateway::{State, api};
use postern_upstream::Secret;

use crate::args::Common;
use crate::commands::serve;
use crate::exit::Exit;
use crate::{clock, key, logs, settings};

/// Serves one assistant until it closes standard input. Nothing but the protocol goes to standard output.
pub(crate) fn run(common: &Common) -> anyhow::Result<Exit> {
    let mut config = settings::load(common, &settings::not_listening())?;
    config.audit = config.audit.off_stdout();
    let key = presented(&config)?;
    logs::start(common);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let state = State::new(&config, clock::now)?;
        let key = key.as_ref().map(Secret::expose);
        let served = tokio::select! {
            served = postern_mcp::stdio(api::app(state.clone()), key) => served,
            // A key that is revoked meanwhile opens nothing any more.
            () = state.clone().keep_reading_keys() => Ok(()),
            () = serve::ended() => Ok(()),
        };
        state.stop_sessions().await;
        served.map_err(anyhow::Error::from)
    })?;
    // A thread that still waits for standard input does not keep the process.
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// The key that says whose mail the assistant may see.
fn presented(config: &Config) -> anyhow::Result<Option<Secret>> {
    if config.access.is_open() {
        return Ok(None);
    }
    key::of_client()?.context("the configuration has keys; give one in POSTERN_KEY").map(Some)
}
