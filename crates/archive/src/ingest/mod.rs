//! Paths to an index: the work of `postern index`.
//!
//! One thread reads files, several parse messages, and the caller's thread writes, in the order in
//! which the files were found, so that every run over the same files makes the same index. What is
//! on the way is bounded by the channels between them.

mod faults;
mod moved;
mod room;
mod work;

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use postern_query::{Message, NO_CONTENT};

use postern_local_index::Error;
use postern_local_index::ledger::{Occurrence, Source};
use postern_local_index::write::{Added, Options, Room, SameId, Writer};
use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::source;
use postern_mail::source::{Fate, PlaceRule, SourceFile, Unreadable};

pub use faults::Faults;
use work::{Event, Work};

/// Batches of messages on the way between two threads.
const IN_FLIGHT: usize = 8;

/// Files that are looked for before they are read; how many more there are, memory does not tell.
const FILES_AHEAD: usize = 100_000;

/// Messages and files to be remembered by the next commit, after which it is made in any case.
const MOST_UNCOMMITTED: usize = 250_000;

/// What to take in, and how.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Whether what is no mail is taken in as a file.
    pub files: bool,
    /// What is said about mailbox and folder by hand.
    pub place: PlaceRule,
    /// How to write.
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
    let mut writer = Writer::open(data, &ingest.options)?;
    let mut run = Run {
        files: ingest.files,
        own: own(data),
        commit_every: ingest.commit_every.max(1),
        skips_attachments: ingest.attachment_text == AttachmentText::Off,
        ..Run::default()
    };
    if ingest.prune {
        run.prune(&mut writer, ingest)?;
    }
    let mut walk = source::walk(&ingest.paths);
    loop {
        let files = run.find(&mut writer, &mut walk)?;
        if files.is_empty() {
            break;
        }
        run.take(&mut writer, &files, ingest, clock, progress)?;
        if run.summary.stopped {
            break;
        }
    }
    if !run.summary.stopped {
        let mut contents = Contents::new(&ingest.attachment_text);
        moved::index_again(&mut writer, &mut contents, &mut run.summary.unreadable)?;
    }
    writer.commit(clock())?;
    writer.close()?;
    Ok(run.summary)
}

#[derive(Default)]
struct Run {
    summary: Summary,
    progress: Progress,
    since_commit: u64,
    commit_every: u64,
    skips_attachments: bool,
    /// Files are taken in that are no mail.
    files: bool,
    /// The data folder, which holds no documents of anybody.
    own: Vec<PathBuf>,
    /// Bytes of the files that were read to their end.
    finished: u64,
    /// Bytes of messages of the file that is being read.
    unfinished: u64,
}

impl Run {
    /// The next files that have to be read.
    fn find(
        &mut self,
        writer: &mut Writer,
        walk: &mut dyn Iterator<Item = Result<SourceFile, Unreadable>>,
    ) -> Result<Vec<SourceFile>, Error> {
        let mut files = Vec::new();
        for file in walk {
            match file {
                Err(fault) => self.summary.unreadable.push(fault),
                Ok(file) if self.files && self.is_own(&file.path) => {}
                Ok(file) => match writer.messages_of(&stamp(&file))? {
                    // It was read when only mail was looked for.
                    Some(0) if self.files => files.push(file),
                    Some(messages) => {
                        self.summary.already_there += messages;
                        self.summary.found += messages;
                    }
                    None => files.push(file),
                },
            }
            if files.len() >= FILES_AHEAD {
                break;
            }
        }
        self.progress.total_bytes += files.iter().map(|file| file.length).sum::<u64>();
        Ok(files)
    }

    fn is_own(&self, path: &Path) -> bool {
        self.own.iter().any(|own| path.starts_with(own))
    }

    /// Reads these files and writes what is in them.
    fn take(
        &mut self,
        writer: &mut Writer,
        files: &[SourceFile],
        ingest: &Ingest,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let stop = AtomicBool::new(false);
        let (raw, to_parse) = sync_channel(IN_FLIGHT);
        let to_parse = Mutex::new(to_parse);
        thread::scope(|scope| {
            let (parsed, to_write) = sync_channel(IN_FLIGHT);
            let stop = &stop;
            scope.spawn(move || work::read_files(files, ingest, &raw, stop));
            for _ in 0..ingest.jobs.max(1) {
                let (parsed, to_parse) = (parsed.clone(), &to_parse);
                scope.spawn(move || work::parse_all(to_parse, &parsed, &ingest.attachment_text));
            }
            drop(parsed);
            let outcome = self.write_all(writer, files, &to_write, clock, progress, stop);
            // The readers must not wait for a writer that has failed.
            stop.store(true, Ordering::Relaxed);
            while to_write.recv().is_ok() {}
            outcome
        })
    }

    /// Forgets the files below the paths that are not there any more. What lies below a folder that
    /// cannot be read is not known to be gone.
    fn prune(&mut self, writer: &mut Writer, ingest: &Ingest) -> Result<(), Error> {
        let roots: Vec<_> = ingest
            .paths
            .iter()
            .map(|path| absolute(path).unwrap_or_else(|_| path.clone()))
            .collect();
        let (mut there, mut hidden) = (HashSet::new(), Vec::new());
        for file in source::walk(&ingest.paths) {
            match file {
                Ok(file) => there.extend(writer.known(&stamp(&file))?.map(|known| known.number)),
                Err(fault) => hidden.push(fault.path),
            }
        }
        self.summary.forgotten = writer.forget_where(|number, path| {
            roots.iter().any(|root| path.starts_with(root))
                && !there.contains(&number)
                && !hidden.iter().any(|hidden| path.starts_with(hidden))
        })?;
        Ok(())
    }

    /// Writes what arrives, in its order.
    fn write_all(
        &mut self,
        writer: &mut Writer,
        files: &[SourceFile],
        arriving: &Receiver<Work>,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        let mut early = BTreeMap::new();
        let mut next = 0;
        let mut faults = FileFaults::default();
        for work in arriving {
            early.insert(work.sequence, work);
            while let Some(work) = early.remove(&next) {
                next += 1;
                for (number, event) in work.events {
                    let Some(file) = files.get(number) else { continue };
                    self.write(writer, file, event, &work.room, &mut faults)?;
                    self.tell(file, progress, stop);
                    if self.since_commit >= self.commit_every
                        || writer.uncommitted() >= MOST_UNCOMMITTED
                    {
                        writer.commit(clock())?;
                        self.since_commit = 0;
                    }
                }
            }
        }
        Ok(())
    }

    fn tell(
        &mut self,
        file: &SourceFile,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
        stop: &AtomicBool,
    ) {
        self.progress.current.clone_from(&file.path);
        self.progress.done_bytes = self.finished + self.unfinished.min(file.length);
        if progress(&self.progress).is_break() {
            self.summary.stopped = true;
            stop.store(true, Ordering::Relaxed);
        }
    }

    fn write(
        &mut self,
        writer: &mut Writer,
        file: &SourceFile,
        event: Event,
        room: &Room,
        faults: &mut FileFaults,
    ) -> Result<(), Error> {
        match event {
            Event::Parsed { message, part, same_id } => {
                let occurrence = Occurrence { path: file.path.clone(), part, home: None };
                let room = Arc::clone(room);
                self.add(writer, occurrence, &message, same_id, room, faults)?;
            }
            Event::Unreadable(fault) => faults.push(fault),
            Event::End => {
                self.finished += file.length;
                self.unfinished = 0;
                self.close(writer, file, faults)?;
            }
            Event::Found(_) => {}
        }
        Ok(())
    }

    /// Notes that a file was read to its end, unless the system kept some of it back.
    fn close(
        &mut self,
        writer: &mut Writer,
        file: &SourceFile,
        faults: &mut FileFaults,
    ) -> Result<(), Error> {
        if !faults.may_pass {
            let told = faults.lost.first.iter().take(TOLD_OF_A_FILE);
            let noted = told.map(|fault| postern_local_index::ledger::Unreadable {
                part: fault.part.clone(),
                reason: fault.reason.clone(),
            });
            writer.record_some(&stamp(file), noted.collect(), faults.lost.count)?;
        }
        faults.may_pass = false;
        self.summary.not_mail.append(&mut faults.not_mail);
        self.summary.notes.append(&mut faults.notes);
        self.summary.unreadable.append(&mut faults.lost);
        Ok(())
    }

    fn add(
        &mut self,
        writer: &mut Writer,
        occurrence: Occurrence,
        message: &Message,
        same_id: SameId,
        room: Room,
        faults: &mut FileFaults,
    ) -> Result<(), Error> {
        let bytes = message.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        self.summary.found += 1;
        if self.skips_attachments {
            writer.leave_out_attachment_text();
        }
        match writer.add_within(&occurrence, message, same_id, Some(room)) {
            Ok(Added::Duplicate) => self.summary.duplicates += 1,
            Ok(Added::New | Added::Replaced) => {
                self.summary.indexed += 1;
                self.summary.files += u64::from(message.is_file());
                self.note_attachments(&occurrence, message);
                if let Some(damage) = &message.damage {
                    *self.summary.broken.entry(damage.clone()).or_default() += 1;
                }
            }
            Err(fault @ Error::BadId { .. }) => {
                faults.push(Unreadable {
                    path: occurrence.path,
                    part: occurrence.part,
                    reason: fault.to_string(),
                    fate: Fate::Lost,
                });
            }
            Err(error) => return Err(error),
        }
        self.summary.bytes += bytes;
        self.progress.messages += 1;
        self.progress.bytes += bytes;
        self.unfinished += bytes;
        self.since_commit += 1;
        Ok(())
    }

    /// Counts the attachments of a message whose text was read, and notes the others.
    fn note_attachments(&mut self, occurrence: &Occurrence, message: &Message) {
        for file in message.files() {
            self.summary.attachments_read += u64::from(file.text.is_some());
            let is_empty = file.text.is_none() && file.unread.is_none() && !self.skips_attachments;
            self.summary.attachments_without_text += u64::from(is_empty);
            // A source that gives no content is told by coverage, not file by file.
            let unread = file.unread.as_deref().filter(|reason| *reason != NO_CONTENT);
            let Some(reason) = unread else { continue };
            let kind = file.content_type.as_deref();
            let name = file.name.as_deref().or(kind).unwrap_or_default();
            let part = match occurrence.part.as_str() {
                "" => name.to_owned(),
                place => format!("{place}!{name}"),
            };
            self.summary
                .attachments_unread
                .push(Unreadable { part, ..Unreadable::new(&occurrence.path, reason) });
        }
    }
}

/// Faults of a file that the book-keeping tells; the others are counted.
const TOLD_OF_A_FILE: usize = 1_000;

/// What could not be read of a file.
#[derive(Default)]
struct FileFaults {
    lost: Faults,
    not_mail: Faults,
    notes: Faults,
    /// The system kept some of it back.
    may_pass: bool,
}

impl FileFaults {
    fn push(&mut self, fault: Unreadable) {
        self.may_pass |= fault.fate == Fate::Refused;
        match fault.fate {
            Fate::NotMail => self.not_mail.push(fault),
            Fate::Read => self.notes.push(fault),
            Fate::Lost | Fate::Refused => self.lost.push(fault),
        }
    }
}

/// The data folder by each of its names.
fn own(data: &Path) -> Vec<PathBuf> {
    [absolute(data), data.canonicalize()].into_iter().flatten().collect()
}

/// What tells whether a file has changed.
fn stamp(file: &SourceFile) -> Source {
    Source { path: file.path.clone(), length: file.length, modified: file.modified }
}
