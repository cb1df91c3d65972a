//! What the cluster finds: everything of an index, or the messages whose ids are asked for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{World, fault};

impl World {
    pub(super) fn count(&self, alias: &str) -> (u16, Value) {
        let shards = json!({"total": 3, "successful": 3, "failed": self.trouble.silent_shards});
        let index = self.index(alias);
        let count = self.documents.keys().filter(|(of, _)| Some(of.as_str()) == index).count();
        (200, json!({"count": count, "_shards": shards}))
    }

    /// Opens a point in time.
    pub(super) fn open(&mut self, index: &str) -> (u16, Value) {
        if self.trouble.no_more_points {
            let reason = "Trying to create too many Point In Time contexts.";
            return (429, fault("rejected_execution_exception", reason));
        }
        let index = self.index(index).unwrap_or(index).to_owned();
        self.points.push(Some(index));
        (200, json!({"pit_id": format!("p{}", self.points.len()), "_shards": {"failed": 0}}))
    }

    pub(super) fn search(&self, alias: Option<&str>, body: &[u8]) -> (u16, Value) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let index = alias.and_then(|alias| self.index(alias)).or_else(|| self.of_point(&body));
        let Some(index) = index else {
            if alias.is_some() {
                return (404, fault("index_not_found_exception", "no such index"));
            }
            return (404, fault("search_context_missing_exception", "No search context found"));
        };
        if self.trouble.too_many_clauses {
            return (500, fault("too_many_clauses", "maxClauseCount is set to 1024"));
        }
        let found = self.found(index, &body);
        let (count, failed) = (found.len(), self.trouble.silent_shards);
        let whole = json!({
            "timed_out": false,
            "_shards": {"total": 3, "successful": 3 - failed.min(3), "failed": failed},
            "aggregations": counted(&found),
            "hits": {"total": {"value": count, "relation": "eq"}, "hits": page(found, &body)},
        });
        (200, whole)
    }

    /// The index of the point in time that is asked; nothing where it is gone.
    fn of_point(&self, body: &Value) -> Option<&str> {
        let point = body.pointer("/pit/id")?.as_str()?.strip_prefix('p')?;
        let number = point.parse::<usize>().ok()?.checked_sub(1)?;
        self.points.get(number)?.as_deref()
    }

    /// The documents of an index, in the order of their ids, unless another index or another id is asked for.
    fn found(&self, index: &str, body: &Value) -> Vec<&(u64, Value)> {
        let asked = body.get("query").map(Value::to_string).unwrap_or_default();
        let wanted = body.pointer("/query/bool/filter/0/term/_index").and_then(Value::as_str);
        let ids = asked_ids(body.get("query").unwrap_or(&Value::Null));
        let is_found = |of: &str, source: &Value| {
            of == index
                && (self.finds)(&asked, source)
                && wanted.is_none_or(|wanted| wanted == of)
                && ids
                    .as_ref()
                    .is_none_or(|ids| source.get("id").is_some_and(|id| ids.contains(&id)))
        };
        let all = self.documents.iter().filter(|((of, _), (_, source))| is_found(of, source));
        all.map(|(_, document)| document).collect()
    }
}

/// Those behind the id of `search_after`, and no more than wanted.
fn page(found: Vec<&(u64, Value)>, body: &Value) -> Vec<Value> {
    let id = |source: &Value| source.get("id").cloned().unwrap_or_default();
    let after = body.pointer("/search_after/0").and_then(Value::as_str);
    let size = body.get("size").and_then(Value::as_u64);
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX);
    // Words about coverage have no id.
    let behind =
        found.into_iter().filter(|(_, source)| after.is_none() || id(source).as_str() > after);
    behind.take(size).map(hit).collect()
}

fn hit((number, source): &(u64, Value)) -> Value {
    let id = source.get("id").cloned().unwrap_or_default();
    json!({"_id": id, "_source": source, "sort": [id], "_seq_no": number, "_version": number + 1})
}

/// One facet, and what has one Message-ID.
fn counted(found: &[&(u64, Value)]) -> Value {
    let (mut groups, mut without) = (BTreeMap::<_, Vec<_>>::new(), 0);
    for document in found {
        match document.1.get("internetMessageId").and_then(Value::as_str) {
            Some(id) => groups.entry(id).or_default().push(hit(document)),
            None => without += 1,
        }
    }
    let several = groups.iter().filter(|(_, hits)| hits.len() > 1);
    let row = |(id, hits): (_, &Vec<_>)| json!({"key": id, "doc_count": hits.len(), "first": {"hits": {"hits": hits}}});
    let rows: Vec<_> = several.map(row).collect();
    let each = groups.iter().map(|(id, hits)| json!({"key": {"id": id}, "doc_count": hits.len()}));
    json!({
        "facet": {"sum_other_doc_count": 0, "buckets": [{"key": "a@x.com", "doc_count": found.len()}]},
        "rows": {"buckets": rows},
        "ids": {"buckets": each.collect::<Vec<_>>()},
        "without": {"doc_count": without},
    })
}

/// The ids that all that is found must have, if a query asks for ids.
fn asked_ids(query: &Value) -> Option<Vec<&Value>> {
    match query {
        Value::Object(members) => {
            let term =
                query.pointer("/term/id").map(|term| vec![term.get("value").unwrap_or(term)]);
            let terms = query.pointer("/terms/id").and_then(Value::as_array);
            let asked = term.or_else(|| terms.map(|terms| terms.iter().collect()));
            let needed = members.iter().filter(|(name, _)| *name != "should");
            asked.or_else(|| needed.map(|(_, part)| part).find_map(asked_ids))
        }
        Value::Array(all) => all.iter().find_map(asked_ids),
        _ => None,
    }
}
