//! How the local index is asked: a few at a time, off the threads that talk to clients.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use postern_local_index::search::{Coverage, Error as IndexError, Index, Page, Position, Search};
use postern_query::schema::Sort;
use postern_query::{Condition, Message};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

/// Something that can answer from this machine.
pub trait LocalEngine: Send + Sync + 'static {
    /// One page of what matches.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    fn search(&self, search: &Search<'_>) -> Result<Page, IndexError>;

    /// The message of that id.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    fn message(&self, id: &str) -> Result<Option<Message>, IndexError>;

    /// How much of the known mail is here; asked with every search, so it must be at hand.
    fn coverage(&self) -> Coverage;
}

impl LocalEngine for Index {
    fn search(&self, search: &Search<'_>) -> Result<Page, IndexError> {
        Self::search(self, search)
    }

    fn message(&self, id: &str) -> Result<Option<Message>, IndexError> {
        Self::message(self, id)
    }

    fn coverage(&self) -> Coverage {
        Self::coverage(self)
    }
}

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
        if let IndexError::TooManyTerms { .. } = error {
            Self::TooMuch(error.to_string())
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// A search that owns what it needs, so that it can outlive its request.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) condition: Condition,
    pub(crate) order: Vec<Sort>,
    pub(crate) after: Option<Position>,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    pub(crate) highlight: bool,
}

/// A local index, opened when it is first there: the gateway may start before it.
#[derive(Clone)]
pub struct Local {
    data: PathBuf,
    opened: Arc<RwLock<Option<Arc<dyn LocalEngine>>>>,
    room: Arc<Semaphore>,
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
        Self { data, opened: Arc::default(), room: Arc::new(Semaphore::new(at_once)) }
    }

    /// An engine that is already there.
    #[must_use]
    pub fn opened(engine: Arc<dyn LocalEngine>) -> Self {
        Self { opened: Arc::new(RwLock::new(Some(engine))), ..Self::new(PathBuf::new()) }
    }

    fn engine(&self) -> Result<Arc<dyn LocalEngine>, LocalError> {
        if let Some(engine) = self.opened.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            return Ok(Arc::clone(engine));
        }
        let engine: Arc<dyn LocalEngine> = Arc::new(Index::open(&self.data)?);
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(opened.insert(engine)))
    }

    /// Why there is no index here now.
    pub(crate) fn absent(&self) -> Option<String> {
        self.engine().err().map(|error| error.to_string())
    }

    /// How much of the known mail is here; nothing without an index.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.engine().map(|engine| engine.coverage()).unwrap_or_default()
    }

    pub(crate) async fn search(
        &self,
        question: Question,
        deadline: Instant,
    ) -> Result<Page, LocalError> {
        self.ask(deadline, move |engine| {
            engine.search(&Search {
                condition: &question.condition,
                order: &question.order,
                after: question.after.as_ref(),
                offset: question.offset,
                limit: question.limit,
                highlight: question.highlight,
            })
        })
        .await
    }

    pub(crate) async fn message(
        &self,
        id: String,
        deadline: Instant,
    ) -> Result<Option<Message>, LocalError> {
        self.ask(deadline, move |engine| engine.message(&id)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&dyn LocalEngine) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, LocalError> {
        let local = self.clone();
        let answer = async move {
            let permit = Arc::clone(&local.room).acquire_owned().await;
            // Work that has begun cannot be called back: its permit stays with it to the end.
            let task = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                work(local.engine()?.as_ref()).map_err(LocalError::from)
            });
            task.await
        };
        match timeout_at(deadline.into(), answer).await {
            Err(_) => Err(LocalError::Late),
            Ok(Err(_)) => Err(LocalError::Failed("the local search broke off".to_owned())),
            Ok(Ok(result)) => result,
        }
    }
}
