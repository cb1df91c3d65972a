//! A walk over members of all documents that a question finds, in the order of their ids.

use serde_json::{Value, json};

use super::super::asking::{Asking, Place, Shown};
use super::super::outcome::Stop;
use super::super::{Cluster, Question};

/// Documents of an answer.
const AT_ONCE: usize = 2_000;

/// Hands over these members of each document, with its id in any case, of one state of the index.
pub(super) async fn each(
    cluster: &Cluster,
    question: &Question,
    members: &[&str],
    take: impl FnMut(&str, &Value) -> Result<(), Stop>,
) -> Result<(), Stop> {
    each_and(cluster, question, members, None, take).await
}

/// The same of those documents for which something else holds too.
pub(super) async fn each_and(
    cluster: &Cluster,
    question: &Question,
    members: &[&str],
    filter: Option<&Value>,
    mut take: impl FnMut(&str, &Value) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let asking = |deadline| Asking { cluster, question, deadline };
    let deadline = || cluster.0.client.deadline();
    let place = Place::behind(asking(deadline()).now().await?, 0);
    let mut after = Value::Null;
    loop {
        let asking = asking(deadline());
        let mut body = asking.body(Shown { size: AT_ONCE, body: false })?;
        let set = [
            ("sort", json!([{"id": "asc"}])),
            ("track_total_hits", json!(false)),
            ("track_scores", json!(false)),
            ("_source", if members.is_empty() { json!(false) } else { json!(members) }),
        ];
        body.extend(set.map(|(name, value)| (name.to_owned(), value)));
        if let Some(filter) = filter {
            let asked = body.remove("query").unwrap_or_default();
            body.insert("query".to_owned(), json!({"bool": {"filter": [asked, filter]}}));
        }
        if !after.is_null() {
            body.insert("search_after".to_owned(), after);
        }
        let page = asking.within(&place, body).await?;
        for hit in &page.hits {
            let id = hit.sort.get(0).and_then(Value::as_str).unwrap_or_default();
            take(id, &hit.source)?;
        }
        if page.hits.len() < AT_ONCE {
            return Ok(());
        }
        after = page.hits.into_iter().next_back().map(|hit| hit.sort).unwrap_or_default();
    }
}
