//! A walk over members of all documents that a question finds, in the order of their ids.

use serde_json::{Value, json};

use super::super::asking::{Asking, Place, Shown};
use super::super::outcome::Stop;
use super::super::points::Point;
use super::super::{Cluster, Question};

/// Documents of an answer.
const AT_ONCE: usize = 2_000;

/// What is walked over.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) question: &'a Question,
    /// What is read of each document; its id in any case.
    pub(super) members: &'a [&'a str],
    /// What must hold too, as it is sent.
    pub(super) filter: Option<&'a Value>,
}

/// Hands over these members of each document, with its id in any case, of the index as it is now.
pub(super) async fn each(
    cluster: &Cluster,
    question: &Question,
    members: &[&str],
    take: impl FnMut(&str, &Value) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let scan = Scan { cluster, question, members, filter: None };
    let now = scan.asking().now().await?;
    scan.within(&now, take).await
}

impl<'a> Scan<'a> {
    /// A question that has the time of one request.
    fn asking(self) -> Asking<'a> {
        let Self { cluster, question, .. } = self;
        Asking { cluster, question, deadline: cluster.0.client.deadline() }
    }

    /// Hands over each document in that state of the index.
    pub(super) async fn within(
        self,
        point: &Point,
        mut take: impl FnMut(&str, &Value) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let place = Place::behind(point.clone(), 0);
        self.asking().check_state(&place).await?;
        let mut after = Value::Null;
        loop {
            let asking = self.asking();
            let page = asking.within(&place, self.body(asking, after)?).await?;
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

    fn body(
        self,
        asking: Asking<'_>,
        after: Value,
    ) -> Result<serde_json::Map<String, Value>, Stop> {
        let mut body = asking.body(Shown { size: AT_ONCE, body: false })?;
        let source = if self.members.is_empty() { json!(false) } else { json!(self.members) };
        let set = [
            ("sort", json!([{"id": "asc"}])),
            ("track_total_hits", json!(false)),
            ("track_scores", json!(false)),
            ("_source", source),
        ];
        body.extend(set.map(|(name, value)| (name.to_owned(), value)));
        if let Some(filter) = self.filter {
            let asked = body.remove("query").unwrap_or_default();
            body.insert("query".to_owned(), json!({"bool": {"filter": [asked, filter]}}));
        }
        if !after.is_null() {
            body.insert("search_after".to_owned(), after);
        }
        Ok(body)
    }
}
