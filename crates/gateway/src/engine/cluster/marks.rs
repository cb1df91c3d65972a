//! Which fields have values that are too long for the index, in some message.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use postern_upstream::cluster::{Cluster as Client, ClusterProblem, Within};
use serde_json::{Value, json};

use super::points::{KEEP, Point};

/// The fields that were marked when the index was last asked.
#[derive(Debug, Default)]
pub(super) struct Marks(RwLock<BTreeSet<String>>);

impl Marks {
    /// What is known by now.
    pub(super) fn at_hand(&self) -> BTreeSet<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of what was learned.
    pub(super) fn learn(&self, marked: &BTreeSet<String>) {
        if *marked != self.at_hand() {
            self.0.write().unwrap_or_else(PoisonError::into_inner).clone_from(marked);
        }
    }
}

/// The fields that are marked in a state of the index. Only marked messages are read for it.
pub(super) async fn of(
    client: &Client,
    point: &Point,
    deadline: Instant,
) -> Result<BTreeSet<String>, ClusterProblem> {
    let is_marked = json!({"exists": {"field": FIELD}});
    let own = json!({"term": {"_index": point.index}});
    let body = json!({
        "size": 0, "track_total_hits": false, "aggs": {"marks": fields()},
        "query": {"bool": {"filter": [own, is_marked]}},
        "pit": {"id": point.id, "keep_alive": format!("{}s", KEEP.as_secs())},
    });
    let said = client.search(Within::Point, body.to_string(), deadline).await?;
    Ok(read(said.aggregations.pointer("/marks/buckets")))
}

/// What asks for the marks of all messages of an index, whatever else is asked.
pub(super) fn asked() -> Value {
    json!({"marks": {"global": {}, "aggs": {"fields": fields()}}})
}

/// The answer to that.
pub(super) fn said(aggregations: &Value) -> BTreeSet<String> {
    read(aggregations.pointer("/marks/fields/buckets"))
}

/// The field that names those of a message whose values are too long.
const FIELD: &str = "leftOut";

fn fields() -> Value {
    json!({"terms": {"field": FIELD, "size": 1_000}})
}

fn read(buckets: Option<&Value>) -> BTreeSet<String> {
    let buckets = buckets.and_then(Value::as_array);
    let keys = buckets.into_iter().flatten().filter_map(|bucket| bucket.get("key")?.as_str());
    keys.map(str::to_owned).collect()
}
