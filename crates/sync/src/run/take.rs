//! Handing over what was downloaded to the one thread that writes the index.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use postern_archive::{Arrived, IntakeWriter, Prune, Settled};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::timeout;

use super::{Failed, Run};
use crate::Error;

/// Where the downloads are handed in.
pub(super) type Door = Sender<Taken>;

/// A message on its way to the index.
pub(super) struct Taken {
    pub(super) arrived: Arrived,
    /// The room that it takes on the way.
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// Takes in what arrives.
pub(super) struct Taker {
    run: Arc<Run>,
    writer: IntakeWriter,
}

impl Taker {
    /// Opens the index, and indexes what is stored and not in it.
    pub(super) fn open(run: Arc<Run>) -> Result<Self, Error> {
        let (intake, asked) = (Arc::clone(&run.intake), &run.asked);
        let writer = IntakeWriter::open(intake, &asked.to, &asked.options, run.clock)?;
        let mut taker = Self { run, writer };
        taker.catch_up()?;
        Ok(taker)
    }

    /// Takes in what arrives, until nobody is left to hand anything in.
    pub(super) fn take_all(mut self, mut arriving: Receiver<Taken>) -> Result<(), Error> {
        let taken = self.take_each(&mut arriving);
        // Whoever waits at the door must not wait for ever.
        arriving.close();
        if taken.is_err() {
            self.run.health.stop();
        }
        taken?;
        let settled = self.writer.commit()?;
        self.count(settled);
        // What moved to another folder since is indexed with its new place.
        self.catch_up()?;
        if !self.run.is_stopped() {
            self.writer.prune(if self.run.asked.prune { Prune::All } else { Prune::Listings })?;
        }
        self.note_refused();
        Ok(self.writer.close()?)
    }

    /// Tells what an index elsewhere would not take.
    fn note_refused(&mut self) {
        let refused = self.writer.refused().into_iter().map(|one| {
            // The file is named by the id of the message.
            let name = one.path.file_name().map(|name| name.to_string_lossy().into_owned());
            let item = name.unwrap_or_default();
            let item = item.split('.').next().unwrap_or_default().to_owned();
            Failed { mailbox: String::new(), item, reason: one.reason }
        });
        self.run.refused().extend(refused);
    }

    fn take_each(&mut self, arriving: &mut Receiver<Taken>) -> Result<(), Error> {
        let (handle, (_, pause)) = (Handle::current(), IntakeWriter::NOTE_EVERY);
        loop {
            match handle.block_on(async { timeout(pause, arriving.recv()).await }) {
                Ok(None) => return Ok(()),
                Ok(Some(Taken { arrived, room })) => {
                    self.writer.take(arrived)?;
                    drop(room);
                }
                // Files of drives arrive in the book, without a message at the door.
                Err(_) => self.take_files()?,
            }
            let settled = self.writer.settle()?;
            self.count(settled);
        }
    }

    fn take_files(&mut self) -> Result<(), Error> {
        if let Some(settled) = self.writer.take_files()? {
            self.count(settled);
        }
        Ok(())
    }

    /// Indexes what is stored and not in the index.
    fn catch_up(&mut self) -> Result<(), Error> {
        while !self.run.is_stopped() {
            let Some(settled) = self.writer.catch_up()? else { break };
            self.count(settled);
        }
        Ok(())
    }

    fn count(&self, settled: Settled) {
        let messages = settled.stored.saturating_sub(settled.files);
        self.run.progress.downloaded.fetch_add(messages, Relaxed);
        self.run.progress.files_downloaded.fetch_add(settled.files, Relaxed);
        self.run.progress.indexed.fetch_add(settled.indexed, Relaxed);
    }
}
