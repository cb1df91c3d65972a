//! The bytes of messages, kept in an index of their own beside that of the messages.

use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Cluster, ClusterProblem, Outgoing};
use crate::Fault;

/// The member of a document that holds the bytes.
const BYTES: &str = "bytes";

/// Bytes of the longest original that is kept: with what packing adds a request stays below the limits of a node.
pub const LONGEST_ORIGINAL: usize = 48 << 20;

/// The name of the index of originals that stands beside the index of that name.
///
/// ```
/// assert_eq!(postern_upstream::cluster::originals_of("postern-a"), "postern-a-originals");
/// ```
#[must_use]
pub fn originals_of(alias: &str) -> String {
    format!("{alias}-originals")
}

/// The index of originals behind that name, as it is made. Nothing in it is searched.
///
/// ```
/// let body = postern_upstream::cluster::originals_body("postern-a-originals", 3, 1);
/// assert_eq!(body["mappings"]["properties"]["bytes"]["type"], "binary");
/// ```
#[must_use]
pub fn originals_body(name: &str, shards: u16, replicas: u16) -> Value {
    json!({
        "aliases": { name: {} },
        "settings": { "index": {
            "number_of_shards": shards, "number_of_replicas": replicas, "codec": "best_compression",
        }},
        "mappings": { "dynamic": "strict", "properties": { BYTES: { "type": "binary" } } },
    })
}

/// The original of a message on its way to the index of originals; nothing where it is longer than
/// [`LONGEST_ORIGINAL`]. `replaces` says whether other bytes of that id may be there.
#[must_use]
pub fn outgoing_original(id: &str, bytes: &[u8], replaces: bool) -> Option<Outgoing> {
    (bytes.len() <= LONGEST_ORIGINAL).then(|| {
        let document = json!({ BYTES: BASE64_STANDARD.encode(bytes) }).to_string();
        if replaces { Outgoing::over(id, document) } else { Outgoing::once(id, document) }
    })
}

impl Cluster {
    /// The original of a message by its id: the bytes that were kept with `originals = true`. `alias` names the index
    /// of the messages. Nothing where none was kept of it. Whoever asks has to know that the message may be seen.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use postern_upstream::cluster::Cluster;
    /// use postern_upstream::cluster::fake::FakeCluster;
    ///
    /// let fake = FakeCluster::start().await?;
    /// fake.keep_original("mail", "m1", b"Subject: hi\r\n\r\n");
    /// let cluster = Cluster::new(&fake.account()).expect("a client");
    /// let read = cluster.original("mail", "m1", cluster.deadline()).await;
    /// assert_eq!(read, Ok(Some(b"Subject: hi\r\n\r\n".to_vec())));
    /// assert_eq!(cluster.original("mail", "m2", cluster.deadline()).await, Ok(None));
    /// # Ok::<(), std::io::Error>(()) })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn original(
        &self,
        alias: &str,
        id: &str,
        deadline: Instant,
    ) -> Result<Option<Vec<u8>>, ClusterProblem> {
        let found = match self.members(&originals_of(alias), id, BYTES, deadline).await {
            Ok(found) => found,
            // No machine keeps originals there.
            Err(ClusterProblem::NoIndex) => return Ok(None),
            Err(problem) => return Err(problem),
        };
        let packed = found.get(BYTES).and_then(Value::as_str);
        let bytes = packed.map(|packed| BASE64_STANDARD.decode(packed)).transpose();
        bytes.map_err(|_| ClusterProblem::Failed(Fault::Unparsable))
    }
}
