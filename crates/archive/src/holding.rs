//! Freezing what a query finds, and holding it.

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use jiff::Timestamp;
use postern_local_index::search::{Asker, Search};
use postern_local_index::write::Options;
use postern_mail::contents::AttachmentText;
use postern_mail::id_of;
use postern_query::{Message, Query};

use crate::export::Shelf;
use crate::ingest::{Sink, settle};
use crate::original::Original;
use crate::sets::{Held, Member};
use crate::{Archive, Destination, Error, FrozenSet};

/// Where messages are held, and where they are found.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// Where mail is brought to, and so what must not forget it.
    pub to: &'a Destination,
    /// What finds it, and has its originals where the data folder does not.
    pub shelf: &'a dyn Shelf,
    /// Which attachments are searched for text, where a message has to be read again.
    pub attachment_text: &'a AttachmentText,
    /// When it is done.
    pub now: Timestamp,
}

/// What came of holding a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// Messages that are held.
    pub held: u64,
    /// The others, and why their originals cannot be kept.
    pub not_held: Vec<(String, String)>,
}

impl std::fmt::Debug for Holder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder")
            .field("to", self.to)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Archive {
    /// Freezes what a query finds on a shelf under the name of a set, and says how many messages that are; nothing
    /// where there is a set of that name already.
    ///
    /// # Errors
    ///
    /// When the query costs too much work or is stopped, the index cannot be read, or the set not be written.
    pub fn freeze(
        &self,
        set: &FrozenSet,
        query: &Query,
        shelf: &dyn Shelf,
        asker: &Asker,
    ) -> Result<Option<u64>, Error> {
        let mut count = 0;
        let is_new = self.sets().put(set, &mut |add| {
            let mut added = Ok(());
            shelf.each(&search(query, usize::MAX), asker, &mut |hit| {
                let Message { id, places, .. } = hit.message;
                added = add(&Member { id, places });
                count += 1;
                if added.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            added
        })?;
        Ok(is_new.then_some(count))
    }

    /// Holds the messages of a set: from now on nothing removes them from here but
    /// [`release_set`](Self::release_set) and [`delete_set`](Self::delete_set). It holds nothing at a source. Nothing
    /// where there is no such set.
    ///
    /// # Errors
    ///
    /// When somebody else writes the index, or the disk refuses: then the set is not held.
    pub fn hold_set(&self, name: &str, holder: Holder<'_>) -> Result<Option<Hold>, Error> {
        let sets = self.sets();
        let Some(members) = sets.members(name)? else { return Ok(None) };
        let mut sink = self.sink(holder)?;
        let (held, mut hold, mut places) = (Held::below(self.data()), Hold::default(), Vec::new());
        let lock = held.lock()?;
        for Member { id, places: frozen } in members {
            let found = found(holder.shelf, &id)?;
            match self.keep_original(&held, &id, found.as_ref(), holder.shelf)? {
                Ok(()) => {
                    hold.held += 1;
                    places.push(Member { id, places: found.map_or(frozen, |one| one.places) });
                }
                Err(why) => hold.not_held.push((id, why)),
            }
        }
        sets.hold(name, holder.now, &places, &hold.not_held)?;
        drop(lock);
        settle(&mut *sink, self.data(), holder.attachment_text, holder.now)?;
        sink.finish()?;
        Ok(Some(hold))
    }

    fn sink(&self, holder: Holder<'_>) -> Result<Box<dyn Sink>, Error> {
        let options = Options { memory_bytes: 64 << 20, threads: 1, rebuild: false };
        holder.to.open(self.data(), &options, holder.attachment_text)
    }

    /// Copies the original of a message to those that are held, or says why it cannot.
    fn keep_original(
        &self,
        held: &Held,
        id: &str,
        message: Option<&Message>,
        shelf: &dyn Shelf,
    ) -> Result<Result<(), String>, Error> {
        if held.get(id).is_some() {
            return Ok(Ok(()));
        }
        if held.path(id).is_none() || message.is_some_and(Message::is_file) {
            let why = "only mail with its original bytes can be held, not documents";
            return Ok(Err(why.to_owned()));
        }
        let original = match self.original(id).or_else(|_| shelf.original(id)) {
            Ok(original) => original,
            Err(Error::Lost(lost)) => return Ok(Err(lost.to_string())),
            Err(error) => return Err(error),
        };
        match bytes_of(original, id) {
            Ok(bytes) => held.put(id, &bytes).map(Ok),
            Err(why) => Ok(Err(why.to_owned())),
        }
    }

    /// Holds the messages of a set no longer; those of other held sets stay held. Tells whether it was held.
    ///
    /// # Errors
    ///
    /// When somebody else writes the index, or the disk refuses. What was released then goes with the next run that
    /// takes mail in.
    pub fn release_set(&self, name: &str, holder: Holder<'_>) -> Result<bool, Error> {
        let sets = self.sets();
        if sets.get(name)?.is_none_or(|set| set.held.is_none()) {
            return Ok(false);
        }
        let mut sink = self.sink(holder)?;
        sets.release(name)?;
        settle(&mut *sink, self.data(), holder.attachment_text, holder.now)?;
        sink.finish()?;
        Ok(true)
    }

    /// Forgets a set, and holds its messages no longer. Tells whether it was there.
    ///
    /// # Errors
    ///
    /// As for [`release_set`](Self::release_set).
    pub fn delete_set(&self, name: &str, holder: Holder<'_>) -> Result<bool, Error> {
        self.release_set(name, holder)?;
        self.sets().remove(name)
    }
}

const fn search(query: &Query, limit: usize) -> Search<'_> {
    Search { query, order: &[], after: None, offset: 0, limit, highlight: false }
}

/// The message of that id as it is found now.
fn found(shelf: &dyn Shelf, id: &str) -> Result<Option<Message>, Error> {
    let (query, mut found) = (Query::of_ids([id.to_owned()].into()), None);
    shelf.each(&search(&query, 1), &Asker::unlimited(), &mut |hit| {
        found = Some(hit.message);
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// The bytes of an original, if they are those of the message.
fn bytes_of(original: Original, id: &str) -> Result<Vec<u8>, &'static str> {
    let bytes = original.into_bytes().map_err(|_| "its original cannot be read")?;
    if id_of(&bytes) == id { Ok(bytes) } else { Err("its original is not what its id says") }
}
