//! How the local index is asked: a few at a time, off the threads that talk to clients.

mod allowance;
mod engine;
mod in_order;
pub(crate) mod pipe;
mod upgrade;
mod verify;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use postern_archive::search::{AddressBook, Asker, Coverage, Position, Search};
use postern_archive::{Archive, AttachmentText, Damage, Error, IndexError, chain};
use postern_query::Query;
use postern_query::schema::Sort;
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

pub(crate) use allowance::Allowance;
use allowance::StopOnDrop;
pub use engine::LocalEngine;
pub(crate) use engine::{all_of, state_of};
use in_order::InOrder;
use verify::Verified;

use pipe::{Pipe, Stopped};

/// Why there is no local answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// The query asks too much of an index; it is the client's to change.
    #[error("{0}")]
    TooMuch(String),
    /// Too many searches, or this one took too long.
    #[error("the local index did not answer in time; ask again in a moment")]
    Late,
    /// The index has a former format and lacks what is asked for, until it is upgraded.
    #[error("{0}")]
    Upgrading(String),
    /// The original of a message is not there any more.
    #[error("{0}")]
    Gone(String),
    /// There is no index, or it cannot be read.
    #[error("{0}")]
    Failed(String),
}

impl From<Error> for LocalError {
    fn from(error: Error) -> Self {
        match error {
            Error::Lost(lost) => Self::Gone(lost.to_string()),
            Error::Index(error) => error.into(),
            other => {
                tracing::warn!(error = chain(&other), "what is stored cannot be read");
                Self::Failed("what is stored cannot be read; the log says why".to_owned())
            }
        }
    }
}

impl From<IndexError> for LocalError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::TooManyPatterns { .. }
            | IndexError::TooCostly { .. }
            | IndexError::CannotSay(_) => Self::TooMuch(error.to_string()),
            IndexError::Stopped => Self::Late,
            IndexError::Upgrading { .. } => Self::Upgrading(error.to_string()),
            other => Self::Failed(told(&other)),
        }
    }
}

/// What a client is told of an index that fails. Where it lies, and what else the machine says of
/// it, is for the log.
pub(crate) fn told(error: &IndexError) -> String {
    let is_told = matches!(
        error,
        IndexError::Missing(_) | IndexError::Elsewhere(_) | IndexError::CannotSay(_)
    );
    if !is_told {
        tracing::warn!(error = chain(error), "the local index failed");
    }
    let told = match error {
        IndexError::Missing(_) => "there is no index here; make one with `postern index PATH`",
        IndexError::OtherVersion { .. } => {
            "the index has the format of another version; make it anew with `postern index --rebuild PATH`, or `postern sync --rebuild`"
        }
        IndexError::Busy(_) => "another postern is writing the index; wait until it is done",
        IndexError::Corrupt(_) => "the index is damaged; `postern check` says where",
        IndexError::NoSpace(_) => "there is no space for the index",
        IndexError::Io(_) => "the index cannot be read or written; the log says why",
        IndexError::Tantivy(_) => "tantivy failed; the log says why",
        IndexError::Ledger(_) => "the ledger of the index failed; the log says why",
        IndexError::TooManyPatterns { .. }
        | IndexError::TooCostly { .. }
        | IndexError::Stopped
        | IndexError::Upgrading { .. }
        | IndexError::Elsewhere(_)
        | IndexError::CannotSay(_)
        | IndexError::BadId { .. } => return error.to_string(),
    };
    told.to_owned()
}

/// A search that owns what it needs, so that it can outlive its request.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) query: Query,
    pub(crate) order: Vec<Sort>,
    pub(crate) after: Option<Position>,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    pub(crate) highlight: bool,
    /// Whether equal messages are in one row.
    pub(crate) collapse: bool,
}

impl Question {
    pub(crate) fn search(&self) -> Search<'_> {
        Search {
            query: &self.query,
            order: &self.order,
            after: self.after.as_ref(),
            offset: self.offset,
            limit: self.limit,
            highlight: self.highlight,
        }
    }
}

/// What is stored of a tenant, which may be made after the gateway starts.
#[derive(Clone)]
pub struct Local {
    archive: Arc<Archive>,
    /// The archive, unless a test answers in its place.
    engine: Arc<dyn LocalEngine>,
    book: Arc<Mutex<Book>>,
    verified: Verified,
    room: Arc<Semaphore>,
}

/// The address book, and whether a newer one is on its way.
#[derive(Default)]
struct Book {
    book: Option<Arc<AddressBook>>,
    is_being_made: bool,
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("archive", &self.archive).finish_non_exhaustive()
    }
}

impl Local {
    /// What is stored below `data`.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        let archive = Arc::new(Archive::below(data));
        let engine = Arc::clone(&archive);
        Self::over(archive, engine)
    }

    /// Answers of somebody else in the place of an archive, for tests.
    #[must_use]
    pub fn answering(engine: Arc<dyn LocalEngine>) -> Self {
        Self::over(Arc::new(Archive::below(Path::new(""))), engine)
    }

    /// The same, with mail that is read where these have it, the first of them first. Nothing stands for what is
    /// stored here.
    #[must_use]
    pub(crate) fn read_from(&self, stores: Vec<Option<Arc<dyn LocalEngine>>>) -> Self {
        let stores =
            stores.into_iter().map(|store| store.unwrap_or_else(|| Arc::clone(&self.engine)));
        let engine = Arc::new(InOrder(stores.collect()));
        Self { engine, book: Arc::default(), ..self.clone() }
    }

    fn over(archive: Arc<Archive>, engine: Arc<dyn LocalEngine>) -> Self {
        let at_once = std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2);
        Self {
            archive,
            engine,
            book: Arc::default(),
            verified: Verified::default(),
            room: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// What is stored.
    pub(crate) const fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    /// What answers, for work that goes on when nobody waits for it any more.
    pub(crate) fn engine(&self) -> Arc<dyn LocalEngine> {
        Arc::clone(&self.engine)
    }

    /// The ids that items of a source have here; `None` for those that are not here. What cannot be read in
    /// time counts as not here.
    pub(crate) async fn ids_of(
        &self,
        source: &str,
        items: Vec<(String, String)>,
        deadline: std::time::Instant,
    ) -> Vec<Option<String>> {
        let (archive, source, all) = (Arc::clone(&self.archive), source.to_owned(), items.len());
        let looking = tokio::task::spawn_blocking(move || {
            let id = |(mailbox, item): &(String, String)| {
                archive.collected().id_of(&source, mailbox, item).ok().flatten()
            };
            items.iter().map(id).collect()
        });
        let found = timeout_at(deadline.into(), looking).await;
        found.ok().and_then(Result::ok).unwrap_or_else(|| vec![None; all])
    }

    /// Begins to verify the files of the index.
    pub(crate) fn keep_verifying(&self) {
        self.verified.keep_looking(self.archive.verifier());
    }

    /// Upgrades an index of a former format, on a thread of its own.
    pub(crate) fn keep_upgrading(&self, attachment_text: AttachmentText) {
        upgrade::begin(&self.archive, attachment_text);
    }

    /// The files of the index that were found damaged so far.
    pub(crate) fn damage(&self) -> Vec<Damage> {
        self.verified.damage()
    }

    /// Why there is no index here now.
    #[must_use]
    pub fn absent(&self) -> Option<String> {
        self.engine.absent().map(|error| LocalError::from(error).to_string())
    }

    /// How much of the known mail is here.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.engine.coverage()
    }

    /// Everyone who was seen, as far as that is known by now: a book that is out of date is made anew
    /// beside the requests.
    pub(crate) fn address_book(&self) -> Option<Arc<AddressBook>> {
        let as_of = self.coverage().as_of?;
        let mut known = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let is_current = known.book.as_ref().is_some_and(|book| book.as_of() == Some(as_of));
        if !is_current && !known.is_being_made {
            known.is_being_made = true;
            let local = self.clone();
            drop(tokio::task::spawn_blocking(move || local.make_book()));
        }
        known.book.clone()
    }

    fn make_book(&self) {
        let made = self.engine.address_book(&Asker::unlimited());
        let mut known = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_being_made = false;
        if let Ok(book) = made {
            known.book = Some(Arc::new(book));
        }
    }

    /// Runs `work` on the index, off the threads that talk to clients. It ends at the deadline, and when
    /// nobody waits for it any more; work that still waits for a permit then never begins.
    pub(crate) async fn ask<T: Send + 'static, E: Into<LocalError>>(
        &self,
        allowance: &Allowance,
        work: impl FnOnce(&dyn LocalEngine, &Asker) -> Result<T, E> + Send + 'static,
    ) -> Result<T, LocalError> {
        let (local, asker) = (self.clone(), allowance.part());
        let _guard = StopOnDrop(asker.work.clone());
        let answer = async move {
            let permit = Arc::clone(&local.room).acquire_owned().await;
            // Work that has begun ends where it looks at the flag: its permit stays with it until then.
            let task = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                if asker.work.is_stopped() {
                    return Err(LocalError::Late);
                }
                work(local.engine.as_ref(), &asker).map_err(E::into)
            });
            task.await
        };
        match timeout_at(allowance.deadline.into(), answer).await {
            Err(_) => Err(LocalError::Late),
            Ok(Err(_)) => Err(LocalError::Failed("the local search broke off".to_owned())),
            Ok(Ok(result)) => result,
        }
    }

    /// Has an answer written bit by bit, off the threads that talk to clients. Its first bytes are there
    /// in time, or it is an error; how long the rest takes is up to the reader, who may take nothing for
    /// as long as `patience`. `held` is kept until then.
    pub(crate) async fn stream(
        &self,
        allowance: &Allowance,
        patience: Duration,
        held: impl Send + 'static,
        write: impl FnOnce(&dyn LocalEngine, &Asker, &mut Pipe) -> Result<(), Stopped> + Send + 'static,
    ) -> Result<Body, LocalError> {
        let (local, asker) = (self.clone(), allowance.part());
        let stop = StopOnDrop(asker.work.clone());
        let (mut pipe, mut outlet) = Pipe::new(patience);
        let begin = async {
            // Whoever reads slowly keeps nobody from searching.
            pipe.hold_until_begun(Arc::clone(&local.room).acquire_owned().await);
            drop(tokio::task::spawn_blocking(move || {
                pipe.run(|pipe| write(local.engine.as_ref(), &asker, pipe));
            }));
            outlet.begin().await
        };
        timeout_at(allowance.deadline.into(), begin).await.unwrap_or(Err(LocalError::Late))?;
        Ok(outlet.body((stop, held)))
    }
}
