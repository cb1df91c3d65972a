//! `postern serve`.

use std::time::Duration;

use postern_gateway::config::{Config, Overrides};
use postern_gateway::{State, bind};

use crate::args::{Common, Serve};
use crate::exit::Exit;
use crate::{clock, logs, output, service, settings};

/// How long threads may go on once nothing is served any more.
const ENDING: Duration = Duration::from_secs(2);

/// Serves until it is told to end.
pub(crate) fn run(common: &Common, arguments: &Serve) -> anyhow::Result<Exit> {
    let overrides = Overrides {
        listen: arguments.listen.clone(),
        deadline: arguments.deadline.clone(),
        // A tenant without its key would leave the gateway open: it is refused.
        tenant: arguments.service.tenant.clone(),
        ..service::overrides(common, &arguments.service)?
    };
    let mut config = settings::load(common, &overrides)?;
    config.sync.attachment_text = super::attachment_text::all()?;
    logs::start(common);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(&config));
    // A thread that hangs does not keep the process; what it had not committed is done by the next run.
    runtime.shutdown_timeout(ENDING);
    served.map(|()| Exit::Done)
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let state = State::new(config, clock::now)?;
    let bound = bind(config.listen).await?.inside(config.tls.as_ref())?;
    let has_veeam = config.tenants.iter().any(|tenant| tenant.veeam.is_some());
    if config.premium.is_none() && !has_veeam {
        output::note(
            "no premium endpoint is configured (--premium URL): the local index answers everything",
        );
    }
    output::line(format!("listening on {}", bound.url()))?;
    bound.run(state, ended()).await?;
    Ok(())
}

/// Resolves when the process is asked to end.
pub(crate) async fn ended() {
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
