//! The sources of a tenant that can be synced, as the flags or the configuration name them.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use postern_archive::DATATAP;
use postern_gateway::config::Config;
use postern_sync::{Backups, Collection};
use postern_upstream::veeam::Sessions;

use crate::{output, service};

/// A source, and where its mail is brought to.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) data: PathBuf,
    pub(crate) collection: Arc<dyn Collection>,
    /// Restore sessions that it may have opened in the end.
    sessions: Option<Sessions>,
}

impl Source {
    /// Stops the restore sessions that a killed process left open.
    pub(crate) async fn begin(&self) {
        if let Some(sessions) = &self.sessions
            && let Err(problem) = sessions.stop_leftovers().await
        {
            output::note(format!("restore sessions of a former run are still open: {problem}"));
        }
    }

    /// Stops the restore sessions that were opened.
    pub(crate) async fn end(&self) {
        if let Some(sessions) = &self.sessions {
            sessions.stop_all().await;
        }
    }
}

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
    let mut all: Vec<_> = backups(config, tenant, at)?.into_iter().collect();
    let is_wanted = |known: &str| name.is_none_or(|name| name == known);
    // Without backups, what is missing of a service is to be told.
    let is_expected = all.is_empty() || (config.premium.is_some() && !config.to_sync().is_empty());
    if is_expected && is_wanted(DATATAP) && at.is_none() {
        all.push(collected(config, tenant)?);
    }
    all.retain(|one| is_wanted(&one.name));
    if all.is_empty() {
        match (at, name) {
            (Some(_), _) => bail!("--at needs a tenant with a `veeam` table in --config FILE"),
            (None, Some(name)) => bail!("the tenant has no source `{name}` that can be synced"),
            (None, None) => bail!("the tenant has no source that can be synced"),
        }
    }
    Ok(all)
}

fn backups(
    config: &Config,
    tenant: Option<&str>,
    at: Option<Timestamp>,
) -> anyhow::Result<Option<Source>> {
    let mut known: Vec<_> = config.tenants.iter().filter(|one| one.veeam.is_some()).collect();
    known.retain(|one| tenant.is_none_or(|tenant| one.id == tenant));
    let own = match known.as_slice() {
        [] => return Ok(None),
        [own] => *own,
        [..] => bail!("there are several tenants; say which with --tenant ID"),
    };
    let sessions = config.veeam_sessions(Some(&own.id))?.context("there is no `veeam` table")?;
    let name = own.veeam.as_ref().map(|veeam| veeam.source.clone()).unwrap_or_default();
    Ok(Some(Source {
        collection: Arc::new(Backups::new(&name, sessions.clone(), at)),
        name,
        tenant: own.id.clone(),
        data: own.data.clone(),
        sessions: Some(sessions),
    }))
}

fn collected(config: &Config, tenant: Option<&str>) -> anyhow::Result<Source> {
    let (to_sync, client) = service::reach(config, tenant)?;
    Ok(Source {
        name: DATATAP.to_owned(),
        tenant: to_sync.tenant,
        data: to_sync.data,
        collection: Arc::new(client),
        sessions: None,
    })
}
