//! What the gateway asks of an index.

use std::ops::ControlFlow;

use postern_archive::export::Shelf;
use postern_archive::report::{Look, Tally};
use postern_archive::search::{
    AddressBook, Asker, Completion, Counting, Counts, Coverage, Hit, Index, Page, Row, Rows,
    Search, Suggestion, Thread,
};
use postern_archive::{Archive, IndexError};
use postern_query::{Message, Query};

/// All that a query finds.
pub(crate) fn all_of(query: &Query) -> Search<'_> {
    Search { query, order: &[], after: None, offset: 0, limit: usize::MAX, highlight: false }
}

/// The name of a state of an index.
pub(crate) fn state_of(index: &Index) -> String {
    format!("{:016x}", index.state())
}

/// Something that can answer from this machine.
pub trait LocalEngine: Shelf + Send + Sync + 'static {
    /// Its name as an engine.
    fn name(&self) -> &'static str {
        "local"
    }

    /// Hands over one page of what matches with equal messages in one row, as [`each`](Shelf::each) does with every
    /// message in one of its own.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn rows(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Rows, IndexError>;

    /// Hands over one page as [`each`](Shelf::each) does, for those who show no bodies.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn listed(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        self.each(search, asker, take)
    }

    /// The ids of all that matches.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn ids(&self, query: &Query, asker: &Asker) -> Result<Vec<String>, IndexError> {
        let mut ids = Vec::new();
        self.each(&all_of(query), asker, &mut |hit| {
            ids.push(hit.message.id);
            ControlFlow::Continue(())
        })?;
        Ok(ids)
    }

    /// Begins to count queries one beside the other, all of which find some of what `within` finds.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, the index cannot be read, or nothing is counted so here.
    fn survey(
        &self,
        _within: &Query,
        _asker: &Asker,
        _look: &mut Look<'_>,
    ) -> Result<Box<dyn Tally>, IndexError> {
        Err(IndexError::Elsewhere("no report can be made of what is stored there".to_owned()))
    }

    /// Names the state that it is in, where it can.
    fn state(&self) -> Option<String> {
        None
    }

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

    /// Any one message that matches, with the place at which it does before its others.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn one(&self, query: &Query, asker: &Asker) -> Result<Option<Message>, IndexError> {
        let mut found = None;
        let any = Search { query, order: &[], after: None, offset: 0, limit: 1, highlight: false };
        self.each(&any, asker, &mut |hit| {
            found = Some(hit.there().into_owned());
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// How much of the known mail is here; asked with every search, so it must be at hand.
    fn coverage(&self) -> Coverage;

    /// The same for whoever keeps it: where it has to be asked for, that is waited for a little.
    fn coverage_to_keep(&self, _asker: &Asker) -> Coverage {
        self.coverage()
    }

    /// Why nothing can be searched here now.
    fn absent(&self) -> Option<IndexError> {
        None
    }
}

impl LocalEngine for Archive {
    fn ids(&self, query: &Query, asker: &Asker) -> Result<Vec<String>, IndexError> {
        Ok(self.index()?.ids(&all_of(query), asker)?.ids)
    }

    fn survey(
        &self,
        within: &Query,
        asker: &Asker,
        look: &mut Look<'_>,
    ) -> Result<Box<dyn Tally>, IndexError> {
        Ok(Box::new(self.index()?.survey(within, asker, look)?))
    }

    fn state(&self) -> Option<String> {
        self.index().ok().map(|index| state_of(&index))
    }

    fn listed(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        self.index()?.listed(search, asker, take)
    }

    fn rows(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Rows, IndexError> {
        self.index()?.rows(search, asker, take)
    }

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
