//! One run: list what was collected, download what is not here, store it, index it.

mod discover;
mod documents;
mod fetch;
mod list;
mod report;
mod take;
mod walk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use postern_archive::{Archive, AttachmentText, Book, Destination, Intake, WriteOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::Error;
use crate::collection::{Collection, Shown};
use discover::Wanted;
use report::Health;
use take::Taker;

pub use report::{Failed, Progress, Summary};

/// How often what failed for a reason that may pass is tried in one run.
const PASSES: u32 = 4;
/// How long the first of the pauses in between is; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How often a run begins anew because its source became another one meanwhile.
const MOST_WALKS: u32 = 3;
/// Messages on their way to the index: as many as come while the index commits.
const IN_FLIGHT: usize = 1_024;
/// Bytes of them; a longer message is on its way alone.
const ROOM: u32 = 8 << 20;

/// What to sync, and how.
#[derive(Clone, Debug)]
pub struct SyncOptions {
    /// Addresses of mailboxes; without any all that were collected.
    pub mailboxes: Vec<String>,
    /// Nothing that arrived before.
    pub since: Option<Timestamp>,
    /// Requests at the same time.
    pub jobs: usize,
    /// Whether everything is listed again, and not only what may have changed.
    pub full: bool,
    /// Whether nothing is downloaded or noted.
    pub dry_run: bool,
    /// Whether what is gone upstream is removed here as well.
    pub prune: bool,
    /// Which attachments are read for their text.
    pub attachment_text: AttachmentText,
    /// Which index is written.
    pub to: Destination,
    /// How that of this machine is written.
    pub options: WriteOptions,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            mailboxes: Vec::new(),
            since: None,
            jobs: 4,
            full: false,
            dry_run: false,
            prune: false,
            attachment_text: AttachmentText::default(),
            to: Destination::default(),
            options: WriteOptions { memory_bytes: 64 << 20, threads: 1, rebuild: false },
        }
    }
}

/// What all parts of a run share.
struct Run {
    collection: Arc<dyn Collection>,
    asked: SyncOptions,
    intake: Arc<Intake>,
    clock: fn() -> Timestamp,
    progress: Arc<Progress>,
    health: Health,
    /// Pages are not in the order of time, so that their times hint at nothing.
    has_no_order: AtomicBool,
    /// One for each message that is downloaded, or waits for room; two for each request at a time, so
    /// that the next ones come while these wait.
    downloads: Semaphore,
    /// A permit for each byte of the messages on their way to the index.
    room: Arc<Semaphore>,
    /// What the source shows.
    shown: Mutex<Arc<Shown>>,
    /// Mailboxes that the book does not know and that could not be listed, and why.
    unlisted: Mutex<BTreeMap<String, String>>,
    /// What an index elsewhere would not take, and why.
    refused: Mutex<Vec<Failed>>,
}

/// Brings an archive in line with a collection of the tenant of that id. `clock` says what time it is.
///
/// A run that ends early says why in [`Summary::ended`]; what it did is kept, and the next run goes on.
///
/// # Errors
///
/// When the run cannot even begin: another one is at work, or the data folder cannot be used.
///
/// ```no_run
/// use std::sync::Arc;
/// use postern_archive::Archive;
/// use postern_sync::{Progress, SyncOptions, run};
/// use postern_upstream::{DataTap, Secret, Settings, TenantSettings};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let service = DataTap::new("https://datatap.example.com", Settings::default())?;
/// let tenant = service.tenant("tenant-id", Secret::new("key"), TenantSettings::default());
/// let (options, progress) = (SyncOptions::default(), Arc::new(Progress::default()));
/// let clock = || jiff::Timestamp::UNIX_EPOCH;
/// let (tenant, archive) = (Arc::new(tenant), Archive::below("data".as_ref()));
/// let summary = run(tenant, "tenant-id", &archive, options, clock, progress).await?;
/// println!("{} of {} messages are here", summary.here, summary.known);
/// # Ok(()) }
/// ```
pub async fn run(
    collection: Arc<dyn Collection>,
    tenant: &str,
    archive: &Archive,
    options: SyncOptions,
    clock: fn() -> Timestamp,
    progress: Arc<Progress>,
) -> Result<Summary, Error> {
    let intake = if options.dry_run {
        archive.trial_intake(tenant, collection.name())?
    } else {
        archive.intake(tenant, collection.name(), options.attachment_text.clone())?
    };
    let jobs = options.jobs.max(1);
    let run = Arc::new(Run {
        collection,
        asked: options,
        intake: Arc::new(intake),
        clock,
        progress,
        health: Health::default(),
        has_no_order: AtomicBool::new(false),
        downloads: Semaphore::new(2 * jobs),
        room: Arc::new(Semaphore::new(ROOM as usize)),
        shown: Mutex::default(),
        unlisted: Mutex::default(),
        refused: Mutex::default(),
    });
    let outcome = run.walks(tenant).await;
    run.collection.rest();
    run.summary(outcome)
}

impl Run {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn unlisted(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.unlisted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, Vec<Failed>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks what the source shows now, and says whether that is new.
    async fn look(&self, tenant: &str) -> Result<bool, Error> {
        let what = "it cannot be learned what there is to sync";
        let shown = self.ask(what, tenant, || self.collection.shown()).await?;
        let mut known = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = known.state != shown.state;
        *known = Arc::new(shown);
        Ok(is_new)
    }

    /// Waits until there is room for a message of so many bytes on the way to the index.
    async fn room(&self, length: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(length).map_or(ROOM, |length| length.min(ROOM));
        // The semaphore is never closed.
        Arc::clone(&self.room).acquire_many_owned(bytes).await.ok()
    }

    /// Works on the book, off the threads that talk to the source.
    async fn on_book<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Book) -> Result<T, postern_archive::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let run = Arc::clone(self);
        joined(tokio::task::spawn_blocking(move || Ok(work(&mut run.intake.book())?)).await)
    }

    /// Walks what the source shows, and once more where it shows something newer in the end. Before that,
    /// what was downloaded is noted: an item that is gone meanwhile may be here.
    async fn walks(self: &Arc<Self>, tenant: &str) -> Result<(), Error> {
        self.look(tenant).await?;
        for _ in 0..MOST_WALKS {
            if self.asked.dry_run {
                self.walk(tenant, None).await?;
            } else {
                self.walk_and_take(tenant).await?;
            }
            if self.is_stopped() || self.shown().state.is_none() || !self.look(tenant).await? {
                break;
            }
        }
        Ok(())
    }

    /// Walks with a thread beside it that takes in what is downloaded.
    async fn walk_and_take(self: &Arc<Self>, tenant: &str) -> Result<(), Error> {
        let run = Arc::clone(self);
        // What the store has lost is known before anything is fetched.
        let taker = joined(tokio::task::spawn_blocking(move || Taker::open(run)).await)?;
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let taking = tokio::task::spawn_blocking(move || taker.take_all(receiver));
        let walked = self.walk(tenant, Some(sender.clone())).await;
        if walked.is_err() {
            self.health.stop();
        }
        drop(sender);
        // Why nothing could be taken in says more than that nobody took it.
        joined(taking.await)?;
        walked
    }

    async fn walk(self: &Arc<Self>, tenant: &str, taker: Option<take::Door>) -> Result<(), Error> {
        self.progress.mailboxes.store(0, Relaxed);
        self.progress.drives.store(0, Relaxed);
        let mut open = self.discover(tenant).await?;
        let mut pause = FIRST_PAUSE;
        for pass in 0..PASSES {
            if pass > 0 {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            open = self.pass(open, taker.as_ref(), pass > 0).await?;
            if open.is_empty() || self.health.is_stopped() {
                break;
            }
        }
        Ok(())
    }

    /// Syncs these mailboxes, and gives back those that are worth another try.
    async fn pass(
        self: &Arc<Self>,
        mailboxes: Vec<Wanted>,
        taker: Option<&take::Door>,
        again: bool,
    ) -> Result<Vec<Wanted>, Error> {
        let (mut waiting, mut open) = (mailboxes.into_iter(), Vec::new());
        let mut at_work = JoinSet::new();
        loop {
            while at_work.len() < self.asked.jobs.max(1) {
                let Some(mailbox) = waiting.next() else { break };
                let (run, taker) = (Arc::clone(self), taker.cloned());
                at_work.spawn(async move { run.mailbox(mailbox, taker.as_ref(), again).await });
            }
            let Some(done) = at_work.join_next().await else { return Ok(open) };
            open.extend(joined(done)?);
        }
    }

    /// Lists a mailbox and downloads what is not here; gives it back where that is worth another try.
    async fn mailbox(
        self: &Arc<Self>,
        mut mailbox: Wanted,
        taker: Option<&take::Door>,
        again: bool,
    ) -> Result<Option<Wanted>, Error> {
        let listed = mailbox.is_listed || self.list(&mut mailbox).await?;
        mailbox.is_listed = listed;
        let fetched = match (taker, mailbox.number) {
            (Some(taker), Some(number)) => self.fetch(&mailbox, number, taker, again).await?,
            _ => true,
        };
        Ok((!listed || !fetched).then_some(mailbox))
    }
}

/// What a task came to.
fn joined<T>(outcome: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    outcome.unwrap_or_else(|error| Err(Error::Defect(error)))
}
