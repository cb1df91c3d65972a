//! Which fields have values that are too long for the index, in some message.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use serde_json::{Value, json};

/// The fields that were marked when the index was last asked. It says so with every page.
#[derive(Debug, Default)]
pub(super) struct Marks(RwLock<BTreeSet<String>>);

impl Marks {
    /// What is known by now.
    pub(super) fn at_hand(&self) -> BTreeSet<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of what an answer says.
    pub(super) fn learn(&self, aggregations: &Value) -> BTreeSet<String> {
        let marked = read(aggregations);
        if marked != self.at_hand() {
            self.0.write().unwrap_or_else(PoisonError::into_inner).clone_from(&marked);
        }
        marked
    }
}

/// What asks for the marks of all messages of an index, whatever else is asked.
pub(super) fn asked(index: &Value) -> Value {
    let fields = json!({"fields": {"terms": {"field": "leftOut", "size": 1_000}}});
    json!({"marks": {"global": {}, "aggs": {"index": {"filter": index, "aggs": fields}}}})
}

fn read(aggregations: &Value) -> BTreeSet<String> {
    let buckets = aggregations.pointer("/marks/index/fields/buckets").and_then(Value::as_array);
    let keys = buckets.into_iter().flatten().filter_map(|bucket| bucket.get("key")?.as_str());
    keys.map(str::to_owned).collect()
}
