//! Mail into a cluster: what opens the index of a tenant there for `postern index`, `postern sync` and the schedule.

mod cluster;
mod coverage;
mod held;
mod state;

use std::path::Path;
use std::sync::Arc;

use postern_archive::ingest::Sink;
use postern_archive::{Archive, Destination, Error};
use postern_upstream::cluster::ClusterProblem;

use crate::config::{Config, ConfigError, To};
use cluster::{Place, ToCluster};
pub(crate) use coverage::read as read_coverage;
pub use state::ClusterState;

/// Told of each failure after which documents are sent again.
pub type Notice = Arc<dyn Fn(&ClusterProblem) + Send + Sync>;

impl Config {
    /// Where the mail of a tenant is brought; without a name of the only one there is.
    ///
    /// # Errors
    ///
    /// When a cluster is meant and none is configured, or it cannot be named.
    pub fn destination(
        &self,
        to: To,
        tenant: Option<&str>,
        notice: Notice,
    ) -> Result<Destination, ConfigError> {
        const NONE: &str = "no cluster is named; write [cluster] with urls = [\"https://HOST:9200\"] in --config FILE";
        if to == To::Local {
            return Ok(Destination::Local);
        }
        let none = || ConfigError::Value(NONE.to_owned());
        let settings = self.cluster.as_ref().ok_or_else(none)?;
        let place = Place {
            cluster: self.cluster_client()?.ok_or_else(none)?,
            alias: self.cluster_index(tenant)?.ok_or_else(none)?,
            shards: settings.shards,
            replicas: settings.replicas,
            originals: settings.originals,
            notice,
        };
        let open = Arc::new(move |data: &Path| {
            let sink: Box<dyn Sink> = Box::new(ToCluster::open(&place, data)?);
            Ok::<_, Error>(sink)
        });
        Ok(match to {
            To::Local => Destination::Local,
            To::Cluster => Destination::Elsewhere(open),
            To::Both => Destination::Both(open),
        })
    }
}

impl Config {
    /// Where messages of a data folder are held: in the index of this machine, in the cluster where its mail is
    /// brought there too, or there alone where this machine has no index.
    ///
    /// # Errors
    ///
    /// Those of [`destination`](Self::destination).
    pub fn holds_in(&self, archive: &Archive, notice: Notice) -> Result<Destination, ConfigError> {
        let tenant = self.tenants.iter().find(|tenant| tenant.data == archive.data());
        let is_here = archive.index().is_ok();
        let is_brought = [self.index_to, self.sync.to].iter().any(|to| *to != To::Local);
        let to = match (is_here, self.cluster.is_some() && (is_brought || !is_here)) {
            (_, false) => To::Local,
            (true, true) => To::Both,
            (false, true) => To::Cluster,
        };
        self.destination(to, tenant.map(|tenant| tenant.id.as_str()), notice)
    }
}

/// What the cluster says where somebody holds writes back.
const HELD: &str = "FORBIDDEN/8";

/// What could not be done, why, and what to do.
///
/// ```
/// use postern_gateway::sink::cannot;
/// use postern_upstream::cluster::ClusterProblem;
///
/// let text = cannot("write into the cluster", &ClusterProblem::NoIndex);
/// assert!(text.ends_with("make it with `postern cluster init`"));
/// ```
#[must_use]
pub fn cannot(what: &str, problem: &ClusterProblem) -> String {
    let hint = match problem {
        ClusterProblem::NotAllowed(_) => {
            "; check `user` and POSTERN_CLUSTER_PASSWORD, or `api_key_file`, and what they may do"
        }
        ClusterProblem::NoIndex => "; make it with `postern cluster init`",
        ClusterProblem::Blocked { reason } if reason.contains(HELD) => {
            "; a reindex has it so at its end. Where none runs, one ended early: run `postern cluster reindex` again"
        }
        ClusterProblem::Blocked { .. } => {
            "; make room on the disks of its nodes, then run this again"
        }
        ClusterProblem::Busy { .. }
        | ClusterProblem::Partial { .. }
        | ClusterProblem::NoMorePoints => "; run this again later",
        ClusterProblem::Failed(_) => "; check `urls` of [cluster], and whether its nodes are up",
        ClusterProblem::TooMuch { .. }
        | ClusterProblem::Refused { .. }
        | ClusterProblem::Expired => "",
    };
    format!("cannot {what}: {problem}{hint}")
}
