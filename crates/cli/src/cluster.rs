//! The cluster that the configuration names, for one command.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow};
use postern_gateway::config::{Cluster as Settings, Overrides};
use postern_gateway::sink::{self, Notice};
use postern_upstream::cluster::{Cluster, ClusterProblem};
use tokio::runtime::{Handle, Runtime};

use crate::args::Common;
use crate::{output, settings};

/// A cluster, and the name of an index there.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) cluster: Cluster,
    pub(crate) settings: Settings,
    /// The name under which the index of the tenant is asked and written.
    pub(crate) alias: String,
}

/// The cluster of the configuration, and the index of that tenant, or of the only one there is.
///
/// # Errors
///
/// When none is configured, no password is known, or there are several tenants.
pub(crate) fn reach(common: &Common, tenant: Option<&str>) -> anyhow::Result<Place> {
    const NONE: &str =
        "no cluster is named; write [cluster] with urls = [\"https://HOST:9200\"] in --config FILE";
    let config = settings::load(common, &Overrides::default())?;
    let cluster = config.cluster_client()?.context(NONE)?;
    let alias = config.cluster_index(tenant)?.context(NONE)?;
    Ok(Place { cluster, settings: config.cluster.context(NONE)?, alias })
}

/// What could not be done, why, and what to do.
pub(crate) fn cannot(what: &str, problem: &ClusterProblem) -> anyhow::Error {
    anyhow!(sink::cannot(what, problem))
}

/// Tells each kind of failure once.
pub(crate) fn notice(quiet: bool) -> Notice {
    let told = Mutex::new(HashSet::new());
    Arc::new(move |problem| {
        let is_new = told.lock().unwrap_or_else(PoisonError::into_inner).insert(problem.code());
        if is_new && !quiet {
            output::note(format!("{problem}; trying again"));
        }
    })
}

/// Waits for what the cluster says.
///
/// # Errors
///
/// When there can be no runtime.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// Work that may wait for what the cluster says, in the runtime that there is or in one of its own.
pub(crate) fn waiting<T>(work: impl FnOnce() -> T) -> T {
    if Handle::try_current().is_ok() {
        return work();
    }
    // Without one, whoever waits says so.
    let runtime = runtime().ok();
    let _entered = runtime.as_ref().map(Runtime::enter);
    work()
}
