//! An index that takes the place of another one under its name, while both are searched and written.
//!
//! The new one is filled beside the old one, under a name of its own. At the end the old one takes no writes for as
//! long as it takes to compare them, and the name moves at once.

use std::time::Duration;

use serde_json::{Value, json};

use super::copy::{Copied, Copying, READ};
use super::lease::Lease;
use super::{Cluster, ClusterProblem, Pace, Writer};

/// How often both are compared at most before writes are held back.
const PASSES: usize = 5;
/// So few that differed are copied while writes are held back.
const FEW: u64 = 1_000;
/// Documents that are named where the new index does not take them.
const NAMED: usize = 10;

/// The name of an index that is being filled to take the place of the one of that name.
///
/// ```
/// assert_eq!(postern_upstream::cluster::next_of("postern-a"), "postern-a-next");
/// ```
#[must_use]
pub fn next_of(alias: &str) -> String {
    format!("{alias}-next")
}

/// For how long a machine that writes tries to write into the next index too.
const MIRRORING: Duration = Duration::from_secs(10);

/// An index that is to take the place of another one.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'c> {
    /// Where both are.
    pub cluster: &'c Cluster,
    /// The name that moves.
    pub alias: &'c str,
    /// The index that it stands for.
    pub old: &'c str,
    /// The index that it will stand for.
    pub new: &'c str,
    /// How fast documents are copied.
    pub pace: Pace,
    /// Who does it and since when, as others are told.
    pub who: (&'c str, &'c str),
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Documents of the new index.
    pub documents: u64,
    /// How often a document was copied, or went away.
    pub copied: u64,
    /// How often both indexes were compared.
    pub passes: usize,
}

/// Why the name stands for the old index still.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewalProblem {
    /// The cluster said so.
    #[error(transparent)]
    Cluster(#[from] ClusterProblem),
    /// Documents do not fit the new mapping.
    #[error("the new index does not take {count} documents, such as {}", named.join("; "))]
    Refused {
        /// How many.
        count: usize,
        /// The first ones, and why.
        named: Vec<String>,
    },
    /// Somebody else does it, or took over from this one.
    #[error("{by} fills it since {since}")]
    Held {
        /// Who.
        by: String,
        /// Since when, by the clock of that machine.
        since: String,
    },
    /// After everything was copied one has more than the other.
    #[error("the new index has {new} documents, and the old one {old}")]
    Counts {
        /// Those of the old index.
        old: u64,
        /// Those of the new index.
        new: u64,
    },
}

impl Renewal<'_> {
    /// Fills the new index, which is made of `body` unless it is there, and moves the name. The old index stays as it
    /// is, and takes no more writes. Whatever happens before the name moves, it stands for the old index, and to do
    /// this again goes on.
    ///
    /// One at a time does this: another one is told who does it since when. One that was killed counts as gone when it
    /// said nothing for as long as the pace says.
    ///
    /// # Errors
    ///
    /// Why the name stands for the old index still; where the cluster did not answer to the last request, it may have
    /// moved.
    pub async fn run(&self, body: &Value) -> Result<Renewed, RenewalProblem> {
        let lease = Lease::take(self.cluster, self.alias, self.who, self.pace.silence).await?;
        let done = tokio::select! {
            done = self.alone(body) => done,
            other = lease.keep() => Err(other),
        };
        lease.give_back().await;
        done
    }

    async fn alone(&self, body: &Value) -> Result<Renewed, RenewalProblem> {
        // Another one may have moved the name meanwhile.
        if self.cluster.behind(self.alias).await? != [self.old] {
            return Err(ClusterProblem::NoIndex.into());
        }
        self.begin(body).await?;
        let mut done = Renewed::default();
        for _ in 0..PASSES {
            if self.pass(&mut done).await? <= FEW {
                break;
            }
        }
        let ended = self.end(&mut done).await;
        if ended.is_err() {
            // Where it cannot be undone either, writers say why they wait.
            drop(self.cluster.allow_writes(self.old).await);
        }
        ended?;
        // Whoever is not sure whether the name has moved must not let others write into the old index.
        let moved = self.cluster.move_name(self.alias, self.old, self.new).await;
        if let Err(ClusterProblem::Refused { .. } | ClusterProblem::NotAllowed(_)) = moved {
            drop(self.cluster.allow_writes(self.old).await);
        }
        moved?;
        Ok(done)
    }

    async fn begin(&self, body: &Value) -> Result<(), ClusterProblem> {
        let next = next_of(self.alias);
        if self.cluster.behind(&next).await?.is_empty() {
            let lineage = self.cluster.index_id(self.alias).await?;
            self.cluster.make_index(self.new, beginning(body, &next, &lineage).to_string()).await?;
        }
        Ok(())
    }

    /// Compares, and copies what differs; says how much that was.
    async fn pass(&self, done: &mut Renewed) -> Result<u64, RenewalProblem> {
        let next = next_of(self.alias);
        let copy = Copying { cluster: self.cluster, from: self.old, into: &next, pace: self.pace };
        let Copied { documents, refused } = copy.differing().await?;
        done.passes += 1;
        done.copied += documents;
        if refused.is_empty() {
            return Ok(documents);
        }
        let named = refused.iter().take(NAMED).map(|(id, why)| format!("{id}: {why}"));
        Err(RenewalProblem::Refused { count: refused.len(), named: named.collect() })
    }

    /// Holds writes back, and compares for the last time.
    async fn end(&self, done: &mut Renewed) -> Result<(), RenewalProblem> {
        self.cluster.hold_writes(self.old).await?;
        self.pass(done).await?;
        let count = async |index: &str| {
            self.cluster.refresh(index).await?;
            self.cluster.count(index, self.cluster.deadline()).await
        };
        let (old, new) = (count(self.old).await?.documents, count(self.new).await?.documents);
        if old != new {
            return Err(RenewalProblem::Counts { old, new });
        }
        done.documents = new;
        Ok(())
    }
}

impl Cluster {
    /// Brings documents that were written, or went away, into the index that is being filled to take the place of the
    /// one behind `alias`, where there is one. What cannot be brought there now is brought before the name moves.
    pub async fn mirror(&self, alias: &str, ids: &[String]) {
        let next = next_of(alias);
        if !self.behind(&next).await.is_ok_and(|behind| !behind.is_empty()) {
            return;
        }
        let pace = Pace { patience: MIRRORING, ..Pace::default() };
        let copy = Copying { cluster: self, from: alias, into: &next, pace };
        let mut writer = Writer::new(self.clone(), &next, pace, |_| {});
        for ids in ids.chunks(READ) {
            if copy.copy(ids, &mut writer).await.is_err() {
                return;
            }
        }
        drop(writer.flush().await);
    }
}

/// The new index as it is made: under its own name, and known by the id of the one that it continues.
fn beginning(body: &Value, next: &str, lineage: &str) -> Value {
    let mut body = body.clone();
    if let Some(members) = body.as_object_mut() {
        members.insert("aliases".to_owned(), json!({ next: {} }));
    }
    if let Some(mappings) = body.get_mut("mappings").and_then(Value::as_object_mut) {
        mappings.insert("_meta".to_owned(), json!({ "lineage": lineage }));
    }
    body
}
