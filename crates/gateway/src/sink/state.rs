//! How a cluster is, for those who operate it.

use std::time::Instant;

use jiff::Timestamp;
use postern_upstream::cluster::{Cluster, ClusterProblem, Within};

use super::coverage;

/// How a cluster is, and the index of a tenant in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterState {
    /// `green`, `yellow` or `red`.
    pub health: String,
    /// Nodes that have joined.
    pub nodes: u64,
    /// Shards of all indexes that nobody has.
    pub unassigned: u64,
    /// Messages in the index.
    pub documents: u64,
    /// When a machine last ended a run that wrote into it.
    pub written: Option<Timestamp>,
    /// Documents that it would not take in the last run of each machine.
    pub rejected: u64,
    /// How often a document was sent again in these runs.
    pub retried: u64,
}

impl ClusterState {
    /// Asks the cluster.
    ///
    /// # Errors
    ///
    /// Why it did not say.
    pub async fn ask(
        cluster: &Cluster,
        alias: &str,
        deadline: Instant,
    ) -> Result<Self, ClusterProblem> {
        let body = r#"{"size":0,"track_total_hits":true}"#.to_owned();
        let health = cluster.health().await?;
        let found = cluster.search(Within::Index(alias), body, deadline).await?;
        let said = coverage::read(cluster, alias, deadline).await?;
        Ok(Self {
            health: health.status,
            nodes: health.nodes,
            unassigned: health.unassigned,
            documents: found.total,
            written: said.written,
            rejected: said.rejected,
            retried: said.retried,
        })
    }
}
