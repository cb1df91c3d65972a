//! `postern serve`.

use std::time::Duration;

use postern_gateway::config::{Config, Overrides};
use postern_gateway::{State, bind};
use tracing_subscriber::EnvFilter;

use crate::args::{Common, Serve};
use crate::exit::Exit;
use crate::{clock, data, output, service};

/// How long threads may go on once nothing is served any more.
const ENDING: Duration = Duration::from_secs(2);

/// Serves until it is told to end.
pub(crate) fn run(common: &Common, arguments: &Serve) -> anyhow::Result<Exit> {
    let overrides = Overrides {
        listen: arguments.listen.clone(),
        deadline: arguments.deadline.clone(),
        ..service::overrides(&arguments.service)
    };
    let mut config = Config::load(common.config.as_deref(), &overrides, data::folder(common)?)?;
    config.sync.attachment_text = super::attachment_text::all()?;
    logs(common);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(&config));
    // A thread that hangs does not keep the process; what it had not committed is done by the next run.
    runtime.shutdown_timeout(ENDING);
    served.map(|()| Exit::Done)
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let state = State::new(config, clock::now)?;
    let bound = bind(config.listen).await?;
    if config.premium.is_none() {
        output::note(
            "no premium endpoint is configured (--premium URL): the local index answers everything",
        );
    }
    output::line(format!("listening on http://{}", bound.address()))?;
    bound.run(state, ended()).await?;
    Ok(())
}

/// Resolves when the process is asked to end.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => wait_for_ctrl_c().await,
        }
    }
    #[cfg(not(unix))]
    wait_for_ctrl_c().await;
}

async fn wait_for_ctrl_c() {
    // Without a handler the process ends in the system's own way.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Structured logs on stderr; what people typed and who they are is never in them at this level.
fn logs(common: &Common) {
    let level = match (common.quiet, common.verbose) {
        (true, _) => "error",
        (false, 0) => "postern_gateway=info,warn",
        (false, 1) => "postern_gateway=debug,info",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_env("POSTERN_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
