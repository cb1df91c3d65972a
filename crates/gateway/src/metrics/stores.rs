//! How the clusters are, among the metrics: nothing is shown of them where none is configured.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::ConstGauge;

use crate::engine::{StoreHealth, Writes};

/// The health of one that gives no answer; 0 to 2 are those of one that does.
const SILENT: i64 = 3;

/// How the indexes of all tenants are together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stores {
    /// The worst: 0 green, 1 yellow, 2 red, 3 no answer.
    health: i64,
    /// Nothing where none gives an answer.
    answered: Option<Answered>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Answered {
    nodes: u64,
    unassigned: u64,
    shards: u64,
    documents: u64,
    writes: Option<Writes>,
    /// Of the one that was written longest ago.
    lag: Option<i64>,
}

impl Stores {
    /// Those of all tenants; nothing where there are none.
    pub(crate) fn of(all: &[Option<StoreHealth>], now: Timestamp) -> Option<Self> {
        let health = all.iter().map(|one| one.as_ref().map_or(SILENT, level)).max()?;
        let mut answered = None;
        for store in all.iter().flatten() {
            answered.get_or_insert_with(Answered::default).add(store, now);
        }
        Some(Self { health, answered })
    }

    /// Names, what they mean, and the values that are known.
    fn rows(&self) -> Vec<(&'static str, &'static str, i64)> {
        let health = ("cluster_health", "0 green, 1 yellow, 2 red, 3 no answer", Some(self.health));
        let answered = self.answered.as_ref().map(Answered::rows);
        let rows = [health].into_iter().chain(answered.into_iter().flatten());
        rows.filter_map(|(name, help, value)| Some((name, help, value?))).collect()
    }
}

impl Answered {
    /// Documents and writes are counted together; nodes and shards without a node are those of one cluster.
    fn add(&mut self, store: &StoreHealth, now: Timestamp) {
        self.nodes = self.nodes.max(store.nodes);
        self.unassigned = self.unassigned.max(store.unassigned);
        self.shards += store.shards;
        self.documents += store.documents;
        let Some(writes) = store.writes else { return };
        let all = self.writes.get_or_insert_default();
        all.rejected += writes.rejected;
        all.retried += writes.retried;
        self.lag = self.lag.max(writes.last.map(|at| now.duration_since(at).as_secs()));
    }

    fn rows(&self) -> [(&'static str, &'static str, Option<i64>); 7] {
        let number = |value: u64| Some(i64::try_from(value).unwrap_or(i64::MAX));
        let written = |value: fn(Writes) -> u64| self.writes.map(value).and_then(number);
        [
            ("cluster_nodes", "Nodes of the cluster", number(self.nodes)),
            ("cluster_documents", "Messages and files in the cluster", number(self.documents)),
            ("cluster_shards", "Parts of the indexes", number(self.shards)),
            ("cluster_unassigned_shards", "Parts that no node has", number(self.unassigned)),
            ("cluster_lag_seconds", "Since the last run into the cluster", self.lag),
            ("cluster_rejected_writes", "Refused in the last runs", written(|all| all.rejected)),
            ("cluster_retried_writes", "Sent again in the last runs", written(|all| all.retried)),
        ]
    }
}

fn level(store: &StoreHealth) -> i64 {
    match store.status.as_str() {
        "green" => 0,
        "yellow" => 1,
        _ => 2,
    }
}

/// What is shown of them now.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown(Arc<Mutex<Option<Stores>>>);

impl Shown {
    pub(super) fn set(&self, stores: Option<Stores>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stores;
    }
}

impl Collector for Shown {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stores = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, help, value) in stores.iter().flat_map(Stores::rows) {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(status: &str, documents: u64, writes: Option<Writes>) -> Option<StoreHealth> {
        let status = status.to_owned();
        Some(StoreHealth { status, nodes: 3, unassigned: 2, shards: 3, documents, writes })
    }

    fn shown(all: &[Option<StoreHealth>]) -> Vec<(&'static str, i64)> {
        let stores = Stores::of(all, Timestamp::from_second(100).unwrap());
        let rows = stores.iter().flat_map(Stores::rows);
        rows.map(|(name, _, value)| (name.strip_prefix("cluster_").unwrap(), value)).collect()
    }

    #[test]
    fn tenants_are_counted_together() {
        let writes = |second, retried| {
            Some(Writes { last: Timestamp::from_second(second).ok(), rejected: 1, retried })
        };
        assert_eq!(shown(&[]), []);
        assert_eq!(shown(&[None]), [("health", 3)]);
        let of_one = [("nodes", 3), ("documents", 5), ("shards", 3), ("unassigned_shards", 2)];
        let unknown = shown(&[store("green", 5, None)]);
        assert_eq!(unknown, [&[("health", 0)][..], &of_one].concat());
        let all = [store("green", 5, writes(90, 7)), store("yellow", 6, writes(40, 2)), None];
        let together = [("nodes", 3), ("documents", 11), ("shards", 6), ("unassigned_shards", 2)];
        let of_writes = [("lag_seconds", 60), ("rejected_writes", 2), ("retried_writes", 9)];
        assert_eq!(shown(&all), [&[("health", 3)][..], &together, &of_writes].concat());
        assert_eq!(shown(&all[..2])[0], ("health", 1));
        assert_eq!(shown(&[store("red", 0, None)])[0], ("health", 2));
    }
}
