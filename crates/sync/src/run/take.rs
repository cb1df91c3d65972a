//! Taking in what was downloaded: into the book and into the index.
//!
//! A message goes the way of three commits: the store has its bytes, the book knows that it has, the
//! index finds it and the book knows that as well. Killed in between, the next run sees how far each
//! message came: what the book does not know is downloaded again and is the same file, what is stored and
//! not indexed is indexed from the store, and to index a message twice is to index it once.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_local_index::ledger::{Occurrence, Source};
use postern_local_index::write::{SameId, Writer};
use postern_mail::contents::Contents;
use postern_query::Message;
use postern_query::Place;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::timeout;

use super::Run;
use crate::Error;
use crate::book::{Stored, ToIndex};

/// Messages and time between two notes in the book that something is stored: what a kill may cost in
/// downloads.
const NOTE_EVERY: (usize, Duration) = (256, Duration::from_millis(250));
/// Messages and time between two commits of the index: small ones cost more than they make searchable.
const COMMIT_EVERY: (usize, Duration) = (5_000, Duration::from_secs(20));

/// Messages of the store that are indexed in one commit.
const CHUNK: usize = 2_000;

/// Where the downloads are handed in.
pub(super) type Door = Sender<Taken>;

/// A message on its way to the index.
pub(super) struct Taken {
    pub(super) stored: Stored,
    pub(super) message: Box<Message>,
    /// It was downloaded, and the book does not know yet.
    pub(super) is_new: bool,
    /// The room that it takes on the way; one from the store takes none.
    pub(super) room: Option<OwnedSemaphorePermit>,
}

impl Run {
    /// The message with what only upstream knows of it.
    pub(super) fn parsed(&self, to_index: &ToIndex, bytes: &[u8]) -> Box<Message> {
        let place = Place { mailbox: to_index.address.clone(), folder: to_index.path.clone() };
        let mut reader =
            self.readers().pop().unwrap_or_else(|| Contents::new(&self.asked.attachment_text));
        let message = postern_mail::parse_with(bytes, &place, &mut reader);
        self.readers().push(reader);
        Box::new(Message {
            item_id: Some(to_index.stored.id.clone()),
            fragment_id: to_index.fragment.clone(),
            received: message.received.or(to_index.created),
            ..message
        })
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Contents>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one thread that writes the index.
pub(super) struct Taker {
    run: Arc<Run>,
    writer: Writer,
    /// Stored, and the book does not know yet.
    unnoted: Vec<Stored>,
    noted_at: Instant,
    /// In the index, and not committed yet.
    uncommitted: Vec<Stored>,
    /// Their ids.
    added: HashSet<String>,
    committed_at: Instant,
}

impl Taker {
    /// Opens the index. One that does not know what was indexed before was made anew.
    pub(super) fn open(run: Arc<Run>, data: &Path) -> Result<Self, Error> {
        let writer = Writer::open(data, &run.asked.options)?;
        let now = Instant::now();
        let mut taker = Self {
            run,
            writer,
            unnoted: Vec::new(),
            noted_at: now,
            uncommitted: Vec::new(),
            added: HashSet::new(),
            committed_at: now,
        };
        taker.run.store.tidy()?;
        taker.trust_the_index()?;
        taker.index_what_is_stored()?;
        Ok(taker)
    }

    /// Takes in what arrives, until nobody is left to hand anything in.
    pub(super) fn take_all(mut self, mut arriving: Receiver<Taken>) -> Result<(), Error> {
        let taken = self.take_each(&mut arriving);
        // Whoever waits at the door must not wait for ever.
        arriving.close();
        if taken.is_err() {
            self.run.health.stop();
        }
        taken?;
        self.commit()?;
        // What moved to another folder since is indexed with its new place.
        self.index_what_is_stored()?;
        self.prune()?;
        Ok(self.writer.close()?)
    }

    fn take_each(&mut self, arriving: &mut Receiver<Taken>) -> Result<(), Error> {
        let handle = Handle::current();
        loop {
            match handle.block_on(async { timeout(NOTE_EVERY.1, arriving.recv()).await }) {
                Ok(None) => return Ok(()),
                Ok(Some(taken)) => self.take(taken)?,
                Err(_) => {}
            }
            if is_due(NOTE_EVERY, self.unnoted.len(), self.noted_at) {
                self.note()?;
            }
            if is_due(COMMIT_EVERY, self.uncommitted.len(), self.committed_at) {
                self.commit()?;
            }
        }
    }

    fn take(&mut self, taken: Taken) -> Result<(), Error> {
        let Taken { stored, message, is_new, room } = taken;
        let is_there =
            self.added.contains(&stored.content) || self.run.book().has_a_place(&stored)?;
        if !is_there {
            self.index(&stored.content, &message)?;
        }
        drop((message, room));
        self.added.insert(stored.content.clone());
        if is_new {
            self.unnoted.push(stored);
        } else {
            self.uncommitted.push(stored);
        }
        Ok(())
    }

    fn index(&mut self, content: &str, message: &Message) -> Result<(), Error> {
        let source = self.source(content);
        let occurrence = Occurrence { path: source.path.clone(), part: String::new(), home: None };
        self.writer.add(&occurrence, message, SameId::Replaces)?;
        Ok(self.writer.record(&source, Vec::new())?)
    }

    /// The file of a message as the book-keeping of the index knows it; it never changes.
    fn source(&self, content: &str) -> Source {
        let path = self.run.store.path(content).unwrap_or_default();
        Source { path, length: 0, modified: 0 }
    }

    /// Tells the book what is stored.
    fn note(&mut self) -> Result<(), Error> {
        self.noted_at = Instant::now();
        if self.unnoted.is_empty() {
            return Ok(());
        }
        self.run.store.settle()?;
        self.run.book().stored(&self.unnoted)?;
        self.run.progress.downloaded.fetch_add(self.unnoted.len() as u64, Relaxed);
        self.uncommitted.append(&mut self.unnoted);
        Ok(())
    }

    /// Makes everything that was taken in searchable.
    fn commit(&mut self) -> Result<(), Error> {
        self.note()?;
        self.committed_at = Instant::now();
        if self.uncommitted.is_empty() {
            return Ok(());
        }
        self.writer.commit(self.run.now())?;
        self.run.book().indexed(&self.uncommitted)?;
        self.run.progress.indexed.fetch_add(self.uncommitted.len() as u64, Relaxed);
        self.uncommitted.clear();
        self.added.clear();
        Ok(())
    }

    /// Asks the index for a message that should be in it.
    fn trust_the_index(&self) -> Result<(), Error> {
        let Some(content) = self.run.book().any_indexed()? else { return Ok(()) };
        if self.writer.messages_of(&self.source(&content))?.is_none() {
            self.run.book().nothing_indexed()?;
        }
        Ok(())
    }

    /// Indexes what lies in the store and is not in the index, or not with its place.
    fn index_what_is_stored(&mut self) -> Result<(), Error> {
        loop {
            let next = self.run.book().to_index(CHUNK)?;
            if next.is_empty() || self.run.is_stopped() {
                return Ok(());
            }
            let mut lost = Vec::new();
            for to_index in next {
                match self.run.store.get(&to_index.stored.content)? {
                    Some(bytes) => {
                        let message = self.run.parsed(&to_index, &bytes);
                        let stored = to_index.stored;
                        self.take(Taken { stored, message, is_new: false, room: None })?;
                    }
                    None => {
                        self.run.store.remove(&to_index.stored.content)?;
                        lost.push(to_index.stored);
                    }
                }
            }
            self.run.book().lost(&lost)?;
            self.commit()?;
        }
    }

    /// Removes what upstream has no longer, where that was asked for.
    fn prune(&mut self) -> Result<(), Error> {
        if !self.run.asked.prune || self.run.is_stopped() {
            return Ok(());
        }
        let gone = self.run.book().gone_for_good()?;
        for content in &gone {
            self.writer.forget(&self.source(content).path)?;
        }
        self.writer.commit(self.run.now())?;
        self.run.book().forget_gone()?;
        gone.iter().try_for_each(|content| self.run.store.remove(content))
    }
}

fn is_due((count, time): (usize, Duration), waiting: usize, since: Instant) -> bool {
    waiting >= count || (waiting > 0 && since.elapsed() >= time)
}
