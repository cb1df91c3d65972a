//! What the gateway asks of an index.

use postern_archive::export::Shelf;
use postern_archive::search::{
    AddressBook, Asker, Completion, Counting, Counts, Coverage, Suggestion, Thread,
};
use postern_archive::{Archive, IndexError};
use postern_query::Query;

/// Something that can answer from this machine.
pub trait LocalEngine: Shelf + Send + Sync + 'static {
    /// Counts what matches.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn counts(
        &self,
        query: &Query,
        counting: &Counting<'_>,
        asker: &Asker,
    ) -> Result<Counts, IndexError>;

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

    /// How much of the known mail is here; asked with every search, so it must be at hand.
    fn coverage(&self) -> Coverage;

    /// Why nothing can be searched here now.
    fn absent(&self) -> Option<IndexError> {
        None
    }
}

impl LocalEngine for Archive {
    fn counts(
        &self,
        query: &Query,
        counting: &Counting<'_>,
        asker: &Asker,
    ) -> Result<Counts, IndexError> {
        self.index()?.counts(query, counting, asker)
    }

    fn complete(
        &self,
        within: &Query,
        completion: Completion<'_>,
        typed: &str,
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<Suggestion>, IndexError> {
        self.index()?.complete(within, completion, typed, most, asker)
    }

    fn thread(&self, id: &str, asker: &Asker) -> Result<Thread, IndexError> {
        self.index()?.thread(id, asker)
    }

    fn address_book(&self, asker: &Asker) -> Result<AddressBook, IndexError> {
        self.index()?.address_book(asker)
    }

    fn coverage(&self) -> Coverage {
        Self::coverage(self)
    }

    fn absent(&self) -> Option<IndexError> {
        self.index().err()
    }
}
