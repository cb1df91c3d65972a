//! The local index behind the gateway.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use postern_local_index::search::{Coverage, Error, Index, Page, Search};
use postern_query::schema::Sort;
use postern_query::{Message, Query, odata};
use tokio::sync::Semaphore;

/// Searches that run at the same time.
const CONCURRENT: usize = 8;

/// The local index, opened when it is first there: the gateway may start before it.
#[derive(Clone, Debug)]
pub struct Local {
    data: PathBuf,
    opened: Arc<RwLock<Option<Index>>>,
    room: Arc<Semaphore>,
}

/// What is asked of the local index.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) query: Query,
    pub(crate) order: Vec<Sort>,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    pub(crate) highlight: bool,
}

impl Local {
    /// The index below `data`.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self { data, opened: Arc::default(), room: Arc::new(Semaphore::new(CONCURRENT)) }
    }

    /// The index, if there is one that can be read.
    fn index(&self) -> Result<Index, Error> {
        if let Some(index) = self.opened.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            return Ok(index.clone());
        }
        let index = Index::open(&self.data)?;
        self.opened.write().unwrap_or_else(PoisonError::into_inner).replace(index.clone());
        Ok(index)
    }

    /// How much of the known mail is here; nothing without an index.
    #[must_use]
    pub fn coverage(&self) -> Option<Coverage> {
        self.index().ok().map(|index| index.coverage())
    }

    /// Searches on a thread of its own, within the mailboxes that may be seen.
    pub(crate) async fn search(
        &self,
        question: Question,
        mailboxes: &[String],
    ) -> Result<Page, Error> {
        let query = within(question.query.clone(), mailboxes);
        self.run(move |index| {
            index.search(&Search {
                condition: query.condition(),
                order: &question.order,
                offset: question.offset,
                limit: question.limit,
                highlight: question.highlight,
            })
        })
        .await
    }

    /// One message, if it lies in a mailbox that may be seen.
    pub(crate) async fn message(
        &self,
        id: String,
        mailboxes: &[String],
    ) -> Result<Option<Message>, Error> {
        let found = self.run(move |index| index.message(&id)).await?;
        let seen = |message: &Message| {
            let mailbox = message.mailbox.as_deref().unwrap_or_default();
            mailboxes.is_empty() || mailboxes.iter().any(|one| one == mailbox)
        };
        Ok(found.filter(seen))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Index) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let local = self.clone();
        let _room = self.room.acquire().await;
        let done = tokio::task::spawn_blocking(move || work(&local.index()?)).await;
        done.unwrap_or_else(|_| Err(Error::Corrupt("a search ended before its answer".to_owned())))
    }
}

/// The same query over these mailboxes only.
fn within(query: Query, mailboxes: &[String]) -> Query {
    if mailboxes.is_empty() {
        return query;
    }
    let names: Vec<_> =
        mailboxes.iter().map(|name| format!("mailbox eq '{}'", name.replace('\'', "''"))).collect();
    match odata::parse_filter(&names.join(" or ")) {
        Ok(filter) => query.and(filter),
        // Not understood must never mean everything.
        Err(_) => Query::nothing(),
    }
}
