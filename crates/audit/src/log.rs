//! A log that is open: one thread writes, and another one brings to the disk what was written.
//!
//! What comes while a batch is written is the next batch, so however many ask, one signature covers them.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::append::Appender;
use crate::entry::Entry;
use crate::error::AuditError;
use crate::files::folder;
use crate::note::Signer;
use crate::witness::Witness;

/// Entries of a batch.
const MOST: usize = 256;
/// How long what was written may be without being on the disk; the rest of a second is for the disk.
const UNSYNCED: Duration = Duration::from_millis(500);

/// What is called when an entry is written, or cannot be.
type Done = Box<dyn FnOnce(Result<(), AuditError>) + Send>;

/// How a log is kept.
pub struct Settings {
    /// Where the key lies; it is made where there is none.
    pub key_file: PathBuf,
    /// Where heads are sent.
    pub witnesses: Vec<Box<dyn Witness>>,
    /// Says what time it is.
    pub clock: fn() -> Timestamp,
    /// Is told when a witness cannot keep a head.
    pub warn: fn(&str),
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("key_file", &self.key_file).finish_non_exhaustive()
    }
}

/// A log that is written to. Dropping it waits until everything is on the disk.
#[derive(Debug)]
pub struct Log {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

struct Job {
    entry: Entry,
    done: Done,
}

/// What was written, and who waits until it is on the disk.
struct Written {
    file: io::Result<File>,
    path: PathBuf,
    head: String,
    waiting: Vec<Done>,
}

/// What went wrong when something was brought to the disk, until it works again.
type Fault = Arc<Mutex<Option<AuditError>>>;

impl Log {
    /// Opens the log of the data folder `data`, or begins it.
    ///
    /// # Errors
    ///
    /// When there is no key, or the folder cannot be written.
    pub fn open(data: &Path, settings: Settings) -> Result<Self, AuditError> {
        let Settings { key_file, witnesses, clock, warn } = settings;
        let place = folder(data);
        let appender = Appender::open(&place, Signer::at(&key_file)?, clock)?;
        let (jobs, from_callers) = channel();
        let (to_sync, from_writer) = channel();
        let fault = Fault::default();
        let seen = Arc::clone(&fault);
        let path = place.clone();
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let thread = Builder::new().name(name.to_owned()).spawn(work);
            thread.map_err(|error| AuditError::io(&place, error))
        };
        let syncing = spawn(
            "audit-sync",
            Box::new(move || Syncing { witnesses, warn, fault }.run(&from_writer)),
        )?;
        let writing = spawn(
            "audit",
            Box::new(move || write(appender, &path, &from_callers, &to_sync, &seen)),
        )?;
        Ok(Self { jobs: Some(jobs), threads: vec![writing, syncing] })
    }

    /// Writes an entry, and waits until it [counts as written](crate::What::is_durable).
    ///
    /// # Errors
    ///
    /// When it is not written: then what it says must not be done.
    pub fn write(&self, entry: Entry) -> Result<(), AuditError> {
        let (tell, told) = channel();
        self.send(entry, move |result| drop(tell.send(result)));
        told.recv().unwrap_or(Err(AuditError::Closed))
    }

    /// Has an entry written; `done` is called when it counts as written, or cannot be.
    pub fn send(&self, entry: Entry, done: impl FnOnce(Result<(), AuditError>) + Send + 'static) {
        let job = Job { entry, done: Box::new(done) };
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        if let Some(Err(unsent)) = sent {
            (unsent.0.done)(Err(AuditError::Closed));
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

/// Writes batch after batch until nobody asks any more.
fn write(
    mut appender: Appender,
    path: &Path,
    jobs: &Receiver<Job>,
    to_sync: &Sender<Written>,
    fault: &Fault,
) {
    while let Ok(first) = jobs.recv() {
        let (entries, dones): (Vec<_>, Vec<_>) = std::iter::once(first)
            .chain(jobs.try_iter().take(MOST - 1))
            .map(|job| (job.entry, job.done))
            .unzip();
        // A disk that did not take the last batch is asked again before anything else is said to be written.
        let sick = fault.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let written = match sick {
            Some(sick) if !heals(&appender, fault) => Err(sick),
            _ => appender.append(&entries),
        };
        let Some((file, head)) = written.as_ref().ok().and_then(|()| appender.written()) else {
            let error = written.err().unwrap_or(AuditError::Closed);
            dones.into_iter().for_each(|done| done(Err(error.clone())));
            continue;
        };
        let mut waiting = Vec::new();
        for (entry, done) in entries.iter().zip(dones) {
            if entry.what().is_durable() { waiting.push(done) } else { done(Ok(())) }
        }
        drop(to_sync.send(Written { file, path: path.to_owned(), head, waiting }));
    }
}

/// Whether the disk takes what it did not take before.
fn heals(appender: &Appender, fault: &Fault) -> bool {
    let Some((Ok(file), _)) = appender.written() else { return true };
    let heals = file.sync_data().is_ok();
    if heals {
        fault.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
    heals
}

struct Syncing {
    witnesses: Vec<Box<dyn Witness>>,
    warn: fn(&str),
    fault: Fault,
}

impl Syncing {
    /// Syncs at once what is waited for, and the rest within a second.
    fn run(mut self, from_writer: &Receiver<Written>) {
        while let Ok(first) = from_writer.recv() {
            let written = gather(first, from_writer);
            let synced = written.file.and_then(|file| file.sync_data());
            let synced = synced.map_err(|error| AuditError::io(&written.path, error));
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = synced.clone().err();
            let is_there = synced.is_ok();
            written.waiting.into_iter().for_each(|done| done(synced.clone()));
            if is_there {
                self.tell(&written.head);
            }
        }
    }

    fn tell(&mut self, head: &str) {
        for witness in &mut self.witnesses {
            if let Err(error) = witness.keep(head) {
                (self.warn)(&format!("a head of the audit log cannot be sent: {error}"));
            }
        }
    }
}

/// What is written until somebody waits, or for half a second, and those who wait.
fn gather(first: Written, from_writer: &Receiver<Written>) -> Written {
    let (until, mut last) = (Instant::now() + UNSYNCED, first);
    while last.waiting.is_empty() {
        match from_writer.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(next) => last = next,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return last,
        }
    }
    for mut next in from_writer.try_iter() {
        next.waiting.splice(0..0, std::mem::take(&mut last.waiting));
        last = next;
    }
    last
}
