//! The documents of the cluster, written in bulk and read by their ids.

use serde_json::{Value, json};

use super::{World, fault};

impl World {
    pub(super) fn bulk(&mut self, alias: &str, body: &[u8], works: bool) -> (u16, Value) {
        if self.trouble.full > 0 {
            self.trouble.full -= 1;
            let reason = "index [m] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];";
            return (429, fault("cluster_block_exception", reason));
        }
        let Some(index) = self.indexes.get(alias).cloned() else {
            return (404, fault("index_not_found_exception", "no such index"));
        };
        if self.held.contains(&index) {
            let reason = format!("index [{index}] blocked by: [FORBIDDEN/8/index write (api)];");
            return (403, fault("cluster_block_exception", &reason));
        }
        let text = String::from_utf8_lossy(body).into_owned();
        let values =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_default());
        let lines: Vec<_> = values.collect();
        let refuses = self.trouble.thirds > 0;
        self.trouble.thirds = self.trouble.thirds.saturating_sub(1);
        let (mut items, mut lines) = (Vec::new(), lines.into_iter());
        while let Some(head) = lines.next() {
            let Some((action, what)) = head.as_object().and_then(|head| head.iter().next()) else {
                continue;
            };
            let document =
                if action == "delete" { Value::Null } else { lines.next().unwrap_or_default() };
            let (status, error) = if refuses && items.len() % 3 == 2 {
                (429, fault("rejected_execution_exception", "rejected"))
            } else if works {
                self.write(&index, action, what, &document)
            } else {
                (200, Value::Null)
            };
            let error = error.get("error").cloned().unwrap_or_default();
            items.push(json!({ action.as_str(): {"status": status, "error": error} }));
        }
        (200, json!({"errors": true, "items": items}))
    }

    fn write(&mut self, index: &str, action: &str, what: &Value, document: &Value) -> (u16, Value) {
        let id = what.get("_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if self.trouble.misfit.as_ref() == Some(&id) {
            let reason = "failed to parse field [sentDateTime]";
            return (400, fault("mapper_parsing_exception", reason));
        }
        let conflict = (409, fault("version_conflict_engine_exception", "version conflict"));
        self.changes += 1;
        let key = (index.to_owned(), id);
        let known = self.documents.get(&key);
        // The version of a document is by one higher than the number of its last change.
        let version = what.get("version").and_then(Value::as_u64);
        let is_older = |version: u64| known.is_some_and(|(number, _)| *number >= version);
        if version.is_some_and(is_older) {
            return conflict;
        }
        let number = version.map_or(self.changes, |version| version.saturating_sub(1));
        let seen = what.get("if_seq_no").and_then(Value::as_u64);
        let is_as_seen = seen.is_none_or(|seen| known.is_some_and(|(number, _)| *number == seen));
        let new = match (action, known) {
            ("create", Some(_)) => return conflict,
            ("delete", None) => return (404, Value::Null),
            ("update", None) => return (404, fault("document_missing_exception", "missing")),
            _ if !is_as_seen => return conflict,
            ("delete", Some(_)) => {
                self.documents.remove(&key);
                return (200, Value::Null);
            }
            ("update", Some((_, former))) => {
                let mut changed = former.clone();
                put_into(&mut changed, document.get("doc").unwrap_or(&Value::Null));
                changed
            }
            _ => document.clone(),
        };
        self.documents.insert(key, (number, new));
        (201, Value::Null)
    }

    pub(super) fn stored(&self, alias: &str, body: &[u8]) -> Value {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let ids = body.get("ids").and_then(Value::as_array).into_iter().flatten();
        let Some(index) = self.index(alias) else {
            let missing = fault("index_not_found_exception", "no such index");
            return json!({"docs": ids.map(|_| missing.clone()).collect::<Vec<_>>()});
        };
        let docs = ids.map(|id| {
            let key = (index.to_owned(), id.as_str().unwrap_or_default().to_owned());
            match self.documents.get(&key) {
                Some((number, source)) => {
                    json!({"found": true, "_seq_no": number, "_primary_term": 1, "_source": source})
                }
                None => json!({"found": false}),
            }
        });
        json!({"docs": docs.collect::<Vec<_>>()})
    }
}

/// Members into a document, as an update does: objects are joined, all else is replaced.
fn put_into(document: &mut Value, members: &Value) {
    let (Some(document), Some(members)) = (document.as_object_mut(), members.as_object()) else {
        return;
    };
    for (name, value) in members {
        let there = document.entry(name.clone()).or_insert(Value::Null);
        if there.is_object() && value.is_object() {
            put_into(there, value);
        } else {
            *there = value.clone();
        }
    }
}
