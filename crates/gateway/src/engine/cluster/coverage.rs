//! How complete the index of a tenant is: what it holds of each mailbox, beside what the machines that write it say.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postern_archive::search::{Coverage, MailboxCoverage};
use postern_archive::with_synced;
use postern_query::FILE;
use postern_upstream::cluster::{ClusterProblem, Within};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::{Cluster, marks};
use crate::engine::Writes;
use crate::sink::read_coverage;

/// For how long it is believed.
const FRESH: Duration = Duration::from_secs(15);
/// How long an answer waits for it where nothing is known yet.
const WAIT: Duration = Duration::from_secs(1);
/// Mailboxes that are counted at most.
const MOST: usize = 10_000;

/// What was last learned, and when it was asked for.
#[derive(Debug, Default)]
pub(super) struct Learned(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    coverage: Option<Coverage>,
    writes: Option<Writes>,
    asked: Option<Instant>,
}

impl Learned {
    /// What is known; nothing before it was first learned.
    pub(super) fn at_hand(&self) -> Option<Coverage> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).coverage.clone()
    }

    /// What machines said of what they wrote; nothing before it was first learned.
    pub(super) fn writes(&self) -> Option<Writes> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).writes
    }

    /// Whether it is time to ask. Only one of those who want to know is told so.
    fn is_due(&self) -> bool {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_due = known.asked.is_none_or(|asked| asked.elapsed() >= FRESH);
        if is_due {
            known.asked = Some(Instant::now());
        }
        is_due
    }

    fn learn(&self, coverage: Coverage, writes: Writes) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        (known.coverage, known.writes) = (Some(coverage), Some(writes));
    }
}

/// Asks anew where that is due, beside other work. The first answer waits a little for it.
pub(super) async fn refresh(cluster: &Cluster, deadline: Instant) {
    if !cluster.0.covered.is_due() {
        return;
    }
    let (asked, is_first) = (cluster.clone(), cluster.0.covered.at_hand().is_none());
    let asking = tokio::spawn(async move {
        // What cannot be learned is asked for again later.
        if let Ok((coverage, writes)) = learned(&asked, deadline).await {
            asked.0.covered.learn(coverage, writes);
        }
    });
    if is_first {
        drop(tokio::time::timeout(WAIT, asking).await);
    }
}

/// Asks anew where that is due, for whoever reads what is at hand.
pub(super) fn begin(cluster: &Cluster) {
    if let Ok(runtime) = Handle::try_current() {
        let cluster = cluster.clone();
        runtime.spawn(async move { refresh(&cluster, cluster.0.client.deadline()).await });
    }
}

async fn learned(
    cluster: &Cluster,
    deadline: Instant,
) -> Result<(Coverage, Writes), ClusterProblem> {
    let index = &cluster.0;
    let searched = Within::Index(&index.alias);
    let counted = index.client.search(searched, counting().to_string(), deadline);
    let said = read_coverage(&index.client, &index.alias, deadline);
    let (counted, said) = tokio::try_join!(counted, said)?;
    index.marks.learn(&marks::said(&counted.aggregations));
    let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or_default();
    let buckets = counted.aggregations.pointer("/places/mailboxes/buckets");
    let mailboxes = buckets.and_then(Value::as_array).into_iter().flatten().map(mailbox);
    let mut mailboxes: Vec<_> = mailboxes.collect();
    mailboxes.sort_by(|one, other| one.name.cmp(&other.name));
    let held = Coverage {
        indexed: counted.total,
        known: counted.total + said.unread,
        as_of: said.written,
        files: number(counted.aggregations.pointer("/files/doc_count")),
        without_content: said.mailboxes.iter().map(|one| one.without_content).sum(),
        mailboxes,
        ..Coverage::default()
    };
    let writes = Writes { last: said.written, rejected: said.rejected, retried: said.retried };
    Ok((with_synced(held, &said.mailboxes), writes))
}

/// Counts messages, files, and the messages of each mailbox with the newest of them.
fn counting() -> Value {
    let newest = json!({ "newest": { "max": { "field": "receivedDateTime" } } });
    let messages = json!({ "messages": { "reverse_nested": {}, "aggs": newest } });
    let terms = json!({ "field": "places.mailbox", "size": MOST });
    let mailboxes = json!({ "mailboxes": { "terms": terms, "aggs": messages } });
    let mut aggregations = marks::asked();
    if let Some(members) = aggregations.as_object_mut() {
        let files = json!({ "filter": { "term": { "kind": FILE } } });
        let places = json!({ "nested": { "path": "places" }, "aggs": mailboxes });
        members.extend([("files".to_owned(), files), ("places".to_owned(), places)]);
    }
    json!({ "size": 0, "track_total_hits": true, "aggs": aggregations })
}

fn mailbox(bucket: &Value) -> MailboxCoverage {
    let count = bucket.pointer("/messages/doc_count").and_then(Value::as_u64).unwrap_or_default();
    let newest = bucket.pointer("/messages/newest/value").and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds is a whole number")]
    let newest = newest.and_then(|at| Timestamp::from_millisecond(at as i64).ok());
    MailboxCoverage {
        name: bucket.get("key").and_then(Value::as_str).unwrap_or_default().to_owned(),
        indexed: count,
        known: count,
        newest,
        ..MailboxCoverage::default()
    }
}
