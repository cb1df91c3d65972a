//! A run over files: what is new is read by several threads and written in the order it was found.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use postern_local_index::ledger::{Occurrence, Source};
use postern_local_index::write::{Room, SameId};
use postern_mail::contents::AttachmentText;
use postern_mail::source;
use postern_mail::source::{Fate, SourceFile, Unreadable};
use postern_query::{Message, NO_CONTENT};

use super::faults::FileFaults;
use super::work;
use super::work::{Event, Work};
use super::{Ingest, Progress, Sink, Summary, Taken};
use crate::Error;
use crate::sets::Held;

/// Batches of messages on the way between two threads.
const IN_FLIGHT: usize = 8;

/// Files that are looked for before they are read; how many more there are, memory does not tell.
const FILES_AHEAD: usize = 100_000;

/// Messages and files to be remembered by the next commit, after which it is made in any case.
const MOST_UNCOMMITTED: usize = 250_000;

/// Faults of a file that the book-keeping tells; the others are counted.
const TOLD_OF_A_FILE: usize = 1_000;

/// What a run has read and written so far.
#[derive(Default)]
pub(super) struct Run {
    pub(super) summary: Summary,
    progress: Progress,
    since_commit: u64,
    commit_every: u64,
    skips_attachments: bool,
    pub(super) keeps_originals: bool,
    /// Files are taken in that are no mail.
    files: bool,
    /// The data folder, which holds no documents of anybody.
    own: Vec<PathBuf>,
    /// What is held for frozen sets.
    held: Held,
    /// Bytes of the files that were read to their end.
    finished: u64,
    /// Bytes of messages of the file that is being read.
    unfinished: u64,
}

impl Run {
    pub(super) fn of(data: &Path, ingest: &Ingest) -> Self {
        Self {
            files: ingest.files,
            own: own(data),
            held: Held::below(data),
            commit_every: ingest.commit_every.max(1),
            skips_attachments: ingest.attachment_text == AttachmentText::Off,
            ..Self::default()
        }
    }

    /// Reads and writes all files that are new or have changed.
    pub(super) fn take_all(
        &mut self,
        sink: &mut dyn Sink,
        ingest: &Ingest,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut walk = source::walk(&ingest.paths);
        loop {
            let files = self.find(sink, &mut walk)?;
            if files.is_empty() {
                return Ok(());
            }
            self.take(sink, &files, ingest, clock, progress)?;
            if self.summary.stopped {
                return Ok(());
            }
        }
    }

    /// The next files that have to be read.
    fn find(
        &mut self,
        sink: &mut dyn Sink,
        walk: &mut dyn Iterator<Item = Result<SourceFile, Unreadable>>,
    ) -> Result<Vec<SourceFile>, Error> {
        let mut files = Vec::new();
        for file in walk {
            match file {
                Err(fault) => self.summary.unreadable.push(fault),
                Ok(file) if self.files && self.is_own(&file.path) => {}
                Ok(file) if self.held.has(&file.path) => {}
                Ok(file) => match sink.messages_of(&stamp(&file))? {
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
        sink: &mut dyn Sink,
        files: &[SourceFile],
        ingest: &Ingest,
        clock: &dyn Fn() -> Timestamp,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let stop = AtomicBool::new(false);
        let keeps_originals = self.keeps_originals;
        let (raw, to_parse) = sync_channel(IN_FLIGHT);
        let to_parse = Mutex::new(to_parse);
        thread::scope(|scope| {
            let (parsed, to_write) = sync_channel(IN_FLIGHT);
            let stop = &stop;
            scope.spawn(move || work::read_files(files, ingest, &raw, stop));
            for _ in 0..ingest.jobs.max(1) {
                let (parsed, to_parse) = (parsed.clone(), &to_parse);
                let parse = work::Parse { attachments: &ingest.attachment_text, keeps_originals };
                scope.spawn(move || parse.all(to_parse, &parsed));
            }
            drop(parsed);
            let outcome = self.write_all(sink, files, &to_write, clock, progress, stop);
            // The readers must not wait for a writer that has failed.
            stop.store(true, Ordering::Relaxed);
            while to_write.recv().is_ok() {}
            outcome
        })
    }

    /// Forgets the files below the paths that are not there any more. What lies below a folder that
    /// cannot be read is not known to be gone.
    pub(super) fn prune(&mut self, sink: &mut dyn Sink, ingest: &Ingest) -> Result<(), Error> {
        let roots: Vec<_> = ingest
            .paths
            .iter()
            .map(|path| absolute(path).unwrap_or_else(|_| path.clone()))
            .collect();
        let (mut there, mut hidden) = (HashSet::new(), Vec::new());
        for file in source::walk(&ingest.paths) {
            match file {
                Ok(file) => there.extend(sink.number_of(&stamp(&file))?),
                Err(fault) => hidden.push(fault.path),
            }
        }
        self.summary.forgotten = sink.forget_where(&|number, path| {
            roots.iter().any(|root| path.starts_with(root))
                && !there.contains(&number)
                && !self.held.has(path)
                && !hidden.iter().any(|hidden| path.starts_with(hidden))
        })?;
        Ok(())
    }

    /// Writes what arrives, in its order.
    fn write_all(
        &mut self,
        sink: &mut dyn Sink,
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
                    self.write(sink, file, event, &work.room, &mut faults)?;
                    self.tell(file, progress, stop);
                    if self.since_commit >= self.commit_every
                        || sink.uncommitted() >= MOST_UNCOMMITTED
                    {
                        self.commit(sink, clock())?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn commit(&mut self, sink: &mut dyn Sink, now: Timestamp) -> Result<(), Error> {
        let late = sink.commit(now)?;
        self.since_commit = 0;
        self.summary.duplicates += late.duplicates;
        let fewer = late.duplicates + late.refused.len() as u64;
        self.summary.indexed = self.summary.indexed.saturating_sub(fewer);
        late.refused.into_iter().for_each(|fault| self.summary.unreadable.push(fault));
        late.notes.into_iter().for_each(|fault| self.summary.notes.push(fault));
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
        sink: &mut dyn Sink,
        file: &SourceFile,
        event: Event,
        room: &Room,
        faults: &mut FileFaults,
    ) -> Result<(), Error> {
        match event {
            Event::Parsed { message, part, same_id, original } => {
                let occurrence = Occurrence { path: file.path.clone(), part, home: None };
                if let Some(bytes) = original {
                    sink.keep_original(&occurrence, &message.id, &bytes, same_id)?;
                }
                let room = Arc::clone(room);
                self.add(sink, occurrence, &message, same_id, room, faults)?;
            }
            Event::Unreadable(fault) => faults.push(fault),
            Event::End => {
                self.finished += file.length;
                self.unfinished = 0;
                self.close(sink, file, faults)?;
            }
            Event::Found(_) => {}
        }
        Ok(())
    }

    /// Notes that a file was read to its end, unless the system kept some of it back.
    fn close(
        &mut self,
        sink: &mut dyn Sink,
        file: &SourceFile,
        faults: &mut FileFaults,
    ) -> Result<(), Error> {
        if !faults.may_pass {
            let told = faults.lost.first.iter().take(TOLD_OF_A_FILE);
            let noted = told.map(|fault| postern_local_index::ledger::Unreadable {
                part: fault.part.clone(),
                reason: fault.reason.clone(),
            });
            sink.close(&stamp(file), noted.collect(), faults.lost.count)?;
        }
        faults.may_pass = false;
        self.summary.not_mail.append(&mut faults.not_mail);
        self.summary.notes.append(&mut faults.notes);
        self.summary.unreadable.append(&mut faults.lost);
        Ok(())
    }

    fn add(
        &mut self,
        sink: &mut dyn Sink,
        occurrence: Occurrence,
        message: &Message,
        same_id: SameId,
        room: Room,
        faults: &mut FileFaults,
    ) -> Result<(), Error> {
        let bytes = message.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        self.summary.found += 1;
        if self.skips_attachments {
            sink.leave_out_attachment_text();
        }
        match sink.take(&occurrence, message, same_id, room)? {
            Taken::Duplicate => self.summary.duplicates += 1,
            Taken::Indexed => {
                self.summary.indexed += 1;
                self.summary.files += u64::from(message.is_file());
                self.note_attachments(&occurrence, message);
                if let Some(damage) = &message.damage {
                    *self.summary.broken.entry(damage.clone()).or_default() += 1;
                }
            }
            Taken::Refused(reason) => faults.push(Unreadable {
                path: occurrence.path,
                part: occurrence.part,
                reason,
                fate: Fate::Lost,
            }),
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

/// The data folder by each of its names.
fn own(data: &Path) -> Vec<PathBuf> {
    [absolute(data), data.canonicalize()].into_iter().flatten().collect()
}

/// What tells whether a file has changed.
fn stamp(file: &SourceFile) -> Source {
    Source { path: file.path.clone(), length: file.length, modified: file.modified }
}
