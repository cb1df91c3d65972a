//! Pages of what is found, and points in time between them.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::Value;

use super::admin::segment;
use super::client::Ask;
use super::{Cluster, ClusterProblem};
use crate::Fault;

/// Where something is looked for.
#[derive(Clone, Copy, Debug)]
pub enum Within<'a> {
    /// In an index as it is now.
    Index(&'a str),
    /// In what a point in time shows, which the body names.
    Point,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Searched {
    /// How many match in all.
    pub total: u64,
    /// Those of this page.
    pub hits: Vec<ClusterHit>,
    /// The point in time, where one was asked.
    pub point: Option<String>,
    /// What was counted.
    pub aggregations: Value,
}

/// How much an index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Documents, without the elements of their lists.
    pub documents: u64,
    /// Shards, without their copies.
    pub shards: u64,
}

/// One document that was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterHit {
    /// The number of the last change of it, where that was asked for.
    pub number: Option<u64>,
    /// Its version, where that was asked for.
    pub version: Option<u64>,
    /// Its relevance, where that was asked for.
    pub score: Option<f64>,
    /// The values that it is ordered by.
    pub sort: Value,
    /// What is known of it.
    pub source: Value,
    /// The elements of its lists that matched.
    pub inner: Value,
}

impl ClusterHit {
    /// Takes a hit out of an answer, which may stand in what was counted too.
    pub fn read(hit: &mut Value) -> Self {
        let mut take = |name: &str| hit.get_mut(name).map(Value::take).unwrap_or_default();
        Self {
            number: take("_seq_no").as_u64(),
            version: take("_version").as_u64(),
            score: take("_score").as_f64(),
            sort: take("sort"),
            source: take("_source"),
            inner: take("inner_hits"),
        }
    }
}

impl Cluster {
    /// Searches. Every shard has answered, or there is no answer. The work ends there at the deadline too.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn search(
        &self,
        searched: Within<'_>,
        body: String,
        deadline: Instant,
    ) -> Result<Searched, ClusterProblem> {
        let left = deadline.saturating_duration_since(Instant::now()).as_millis().max(1);
        let index = match searched {
            Within::Index(index) => format!("/{}", segment(index)),
            Within::Point => String::new(),
        };
        let path = format!("{index}/_search?cancel_after_time_interval={left}ms");
        let said = self.json(&Ask::read(Method::POST, path, body), deadline).await?;
        whole(&said)?;
        page(said).ok_or(ClusterProblem::Failed(Fault::Unparsable))
    }

    /// How many documents an index has. Every shard has answered, or there is no answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn count(&self, index: &str, deadline: Instant) -> Result<Counted, ClusterProblem> {
        let path = format!("/{}/_count", segment(index));
        let said = self.json(&Ask::read(Method::GET, path, String::new()), deadline).await?;
        whole(&said)?;
        let number = |path: &str| said.pointer(path).and_then(Value::as_u64);
        let counted = number("/count").zip(number("/_shards/total"));
        let (documents, shards) = counted.ok_or(ClusterProblem::Failed(Fault::Unparsable))?;
        Ok(Counted { documents, shards })
    }

    /// Keeps the index as it is now, for so long after each question, in all of its shards.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub async fn open_point(
        &self,
        index: &str,
        keep: Duration,
        deadline: Instant,
    ) -> Result<String, ClusterProblem> {
        let keep = keep.as_secs().max(1);
        let path = format!(
            "/{}/_search/point_in_time?keep_alive={keep}s&allow_partial_pit_creation=false",
            segment(index)
        );
        let ask = Ask::read(Method::POST, path, String::new());
        let said = self.json(&ask, deadline).await?;
        whole(&said)?;
        let id = said.get("pit_id").and_then(Value::as_str).map(str::to_owned);
        id.ok_or(ClusterProblem::Failed(Fault::Unparsable))
    }
}

/// Whether every shard has answered to its end. The total looks exact where one has not.
fn whole(said: &Value) -> Result<(), ClusterProblem> {
    let shards = said.get("_shards");
    let number = |name: &str| shards.and_then(|shards| shards.get(name)).and_then(Value::as_u64);
    let failed = number("failed").unwrap_or_default();
    if said.get("timed_out").and_then(Value::as_bool) == Some(true) {
        return Err(ClusterProblem::Failed(Fault::Timeout));
    }
    if failed == 0 {
        return Ok(());
    }
    let failures = shards.and_then(|shards| shards.get("failures")).and_then(Value::as_array);
    let first = failures.and_then(|all| all.first()).and_then(|one| one.get("reason"));
    let problem = first.map(|reason| ClusterProblem::of_error(503, reason, None));
    match problem {
        Some(
            problem @ (ClusterProblem::TooMuch { .. }
            | ClusterProblem::Busy { .. }
            | ClusterProblem::Expired
            | ClusterProblem::NoMorePoints),
        ) => Err(problem),
        _ => Err(ClusterProblem::Partial { failed, total: number("total").unwrap_or(failed) }),
    }
}

fn page(mut said: Value) -> Option<Searched> {
    let found = said.get_mut("hits")?;
    let total = found.get("total").and_then(|total| total.get("value")).and_then(Value::as_u64);
    let hits = found.get_mut("hits")?.as_array_mut()?.iter_mut().map(ClusterHit::read);
    let hits = hits.collect();
    let aggregations = said.get_mut("aggregations").map(Value::take).unwrap_or_default();
    let point = said.get("pit_id").and_then(Value::as_str).map(str::to_owned);
    Some(Searched { total: total.unwrap_or_default(), hits, point, aggregations })
}
