//! One index brought to the state of another, document by document.
//!
//! A copy has the number of the change that it is of as its version, and an older one never takes the place of a
//! newer one. So several may copy at the same time and in any order, and what was cut off is gone on with.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Acknowledged, Cluster, ClusterHit, ClusterProblem, Outgoing, Pace, Within, Writer};
use crate::{Fault, Retry};

/// Ids of a page.
const PAGE: usize = 5_000;
/// Documents that are read at a time.
pub(super) const READ: usize = 200;
/// For how long the cluster keeps the state of an index between two pages: longer than a write is tried again.
const KEEP: Duration = Duration::from_secs(900);
/// How often in turn a comparison is begun again of which nothing was copied.
const ATTEMPTS: u32 = 20;

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Copied {
    /// Documents that were copied, or went away.
    pub(super) documents: u64,
    /// Ids of those that the other index will never take, and why.
    pub(super) refused: Vec<(String, String)>,
}

/// An index, and the name of another one that gets its documents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copying<'c> {
    pub(super) cluster: &'c Cluster,
    pub(super) from: &'c str,
    pub(super) into: &'c str,
    pub(super) pace: Pace,
}

impl Copying<'_> {
    /// Copies whatever differs, through trouble that passes.
    pub(super) async fn differing(&self) -> Result<Copied, ClusterProblem> {
        let (mut all, mut failures) = (Copied::default(), 0);
        loop {
            let before = all.documents;
            let Err(problem) = self.once(&mut all).await else { return Ok(all) };
            failures = if all.documents > before { 1 } else { failures + 1 };
            let may_pass = problem.may_pass() || problem == ClusterProblem::Expired;
            let retry = Retry {
                attempts: ATTEMPTS,
                first_pause: self.pace.first_pause,
                longest_pause: Duration::from_secs(30),
            };
            let pause = retry.pause_for(may_pass, problem.retry_after(), failures);
            sleep(pause.ok_or(problem)?).await;
        }
    }

    /// Compares both indexes, in the order of their ids, as they are when it begins.
    async fn once(&self, all: &mut Copied) -> Result<(), ClusterProblem> {
        let mut old = Ids::open(self.cluster, self.from, changed).await?;
        let mut new = Ids::open(self.cluster, self.into, copied).await?;
        let mut writer = Writer::new(self.cluster.clone(), self.into, self.pace, |_| {});
        let mut differing = Vec::new();
        while let Some(id) = next_differing(&mut old, &mut new).await? {
            differing.push(id);
            if differing.len() >= READ {
                self.copy(&std::mem::take(&mut differing), &mut writer).await?;
                all.add(writer.acknowledged());
            }
        }
        self.copy(&differing, &mut writer).await?;
        all.add(writer.flush().await?);
        Ok(())
    }

    /// Copies the documents of these ids as they are now; those that are gone go.
    pub(super) async fn copy(
        &self,
        ids: &[String],
        writer: &mut Writer,
    ) -> Result<(), ClusterProblem> {
        if ids.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = ids.iter().map(String::as_str).collect();
        let stored = self.cluster.stored(self.from, &names, "", self.cluster.deadline()).await;
        let stored = match stored {
            Err(ClusterProblem::Failed(Fault::TooLarge)) if ids.len() > 1 => {
                let (one, other) = ids.split_at(ids.len() / 2);
                Box::pin(self.copy(one, writer)).await?;
                return Box::pin(self.copy(other, writer)).await;
            }
            stored => stored?,
        };
        for (id, stored) in names.iter().zip(stored) {
            let item = match stored {
                Some(there) => {
                    Outgoing::copy(id, there.source.to_string(), version(there.seen.number))
                }
                None => Outgoing::away(id),
            };
            writer.add(item).await?;
        }
        Ok(())
    }
}

impl Copied {
    fn add(&mut self, done: Acknowledged) {
        self.documents += done.written + done.merged + done.removed.len() as u64;
        self.refused.extend(done.refused);
    }
}

/// The version of a copy of that change. There is no version 0.
const fn version(number: u64) -> u64 {
    number + 1
}

/// What tells the state of a document in the index that is copied.
fn changed(hit: &ClusterHit) -> Option<u64> {
    hit.number.map(version)
}

/// What tells of which state a copy is.
fn copied(hit: &ClusterHit) -> Option<u64> {
    hit.version
}

/// The next id that has another document in the one index than in the other, or none.
async fn next_differing(
    old: &mut Ids<'_>,
    new: &mut Ids<'_>,
) -> Result<Option<String>, ClusterProblem> {
    loop {
        let order = match (old.first().await?, new.first().await?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(there), Some(here)) if there == here => {
                old.next();
                new.next();
                continue;
            }
            (Some((there, _)), Some((here, _))) => there.cmp(here),
        };
        return Ok(match order {
            Ordering::Less => old.next(),
            Ordering::Greater => new.next(),
            Ordering::Equal => {
                new.next();
                old.next()
            }
        });
    }
}

/// The ids of an index in their order, each with what tells the state of its document.
struct Ids<'c> {
    cluster: &'c Cluster,
    point: String,
    state: fn(&ClusterHit) -> Option<u64>,
    page: VecDeque<(String, u64)>,
    after: Option<String>,
    is_at_end: bool,
}

impl<'c> Ids<'c> {
    async fn open(
        cluster: &'c Cluster,
        index: &str,
        state: fn(&ClusterHit) -> Option<u64>,
    ) -> Result<Self, ClusterProblem> {
        cluster.refresh(index).await?;
        let point = cluster.open_point(index, KEEP, cluster.deadline()).await?;
        let page = VecDeque::new();
        Ok(Self { cluster, point, state, page, after: None, is_at_end: false })
    }

    async fn first(&mut self) -> Result<Option<&(String, u64)>, ClusterProblem> {
        if self.page.is_empty() && !self.is_at_end {
            self.read().await?;
        }
        Ok(self.page.front())
    }

    fn next(&mut self) -> Option<String> {
        self.page.pop_front().map(|(id, _)| id)
    }

    async fn read(&mut self) -> Result<(), ClusterProblem> {
        let mut body = json!({
            "size": PAGE, "sort": [{ "id": "asc" }], "_source": false, "track_total_hits": false,
            "seq_no_primary_term": true, "version": true,
            "pit": { "id": self.point, "keep_alive": format!("{}s", KEEP.as_secs()) },
        });
        if let (Some(after), Some(body)) = (&self.after, body.as_object_mut()) {
            body.insert("search_after".to_owned(), json!([after]));
        }
        let deadline: Instant = self.cluster.deadline();
        let found = self.cluster.search(Within::Point, body.to_string(), deadline).await?;
        self.is_at_end = found.hits.len() < PAGE;
        self.point = found.point.unwrap_or_else(|| std::mem::take(&mut self.point));
        let known = |hit: &ClusterHit| Some((id(&hit.sort)?, (self.state)(hit)?));
        let page = found.hits.iter().map(known).collect::<Option<VecDeque<_>>>();
        self.page = page.ok_or(ClusterProblem::Failed(Fault::Unparsable))?;
        self.after = self.page.back().map(|(id, _)| id.clone());
        Ok(())
    }
}

fn id(sort: &Value) -> Option<String> {
    sort.get(0)?.as_str().map(str::to_owned)
}
