//! How the local index is asked: a few at a time, off the threads that talk to clients.

mod allowance;
mod engine;
mod here;
mod original;
mod verify;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Body;
use postern_local_index::Error as IndexError;
use postern_local_index::search::{AddressBook, Asker, Coverage, Index, Position, Search};
use postern_query::Query;
use postern_query::schema::Sort;
use postern_sync::Collected;
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

pub(crate) use allowance::Allowance;
use allowance::StopOnDrop;
pub use engine::LocalEngine;
use here::Here;
pub use original::Original;
use verify::Verified;

use crate::pipe::{Pipe, Stopped};

/// Why there is no local answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// The query asks too much of an index; it is the client's to change.
    #[error("{0}")]
    TooMuch(String),
    /// Too many searches, or this one took too long.
    #[error("the local index did not answer in time; ask again in a moment")]
    Late,
    /// There is no index, or it cannot be read.
    #[error("{0}")]
    Failed(String),
}

impl From<IndexError> for LocalError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::TooManyPatterns { .. } | IndexError::TooCostly { .. } => {
                Self::TooMuch(error.to_string())
            }
            IndexError::Stopped => Self::Late,
            other => Self::Failed(told(&other)),
        }
    }
}

/// What a client is told of an index that fails. Where it lies, and what else the machine says of
/// it, is for the log.
pub(crate) fn told(error: &IndexError) -> String {
    if !matches!(error, IndexError::Missing(_)) {
        tracing::warn!(%error, "the local index failed");
    }
    error.without_paths()
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

/// A local index, opened when it is first there: the gateway may start before it. One that was made
/// anew takes the place of the former.
#[derive(Clone)]
pub struct Local {
    data: PathBuf,
    collected: Arc<Collected>,
    opened: Arc<RwLock<Option<Arc<dyn LocalEngine>>>>,
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
        f.debug_struct("Local").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Local {
    /// The index below `data`.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        let at_once = std::thread::available_parallelism().map_or(2, |cores| cores.get() * 2);
        let room = Arc::new(Semaphore::new(at_once));
        let collected = Arc::new(Collected::below(&data));
        Self {
            data,
            collected,
            opened: Arc::default(),
            book: Arc::default(),
            verified: Verified::default(),
            room,
        }
    }

    /// What was synced beside the index.
    pub(crate) const fn collected(&self) -> &Arc<Collected> {
        &self.collected
    }

    /// Begins to verify the files of the index.
    pub(crate) fn keep_verifying(&self) {
        self.verified.keep_looking(self.data.clone());
    }

    /// The files of the index that were found damaged so far.
    pub(crate) fn damage(&self) -> Vec<postern_local_index::check::Damage> {
        self.verified.damage()
    }

    /// An engine that is already there.
    #[must_use]
    pub fn opened(engine: Arc<dyn LocalEngine>) -> Self {
        Self { opened: Arc::new(RwLock::new(Some(engine))), ..Self::new(PathBuf::new()) }
    }

    /// The index as it is now; it is opened where that was not done yet, so this may take long.
    pub(crate) fn engine(&self) -> Result<Arc<dyn LocalEngine>, LocalError> {
        let former = self.at_hand();
        if let Some(engine) = former.as_ref().filter(|engine| !engine.is_replaced()) {
            return Ok(Arc::clone(engine));
        }
        match (Index::open(&self.data), former) {
            (Ok(index), _) => {
                let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
                let collected = Arc::clone(&self.collected);
                let engine: Arc<dyn LocalEngine> = Arc::new(Here { index, collected });
                Ok(Arc::clone(opened.insert(engine)))
            }
            // Half of the new one is there: the former answers until it is whole.
            (Err(_), Some(former)) => Ok(former),
            (Err(error), None) => Err(error.into()),
        }
    }

    fn at_hand(&self) -> Option<Arc<dyn LocalEngine>> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why there is no index here now.
    #[must_use]
    pub fn absent(&self) -> Option<String> {
        self.engine().err().map(|error| error.to_string())
    }

    /// How much of the known mail is here; nothing without an index.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let engine = self.at_hand().or_else(|| self.engine().ok());
        engine.map(|engine| engine.coverage()).unwrap_or_default()
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
        let made = self.engine().and_then(|engine| Ok(engine.address_book(&Asker::unlimited())?));
        let mut known = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_being_made = false;
        if let Ok(book) = made {
            known.book = Some(Arc::new(book));
        }
    }

    /// Runs `work` on the index, off the threads that talk to clients. It ends at the deadline, and when
    /// nobody waits for it any more; work that still waits for a permit then never begins.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        allowance: &Allowance,
        work: impl FnOnce(&dyn LocalEngine, &Asker) -> Result<T, IndexError> + Send + 'static,
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
                work(local.engine()?.as_ref(), &asker).map_err(LocalError::from)
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
                pipe.run(|pipe| {
                    let engine = local.engine().map_err(Stopped::Local)?;
                    write(engine.as_ref(), &asker, pipe)
                });
            }));
            outlet.begin().await
        };
        timeout_at(allowance.deadline.into(), begin).await.unwrap_or(Err(LocalError::Late))?;
        Ok(outlet.body((stop, held)))
    }
}
