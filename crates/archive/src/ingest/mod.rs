//! Paths to an index: the work of `postern index`.
//!
//! One thread reads files, several parse messages, and the caller's thread writes, in the order in
//! which the files were found, so that every run over the same files makes the same index. What is
//! on the way is bounded by the channels between them.

mod both;
mod destination;
mod faults;
mod moved;
mod room;
mod run;
mod settle;
mod sink;
mod upgrade;
mod work;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use postern_local_index::write::Options;
use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::source::PlaceRule;

use crate::Error;
pub use destination::Destination;
pub use faults::Faults;
use run::Run;
pub(crate) use settle::settle;
pub(crate) use sink::LOCAL;
pub use sink::{Late, Sink, Taken};
pub use upgrade::Upgraded;
pub(crate) use upgrade::upgrade;

/// What to take in, and how.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Whether what is no mail is taken in as a file.
    pub files: bool,
    /// What is said about mailbox and folder by hand.
    pub place: PlaceRule,
    /// Where to write.
    pub to: Destination,
    /// How to write here.
    pub options: Options,
    /// Threads that parse; at least one.
    pub jobs: usize,
    /// Which attachments are searched for text.
    pub attachment_text: AttachmentText,
    /// Whether to forget files below the paths that are gone, and what came only from them.
    pub prune: bool,
    /// Messages between two commits; what is killed loses no more than these. There are never more
    /// than 250,000, files counted like messages.
    pub commit_every: u64,
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            files: false,
            place: PlaceRule::default(),
            to: Destination::default(),
            options: Options::default(),
            jobs: 1,
            attachment_text: AttachmentText::default(),
            prune: false,
            commit_every: 100_000,
        }
    }
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Messages taken in so far.
    pub messages: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Bytes of all files that have to be read, as far as they are known: 100,000 files at a time.
    pub total_bytes: u64,
    /// Bytes of these that are done; packed files count as they lie on disk.
    pub done_bytes: u64,
    /// The file that is being taken in.
    pub current: PathBuf,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Messages found: taken in now, there already, or twice.
    pub found: u64,
    /// Messages that can be found from now on.
    pub indexed: u64,
    /// Messages of files that have not changed.
    pub already_there: u64,
    /// Messages that are the same as another one.
    pub duplicates: u64,
    /// What was broken in messages that can be found from now on, and in how many.
    pub broken: BTreeMap<String, u64>,
    /// Files that are gone and were forgotten.
    pub forgotten: u64,
    /// Bytes of the messages taken in.
    pub bytes: u64,
    /// Of these, files that are no mail.
    pub files: u64,
    /// Attachments that text was found in, files counted like them.
    pub attachments_read: u64,
    /// Attachments that were looked into and have no text, such as pictures.
    pub attachments_without_text: u64,
    /// Attachments whose text, or some of it, could not be read, and why.
    pub attachments_unread: Faults,
    /// What could not be read, and why.
    pub unreadable: Faults,
    /// Files that are no mail.
    pub not_mail: Faults,
    /// What else the owner of a file that was read should know of it.
    pub notes: Faults,
    /// The run was stopped before its end; what was done until then is kept.
    pub stopped: bool,
}

/// Takes in what is new or has changed.
///
/// `clock` says when a commit is made; `progress` is told of every message and may stop the run.
///
/// # Errors
///
/// When the index cannot be opened or written. Messages that cannot be read are no error.
pub(crate) fn run(
    data: &Path,
    ingest: &Ingest,
    clock: &dyn Fn() -> Timestamp,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Summary, Error> {
    let mut sink = ingest.to.open(data, &ingest.options, &ingest.attachment_text)?;
    settle(&mut *sink, data, &ingest.attachment_text, clock())?;
    let mut run = Run::of(data, ingest);
    run.keeps_originals = sink.keeps_originals();
    if ingest.prune {
        run.prune(&mut *sink, ingest)?;
    }
    run.take_all(&mut *sink, ingest, clock, progress)?;
    if !run.summary.stopped {
        let mut contents = Contents::new(&ingest.attachment_text);
        sink.place_again(&mut contents, &mut run.summary.unreadable)?;
    }
    run.commit(&mut *sink, clock())?;
    sink.finish()?;
    Ok(run.summary)
}
