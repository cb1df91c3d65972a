//! What is held for frozen sets, in the index that is written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use postern_local_index::ledger::{Occurrence, Source};
use postern_local_index::write::SameId;
use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::parse_with;
use postern_query::{Message, Place};

use super::Sink;
use crate::Error;
use crate::sets::{Held, Member, Sets, id_in};

/// Messages between two commits.
const COMMIT_EVERY: usize = 10_000;

/// The file of a held message as the ledger of the index knows it; it never changes.
const fn source(path: PathBuf) -> Source {
    Source { path, length: 0, modified: 0 }
}

/// Makes an index agree with what is held: takes in what it does not have from there, such as one that was made anew,
/// and lets go of what no set holds any more. Whatever else forgets messages comes after this.
///
/// # Errors
///
/// When the sets cannot be read, or the index not be written.
pub(crate) fn settle(
    sink: &mut dyn Sink,
    data: &Path,
    attachment_text: &AttachmentText,
    now: Timestamp,
) -> Result<(), Error> {
    let held = Held::below(data);
    if !held.is_there() {
        return Ok(());
    }
    // Whoever stores originals has not noted yet that they are held.
    let _lock = held.lock()?;
    let members = Sets::below(data).held()?;
    let mut settling = Settling { sink, held, contents: Contents::new(attachment_text), now };
    if *attachment_text == AttachmentText::Off && !members.is_empty() {
        settling.sink.leave_out_attachment_text();
    }
    members.iter().try_for_each(|member| settling.take_in(member))?;
    let kept = members.iter().map(|member| member.id.as_str()).collect();
    let gone = settling.let_go(&kept)?;
    if gone > 0 || settling.sink.uncommitted() > 0 {
        settling.sink.commit(now)?;
    }
    settling.held.keep_only(&kept)
}

/// An index that is made to agree.
struct Settling<'a> {
    sink: &'a mut dyn Sink,
    held: Held,
    contents: Contents,
    now: Timestamp,
}

impl Settling<'_> {
    fn take_in(&mut self, Member { id, places }: &Member) -> Result<(), Error> {
        let Some(file) = self.held.path(id).map(source) else { return Ok(()) };
        if self.sink.messages_of(&file)?.is_some() {
            return Ok(());
        }
        let Some(bytes) = self.held.get(id) else { return Ok(()) };
        let place = places.first().cloned().unwrap_or_default();
        let parsed = parse_with(&bytes, &place, &mut self.contents);
        let message = Message { places: places.clone(), ..parsed };
        let occurrence = Occurrence { path: file.path.clone(), part: String::new(), home: None };
        if self.sink.keeps_originals() {
            self.sink.keep_original(&occurrence, id, &bytes, SameId::Keeps)?;
        }
        self.sink.take(&occurrence, &message, SameId::Keeps, Arc::new(()))?;
        self.sink.close(&file, Vec::new(), 0)?;
        if self.sink.uncommitted() >= COMMIT_EVERY {
            self.sink.commit(self.now)?;
        }
        Ok(())
    }

    /// Forgets the files of messages that are not held any more, and says how many there were. What lies elsewhere too
    /// lies only there from now on.
    fn let_go(&mut self, kept: &BTreeSet<&str>) -> Result<u64, Error> {
        let Self { sink, held, contents, .. } = self;
        // A data folder that was moved is known by its former path too.
        let is_former = |path: &Path| held.has(path) || !path.exists();
        let is_gone = |path: &Path| id_in(path).is_some_and(|id| !kept.contains(id));
        let gone = sink.forget_where(&|_, path| is_gone(path) && is_former(path))?;
        if gone > 0 {
            sink.place_moved(&mut |id| {
                let bytes = held.get(id).filter(|_| !kept.contains(id))?;
                Some(parse_with(&bytes, &Place::NOWHERE, contents))
            })?;
        }
        Ok(gone)
    }
}
