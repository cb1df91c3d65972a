//! Paths to an index: the work of `postern index`.
//!
//! One thread reads files, several parse messages, and the caller's thread writes, in the order in
//! which the files were found, so that every run over the same files makes the same index. What is
//! on the way is bounded by the channels between them.

mod room;
mod work;

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf, absolute};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use jiff::Timestamp;
use postern_query::Message;

use crate::index::{Added, Options, Origin, SameId, Source, Writer};
use crate::mail::contents::AttachmentText;
use crate::search::Error;
use crate::source::{self, PlaceRule, SourceFile, Unreadable};

use work::{Event, Work};

/// Batches of messages on the way between two threads.
const IN_FLIGHT: usize = 8;

/// What to take in, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
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
    /// Messages between two commits; what is killed loses no more than these.
    pub commit_every: u64,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
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
    /// Bytes of all files that have to be read.
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
    /// Attachments that text was found in.
    pub attachments_read: u64,
    /// Attachments whose text, or some of it, could not be read, and why.
    pub attachments_unread: Vec<Unreadable>,
    /// What could not be read, and why.
    pub unreadable: Vec<Unreadable>,
    /// Files that are no mail.
    pub not_mail: Vec<Unreadable>,
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
pub fn run(
    data: &Path,
    request: &Request,
    clock: &dyn Fn() -> Timestamp,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Summary, Error> {
    let mut writer = Writer::open(data, &request.options)?;
    let mut run = Run {
        commit_every: request.commit_every.max(1),
        skips_attachments: request.attachment_text == AttachmentText::Off,
        ..Run::default()
    };
    let files = run.scan(&mut writer, request)?;
    run.progress.total_bytes = files.iter().map(|file| file.length).sum();
    let stop = AtomicBool::new(false);
    let (raw, to_parse) = sync_channel(IN_FLIGHT);
    let to_parse = Mutex::new(to_parse);
    thread::scope(|scope| {
        let (parsed, to_write) = sync_channel(IN_FLIGHT);
        let (files, stop) = (&files, &stop);
        scope.spawn(move || work::read_files(files, &request.place, &raw, stop));
        for _ in 0..request.jobs.max(1) {
            let (parsed, to_parse) = (parsed.clone(), &to_parse);
            scope.spawn(move || work::parse_all(to_parse, &parsed, &request.attachment_text));
        }
        drop(parsed);
        let outcome = run.write_all(&mut writer, files, &to_write, clock, progress, stop);
        // The readers must not wait for a writer that has failed.
        stop.store(true, Ordering::Relaxed);
        while to_write.recv().is_ok() {}
        outcome
    })?;
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
    /// Bytes of the files that were read to their end.
    finished: u64,
    /// Bytes of messages of the file that is being read.
    unfinished: u64,
}

impl Run {
    /// The files that have to be read.
    fn scan(&mut self, writer: &mut Writer, request: &Request) -> Result<Vec<SourceFile>, Error> {
        let mut files = Vec::new();
        let mut there = HashSet::new();
        for file in source::walk(&request.paths, &request.place) {
            let file = match file {
                Ok(file) => file,
                Err(fault) => {
                    self.summary.unreadable.push(fault);
                    continue;
                }
            };
            if request.prune {
                there.insert(file.path.clone());
            }
            match writer.messages_of(&stamp(&file))? {
                Some(messages) => self.summary.already_there += messages,
                None => files.push(file),
            }
        }
        if request.prune {
            self.prune(writer, request, &there)?;
        }
        self.summary.found = self.summary.already_there;
        Ok(files)
    }

    /// Forgets the files below the paths that are not there any more. What lies below a folder that
    /// cannot be read is not known to be gone.
    fn prune(
        &mut self,
        writer: &mut Writer,
        request: &Request,
        there: &HashSet<PathBuf>,
    ) -> Result<(), Error> {
        let roots: Vec<_> = request
            .paths
            .iter()
            .map(|path| absolute(path).unwrap_or_else(|_| path.clone()))
            .collect();
        let hidden: Vec<_> = self.summary.unreadable.iter().map(|fault| &fault.path).collect();
        let is_gone = |path: &Path| {
            roots.iter().any(|root| path.starts_with(root))
                && !there.contains(path)
                && !hidden.iter().any(|hidden| path.starts_with(hidden))
        };
        self.summary.forgotten = writer.forget_where(is_gone)?;
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
        let mut faults = Vec::new();
        for work in arriving {
            early.insert(work.sequence, work);
            while let Some(work) = early.remove(&next) {
                next += 1;
                for (number, event) in work.events {
                    let Some(file) = files.get(number) else { continue };
                    self.write(writer, file, event, &mut faults)?;
                    self.tell(file, progress, stop);
                    if self.since_commit >= self.commit_every {
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
        faults: &mut Vec<Unreadable>,
    ) -> Result<(), Error> {
        match event {
            Event::Parsed { message, part, same_id } => {
                self.add(writer, file, &message, part, same_id, faults)?;
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
        faults: &mut Vec<Unreadable>,
    ) -> Result<(), Error> {
        if !faults.iter().any(|fault| fault.may_pass) {
            let lost = faults.iter().filter(|fault| !fault.not_mail);
            let noted = lost.map(|fault| crate::index::Unreadable {
                place: fault.part.clone(),
                reason: fault.reason.clone(),
            });
            writer.record(&stamp(file), noted.collect())?;
        }
        let (not_mail, unreadable): (Vec<_>, _) =
            faults.drain(..).partition(|fault| fault.not_mail);
        self.summary.not_mail.extend(not_mail);
        self.summary.unreadable.extend(unreadable);
        Ok(())
    }

    fn add(
        &mut self,
        writer: &mut Writer,
        file: &SourceFile,
        message: &Message,
        place: String,
        same_id: SameId,
        faults: &mut Vec<Unreadable>,
    ) -> Result<(), Error> {
        let origin = Origin { path: file.path.clone(), place };
        let bytes = message.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        self.summary.found += 1;
        if self.skips_attachments {
            writer.leave_out_attachment_text();
        }
        match writer.add(&origin, message, same_id) {
            Ok(Added::Duplicate) => self.summary.duplicates += 1,
            Ok(Added::New | Added::Replaced) => {
                self.summary.indexed += 1;
                self.note_attachments(&origin, message);
                if let Some(damage) = &message.damage {
                    *self.summary.broken.entry(damage.clone()).or_default() += 1;
                }
            }
            Err(fault @ Error::BadId { .. }) => {
                faults.push(Unreadable {
                    path: origin.path,
                    part: origin.place,
                    reason: fault.to_string(),
                    not_mail: false,
                    may_pass: false,
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
    fn note_attachments(&mut self, origin: &Origin, message: &Message) {
        for file in message.files() {
            self.summary.attachments_read += u64::from(file.text.is_some());
            let Some(reason) = &file.unread else { continue };
            let kind = file.content_type.as_deref();
            let name = file.name.as_deref().or(kind).unwrap_or_default();
            let part = match origin.place.as_str() {
                "" => name.to_owned(),
                place => format!("{place}!{name}"),
            };
            self.summary
                .attachments_unread
                .push(Unreadable { part, ..Unreadable::new(&origin.path, reason) });
        }
    }
}

/// What tells whether a file has changed.
fn stamp(file: &SourceFile) -> Source {
    Source { path: file.path.clone(), length: file.length, modified: file.modified }
}
