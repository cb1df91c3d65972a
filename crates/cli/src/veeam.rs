//! The server of Veeam that the configuration names, for one command.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use postern_gateway::config::{Config, Overrides, Veeam as Settings};
use postern_upstream::veeam::Sessions;

use crate::args::Common;
use crate::{interrupt, settings};

/// Set by the first Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Whether the run is to end after the step that is under way.
pub(crate) fn stop() -> &'static AtomicBool {
    &STOP
}

/// A server of Veeam, and what is here of its tenant.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) settings: Settings,
    /// The data folder of the tenant.
    pub(crate) data: PathBuf,
    pub(crate) sessions: Sessions,
}

/// The server of that tenant, or of the only one that has one.
///
/// # Errors
///
/// When the configuration names none, or several.
pub(crate) fn reach(common: &Common, tenant: Option<&str>) -> anyhow::Result<Server> {
    let config = settings::load(common, &Overrides::default())?;
    let mut all = config.tenants.iter().filter(|one| one.veeam.is_some());
    let mut all = all.by_ref().filter(|one| tenant.is_none_or(|tenant| one.id == tenant));
    let Some(found) = all.next() else { bail!(nothing(&config)) };
    if all.next().is_some() {
        bail!("several tenants have a server of Veeam; say which with --tenant ID");
    }
    let sessions = config.veeam_sessions(Some(&found.id))?.context("no server of Veeam")?;
    let settings = found.veeam.clone().context("no server of Veeam")?;
    Ok(Server { settings, data: found.data.clone(), sessions })
}

fn nothing(config: &Config) -> String {
    let tenants: Vec<_> = config.tenants.iter().map(|tenant| tenant.id.as_str()).collect();
    if tenants.is_empty() {
        return "no server of Veeam is named; write [tenants.veeam] below a [[tenants]] in --config FILE".to_owned();
    }
    format!(
        "no such tenant has a server of Veeam ([tenants.veeam]); the tenants are {}",
        tenants.join(", ")
    )
}

impl Server {
    /// The organization, as people call it.
    ///
    /// # Errors
    ///
    /// When the server does not say.
    pub(crate) async fn place(&self) -> anyhow::Result<String> {
        Ok(self.sessions.client().organization().await?.name)
    }

    /// Does some work with restore sessions, and stops them however it ends.
    ///
    /// # Errors
    ///
    /// Those of the work, and when it was stopped.
    pub(crate) fn run<T>(
        &self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        interrupt::on_ctrl_c(|| STOP.swap(true, Ordering::Relaxed))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let done = work.await;
            self.sessions.stop_all().await;
            done
        })
    }
}
