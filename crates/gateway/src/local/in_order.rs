//! Several that store mail of one tenant: who is asked first, and when the next one is.

use std::ops::ControlFlow;
use std::sync::Arc;

use postern_archive::export::Shelf;
use postern_archive::report::{Look, Tally};
use postern_archive::search::{
    AddressBook, Asker, Completion, Counting, Counts, Coverage, Hit, Page, Row, Rows, Search,
    Suggestion, Thread,
};
use postern_archive::{Error, IndexError, Original};
use postern_query::{Message, Query};

use super::LocalEngine;

/// What takes messages one by one, until it has enough.
type Take<'t> = &'t mut dyn FnMut(Hit) -> ControlFlow<()>;

/// Several that store mail, of which the first that is there answers. Where it fails the next one does. A message
/// that it does not have may be with the next one too.
pub(super) struct InOrder(pub(super) Vec<Arc<dyn LocalEngine>>);

impl InOrder {
    fn present(&self) -> impl Iterator<Item = &dyn LocalEngine> {
        self.0.iter().map(AsRef::as_ref).filter(|store| store.absent().is_none())
    }

    /// The answer of the first that gives one with something in it, else of the first that gives one at all.
    fn ask<T>(
        &self,
        mut ask: impl FnMut(&dyn LocalEngine) -> Result<T, IndexError>,
        is_empty: impl Fn(&T) -> bool,
    ) -> Result<T, IndexError> {
        let (mut empty, mut failed) = (None, None);
        for store in self.present() {
            match ask(store) {
                Ok(answer) if is_empty(&answer) => empty = empty.or(Some(answer)),
                Err(error) if goes_on(&error) => failed = failed.or(Some(error)),
                answer => return answer,
            }
        }
        match (empty, failed) {
            // Of what one has not, nobody knows whether the one that failed has it.
            (_, Some(error)) => Err(error),
            (Some(empty), None) => Ok(empty),
            (None, None) => Err(self.absent().unwrap_or(IndexError::Stopped)),
        }
    }

    /// The page of the first that hands one over.
    fn handed(
        &self,
        hand: impl Fn(&dyn LocalEngine, Take<'_>) -> Result<Page, IndexError>,
        take: Take<'_>,
    ) -> Result<Page, IndexError> {
        let mut failed = None;
        for store in self.present() {
            let mut has_begun = false;
            let page = hand(store, &mut |hit| {
                has_begun = true;
                take(hit)
            });
            match page {
                // What was handed over is not handed over again.
                Err(error) if !has_begun && goes_on(&error) => failed = failed.or(Some(error)),
                page => return page,
            }
        }
        Err(failed.or_else(|| self.absent()).unwrap_or(IndexError::Stopped))
    }

    /// The answer of the first that gives one.
    fn first<T>(
        &self,
        ask: impl FnMut(&dyn LocalEngine) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        self.ask(ask, |_| false)
    }
}

/// Whether the next one may do better.
const fn goes_on(error: &IndexError) -> bool {
    !matches!(error, IndexError::Stopped)
}

impl Shelf for InOrder {
    fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        self.handed(|store, take| store.each(search, asker, take), take)
    }

    fn original(&self, id: &str) -> Result<Original, Error> {
        let mut failed = None;
        for store in self.present() {
            match store.original(id) {
                Ok(original) => return Ok(original),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.unwrap_or_else(|| self.absent().unwrap_or(IndexError::Stopped).into()))
    }
}

impl LocalEngine for InOrder {
    fn name(&self) -> &'static str {
        self.present().next().map_or("local", LocalEngine::name)
    }

    fn listed(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        self.handed(|store, take| store.listed(search, asker, take), take)
    }

    fn rows(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Rows, IndexError> {
        self.first(|store| store.rows(search, asker, take))
    }

    fn survey(
        &self,
        within: &Query,
        asker: &Asker,
        look: &mut Look<'_>,
    ) -> Result<Box<dyn Tally>, IndexError> {
        // Its numbers are of one index, so no other one takes over.
        let first = self.present().next();
        first
            .ok_or_else(|| self.absent().unwrap_or(IndexError::Stopped))?
            .survey(within, asker, look)
    }

    fn ids(&self, query: &Query, asker: &Asker) -> Result<Vec<String>, IndexError> {
        self.first(|store| store.ids(query, asker))
    }

    fn counts(
        &self,
        query: &Query,
        counting: &Counting<'_>,
        asker: &Asker,
    ) -> Result<Counts, IndexError> {
        self.first(|store| store.counts(query, counting, asker))
    }

    fn complete(
        &self,
        within: &Query,
        completion: Completion<'_>,
        typed: &str,
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<Suggestion>, IndexError> {
        self.first(|store| store.complete(within, completion, typed, most, asker))
    }

    fn thread(&self, id: &str, asker: &Asker) -> Result<Thread, IndexError> {
        self.ask(|store| store.thread(id, asker), |thread| thread.ids.is_empty())
    }

    fn address_book(&self, asker: &Asker) -> Result<AddressBook, IndexError> {
        self.first(|store| store.address_book(asker))
    }

    fn one(&self, query: &Query, asker: &Asker) -> Result<Option<Message>, IndexError> {
        self.ask(|store| store.one(query, asker), Option::is_none)
    }

    fn coverage(&self) -> Coverage {
        self.present().next().map(LocalEngine::coverage).unwrap_or_default()
    }

    fn coverage_to_keep(&self, asker: &Asker) -> Coverage {
        self.present().next().map(|store| store.coverage_to_keep(asker)).unwrap_or_default()
    }

    fn absent(&self) -> Option<IndexError> {
        let all: Option<Vec<_>> = self.0.iter().map(|store| store.absent()).collect();
        all?.into_iter().next()
    }
}
