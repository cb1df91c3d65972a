//! What lies in the cluster, read as what lies on this machine is.
//!
//! Whoever reads so waits, aside from the threads that talk to clients, and no longer than somebody wants to know.

mod complete;
mod scan;
mod survey;
mod thread;

use std::ops::ControlFlow;
use std::time::Duration;

use postern_archive::export::Shelf;
use postern_archive::report::{Look, Tally};
use postern_archive::search::{
    AddressBook, Asker, Completion, Counting, Counts, Coverage, Hit, Page, Row, Rows, Search,
    Suggestion, Thread, Work,
};
use postern_archive::{Error, IndexError, Lost, Original};
use postern_query::Query;
use postern_query::schema::Sort;
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::outcome::Stop;
use super::walk::{self, Walk};
use super::{Cluster, Question, counts, coverage, seen};
use crate::engine::{Failure, Outcome};
use crate::local::LocalEngine;
use crate::stored;

/// Messages that are fetched at once.
const STRETCH: usize = 50;
/// What says who a message is of and for, and when that was.
const PEOPLE: [&str; 8] = [
    "fromAddress",
    "fromName",
    "toRecipients",
    "ccRecipients",
    "bccRecipients",
    "kept.deliveredTo",
    "receivedDateTime",
    "sentDateTime",
];
/// How soon it is noticed that nobody waits for an answer any more.
const TICK: Duration = Duration::from_millis(50);

/// What the cluster stores for a tenant.
#[derive(Clone, Debug)]
pub(super) struct Stored(pub(super) Cluster);

impl Stored {
    /// What is asked, if the cluster answers just that.
    fn question(
        &self,
        query: &Query,
        order: Option<&[Sort]>,
        asker: &Asker,
    ) -> Result<Question, Stop> {
        let known = self.0.known(seen(&asker.scope), order.map(<[Sort]>::to_vec));
        Question { query: query.clone(), known }.exactly()
    }

    /// Waits for an answer as long as somebody wants to know.
    fn wait<T>(
        asker: &Asker,
        answer: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, IndexError> {
        Handle::current().block_on(async {
            tokio::select! {
                answer = answer => Ok(answer?),
                () = stopped(&asker.work) => Err(IndexError::Stopped),
            }
        })
    }
}

/// Waits until nobody wants to know any more.
async fn stopped(work: &Work) {
    while !work.is_stopped() {
        sleep(TICK).await;
    }
}

/// What there is to say of it where whole messages are read.
impl From<Stop> for IndexError {
    fn from(stop: Stop) -> Self {
        Self::Elsewhere(match Outcome::<()>::from(stop) {
            Outcome::Failed(Failure { text, .. }) => text,
            Outcome::TooCostly(refusal) => return Self::CannotSay(refusal.to_string()),
            Outcome::RefusedKey(refusal) | Outcome::RefusedQuery(refusal) => refusal.to_string(),
            Outcome::Served(()) | Outcome::Absent(_) | Outcome::Busy(_) => {
                "the cluster is busy; ask again in a moment".to_owned()
            }
        })
    }
}

impl Shelf for Stored {
    fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        let question = self.question(search.query, Some(search.order), asker)?;
        let deadline = || self.0.0.client.deadline();
        if search.limit == 0 {
            let counted = walk::count(&self.0, &question, deadline());
            return Ok(Page { count: Self::wait(asker, counted)?, ..Page::default() });
        }
        let after = search.after.map(|after| after.id.as_str());
        let begin = Walk::begin(&self.0, &question, (after, search.offset), deadline());
        let mut walk = Self::wait(asker, begin)?;
        let mut left = search.limit;
        loop {
            let stretch = walk.next(left.min(STRETCH), search.highlight, deadline());
            let hits = Self::wait(asker, stretch)?;
            left = left.saturating_sub(hits.len());
            let is_end = hits.is_empty() || left == 0;
            if hits.into_iter().any(|hit| take(hit).is_break()) || is_end {
                return Ok(Page { count: walk.count(), ..Page::default() });
            }
        }
    }

    /// Whoever asks was shown the message.
    fn original(&self, id: &str) -> Result<Original, Error> {
        let index = &self.0.0;
        let original = index.client.original(&index.alias, id, index.client.deadline());
        let found = Handle::current().block_on(original);
        let found = found.map_err(|problem| IndexError::from(Stop::from(problem)))?;
        found.map(Original::Whole).ok_or_else(|| Lost::NotKept.into())
    }
}

impl LocalEngine for Stored {
    fn name(&self) -> &'static str {
        "cluster"
    }

    fn rows(
        &self,
        _search: &Search<'_>,
        _asker: &Asker,
        _take: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Rows, IndexError> {
        let why = "the cluster does not put equal messages in one row";
        Err(IndexError::Elsewhere(why.to_owned()))
    }

    fn survey(
        &self,
        within: &Query,
        asker: &Asker,
        look: &mut Look<'_>,
    ) -> Result<Box<dyn Tally>, IndexError> {
        Ok(Box::new(survey::begin(self, within, asker, look)?))
    }

    fn ids(&self, query: &Query, asker: &Asker) -> Result<Vec<String>, IndexError> {
        let question = self.question(query, None, asker)?;
        let mut ids = Vec::new();
        let each = scan::each(&self.0, &question, &[], |id, _| {
            ids.push(id.to_owned());
            Ok(())
        });
        Self::wait(asker, each)?;
        Ok(ids)
    }

    fn counts(
        &self,
        query: &Query,
        counting: &Counting<'_>,
        asker: &Asker,
    ) -> Result<Counts, IndexError> {
        let question = self.question(query, None, asker)?;
        Self::wait(asker, counts::of(&self.0, &question, counting, self.0.0.client.deadline()))
    }

    fn complete(
        &self,
        within: &Query,
        completion: Completion<'_>,
        typed: &str,
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<Suggestion>, IndexError> {
        let question = self.question(within, None, asker)?;
        Self::wait(asker, complete::of(&self.0, &question, completion, (typed, most)))
    }

    fn thread(&self, id: &str, asker: &Asker) -> Result<Thread, IndexError> {
        let question = self.question(&Query::everything(), None, asker)?;
        Self::wait(asker, thread::of(&self.0, &question, id))
    }

    fn address_book(&self, asker: &Asker) -> Result<AddressBook, IndexError> {
        let question = self.question(&Query::everything(), None, asker)?;
        let mut book = AddressBook::of(self.coverage().as_of);
        let each = scan::each(&self.0, &question, &PEOPLE, |_, source| {
            book.add(&stored::message(source));
            Ok(())
        });
        Self::wait(asker, each)?;
        Ok(book)
    }

    fn coverage(&self) -> Coverage {
        coverage::begin(&self.0);
        self.0.0.covered.at_hand().unwrap_or_default()
    }

    fn coverage_to_keep(&self, asker: &Asker) -> Coverage {
        let learning = async {
            coverage::refresh(&self.0, self.0.0.client.deadline()).await;
            Ok(())
        };
        // Without an answer in time it is what was known before.
        drop(Self::wait(asker, learning));
        self.coverage()
    }
}
