//! What is written into: the index of this machine, or one elsewhere.

use std::path::Path;

use jiff::Timestamp;
use postern_local_index::Error as IndexError;
use postern_local_index::ledger::{FileNumber, Occurrence, Source, Unreadable as Noted};
use postern_local_index::write::{Added, Room, SameId, Writer};
use postern_mail::contents::Contents;
use postern_mail::source::Unreadable;
use postern_query::Message;

use super::{Faults, moved};
use crate::Error;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It can be found after the next commit.
    Indexed,
    /// It is there already, and has another place at most.
    Duplicate,
    /// It cannot be taken in, and why.
    Refused(String),
}

/// What only a commit tells of messages that were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// Messages that were there already.
    pub duplicates: u64,
    /// Messages that could not be taken in after all.
    pub refused: Vec<Unreadable>,
    /// What else their owner should know of messages that were taken in.
    pub notes: Vec<Unreadable>,
}

/// Something that messages are written into, with a memory of the files that they came from.
///
/// What is remembered of a file holds from the commit on that follows: all of its messages are found then. What a file
/// no longer has goes away with that commit, unless another file has it too.
///
/// # Errors
///
/// Each call fails when the memory or the index cannot be read or written.
#[expect(clippy::missing_errors_doc, reason = "they are the same for each call")]
pub trait Sink: Send {
    /// What tells this index from others, also from one that was made anew elsewhere.
    fn name(&self) -> String;

    /// How many messages a file has, if it was taken in as it is now.
    fn messages_of(&mut self, source: &Source) -> Result<Option<u64>, Error>;

    /// The number of a file, where it is known.
    fn number_of(&mut self, source: &Source) -> Result<Option<FileNumber>, Error>;

    /// Takes a message, and holds `room` for as long as it holds the message itself.
    fn take(
        &mut self,
        occurrence: &Occurrence,
        message: &Message,
        same_id: SameId,
        room: Room,
    ) -> Result<Taken, Error>;

    /// Whether originals are kept there too, and so have to be [handed in](Self::keep_original).
    fn keeps_originals(&self) -> bool {
        false
    }

    /// Keeps the bytes of a message that was taken just now from that file.
    fn keep_original(
        &mut self,
        _occurrence: &Occurrence,
        _id: &str,
        _bytes: &[u8],
        _same_id: SameId,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// From now on messages come without the text of their attachments.
    fn leave_out_attachment_text(&mut self);

    /// Remembers that a file was read to its end, and what of it could not be read.
    fn close(&mut self, source: &Source, unread: Vec<Noted>, count: u64) -> Result<(), Error>;

    /// Forgets a file that is gone.
    fn forget(&mut self, path: &Path) -> Result<(), Error>;

    /// Forgets every file for which `is_gone` holds, and says how many there were.
    fn forget_where(&mut self, is_gone: &dyn Fn(FileNumber, &Path) -> bool) -> Result<u64, Error>;

    /// Reads again what lies in other places than the index knows, where that cannot be done without.
    fn place_again(&mut self, _contents: &mut Contents, _faults: &mut Faults) -> Result<(), Error> {
        Ok(())
    }

    /// Says again where messages lie that lost or gained a place, as far as `read` has them.
    fn place_moved(&mut self, _read: &mut dyn FnMut(&str) -> Option<Message>) -> Result<(), Error> {
        Ok(())
    }

    /// Messages and files since the last commit.
    fn uncommitted(&self) -> usize;

    /// Makes what was taken found and remembered.
    fn commit(&mut self, now: Timestamp) -> Result<Late, Error>;

    /// Ends it, after the last commit.
    fn finish(self: Box<Self>) -> Result<(), Error>;
}

/// The name of the index of this machine.
pub(crate) const LOCAL: &str = "local";

impl Sink for Writer {
    fn name(&self) -> String {
        LOCAL.to_owned()
    }

    fn messages_of(&mut self, source: &Source) -> Result<Option<u64>, Error> {
        Ok(Self::messages_of(self, source)?)
    }

    fn number_of(&mut self, source: &Source) -> Result<Option<FileNumber>, Error> {
        Ok(self.known(source)?.map(|known| known.number))
    }

    fn take(
        &mut self,
        occurrence: &Occurrence,
        message: &Message,
        same_id: SameId,
        room: Room,
    ) -> Result<Taken, Error> {
        match self.add_within(occurrence, message, same_id, Some(room)) {
            Ok(Added::Duplicate) => Ok(Taken::Duplicate),
            Ok(Added::New | Added::Replaced) => Ok(Taken::Indexed),
            Err(fault @ IndexError::BadId { .. }) => Ok(Taken::Refused(fault.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    fn leave_out_attachment_text(&mut self) {
        Self::leave_out_attachment_text(self);
    }

    fn close(&mut self, source: &Source, unread: Vec<Noted>, count: u64) -> Result<(), Error> {
        Ok(self.record_some(source, unread, count)?)
    }

    fn forget(&mut self, path: &Path) -> Result<(), Error> {
        Ok(Self::forget(self, path)?)
    }

    fn forget_where(&mut self, is_gone: &dyn Fn(FileNumber, &Path) -> bool) -> Result<u64, Error> {
        Ok(Self::forget_where(self, is_gone)?)
    }

    fn place_again(&mut self, contents: &mut Contents, faults: &mut Faults) -> Result<(), Error> {
        Ok(moved::index_again(self, contents, faults)?)
    }

    fn place_moved(&mut self, read: &mut dyn FnMut(&str) -> Option<Message>) -> Result<(), Error> {
        Ok(moved::place(self, read)?)
    }

    fn uncommitted(&self) -> usize {
        Self::uncommitted(self)
    }

    fn commit(&mut self, now: Timestamp) -> Result<Late, Error> {
        Self::commit(self, now)?;
        Ok(Late::default())
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        Ok(Self::close(*self)?)
    }
}
