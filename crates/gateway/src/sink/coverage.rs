//! How much of the known mail is in a cluster: what each machine says of it, and what they say together.
//!
//! A machine says for each mailbox of each source how many messages are known and not there yet, and when it last
//! listed the mailbox. The newest word for a mailbox counts. Of its files a machine says how many could not be read.

use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use postern_archive::{Archive, Error, MailboxStatus};
use postern_upstream::cluster::{
    Acknowledged, Cluster, ClusterProblem, Merge, Next, Outgoing, Pace, Within, Writer,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Words that are read at most: mailboxes of all sources.
const MOST: usize = 10_000;
/// The source of what was read from files.
const FILES: &str = "files";

/// What a machine knows.
pub(super) struct Told<'t> {
    pub(super) data: &'t Path,
    /// The name of the index.
    pub(super) index: &'t str,
    pub(super) machine: &'t str,
    /// What could not be read of its files.
    pub(super) unread: u64,
    /// What became of what it wrote in this run.
    pub(super) done: &'t Acknowledged,
    /// When that was.
    pub(super) at: Timestamp,
}

/// What machines say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Covered {
    /// Mailboxes that were synced; `known - here` are not there yet.
    pub(crate) mailboxes: Vec<MailboxStatus>,
    /// What could not be read of files.
    pub(crate) unread: u64,
    /// When something was last written.
    pub(crate) written: Option<Timestamp>,
    /// Documents that the cluster would not take in the last run of each machine.
    pub(crate) rejected: u64,
    /// How often a document was sent again in these runs.
    pub(crate) retried: u64,
}

/// The name of the index with the words about that one.
fn name(alias: &str) -> String {
    format!("{alias}-coverage")
}

/// Writes what this machine knows.
pub(super) fn write(
    cluster: &Cluster,
    alias: &str,
    replicas: u16,
    told: &Told<'_>,
) -> Result<impl Future<Output = Result<(), ClusterProblem>> + use<>, Error> {
    let name = name(alias);
    let body = json!({
        "aliases": { &name: {} },
        "settings": { "index": { "number_of_shards": 1, "number_of_replicas": replicas } },
        "mappings": { "dynamic": false },
    });
    let items = items(told)?;
    let cluster = cluster.clone();
    Ok(async move {
        cluster.make_missing(&name, body.to_string()).await?;
        let mut writer = Writer::new(cluster.clone(), &name, Pace::default(), |_| {});
        for item in items {
            writer.add(item).await?;
        }
        writer.flush().await?;
        cluster.refresh(&name).await
    })
}

fn items(told: &Told<'_>) -> Result<Vec<Outgoing>, Error> {
    let now = told.at;
    let archive = Archive::below(told.data);
    let status = archive.status()?;
    // What was synced into another index says nothing of this one.
    let synced = status.index.as_deref().is_some_and(|name| name.contains(told.index));
    let mailboxes = status.mailboxes.iter().filter(|_| synced).map(|one| {
        let holds = one.holds.what();
        let word = json!({
            "source": one.source, "mailbox": one.address, "holds": holds,
            "missing": one.known.saturating_sub(one.here), "isCold": one.is_cold,
            "listed": one.listed.map(|at| at.to_string()), "withoutContent": one.without_content,
        });
        item([&one.source, &one.address, holds], word, now)
    });
    let done = told.done;
    let files = json!({
        "source": FILES, "machine": told.machine, "missing": told.unread,
        "rejected": done.refused.len(), "retried": done.again,
    });
    let files = item([FILES, told.machine, ""], files, now);
    Ok(mailboxes.chain([files]).collect())
}

/// A word about one mailbox, which takes the place of an older one.
fn item(key: [&str; 3], mut word: Value, now: Timestamp) -> Outgoing {
    let at = now.as_millisecond();
    if let Some(members) = word.as_object_mut() {
        members.insert("at".to_owned(), json!(at));
    }
    let text = word.to_string();
    let newer = text.clone();
    let merge: Merge = std::sync::Arc::new(move |there: &Value| {
        let is_older = there.get("at").and_then(Value::as_i64).is_none_or(|known| known <= at);
        if is_older { Next::Exchange(newer.clone()) } else { Next::Keep }
    });
    let digest = Sha256::digest(key.join("\0"));
    let id = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Outgoing { id, document: Some(text), merge: Some(merge), version: None }
}

/// What all machines say.
///
/// # Errors
///
/// Why it cannot be read.
pub(crate) async fn read(
    cluster: &Cluster,
    alias: &str,
    deadline: Instant,
) -> Result<Covered, ClusterProblem> {
    let body = json!({ "size": MOST, "query": { "match_all": {} } }).to_string();
    let name = name(alias);
    let found = match cluster.search(Within::Index(&name), body, deadline).await {
        Ok(found) => found,
        // No machine has said anything yet.
        Err(ClusterProblem::NoIndex) => return Ok(Covered::default()),
        Err(problem) => return Err(problem),
    };
    let mut covered = Covered::default();
    for hit in &found.hits {
        covered.add(&hit.source);
    }
    covered.mailboxes.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(covered)
}

impl Covered {
    fn add(&mut self, word: &Value) {
        let number = |name: &str| word.get(name).and_then(Value::as_u64).unwrap_or_default();
        let text = |name: &str| word.get(name).and_then(Value::as_str).unwrap_or_default();
        let at = word.get("at").and_then(Value::as_i64);
        self.written = self.written.max(at.and_then(|at| Timestamp::from_millisecond(at).ok()));
        self.rejected += number("rejected");
        self.retried += number("retried");
        match text("source") {
            FILES => self.unread += number("missing"),
            "" => {}
            source => self.mailboxes.push(mailbox(source, word)),
        }
    }
}

fn mailbox(source: &str, word: &Value) -> MailboxStatus {
    let number = |name: &str| word.get(name).and_then(Value::as_u64).unwrap_or_default();
    let text = |name: &str| word.get(name).and_then(Value::as_str).unwrap_or_default();
    MailboxStatus {
        source: source.to_owned(),
        address: text("mailbox").to_owned(),
        known: number("missing"),
        is_cold: word.get("isCold").and_then(Value::as_bool).unwrap_or_default(),
        listed: text("listed").parse().ok(),
        without_content: number("withoutContent"),
        ..MailboxStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_word_for_a_mailbox_counts() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let word = |missing: u64, second| {
            item(["datatap", "ann", "mail"], json!({"missing": missing}), at(second))
        };
        let (old, new) = (word(5, 10), word(2, 20));
        assert_eq!(old.id, new.id);
        let there = |item: &Outgoing| -> Value {
            serde_json::from_str(item.document.as_ref().unwrap()).unwrap()
        };
        let next = |item: &Outgoing, there: &Value| item.merge.as_ref().unwrap()(there);
        assert!(
            matches!(next(&new, &there(&old)), Next::Exchange(text) if text.contains("\"missing\":2"))
        );
        assert_eq!(next(&old, &there(&new)), Next::Keep);
        assert_ne!(item(["datatap", "ann", "drive"], json!({}), at(1)).id, old.id);
    }

    #[test]
    fn words_of_machines_are_added_up() {
        let mut covered = Covered::default();
        for word in [
            json!({"source": "files", "machine": "m1", "missing": 3, "rejected": 1, "retried": 7, "at": 1_000}),
            json!({"source": "files", "machine": "m2", "missing": 1, "at": 5_000}),
            json!({"source": "datatap", "mailbox": "ann", "missing": 4, "listed": "2026-01-02T00:00:00Z", "at": 2_000}),
            json!("hostile"),
        ] {
            covered.add(&word);
        }
        assert_eq!((covered.unread, covered.rejected, covered.retried), (4, 1, 7));
        assert_eq!(covered.written, Timestamp::from_second(5).ok());
        let ann = &covered.mailboxes[0];
        assert_eq!((ann.address.as_str(), ann.known, ann.here), ("ann", 4, 0));
        assert!(ann.listed.is_some() && covered.mailboxes.len() == 1);
    }
}
