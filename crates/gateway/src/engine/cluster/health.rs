//! How the cluster is, asked a few times at most.

use std::time::{Duration, Instant};

use postern_upstream::cluster::ClusterProblem;
use tokio::sync::Mutex;

use super::{Cluster, coverage};
use crate::engine::StoreHealth;

/// For how long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(2);

/// The last answer.
#[derive(Debug, Default)]
pub(super) struct LastHealth(Mutex<Option<(StoreHealth, Instant)>>);

/// How the cluster is, if every shard of the index answers.
pub(super) async fn of(
    cluster: &Cluster,
    deadline: Instant,
) -> Result<StoreHealth, ClusterProblem> {
    let index = &cluster.0;
    let mut last = index.health.0.lock().await;
    if let Some((health, _)) = last.as_ref().filter(|(_, at)| at.elapsed() < BELIEVED) {
        return Ok(health.clone());
    }
    let counted = index.client.count(&index.alias, deadline).await?;
    let whole = index.client.health().await?;
    coverage::refresh(cluster, deadline).await;
    let health = StoreHealth {
        status: whole.status,
        nodes: whole.nodes,
        unassigned: whole.unassigned,
        shards: counted.shards,
        documents: counted.documents,
        writes: index.covered.writes(),
    };
    *last = Some((health.clone(), Instant::now()));
    Ok(health)
}
