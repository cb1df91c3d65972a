//! Who fills the next index of a name: one at a time.
//!
//! Whoever fills it has a document in an index beside it, and changes that document again and again. One that did not
//! change for a while is of somebody who is gone. No clocks are compared: whoever wants to know watches that long.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::bulk::Stored;
use super::{Action, Cluster, ClusterProblem, Done, RenewalProblem, Write};

/// The id of the document.
const ID: &str = "reindex";
/// How often the document is changed while somebody is silent.
const BEATS: u32 = 6;

/// The name of the index that says who fills the next index of that name.
fn name(alias: &str) -> String {
    format!("{alias}-reindex")
}

/// The right to fill the next index of a name, until it is given back or its holder is silent for too long.
#[derive(Debug)]
pub(super) struct Lease<'c> {
    cluster: &'c Cluster,
    name: String,
    /// What the document says, but for the number of its change.
    word: Value,
    pub(super) silence: Duration,
}

impl<'c> Lease<'c> {
    /// Takes it, also from somebody who has been silent for that long.
    pub(super) async fn take(
        cluster: &'c Cluster,
        alias: &str,
        (who, since): (&str, &str),
        silence: Duration,
    ) -> Result<Self, RenewalProblem> {
        let name = name(alias);
        cluster.make_missing(&name, index(&name).to_string()).await?;
        // Two of one name are two.
        let word = json!({"by": who, "since": since, "draw": fastrand::u64(..)});
        let lease = Self { cluster, name, word, silence };
        loop {
            let there = lease.there().await?;
            let action = match &there {
                None => Action::Create,
                Some(there) if lease.is_silent(there).await? => Action::Exchange(there.seen),
                Some(there) => return Err(held(&there.source)),
            };
            if lease.write(action, 0).await? {
                return Ok(lease);
            }
        }
    }

    /// Says again and again that its holder is there. It ends when somebody else has it.
    pub(super) async fn keep(&self) -> RenewalProblem {
        for beat in 1.. {
            sleep(self.silence / BEATS).await;
            // What does not get through now is said with the next beat.
            let Ok(there) = self.there().await else { continue };
            match there {
                Some(there) if self.is_own(&there.source) => {
                    drop(self.write(Action::Exchange(there.seen), beat).await);
                }
                Some(there) => return held(&there.source),
                None => return held(&Value::Null),
            }
        }
        held(&Value::Null)
    }

    /// Gives it back. Where that does not get through, the next one waits until it is silent.
    pub(super) async fn give_back(&self) {
        if let Ok(Some(there)) = self.there().await
            && self.is_own(&there.source)
        {
            drop(self.write(Action::Remove(there.seen), 0).await);
        }
    }

    /// Whether the document stays as it is for so long.
    async fn is_silent(&self, there: &Stored) -> Result<bool, ClusterProblem> {
        let begun = Instant::now();
        while begun.elapsed() < self.silence {
            sleep(self.silence / BEATS).await;
            match self.there().await? {
                Some(now) if now.seen == there.seen => {}
                // Given back, which the next look tells.
                None => return Ok(true),
                Some(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    fn is_own(&self, word: &Value) -> bool {
        word.get("draw") == self.word.get("draw")
    }

    async fn there(&self) -> Result<Option<Stored>, ClusterProblem> {
        let deadline = self.cluster.deadline();
        Ok(self.cluster.stored(&self.name, &[ID], "", deadline).await?.into_iter().flatten().next())
    }

    /// Whether it was written. Whoever was faster has it.
    async fn write(&self, action: Action, beat: u64) -> Result<bool, ClusterProblem> {
        let mut word = self.word.clone();
        if let Some(members) = word.as_object_mut() {
            members.insert("beat".to_owned(), json!(beat));
        }
        let write = Write { id: ID, action, body: &word.to_string() };
        let done = self.cluster.bulk(&self.name, &[write], self.cluster.deadline()).await?;
        match done.into_iter().next() {
            Some(Done::Later(problem)) => Err(problem),
            Some(Done::Refused(reason)) => {
                Err(ClusterProblem::Refused { status: 400, kind: "lease".to_owned(), reason })
            }
            done => Ok(done == Some(Done::Written)),
        }
    }
}

/// Lets the index behind a name take writes again, where whoever held them back is gone: there is a document of
/// somebody who fills the next index, and it does not change.
pub(super) async fn free_abandoned(cluster: &Cluster, alias: &str, silence: Duration) {
    let there = cluster.stored(&name(alias), &[ID], "", cluster.deadline()).await;
    if !matches!(there.as_deref(), Ok([Some(_)])) {
        return;
    }
    let who = ("a machine that writes", "a moment ago");
    let Ok(lease) = Lease::take(cluster, alias, who, silence).await else { return };
    if let Ok([index]) = cluster.behind(alias).await.as_deref() {
        // What does not get through is tried again with the next failure.
        drop(cluster.allow_writes(index).await);
    }
    lease.give_back().await;
}

fn index(name: &str) -> Value {
    json!({
        "aliases": { name: {} },
        "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
        "mappings": {"dynamic": false},
    })
}

fn held(word: &Value) -> RenewalProblem {
    let text = |name: &str| word.get(name).and_then(Value::as_str).unwrap_or("nobody knows");
    RenewalProblem::Held { by: text("by").to_owned(), since: text("since").to_owned() }
}
