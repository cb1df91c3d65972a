//! Who answers queries, for `postern status`.

use std::time::{Duration, Instant};

use postern_archive::{Archive, chain};
use postern_gateway::config::{Config, EngineName};
use postern_gateway::sink::ClusterState;
use serde_json::{Map, Value, json};

use super::place::{Configured, Place};
use super::retrievals::Told;
use crate::cluster::runtime;
use crate::words::counted;
use crate::{output, terminal};

/// The engines of a tenant, in the order in which they are asked.
pub(super) struct Engines(Vec<(EngineName, Known)>);

/// What a command knows of an engine. Its breaker is that of a running gateway.
enum Known {
    NotConfigured,
    NotAsked,
    Answers,
    /// A cluster that answers, and how it is.
    Cluster(ClusterState),
    /// It was asked, and why it does not answer.
    Fails(String),
    /// What is here, or why it cannot be searched.
    Here(Option<String>),
}

impl Engines {
    /// Those of the configuration; without one what is here is all that is known.
    pub(super) fn of(place: &Place, archive: &Archive, told: Option<&Told>, offline: bool) -> Self {
        let here = || Known::Here(archive.index().err().map(|error| chain(&error)));
        let Some(Configured { config, tenant }) = &place.configured else {
            return Self(vec![(EngineName::Local, here())]);
        };
        let tenant = tenant.as_deref();
        let known = |name: &EngineName| match name {
            EngineName::Premium => premium(config, tenant),
            EngineName::Veeam => veeam(config, tenant, told),
            EngineName::Cluster => cluster(config, tenant, offline),
            EngineName::Local => here(),
        };
        Self(config.order_of(tenant).into_iter().map(|name| (name, known(&name))).collect())
    }

    pub(super) fn text(&self) -> anyhow::Result<()> {
        output::line("engines, in the order in which they are asked:")?;
        for (name, known) in &self.0 {
            let known = match known {
                Known::NotConfigured => "not configured".to_owned(),
                Known::NotAsked => "configured, and not asked now".to_owned(),
                Known::Answers => "answers".to_owned(),
                Known::Cluster(state) => spoken(state),
                Known::Fails(why) => format!("does not answer: {why}"),
                Known::Here(None) => "available".to_owned(),
                Known::Here(Some(why)) => format!("not available: {why}"),
            };
            output::line(format!("  {:<7}  {}", name.as_str(), terminal::safe(&known)))?;
        }
        output::line("")
    }

    /// In the shape of `/v1/status`.
    pub(super) fn json(&self) -> Value {
        let each = self.0.iter().map(|(name, known)| (name.as_str().to_owned(), known.json()));
        Value::Object(each.collect::<Map<_, _>>())
    }
}

impl Known {
    fn json(&self) -> Value {
        match self {
            Self::NotConfigured => json!({"configured": false}),
            Self::NotAsked => json!({"configured": true}),
            Self::Answers => json!({"configured": true, "answers": true}),
            Self::Cluster(state) => json!({
                "configured": true, "answers": true, "health": state.health, "nodes": state.nodes,
                "unassignedShards": state.unassigned, "documents": state.documents,
                "written": state.written.map(|at| at.to_string()), "rejectedWrites": state.rejected,
                "retriedWrites": state.retried,
            }),
            Self::Fails(why) => json!({"configured": true, "answers": false, "reason": why}),
            Self::Here(None) => json!({"available": true}),
            Self::Here(Some(why)) => json!({"available": false, "reason": why}),
        }
    }
}

fn premium(config: &Config, tenant: Option<&str>) -> Known {
    let is_used = config.tenant(tenant).is_none_or(|tenant| config.uses_premium(tenant));
    if config.premium.is_some() && is_used { Known::NotAsked } else { Known::NotConfigured }
}

/// How long a cluster is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

fn cluster(config: &Config, tenant: Option<&str>, offline: bool) -> Known {
    let named =
        config.cluster_client().and_then(|client| Ok((client, config.cluster_index(tenant)?)));
    let (client, alias) = match named {
        Ok((Some(client), Some(alias))) => (client, alias),
        Ok(_) => return Known::NotConfigured,
        Err(error) => return Known::Fails(error.to_string()),
    };
    if offline {
        return Known::NotAsked;
    }
    let asked = async {
        let deadline = Instant::now() + PATIENCE;
        tokio::time::timeout(PATIENCE, ClusterState::ask(&client, &alias, deadline)).await
    };
    match runtime().map(|runtime| runtime.block_on(asked)) {
        Ok(Ok(Ok(state))) => Known::Cluster(state),
        Ok(Ok(Err(problem))) => Known::Fails(problem.to_string()),
        Ok(Err(_)) => Known::Fails(format!("no answer in {} seconds", PATIENCE.as_secs())),
        Err(error) => Known::Fails(error.to_string()),
    }
}

/// The state of a cluster in words.
fn spoken(state: &ClusterState) -> String {
    let ClusterState { health, nodes, unassigned, documents, rejected, retried, .. } = state;
    let written = state.written.map_or_else(|| "never".to_owned(), |at| at.to_string());
    format!(
        "answers, {health}: {documents} messages, {}, {unassigned} shards without a node, last written {written}, \
         {rejected} writes refused and {retried} sent again in the last runs",
        counted(*nodes, "node")
    )
}

fn veeam(config: &Config, tenant: Option<&str>, told: Option<&Told>) -> Known {
    if config.veeam(tenant).is_none() {
        return Known::NotConfigured;
    }
    match told {
        Some(Told::Archives(..)) => Known::Answers,
        Some(Told::Nothing(why)) => Known::Fails(why.clone()),
        None => Known::NotAsked,
    }
}
