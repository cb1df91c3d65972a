//! What the gateway asks of an index.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use postern_local_index::Error as IndexError;
use postern_local_index::search::{
    AddressBook, Asker, Completion, Coverage, Facet, FacetCounts, Hit, Index, Page, Search,
    Suggestion, Thread,
};
use postern_mail::source::Lost;
use postern_query::Query;

use super::Original;

/// Something that can answer from this machine.
pub trait LocalEngine: Send + Sync + 'static {
    /// Hands over the messages of one page of what matches one by one, until it is told to stop: what
    /// is left is the page without them.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError>;

    /// Counts what matches by each facet: the `most` most frequent values of each, in UTC.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn facets(
        &self,
        query: &Query,
        facets: &[Facet],
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<FacetCounts>, IndexError>;

    /// The `most` most frequent values that begin so, in the messages within.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn complete(
        &self,
        within: &Query,
        completion: Completion<'_>,
        typed: &str,
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<Suggestion>, IndexError>;

    /// The ids of the conversation of the message of that id.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn thread(&self, id: &str, asker: &Asker) -> Result<Thread, IndexError>;

    /// Everyone who was seen; it takes long.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn address_book(&self, asker: &Asker) -> Result<AddressBook, IndexError>;

    /// The bytes of a message as they were read, or why they are not there any more.
    ///
    /// # Errors
    ///
    /// When the book-keeping of the index cannot be read now.
    fn original(&self, id: &str) -> Result<Result<Original, Lost>, IndexError>;

    /// How much of the known mail is here; asked with every search, so it must be at hand.
    fn coverage(&self) -> Coverage;

    /// Whether another index lies in its place by now.
    fn is_replaced(&self) -> bool {
        false
    }
}

impl LocalEngine for Index {
    fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        Self::each(self, search, asker, take)
    }

    fn facets(
        &self,
        query: &Query,
        facets: &[Facet],
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<FacetCounts>, IndexError> {
        Self::facets(self, query, facets, most, &TimeZone::UTC, asker)
    }

    fn complete(
        &self,
        within: &Query,
        completion: Completion<'_>,
        typed: &str,
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<Suggestion>, IndexError> {
        Self::complete(self, within, completion, typed, most, asker)
    }

    fn thread(&self, id: &str, asker: &Asker) -> Result<Thread, IndexError> {
        Self::thread(self, id, asker)
    }

    fn address_book(&self, asker: &Asker) -> Result<AddressBook, IndexError> {
        Self::address_book(self, asker)
    }

    fn original(&self, id: &str) -> Result<Result<Original, Lost>, IndexError> {
        Ok(postern_archive::original(self, id)?.map(Original::Whole))
    }

    fn coverage(&self) -> Coverage {
        Self::coverage(self)
    }

    fn is_replaced(&self) -> bool {
        Self::is_replaced(self)
    }
}
