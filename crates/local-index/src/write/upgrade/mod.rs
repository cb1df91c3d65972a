//! An index of a former format is written again in the format of this version, from what is stored in it.
//!
//! 1. The new index is made in a data folder of its own below the data folder, with a copy of the ledger. Nobody else
//!    writes meanwhile, and everybody reads the former one.
//! 2. Whoever upgrades may write to the new one, such as what has to be read again.
//! 3. One call of the system puts the new one in the place of the former one.
//!
//! Killed before that call, nothing happened, and the next upgrade begins anew. Killed after it, the former index is left
//! over in the folder of the upgrade, which whoever writes next clears away. An upgrade that fails leaves nothing.

mod inside;
mod room;
mod switch;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use postern_query::Message;
use tantivy::{DocAddress, Searcher, SegmentReader};

use super::Options;
use super::document::with_contents;
use super::engine::{Engine, Queued};
use super::writer::agreed;
use crate::format::contents::{self, Contents};
use crate::format::fetch::whole;
use crate::format::folder::{FORMAT, Folder, WriteLock};
use crate::format::former::has;
use crate::format::payload::Payload;
use crate::format::words::Words;
use crate::format::{schema, stored};
use crate::ledger::{Committer, Ledger};
use crate::{Error, database};

/// Messages between two commits.
const COMMIT_EVERY: u64 = 100_000;

/// An upgrade under way.
#[derive(Debug)]
pub struct Upgrade {
    former: Folder,
    /// The data folder of the new index.
    beside: PathBuf,
    _lock: WriteLock,
}

/// What the new index was made of.
#[derive(Debug, Default)]
pub struct Rewritten {
    /// Messages and files.
    pub messages: u64,
    /// Ids of messages of which the former index does not say all that the new one wants to know: who wrote which part
    /// of a body, or which words are of which attachment. They have to be read again.
    pub incomplete: Vec<String>,
    /// When the former index was last brought up to date.
    pub as_of: Option<Timestamp>,
}

impl Upgrade {
    /// Whether the index below a data folder has a former format that can be upgraded, or an upgrade that was killed left
    /// something to clear away.
    ///
    /// # Errors
    ///
    /// When the system refuses to say.
    pub fn is_due(data: &Path) -> Result<bool, Error> {
        Ok(Folder::new(data).is_former()? || beside(data).try_exists()?)
    }

    /// Begins an upgrade; nothing where none is due.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] while somebody writes the index, and when the disk refuses or has no room for a second index.
    pub fn begin(data: &Path) -> Result<Option<Self>, Error> {
        let (former, beside) = (Folder::new(data), beside(data));
        if !Self::is_due(data)? {
            return Ok(None);
        }
        let lock = former.lock()?;
        switch::remove(&beside)?;
        // Somebody else may have done it while this one waited, or was killed before it cleared away.
        if !former.is_former()? {
            return Ok(None);
        }
        room::check(&former.tantivy())?;
        Ok(Some(Self { former, beside, _lock: lock }))
    }

    /// The data folder of the new index.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.beside
    }

    /// Makes the new index of what is stored in the former one; `told` hears of each message.
    ///
    /// # Errors
    ///
    /// When one cannot be read or the other not be written. The former one stays as it is.
    pub fn rewrite(
        &self,
        options: &Options,
        told: &mut dyn FnMut(u64),
    ) -> Result<Rewritten, Error> {
        let mut ledger = Ledger::open(&self.former)?;
        let disk = self.former.disk(ledger.committer())?;
        let former = agreed(&self.former, &disk, &mut ledger)?;
        drop(ledger);
        let mut payload = Payload::of(&former)?;
        let as_of = payload.as_of(&self.former);
        payload.as_of = as_of.map(stored::milliseconds);
        let new = Folder::new(&self.beside);
        let lock = new.lock()?;
        database::copy(&self.former.ledger(), &new.ledger())?;
        database::write(&new.ledger())?.pragma_update(None, "user_version", FORMAT)?;
        let mut writing = Writing::of(&new, *options, payload.to_text()?)?;
        let searcher = former.reader()?.searcher();
        for segment in (0..).zip(searcher.segment_readers()) {
            writing.segment(&searcher, segment, told)?;
        }
        writing.engine.commit(&writing.note)?;
        writing.engine.merge()?;
        writing.engine.close()?;
        // What says so comes last: a half index has no version.
        new.claim(&lock)?;
        Ok(Rewritten { as_of, ..writing.done })
    }

    /// Puts the new index in the place of the former one.
    ///
    /// # Errors
    ///
    /// When the disk refuses. The former one stays then.
    pub fn switch(self) -> Result<(), Error> {
        switch::exchange(self.former.root(), Folder::new(&self.beside).root())?;
        switch::remove(&self.beside)
    }
}

/// Where the new index is made.
fn beside(data: &Path) -> PathBuf {
    data.join("upgrade")
}

impl Drop for Upgrade {
    /// What failed keeps no disk full. Nobody is left to hear that this failed as well: the next one tries again.
    fn drop(&mut self) {
        drop(switch::remove(&self.beside));
    }
}

/// The new index while it is made.
struct Writing {
    engine: Engine,
    /// What each commit says: that of the former index.
    note: String,
    done: Rewritten,
}

impl Writing {
    fn of(new: &Folder, options: Options, note: String) -> Result<Self, Error> {
        // The ledger has what it needs, and commits nothing.
        let disk = new.disk(Committer::default())?;
        let index = new.open_or_create(&disk)?;
        let engine = Engine::new(index, disk, new.tantivy(), options);
        Ok(Self { engine, note, done: Rewritten::default() })
    }

    fn segment(
        &mut self,
        searcher: &Searcher,
        (number, reader): (u32, &SegmentReader),
        told: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let former = Contents::of(reader)?;
        for part in inside::parts(reader)? {
            let all = inside::words(reader, &part)?;
            for (document, words) in part.zip(all) {
                if !reader.is_deleted(document) {
                    let message = whole(searcher, DocAddress::new(number, document))?;
                    self.message(reader, &message, (words, former.values(document)), &former)?;
                    told(self.done.messages);
                }
            }
        }
        Ok(())
    }

    fn message(
        &mut self,
        reader: &SegmentReader,
        message: &Message,
        (words, had): (Words, Vec<u64>),
        former: &Contents,
    ) -> Result<(), Error> {
        let (values, is_unknown) = contents::again(message, &words, had, former.are_known());
        let has_passages = has(reader.schema(), schema::PASSAGES);
        if is_unknown || (!has_passages && message.body.is_some()) {
            self.done.incomplete.push(message.id.clone());
        }
        self.engine.add(Queued::new(with_contents(message, (words, values)), None))?;
        self.done.messages += 1;
        if self.done.messages.is_multiple_of(COMMIT_EVERY) {
            self.engine.commit(&self.note)?;
            self.engine.merge()?;
        }
        Ok(())
    }
}
