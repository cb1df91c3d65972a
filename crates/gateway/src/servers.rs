//! The servers of Veeam of the tenants: one pool of restore sessions each, for searches, acts and syncs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use postern_upstream::veeam::Sessions;
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError, Tenant, Veeam};
use crate::retrievals::Retrievals;

/// A server of Veeam, and what is here of its tenant.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) settings: Veeam,
    pub(crate) sessions: Sessions,
    /// The data folder, which keeps the record.
    pub(crate) data: PathBuf,
    /// What was retrieved from archive tiers.
    pub(crate) retrievals: Arc<Retrievals>,
}

impl Server {
    /// That of a tenant, if it has one.
    fn of(config: &Config, tenant: &Tenant) -> Result<Option<Self>, ConfigError> {
        let (Some(settings), Some(sessions)) =
            (tenant.veeam.clone(), config.veeam_sessions(Some(&tenant.id))?)
        else {
            return Ok(None);
        };
        let retrievals = Arc::new(Retrievals::of(sessions.client()));
        Ok(Some(Self { settings, sessions, data: tenant.data.clone(), retrievals }))
    }
}

/// Those of every tenant that has one.
#[derive(Debug)]
pub(crate) struct Servers(BTreeMap<String, Server>);

impl Servers {
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        let of = |tenant: &Tenant| {
            let server = Server::of(config, tenant).transpose()?;
            Some(server.map(|server| (tenant.id.clone(), server)))
        };
        Ok(Self(config.tenants.iter().filter_map(of).collect::<Result<_, _>>()?))
    }

    /// The server of a tenant; without one, of the only tenant that has one.
    pub(crate) fn get(&self, tenant: Option<&str>) -> Option<&Server> {
        let mut all = self.0.values();
        match (tenant, all.next(), all.next()) {
            (Some(tenant), ..) => self.0.get(tenant),
            (None, Some(only), None) => Some(only),
            (None, ..) => None,
        }
    }

    /// The restore sessions of a tenant.
    pub(crate) fn sessions(&self, tenant: &str) -> Option<&Sessions> {
        self.0.get(tenant).map(|server| &server.sessions)
    }

    /// Stops what processes before this one left open.
    pub(crate) async fn stop_leftovers(&self) {
        for (tenant, server) in &self.0 {
            match server.sessions.stop_leftovers().await {
                Ok(0) => {}
                Ok(stopped) => tracing::info!(tenant, stopped, "stopped restore sessions"),
                Err(problem) => {
                    tracing::warn!(tenant, %problem, "restore sessions of before may be open");
                }
            }
        }
    }

    /// Stops the restore sessions of this process.
    pub(crate) async fn stop_all(&self) {
        let mut all = JoinSet::new();
        for server in self.0.values() {
            let sessions = server.sessions.clone();
            all.spawn(async move { sessions.stop_all().await });
        }
        all.join_all().await;
    }
}
