//! A log that is open. Whoever asks writes at once what is signed later, unless something is in the way. A thread
//! writes the rest, and signs; another one brings to the disk what was signed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use jiff::Timestamp;

use crate::append::Appender;
use crate::entry::Entry;
use crate::error::AuditError;
use crate::files::{folder, segments};
use crate::note::Signer;
use crate::shared::{Job, Shared, Warn};
use crate::syncing::Syncing;
use crate::witness::Witness;
use crate::writing::Writing;

/// How a log is kept.
pub struct Settings {
    /// Where the key lies; it is made where there is none.
    pub key_file: PathBuf,
    /// Where heads are sent.
    pub witnesses: Vec<Box<dyn Witness>>,
    /// Says what time it is.
    pub clock: fn() -> Timestamp,
    /// Is told when entries cannot be signed, or a witness cannot keep a head.
    pub warn: Warn,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("key_file", &self.key_file).finish_non_exhaustive()
    }
}

/// A log that is written to. Dropping it waits until everything is signed and on the disk.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Log {
    /// Opens the log of the data folder `data`, or begins it.
    ///
    /// # Errors
    ///
    /// When there is no key, or the folder cannot be written.
    pub fn open(data: &Path, settings: Settings) -> Result<Self, AuditError> {
        let Settings { key_file, witnesses, clock, warn } = settings;
        let place = folder(data);
        // A new key could not go on with a log that is there.
        if place.exists() && !segments(&place)?.is_empty() && !key_file.exists() {
            return Err(AuditError::KeyGone(key_file));
        }
        let appender = Appender::open(&place, Signer::at(&key_file)?, clock)?;
        let shared = Arc::new(Shared::over(appender));
        let (jobs, from_callers) = channel();
        let (to_sync, from_writer) = channel();
        let syncing = Syncing {
            shared: Arc::clone(&shared),
            place: place.clone(),
            witnesses,
            warn: Arc::clone(&warn),
        };
        let writing = Writing::new(Arc::clone(&shared), to_sync, warn);
        let threads = vec![
            spawn(&place, "audit-sync", move || syncing.run(&from_writer))?,
            spawn(&place, "audit", move || writing.run(&from_callers))?,
        ];
        Ok(Self { shared, jobs: Some(jobs), threads })
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

    /// Has an entry written; `done` is called when it counts as written, or cannot be. It may be called at once. It
    /// never waits for the disk or for another process.
    pub fn send(&self, entry: Entry, done: impl FnOnce(Result<(), AuditError>) + Send + 'static) {
        match self.write_at_once(&entry) {
            Some(written) => done(written),
            None => self.ask(Job::Write(entry, Box::new(done))),
        }
    }

    /// Writes an entry here, which saves waking a thread. Nothing where somebody would have to be waited for: then
    /// nothing is written.
    #[must_use]
    pub fn write_at_once(&self, entry: &Entry) -> Option<Result<(), AuditError>> {
        if entry.what().is_durable() || self.shared.fault().is_some() {
            return None;
        }
        let mut appender = self.shared.free_appender()?;
        let was_unsigned = appender.is_unsigned();
        let written = appender.append_at_once(entry)?;
        drop(appender);
        if written.is_ok() && !was_unsigned {
            self.ask(Job::Sign);
        }
        Some(written)
    }

    fn ask(&self, job: Job) {
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        if let Some(Err(unsent)) = sent
            && let Job::Write(_, done) = unsent.0
        {
            done(Err(AuditError::Closed));
        }
    }
}

fn spawn(
    place: &Path,
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, AuditError> {
    let thread = Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|error| AuditError::io(place, error))
}

impl Drop for Log {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::key_file;

    #[test]
    fn a_log_whose_key_is_gone_gets_no_other_one() {
        let data = tempfile::tempdir().unwrap();
        let settings = || Settings {
            key_file: key_file(data.path()),
            witnesses: Vec::new(),
            clock: || Timestamp::UNIX_EPOCH,
            warn: Arc::new(|_: &str| {}),
        };
        let log = Log::open(data.path(), settings()).unwrap();
        log.write(Entry::new(crate::What::Export, "ann")).unwrap();
        drop(log);
        std::fs::remove_file(key_file(data.path())).unwrap();
        let gone = Log::open(data.path(), settings()).unwrap_err();
        assert!(matches!(gone, AuditError::KeyGone(_)), "{gone}");
        assert!(!key_file(data.path()).exists());
    }
}
