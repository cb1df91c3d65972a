//! The indexes of the cluster, and the names that stand for them.

use serde_json::{Value, json};

use super::{World, fault};

impl World {
    /// The index behind a name, which may be its own.
    pub(super) fn index<'w>(&'w self, name: &'w str) -> Option<&'w str> {
        let own = || self.mappings.contains_key(name).then_some(name);
        self.indexes.get(name).map(String::as_str).or_else(own)
    }

    pub(super) fn behind(&self, name: &str) -> (u16, Value) {
        let Some(index) = self.index(name) else {
            return (404, fault("index_not_found_exception", "no such index"));
        };
        let mappings = self.mappings.get(index).cloned().unwrap_or_default();
        let settings = json!({"index": {"uuid": format!("id-of-{index}")}});
        (200, json!({ index: {"mappings": mappings, "settings": settings} }))
    }

    pub(super) fn make(&mut self, index: &str, body: &[u8], works: bool) -> (u16, Value) {
        if self.mappings.contains_key(index) {
            return (400, fault("resource_already_exists_exception", "it is there"));
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let aliases = body.get("aliases").and_then(Value::as_object).into_iter().flatten();
        if works {
            self.indexes.extend(aliases.map(|(alias, _)| (alias.clone(), index.to_owned())));
            let mappings = body.get("mappings").cloned().unwrap_or_default();
            self.mappings.insert(index.to_owned(), mappings);
        }
        (200, json!({"acknowledged": true}))
    }

    /// Gives names and takes them away, all or none.
    pub(super) fn rename(&mut self, body: &[u8], works: bool) -> (u16, Value) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let actions = body.get("actions").and_then(Value::as_array).into_iter().flatten();
        let mut indexes = self.indexes.clone();
        for (what, action) in actions.filter_map(Value::as_object).flatten() {
            let text = |name: &str| action.get(name).and_then(Value::as_str).unwrap_or_default();
            let (alias, index) = (text("alias").to_owned(), text("index").to_owned());
            if what == "add" {
                indexes.insert(alias, index);
            } else if indexes.get(&alias) == Some(&index) {
                indexes.remove(&alias);
            } else {
                return (
                    404,
                    fault("resource_not_found_exception", "required alias does not exist"),
                );
            }
        }
        if works {
            self.indexes = indexes;
        }
        (200, json!({"acknowledged": true}))
    }

    /// Lets an index take no writes, or take them again.
    pub(super) fn hold(&mut self, index: &str, is_held: bool, works: bool) -> (u16, Value) {
        match is_held {
            _ if !works => {}
            true => self.held.extend([index.to_owned()]),
            false => self.held.retain(|held| held != index),
        }
        (200, json!({"acknowledged": true, "shards_acknowledged": true}))
    }
}
