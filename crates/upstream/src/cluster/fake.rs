//! A small cluster on loopback, for tests.
//!
//! It keeps documents, writes in bulk as the engine does, and is told what goes wrong: what a real cluster
//! cannot be told, such as to refuse every third document. It understands no query: a search finds all, or the one
//! message whose id it asks for, unless it is told what to [find](FakeCluster::find).

mod documents;
mod indexes;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::{ClusterAccount, Login, originals_of, outgoing_original};
use crate::Trust;
use crate::fake::{Fake, Reply, Seen, Service};

/// The cluster; it stops when dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use postern_upstream::cluster::Cluster;
/// use postern_upstream::cluster::fake::FakeCluster;
///
/// let fake = FakeCluster::start().await?;
/// let cluster = Cluster::new(&fake.account()).expect("a client");
/// assert_eq!(cluster.version().await.map(|version| version.number), Ok("2.19.6".to_owned()));
/// # Ok::<(), std::io::Error>(()) })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FakeCluster {
    http: Fake,
    world: Arc<Mutex<World>>,
}

/// What goes wrong.
#[derive(Clone, Debug, Default)]
pub struct Trouble {
    /// So many requests are answered with 429.
    pub busy: usize,
    /// Every third document of a bulk is refused for load, as long as there are more of these.
    pub thirds: usize,
    /// So many bulks meet full disks.
    pub full: usize,
    /// The document of this id does not fit the mapping.
    pub misfit: Option<String>,
    /// Shards that do not answer a search.
    pub silent_shards: u64,
    /// No more points in time are kept.
    pub no_more_points: bool,
    /// The points in time that were opened so far are gone.
    pub gone: bool,
    /// Questions have too many clauses.
    pub too_many_clauses: bool,
    /// The version that it says to be.
    pub version: Option<(&'static str, &'static str)>,
}

/// How a text is cut into words.
type Cut = fn(&str) -> Vec<String>;
/// Whether what is asked finds a document.
type Finds = fn(&str, &Value) -> bool;

#[derive(Debug)]
struct World {
    cut: Cut,
    finds: Finds,
    /// By index and id.
    documents: BTreeMap<(String, String), (u64, Value)>,
    changes: u64,
    /// The index of each point in time that was opened; nothing of one that is gone.
    points: Vec<Option<String>>,
    /// Alias and index.
    indexes: BTreeMap<String, String>,
    /// What was said of an index when it was made.
    mappings: BTreeMap<String, Value>,
    /// Indexes that take no writes.
    held: BTreeSet<String>,
    trouble: Trouble,
}

impl FakeCluster {
    /// Starts on a free port, without any index.
    ///
    /// # Errors
    ///
    /// When loopback cannot be listened on.
    pub async fn start() -> io::Result<Self> {
        let http = Fake::start().await?;
        let world = Arc::new(Mutex::new(World {
            cut: |text| text.split_whitespace().map(str::to_owned).collect(),
            finds: |_, _| true,
            documents: BTreeMap::new(),
            changes: 0,
            points: Vec::new(),
            indexes: BTreeMap::new(),
            mappings: BTreeMap::new(),
            held: BTreeSet::new(),
            trouble: Trouble::default(),
        }));
        http.serve(Shared(Arc::clone(&world)));
        Ok(Self { http, world })
    }

    /// The cluster as plain HTTP: what was sent, and what else goes wrong.
    #[must_use]
    pub fn http(&self) -> &Fake {
        &self.http
    }

    /// An account that it accepts.
    #[must_use]
    pub fn account(&self) -> ClusterAccount {
        ClusterAccount {
            urls: vec![self.http.url()],
            login: Login::Nobody,
            trust: Trust::System,
            answer_time: Duration::from_secs(10),
        }
    }

    /// Cuts texts so from now on; until then at white space.
    pub fn cut(&self, cut: fn(&str) -> Vec<String>) {
        self.world().cut = cut;
    }

    /// Finds with a body of a search only those documents for which this holds too; until then all.
    pub fn find(&self, finds: fn(&str, &Value) -> bool) {
        self.world().finds = finds;
    }

    /// Makes an index behind a name.
    pub fn make(&self, alias: &str) {
        let (mut world, index) = (self.world(), format!("{alias}-v1"));
        world.mappings.entry(index.clone()).or_default();
        world.indexes.insert(alias.to_owned(), index);
    }

    /// From now on this goes wrong.
    pub fn trouble(&self, trouble: Trouble) {
        let mut world = self.world();
        if trouble.gone {
            world.points.iter_mut().for_each(|point| *point = None);
        }
        world.trouble = trouble;
    }

    /// The documents of the index of messages, by their ids: that of the first name that there is.
    #[must_use]
    pub fn documents(&self) -> BTreeMap<String, Value> {
        let first = self.world().indexes.keys().next().cloned();
        self.documents_of(&first.unwrap_or_default())
    }

    /// The documents of the index behind that name, by their ids.
    #[must_use]
    pub fn documents_of(&self, alias: &str) -> BTreeMap<String, Value> {
        let world = self.world();
        let Some(index) = world.indexes.get(alias) else { return BTreeMap::new() };
        let of_index = world.documents.iter().filter(|((of, _), _)| of == index);
        of_index.map(|((_, id), (_, document))| (id.clone(), document.clone())).collect()
    }

    /// Has the original of a message, as a machine keeps it.
    pub fn keep_original(&self, alias: &str, id: &str, bytes: &[u8]) {
        let name = originals_of(alias);
        self.make(&name);
        let item = outgoing_original(id, bytes, true).and_then(|item| item.document);
        let document = serde_json::from_str(&item.unwrap_or_default()).unwrap_or_default();
        let mut world = self.world();
        world.changes += 1;
        let number = world.changes;
        world.documents.insert((format!("{name}-v1"), id.to_owned()), (number, document));
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Shared(Arc<Mutex<World>>);

impl Service for Shared {
    fn reply(&mut self, seen: &Seen, works: bool) -> Option<Reply> {
        let mut world = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, body) = world.answer(seen, works);
        Some(Reply { status, ..Reply::json(body.to_string()) })
    }
}

impl World {
    fn answer(&mut self, seen: &Seen, works: bool) -> (u16, Value) {
        if self.trouble.busy > 0 {
            self.trouble.busy -= 1;
            return (429, fault("rejected_execution_exception", "rejected"));
        }
        let parts: Vec<_> = seen.path().trim_matches('/').split('/').collect();
        match (seen.method.as_str(), parts.as_slice()) {
            ("GET", [""]) => (200, self.version()),
            ("GET", ["_cluster", "health"]) => {
                (200, json!({"status": "green", "number_of_nodes": 3, "unassigned_shards": 0}))
            }
            ("POST", ["_analyze"]) => (200, self.analysed(&seen.body)),
            ("POST", [alias, "_bulk"]) => self.bulk(alias, &seen.body, works),
            ("POST", [alias, "_mget"]) => (200, self.stored(alias, &seen.body)),
            ("POST", [index, "_search", "point_in_time"]) => self.open(index),
            ("POST", [alias, "_search"]) => self.search(Some(alias), &seen.body),
            ("POST", ["_search"]) => self.search(None, &seen.body),
            ("GET", [alias, "_count"]) if self.index(alias).is_some() => self.count(alias),
            ("POST", [_, "_refresh"]) => (200, json!({})),
            ("POST", ["_aliases"]) => self.rename(&seen.body, works),
            ("GET", [name] | [name, "_count"]) => self.behind(name),
            ("PUT", [index]) => self.make(index, &seen.body, works),
            ("PUT", [index, "_block", "write"]) => self.hold(index, true, works),
            ("PUT", [index, "_settings"]) => self.hold(index, false, works),
            _ => (400, fault("illegal_argument_exception", "the fake knows no such path")),
        }
    }

    fn version(&self) -> Value {
        let (distribution, number) = self.trouble.version.unwrap_or(("opensearch", "2.19.6"));
        json!({"version": {"distribution": distribution, "number": number}})
    }

    fn analysed(&self, body: &[u8]) -> Value {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
        let tokens = (self.cut)(text).into_iter().map(|word| json!({"token": word}));
        json!({"tokens": tokens.collect::<Vec<_>>()})
    }
}

fn fault(kind: &str, reason: &str) -> Value {
    json!({"error": {"type": kind, "reason": reason}})
}
