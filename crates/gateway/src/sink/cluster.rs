//! The index of a tenant in a cluster, with the book of what it has acknowledged to this machine.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use postern_archive::ingest::{Late, Sink, Taken};
use postern_archive::{
    Error, FileNumber, Occurrence, Room, SameId, Sent, Source, Unread, Unreadable,
};
use postern_mail::id_of;
use postern_mail::source::Fate;
use postern_query::{Message, Place as At};
use postern_upstream::cluster::{
    Acknowledged, Cluster, ClusterProblem, LONGEST_ORIGINAL, Merge, Outgoing, Pace, Writer,
    originals_body, originals_of, outgoing_original,
};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::{Notice, cannot, coverage, held};

/// Bytes of the longest id that a cluster takes.
const LONGEST_ID: usize = 512;

/// A cluster, and the index of a tenant there.
pub(super) struct Place {
    pub(super) cluster: Cluster,
    pub(super) alias: String,
    pub(super) shards: u16,
    pub(super) replicas: u16,
    pub(super) originals: bool,
    pub(super) notice: Notice,
}

/// The index, open for writing.
pub(super) struct ToCluster {
    /// Nothing while it is dropped.
    runtime: Option<Runtime>,
    cluster: Cluster,
    alias: String,
    replicas: u16,
    /// The id of the index.
    index: String,
    data: PathBuf,
    writer: Writer,
    originals: Option<Writer>,
    sent: Sent,
    /// Messages that are on their way, by their ids.
    on_the_way: HashMap<String, OnTheWay>,
    /// Ids of messages on their way that came once more: their places are said again.
    again: BTreeSet<String>,
    /// What was told before a commit.
    /// When it last committed.
    committed: Timestamp,
    early: Late,
    uncommitted: usize,
    done: Acknowledged,
}

/// A message on its way: its content, and where it comes from.
struct OnTheWay {
    content: u64,
    path: PathBuf,
    part: String,
}

impl Drop for ToCluster {
    fn drop(&mut self) {
        // It may be dropped where nobody may wait.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

/// What could not be done.
fn failed(what: &str) -> impl Fn(ClusterProblem) -> Error {
    move |problem| Error::Elsewhere(cannot(what, &problem))
}

const WRITE: &str = "write into the cluster";

impl ToCluster {
    /// Opens the index, with the book in the data folder.
    ///
    /// # Errors
    ///
    /// When there is no such index, or the book cannot be read.
    pub(super) fn open(place: &Place, data: &Path) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Error::Elsewhere(error.to_string()))?;
        let Place { cluster, alias, notice, .. } = place;
        let index = runtime.block_on(cluster.index_id(alias)).map_err(failed(WRITE))?;
        let writer = |name: &str| {
            let notice = Arc::clone(notice);
            Writer::new(cluster.clone(), name, Pace::default(), move |problem| notice(problem))
        };
        let originals = originals_of(alias);
        if place.originals {
            let body = originals_body(&originals, place.shards, place.replicas).to_string();
            let made = runtime.block_on(cluster.make_missing(&originals, body));
            made.map_err(failed("make the index of originals"))?;
        }
        Ok(Self {
            sent: Sent::open(data, &index)?,
            writer: writer(alias),
            originals: place.originals.then(|| writer(&originals)),
            runtime: Some(runtime),
            cluster: cluster.clone(),
            alias: alias.clone(),
            replicas: place.replicas,
            index,
            data: data.to_owned(),
            on_the_way: HashMap::new(),
            again: BTreeSet::new(),
            committed: Timestamp::UNIX_EPOCH,
            early: Late::default(),
            uncommitted: 0,
            done: Acknowledged::default(),
        })
    }

    /// What to do where the message is there already.
    fn merge(&self, places: BTreeSet<At>, whole: Option<String>) -> Merge {
        let machine = self.sent.machine().to_owned();
        Arc::new(move |there: &Value| held::hold(there, &machine, &places, whole.as_deref()))
    }

    /// The message at all places where this machine has it.
    fn document(&self, message: &Message, places: &BTreeSet<At>) -> held::Document {
        let machine = self.sent.machine();
        if places.len() == message.each_place().len() {
            return held::document(message, machine);
        }
        let places = places.iter().cloned().collect();
        held::document(&Message { places, ..message.clone() }, machine)
    }

    /// Says at which places this machine has a message.
    fn say_places(&mut self, id: String) -> Result<(), Error> {
        let merge = self.merge(self.sent.places(&id)?, None);
        self.send(Outgoing { id, document: None, merge: Some(merge), version: None })
    }

    fn send(&mut self, item: Outgoing) -> Result<(), Error> {
        let Self { runtime, writer, .. } = self;
        let runtime = runtime.as_ref().ok_or_else(gone)?;
        runtime.block_on(writer.add(item)).map_err(failed(WRITE))
    }

    /// Waits until the cluster has answered for all that is on the way.
    fn flush(&mut self) -> Result<Acknowledged, Error> {
        let Self { runtime, writer, originals, .. } = self;
        let runtime = runtime.as_ref().ok_or_else(gone)?;
        let mut done = runtime.block_on(writer.flush()).map_err(failed(WRITE))?;
        if let Some(originals) = originals {
            let kept = runtime.block_on(originals.flush()).map_err(failed("keep originals"))?;
            done.again += kept.again;
        }
        Ok(done)
    }

    /// Waits for what is on the way, says which places were left, and notes the files of which all was acknowledged.
    fn settle(&mut self) -> Result<(), Error> {
        // Whatever becomes of this process, what may be there is known.
        self.sent.note()?;
        let mut done = self.flush()?;
        let mut moved = self.sent.sweep()?;
        moved.append(&mut self.again);
        for id in &moved {
            self.say_places(id.clone())?;
        }
        let later = self.flush()?;
        self.mirror(moved)?;
        self.remove_originals(&later.removed)?;
        self.early.duplicates += done.merged + done.unchanged;
        done += later;
        for (id, reason) in std::mem::take(&mut done.refused) {
            self.refuse(&id, &reason);
        }
        self.on_the_way.clear();
        self.sent.acknowledge()?;
        self.uncommitted = 0;
        self.done += done;
        Ok(())
    }

    /// Writes the same into the index that is being filled to take the place of this one, where there is one.
    fn mirror(&self, moved: BTreeSet<String>) -> Result<(), Error> {
        let ids: BTreeSet<_> = self.on_the_way.keys().cloned().chain(moved).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let runtime = self.runtime.as_ref().ok_or_else(gone)?;
        runtime.block_on(self.cluster.mirror(&self.alias, &ids));
        Ok(())
    }

    fn refuse(&mut self, id: &str, reason: &str) {
        let Some(OnTheWay { path, part, .. }) = self.on_the_way.remove(id) else { return };
        self.sent.refused(&path);
        let reason = format!("the cluster refuses it: {reason}");
        self.early.refused.push(Unreadable { part, ..Unreadable::new(path, reason) });
    }

    /// Takes away the originals of messages that are gone.
    fn remove_originals(&mut self, ids: &[String]) -> Result<(), Error> {
        let Self { runtime, originals: Some(originals), .. } = self else { return Ok(()) };
        let runtime = runtime.as_ref().ok_or_else(gone)?;
        let removed = async {
            for id in ids {
                originals.add(Outgoing::away(id)).await?;
            }
            originals.flush().await
        };
        runtime.block_on(removed).map(drop).map_err(failed("remove originals"))
    }
}

/// Nobody is asked while it is dropped.
fn gone() -> Error {
    Error::Elsewhere("the connection to the cluster is closed".to_owned())
}

impl Sink for ToCluster {
    fn name(&self) -> String {
        format!("cluster {}", self.index)
    }

    fn messages_of(&mut self, source: &Source) -> Result<Option<u64>, Error> {
        self.sent.messages_of(source)
    }

    fn number_of(&mut self, source: &Source) -> Result<Option<FileNumber>, Error> {
        self.sent.number_of(&source.path)
    }

    fn take(
        &mut self,
        occurrence: &Occurrence,
        message: &Message,
        same_id: SameId,
        _room: Room,
    ) -> Result<Taken, Error> {
        let length = message.id.len();
        if length == 0 || length > LONGEST_ID {
            let reason =
                format!("its id has {length} bytes, and the cluster takes 1 to {LONGEST_ID}");
            return Ok(Taken::Refused(reason));
        }
        self.sent.hold(&occurrence.path, message)?;
        let places = self.sent.places(&message.id)?;
        let document = self.document(message, &places);
        if let Some(other) = self.on_the_way.get(&message.id) {
            if other.content == document.content {
                self.again.insert(message.id.clone());
                return Ok(Taken::Duplicate);
            }
            // Of two that replace one another the later one has to come second.
            self.settle()?;
        }
        let whole = (same_id == SameId::Replaces).then(|| document.text.clone());
        let merge = Some(self.merge(places, whole));
        let (id, text) = (message.id.clone(), Some(document.text));
        self.send(Outgoing { id, document: text, merge, version: None })?;
        let (path, part) = (occurrence.path.clone(), occurrence.part.clone());
        let on_the_way = OnTheWay { content: document.content, path, part };
        self.on_the_way.insert(message.id.clone(), on_the_way);
        self.uncommitted += 1;
        Ok(Taken::Indexed)
    }

    fn keeps_originals(&self) -> bool {
        self.originals.is_some()
    }

    fn keep_original(
        &mut self,
        occurrence: &Occurrence,
        id: &str,
        bytes: &[u8],
        same_id: SameId,
    ) -> Result<(), Error> {
        let Self { runtime, originals: Some(originals), early, .. } = self else { return Ok(()) };
        // An id that is the digest of the bytes has no others.
        let replaces = same_id == SameId::Replaces && id_of(bytes) != id;
        let Some(item) = outgoing_original(id, bytes, replaces) else {
            let limit = LONGEST_ORIGINAL >> 20;
            let reason =
                format!("it is longer than {limit} MiB, so the cluster does not keep its original");
            let (path, part) = (occurrence.path.clone(), occurrence.part.clone());
            let note = Unreadable { part, fate: Fate::Read, ..Unreadable::new(path, reason) };
            early.notes.push(note);
            return Ok(());
        };
        let runtime = runtime.as_ref().ok_or_else(gone)?;
        runtime.block_on(originals.add(item)).map_err(failed("keep originals"))
    }

    /// Messages come without it, and are written so.
    fn leave_out_attachment_text(&mut self) {}

    fn close(&mut self, source: &Source, _: Vec<Unread>, count: u64) -> Result<(), Error> {
        self.uncommitted += 1;
        self.sent.close(source, count)
    }

    fn forget(&mut self, path: &Path) -> Result<(), Error> {
        self.uncommitted += 1;
        self.sent.forget(path)
    }

    fn forget_where(&mut self, is_gone: &dyn Fn(FileNumber, &Path) -> bool) -> Result<u64, Error> {
        self.sent.forget_where(is_gone)
    }

    fn uncommitted(&self) -> usize {
        self.uncommitted
    }

    fn commit(&mut self, now: Timestamp) -> Result<Late, Error> {
        self.settle()?;
        self.committed = now;
        let runtime = self.runtime.as_ref().ok_or_else(gone)?;
        // What is written is found a little later all the same.
        if let Err(problem) = runtime.block_on(self.cluster.refresh(&self.alias)) {
            let reason = format!("what was written is not found at once: {problem}");
            let note = Unreadable { fate: Fate::Read, ..Unreadable::new(&self.data, reason) };
            self.early.notes.push(note);
        }
        Ok(std::mem::take(&mut self.early))
    }

    /// Says to all who ask the cluster how complete it is by what this machine knows.
    fn finish(self: Box<Self>) -> Result<(), Error> {
        let (_, unread) = self.sent.totals()?;
        let name = self.name();
        let told = coverage::Told {
            data: &self.data,
            index: &name,
            machine: self.sent.machine(),
            unread,
            done: &self.done,
            at: self.committed,
        };
        let runtime = self.runtime.as_ref().ok_or_else(gone)?;
        let written = coverage::write(&self.cluster, &self.alias, self.replicas, &told)?;
        runtime.block_on(written).map_err(failed("write coverage into the cluster"))
    }
}
