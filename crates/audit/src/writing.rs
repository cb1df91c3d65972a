//! The thread that writes what could not be written at once, and signs what was written: at once what must be on the
//! disk before the work is done, and after half a second what need not.
//!
//! What comes while a batch is written is the next batch, so however many ask, one signature covers them.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::append::{Appender, Sign};
use crate::entry::Entry;
use crate::error::AuditError;
use crate::shared::{Done, Job, Shared, Warn};
use crate::syncing::Written;

/// Entries of a batch.
const MOST: usize = 256;
/// How long what was written may be without being signed; the rest of a second is for the disk.
const UNSIGNED: Duration = Duration::from_millis(500);

pub(crate) struct Writing {
    shared: Arc<Shared>,
    to_sync: Sender<Written>,
    warn: Warn,
    /// When what was written is signed.
    due: Option<Instant>,
}

impl Writing {
    pub(crate) const fn new(shared: Arc<Shared>, to_sync: Sender<Written>, warn: Warn) -> Self {
        Self { shared, to_sync, warn, due: None }
    }

    /// Works until nobody asks any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match self.next(jobs) {
                Ok(first) => {
                    self.batch(std::iter::once(first).chain(jobs.try_iter().take(MOST - 1)));
                }
                Err(RecvTimeoutError::Timeout) => self.sign(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.due.is_some() {
            self.sign();
        }
    }

    /// The next job, unless it is time to sign.
    fn next(&self, jobs: &Receiver<Job>) -> Result<Job, RecvTimeoutError> {
        match self.due.map(|due| due.saturating_duration_since(Instant::now())) {
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(Duration::ZERO) => Err(RecvTimeoutError::Timeout),
            Some(left) => jobs.recv_timeout(left),
        }
    }

    fn batch(&mut self, jobs: impl Iterator<Item = Job>) {
        let (mut entries, mut dones) = (Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Write(entry, done) => {
                    entries.push(entry);
                    dones.push(done);
                }
                Job::Sign => self.sign_later(),
            }
        }
        if !entries.is_empty() {
            self.write(&entries, dones);
        }
    }

    fn write(&mut self, entries: &[Entry], dones: Vec<Done>) {
        let is_urgent = entries.iter().any(|entry| entry.what().is_durable());
        let sign = if is_urgent { Sign::Now } else { Sign::Later };
        if let Err(error) = self.append(entries, sign) {
            dones.into_iter().for_each(|done| done(Err(error.clone())));
            return;
        }
        let mut waiting = Vec::new();
        for (entry, done) in entries.iter().zip(dones) {
            if entry.what().is_durable() { waiting.push(done) } else { done(Ok(())) }
        }
        if is_urgent { self.sync(waiting) } else { self.sign_later() }
    }

    /// A disk that did not take the last batch is asked again before anything else is said to be written.
    fn append(&self, entries: &[Entry], sign: Sign) -> Result<(), AuditError> {
        match self.shared.fault() {
            Some(fault) if !self.heals() => Err(fault),
            Some(_) | None => self.appender().append(entries, sign),
        }
    }

    fn heals(&self) -> bool {
        let mut appender = self.appender();
        let heals = appender.append(&[], Sign::Now).is_ok()
            && appender
                .written()
                .is_some_and(|(file, _)| file.and_then(|file| file.sync_data()).is_ok());
        if heals {
            self.shared.set_fault(None);
        }
        heals
    }

    fn appender(&self) -> MutexGuard<'_, Appender> {
        self.shared.appender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign_later(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + UNSIGNED);
    }

    /// Signs what is not, and has it brought to the disk.
    fn sign(&mut self) {
        self.due = None;
        match self.append(&[], Sign::Now) {
            Ok(()) => self.sync(Vec::new()),
            Err(error) => {
                (self.warn)(&format!("entries of the audit log cannot be signed: {error}"));
                self.shared.set_fault(Some(error));
                self.sign_later();
            }
        }
    }

    fn sync(&mut self, waiting: Vec<Done>) {
        self.due = None;
        let written = self.appender().written();
        match written {
            Some((file, head)) => drop(self.to_sync.send(Written { file, head, waiting })),
            None => waiting.into_iter().for_each(|done| done(Err(AuditError::Closed))),
        }
    }
}
