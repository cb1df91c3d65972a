//! Two indexes that are written at the same time.

use std::path::Path;

use jiff::Timestamp;
use postern_local_index::ledger::{FileNumber, Occurrence, Source, Unreadable as Noted};
use postern_local_index::write::{Room, SameId};
use postern_mail::contents::Contents;
use postern_query::Message;

use super::{Faults, Late, Sink, Taken};
use crate::Error;

/// Two sinks as one. A file counts as taken in where both have it.
pub(crate) struct Both(pub(crate) Box<dyn Sink>, pub(crate) Box<dyn Sink>);

impl Sink for Both {
    fn name(&self) -> String {
        format!("{} and {}", self.0.name(), self.1.name())
    }

    fn messages_of(&mut self, source: &Source) -> Result<Option<u64>, Error> {
        let one = self.0.messages_of(source)?;
        Ok(self.1.messages_of(source)?.and(one))
    }

    /// That of the first; the second one asks for its own.
    fn number_of(&mut self, source: &Source) -> Result<Option<FileNumber>, Error> {
        self.0.number_of(source)
    }

    fn take(
        &mut self,
        occurrence: &Occurrence,
        message: &Message,
        same_id: SameId,
        room: Room,
    ) -> Result<Taken, Error> {
        let one = self.0.take(occurrence, message, same_id, Room::clone(&room))?;
        // An id that one cannot take in no other can.
        if matches!(one, Taken::Refused(_)) {
            return Ok(one);
        }
        self.1.take(occurrence, message, same_id, room)?;
        Ok(one)
    }

    fn keeps_originals(&self) -> bool {
        self.0.keeps_originals() || self.1.keeps_originals()
    }

    fn keep_original(
        &mut self,
        occurrence: &Occurrence,
        id: &str,
        bytes: &[u8],
        same_id: SameId,
    ) -> Result<(), Error> {
        self.0.keep_original(occurrence, id, bytes, same_id)?;
        self.1.keep_original(occurrence, id, bytes, same_id)
    }

    fn leave_out_attachment_text(&mut self) {
        self.0.leave_out_attachment_text();
        self.1.leave_out_attachment_text();
    }

    fn close(&mut self, source: &Source, unread: Vec<Noted>, count: u64) -> Result<(), Error> {
        self.0.close(source, unread.clone(), count)?;
        self.1.close(source, unread, count)
    }

    fn forget(&mut self, path: &Path) -> Result<(), Error> {
        self.0.forget(path)?;
        self.1.forget(path)
    }

    /// The numbers are those of the first, so the second is told by paths what is gone.
    fn forget_where(&mut self, is_gone: &dyn Fn(FileNumber, &Path) -> bool) -> Result<u64, Error> {
        let gone = std::cell::RefCell::new(Vec::new());
        let forgotten = self.0.forget_where(&|number, path| {
            let goes = is_gone(number, path);
            if goes {
                gone.borrow_mut().push(path.to_owned());
            }
            goes
        })?;
        for path in gone.into_inner() {
            self.1.forget(&path)?;
        }
        Ok(forgotten)
    }

    fn place_again(&mut self, contents: &mut Contents, faults: &mut Faults) -> Result<(), Error> {
        self.0.place_again(contents, faults)?;
        self.1.place_again(contents, faults)
    }

    fn place_moved(&mut self, read: &mut dyn FnMut(&str) -> Option<Message>) -> Result<(), Error> {
        self.0.place_moved(read)?;
        self.1.place_moved(read)
    }

    fn uncommitted(&self) -> usize {
        self.0.uncommitted().max(self.1.uncommitted())
    }

    /// Counts are those of the first; what the second could not take in is told too.
    fn commit(&mut self, now: Timestamp) -> Result<Late, Error> {
        let one = self.0.commit(now)?;
        let mut other = self.1.commit(now)?;
        other.refused.extend(one.refused);
        other.notes.extend(one.notes);
        Ok(Late { duplicates: one.duplicates, ..other })
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        self.0.finish()?;
        self.1.finish()
    }
}
