//! The sources of a tenant that can be synced, as the flags or the configuration name them.

use anyhow::bail;
use jiff::Timestamp;
use postern_archive::DATATAP;
use postern_gateway::config::{Config, Tenant};
use postern_gateway::source::{Source, Wanted};

use crate::{output, service};

/// All sources of that tenant, or of the only one there is; only the named one. `at` is a point in time
/// that only backups know.
///
/// # Errors
///
/// When there is none, or no client can be made for one.
pub(crate) fn all(
    config: &Config,
    tenant: Option<&str>,
    name: Option<&str>,
    at: Option<Timestamp>,
) -> anyhow::Result<Vec<Source>> {
    if tenant.is_none() && config.tenants_to_sync().len() > 1 {
        bail!("there are several tenants; say which with --tenant ID");
    }
    let sessions = |tenant: &Tenant| config.veeam_sessions(Some(&tenant.id));
    let mut all = config.sources(&Wanted { tenant, at, sessions: &sessions })?;
    let is_wanted = |known: &str| name.is_none_or(|name| name == known);
    if all.is_empty() && is_wanted(DATATAP) && at.is_none() {
        // What is missing of a service is told there.
        service::reach(config, tenant)?;
    }
    all.retain(|one| is_wanted(&one.name));
    match (all.is_empty(), at, name) {
        (false, _, _) => Ok(all),
        (true, Some(_), _) => bail!("--at needs a tenant with a `veeam` table in --config FILE"),
        (true, None, Some(name)) => bail!("the tenant has no source `{name}` that can be synced"),
        (true, None, None) => bail!("the tenant has no source that can be synced"),
    }
}

/// Stops the restore sessions that a killed process left open.
pub(crate) async fn begin(source: &Source) {
    if let Some(sessions) = &source.sessions
        && let Err(problem) = sessions.stop_leftovers().await
    {
        output::note(format!("restore sessions of a former run are still open: {problem}"));
    }
}

/// Stops the restore sessions that were opened.
pub(crate) async fn end(source: &Source) {
    if let Some(sessions) = &source.sessions {
        sessions.stop_all().await;
    }
}
