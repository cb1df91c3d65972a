//! The one thread that writes the index.
//!
//! A message passes three commits: the store has its bytes, the book knows that it has, the index finds
//! it and the book knows that as well. Killed in between, the next run sees how far each message came:
//! what the book does not know is downloaded again and is the same file, what is stored and not indexed
//! is indexed from the store, and to index a message twice is to index it once.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postern_local_index::ledger::{Occurrence, Source};
use postern_local_index::write::{FEW_PLACES, Options, SameId};
use postern_mail::source::Unreadable;
use postern_query::{Message, Place};

use super::{Arrived, Intake, STORING};
use crate::Error;
use crate::book::{INDEX, Prune, Stored, ToIndex};
use crate::ingest::{Destination, LOCAL, Sink, settle};

/// Messages and time between two commits of the index: small ones cost more than they make searchable.
const COMMIT_EVERY: (usize, Duration) = (5_000, Duration::from_secs(20));
/// Messages of the store that are indexed in one commit.
const CHUNK: usize = COMMIT_EVERY.0;

/// Writes what arrives into the index, and tells the book how far each message came.
pub struct IntakeWriter {
    intake: Arc<Intake>,
    index: Box<dyn Sink>,
    clock: fn() -> Timestamp,
    /// Stored, and the book does not know yet.
    unnoted: Vec<Stored>,
    noted_at: Instant,
    /// In the index, and not committed yet.
    uncommitted: Vec<Stored>,
    /// Their ids and places.
    added: HashMap<String, BTreeSet<Place>>,
    /// Ids of messages that lie in many places: each is indexed once for a commit, not once for a place.
    waiting: BTreeSet<String>,
    committed_at: Instant,
    /// What an index elsewhere would not take.
    refused: Vec<Unreadable>,
}

impl fmt::Debug for IntakeWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntakeWriter").field("index", &self.index.name()).finish_non_exhaustive()
    }
}

/// How many messages came one step further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The book knows that they are stored.
    pub stored: u64,
    /// So many of these are files.
    pub files: u64,
    /// They can be found.
    pub indexed: u64,
}

impl IntakeWriter {
    /// Messages and time between two notes in the book that something is stored: what a kill may cost
    /// in downloads.
    pub const NOTE_EVERY: (usize, Duration) = (256, Duration::from_millis(250));

    /// Opens the index for what arrives. What was stored before and is not in the index, such as in one
    /// that was made anew, is to be [caught up](Self::catch_up) on first.
    ///
    /// # Errors
    ///
    /// When somebody else writes the index, or the disk refuses.
    pub fn open(
        intake: Arc<Intake>,
        to: &Destination,
        options: &Options,
        clock: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        let index = to.open(&intake.data, options, &intake.attachment_text)?;
        let now = Instant::now();
        let mut writer = Self {
            intake,
            index,
            clock,
            unnoted: Vec::new(),
            noted_at: now,
            uncommitted: Vec::new(),
            added: HashMap::new(),
            waiting: BTreeSet::new(),
            committed_at: now,
            refused: Vec::new(),
        };
        writer.intake.store.tidy()?;
        writer.drop_unnoted()?;
        let (data, contents) = (&writer.intake.data, &writer.intake.attachment_text);
        settle(&mut *writer.index, data, contents, clock())?;
        writer.trust_the_index()?;
        Ok(writer)
    }

    /// Removes what a run stored and did not note before it was killed: a source may write other bytes the next time.
    fn drop_unnoted(&self) -> Result<(), Error> {
        let book = self.intake.book();
        if book.fact(STORING)?.is_some_and(|text| !text.is_empty()) {
            for id in self.intake.store.ids() {
                if !book.has(&id)? {
                    self.intake.store.remove(&id)?;
                }
            }
        }
        book.set_fact(STORING, "")
    }

    /// Puts a message in the index; it is found after the next commit.
    ///
    /// # Errors
    ///
    /// When the index or the book cannot be written.
    pub fn take(&mut self, arrived: Arrived) -> Result<(), Error> {
        let Arrived { stored, holds, message, is_new } = arrived;
        if holds.is_drive() {
            // A file lies at one place, so the book need not be asked for others.
            self.add(&stored.content, &message)?;
            self.is_stored(stored, is_new);
            return Ok(());
        }
        if self.waiting.contains(&stored.content) {
            self.is_stored(stored, is_new);
            return Ok(());
        }
        let places = self.places(&stored.content, &message)?;
        if places.len() > FEW_PLACES {
            self.waiting.insert(stored.content.clone());
        } else if self.added.get(&stored.content) != Some(&places) {
            let message = Message { places: places.iter().cloned().collect(), ..*message };
            self.add(&stored.content, &message)?;
            self.added.insert(stored.content.clone(), places);
        }
        self.is_stored(stored, is_new);
        Ok(())
    }

    fn is_stored(&mut self, stored: Stored, is_new: bool) {
        if is_new {
            self.unnoted.push(stored);
        } else {
            self.uncommitted.push(stored);
        }
    }

    /// Indexes what lies in many places, once for all of them.
    fn add_waiting(&mut self) -> Result<(), Error> {
        for content in std::mem::take(&mut self.waiting) {
            let Some(to_index) = self.intake.book().any_of(&content)? else { continue };
            let Some(message) = self.intake.message(&to_index)? else { continue };
            let places = self.places(&content, &message)?.into_iter().collect();
            self.add(&content, &Message { places, ..*message })?;
        }
        Ok(())
    }

    /// Notes and commits where that is due.
    ///
    /// # Errors
    ///
    /// When the index or the book cannot be written.
    pub fn settle(&mut self) -> Result<Settled, Error> {
        let mut settled = Settled::default();
        if is_due(Self::NOTE_EVERY, self.unnoted.len(), self.noted_at) {
            settled += self.note()?;
        }
        if is_due(COMMIT_EVERY, self.uncommitted.len(), self.committed_at) {
            settled += self.commit()?;
        }
        Ok(settled)
    }

    /// Makes everything that was taken in searchable.
    ///
    /// # Errors
    ///
    /// When the index or the book cannot be written.
    pub fn commit(&mut self) -> Result<Settled, Error> {
        let mut settled = self.note()?;
        self.committed_at = Instant::now();
        settled.indexed = self.uncommitted.len() as u64;
        if settled.indexed > 0 {
            self.add_waiting()?;
            self.commit_index()?;
            self.intake.book().indexed(&self.uncommitted)?;
            self.uncommitted.clear();
            self.added.clear();
        }
        self.drop_replaced()?;
        Ok(settled)
    }

    /// Takes from index and store what no item has any more, because each has another message now.
    fn drop_replaced(&mut self) -> Result<(), Error> {
        let replaced = self.intake.book().replaced()?;
        if replaced.is_empty() {
            return Ok(());
        }
        for content in &replaced {
            self.index.forget(&self.file(content).path)?;
        }
        self.commit_index()?;
        for content in &replaced {
            if !self.intake.book().has(content)? {
                self.intake.store.remove(content)?;
            }
            self.intake.book().forget_replaced(content)?;
        }
        Ok(())
    }

    /// Indexes some of what is stored and not in the index, or not with its place; nothing where none
    /// is left.
    ///
    /// # Errors
    ///
    /// When store, index or book cannot be read or written.
    pub fn catch_up(&mut self) -> Result<Option<Settled>, Error> {
        let next = self.intake.book().to_index(CHUNK)?;
        self.index_all(next)
    }

    /// The same for files that are here since they were listed, where that is due: a mailbox is at work on the rest.
    ///
    /// # Errors
    ///
    /// When index or book cannot be read or written.
    pub fn take_files(&mut self) -> Result<Option<Settled>, Error> {
        let waiting = self.intake.book().listings_waiting(CHUNK)?;
        if !is_due(COMMIT_EVERY, waiting, self.committed_at) {
            return Ok(None);
        }
        let next = self.intake.book().listings_to_index(CHUNK)?;
        self.index_all(next)
    }

    fn index_all(&mut self, next: Vec<ToIndex>) -> Result<Option<Settled>, Error> {
        if next.is_empty() {
            return Ok(None);
        }
        let mut lost = Vec::new();
        for to_index in next {
            let Some(message) = self.intake.message(&to_index)? else {
                to_index.stored_bytes().map_or(Ok(()), |bytes| self.intake.store.remove(bytes))?;
                lost.push(to_index.stored);
                continue;
            };
            let ToIndex { stored, holds, .. } = to_index;
            self.take(Arrived { stored, holds, message, is_new: false })?;
        }
        self.intake.book().lost(&lost)?;
        self.commit().map(Some)
    }

    /// Removes what the source has no longer.
    ///
    /// # Errors
    ///
    /// When store, index or book cannot be written.
    pub fn prune(&mut self, what: Prune) -> Result<(), Error> {
        let gone = self.intake.book().gone_for_good(&self.intake.source, what)?;
        let bytes = self.intake.book().bytes_gone(&self.intake.source, what)?;
        for content in &gone {
            self.index.forget(&self.file(content).path)?;
        }
        if !gone.is_empty() {
            self.commit_index()?;
        }
        self.intake.book().forget_gone(&self.intake.source, what)?;
        for content in gone.iter().chain(&bytes) {
            if !self.intake.book().has(content)? {
                self.intake.store.remove(content)?;
            }
        }
        while self.catch_up()?.is_some() {}
        Ok(())
    }

    /// What the index would not take since this was last asked, and why.
    pub fn refused(&mut self) -> Vec<Unreadable> {
        std::mem::take(&mut self.refused)
    }

    /// Closes the index.
    ///
    /// # Errors
    ///
    /// When it cannot be written to its end.
    pub fn close(self) -> Result<(), Error> {
        self.index.finish()?;
        self.intake.ends_to_store()
    }

    /// Every place of a message: those that the book knows, those that it is told of next, and its own.
    fn places(&self, content: &str, message: &Message) -> Result<BTreeSet<Place>, Error> {
        let noted = self.intake.book().places(content)?.into_iter();
        let added = self.added.get(content).into_iter().flatten().cloned();
        let others = noted.chain(added).map(|place| marked_like(place, message));
        Ok(others.chain(message.places.iter().cloned()).collect())
    }

    fn add(&mut self, content: &str, message: &Message) -> Result<(), Error> {
        let file = self.file(content);
        let occurrence = Occurrence { path: file.path.clone(), part: String::new(), home: None };
        if self.index.keeps_originals() {
            self.keep_original(&occurrence, content, message)?;
        }
        self.index.take(&occurrence, message, SameId::Replaces, Arc::new(()))?;
        self.index.close(&file, Vec::new(), 0)
    }

    /// Hands in the bytes of the store; of a file without bytes there are none.
    fn keep_original(
        &mut self,
        occurrence: &Occurrence,
        content: &str,
        message: &Message,
    ) -> Result<(), Error> {
        let bytes = match self.intake.book().any_of(content)? {
            Some(to_index) => to_index.stored_bytes().map(str::to_owned),
            None => Some(content.to_owned()),
        };
        let bytes = bytes.map(|id| self.intake.store.get(&id)).transpose()?.flatten();
        bytes.map_or(Ok(()), |bytes| {
            self.index.keep_original(occurrence, &message.id, &bytes, SameId::Replaces)
        })
    }

    /// Commits the index. What it refuses after all stays known to it as refused, and is told.
    fn commit_index(&mut self) -> Result<(), Error> {
        let late = self.index.commit((self.clock)())?;
        self.refused.extend(late.refused);
        self.refused.extend(late.notes);
        Ok(())
    }

    /// The file of a message as the ledger of the index knows it; it never changes.
    fn file(&self, content: &str) -> Source {
        let path = self.intake.store.path(content).unwrap_or_default();
        Source { path, length: 0, modified: 0 }
    }

    /// Tells the book what is stored.
    fn note(&mut self) -> Result<Settled, Error> {
        self.noted_at = Instant::now();
        let stored = self.unnoted.len() as u64;
        let files = self.unnoted.iter().filter(|one| one.bytes.is_some()).count() as u64;
        if stored > 0 {
            self.intake.store.settle()?;
            self.intake.book().stored(&self.unnoted)?;
            self.intake.has_noted(self.unnoted.len());
            self.uncommitted.append(&mut self.unnoted);
        }
        Ok(Settled { stored, files, indexed: 0 })
    }

    /// Asks the index for a message that should be in it: one that does not know it was made anew.
    fn trust_the_index(&mut self) -> Result<(), Error> {
        let name = self.index.name();
        let known = self.intake.book().fact(INDEX)?;
        let is_same = known.as_deref().unwrap_or(LOCAL) == name;
        let content = self.intake.book().any_indexed()?;
        let file = content.map(|content| self.file(&content));
        let file = file.map(|file| self.index.messages_of(&file)).transpose()?;
        if !is_same || file.is_some_and(|messages| messages.is_none()) {
            self.intake.book().nothing_indexed()?;
        }
        self.intake.book().set_fact(INDEX, &name)
    }
}

impl std::ops::AddAssign for Settled {
    fn add_assign(&mut self, other: Self) {
        self.stored += other.stored;
        self.files += other.files;
        self.indexed += other.indexed;
    }
}

fn is_due((count, time): (usize, Duration), waiting: usize, since: Instant) -> bool {
    waiting >= count || (waiting > 0 && since.elapsed() >= time)
}

/// The place with the marks of the message. They are read from its bytes, which are the same at every place,
/// and the book does not keep them.
fn marked_like(place: Place, message: &Message) -> Place {
    let Some(Place { is_read, is_flagged, is_replied, is_draft, .. }) = message.places.first()
    else {
        return place;
    };
    let [is_read, is_flagged, is_replied, is_draft] =
        [*is_read, *is_flagged, *is_replied, *is_draft];
    Place { is_read, is_flagged, is_replied, is_draft, ..place }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &str, is_read: Option<bool>) -> Place {
        Place { folder: Some(folder.to_owned()), is_read, ..Place::NOWHERE }
    }

    /// The book knows a place without marks, and the bytes of the message say them.
    #[test]
    fn a_place_that_was_known_before_is_not_there_twice() {
        let message = Message { places: vec![place("Inbox", Some(true))], ..Message::default() };
        let noted =
            [place("Inbox", None), place("Old", None)].map(|one| marked_like(one, &message));
        let all: BTreeSet<_> = noted.into_iter().chain(message.places.iter().cloned()).collect();
        assert_eq!(Vec::from_iter(all), [place("Inbox", Some(true)), place("Old", Some(true))]);
    }
}
