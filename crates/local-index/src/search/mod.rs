//! Query to hits.
//!
//! A [`Query`] is compiled to a query of tantivy: terms lead to the messages, and
//! where terms cannot decide, the stored message does. What comes out is exactly what
//! [`evaluate`](postern_query::evaluate()) says of every message, in exactly the order asked for.

mod compile;
mod coverage;
mod documents;
mod inside;
mod latest;
mod page;
mod reader;
mod rows;
mod scope;
mod scorers;
mod snippet;
mod survey;
mod tally;
mod thread;
mod work;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod position_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod work_tests;

use std::borrow::Cow;

use postern_query::schema::{Sort, SortField};
use postern_query::{Message, Place, Query};

pub use compile::expand::MAX_TERMS;
pub use compile::open::MAX_OPEN_PATTERNS;
pub use coverage::{Coverage, MailboxCoverage};
pub use page::position::{Position, Value};
pub use reader::Index;
pub use rows::copies::is_message_id;
pub use rows::{MOST_COPIES, Row, Rows};
pub use scope::asker::{Asker, Scope};
pub use snippet::highlight::{PersonRanges, Ranges};
pub use snippet::matches::{Clauses, Match, Matches, Shown, Where};
pub use snippet::{Snippet, snippet};
pub use survey::{Extent, Looked, Survey};
pub use tally::best::Counted;
pub use tally::book::{AddressBook, Person};
pub use tally::complete::{Completion, Suggestion};
pub use tally::facets::{Counting, Counts, Facet, FacetCounts};
pub use tally::histogram::{Bar, Bars, Histogram};
pub use tally::step::Step;
pub use thread::{MAX_THREAD, Thread};
pub use work::Work;

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Which messages. Its own order counts only where it is repeated below.
    pub query: &'a Query,
    /// In which order; ties always fall by id.
    pub order: &'a [Sort],
    /// Where to go on: right after the last message of the page before.
    pub after: Option<&'a Position>,
    /// How many of the first ones to leave out.
    pub offset: usize,
    /// How many to return at most; with none they are only counted.
    pub limit: usize,
    /// Whether to cut a snippet for each hit.
    pub highlight: bool,
}

impl Search<'_> {
    /// Whether it is ordered by relevance.
    pub(crate) fn is_ranked(&self) -> bool {
        self.order.iter().any(|sort| sort.by == SortField::Score)
    }
}

/// One page of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// How many messages match in all.
    pub count: usize,
    /// The messages of this page in their order.
    pub hits: Vec<Hit>,
    /// Names the state of the index that it shows.
    pub snapshot: u64,
}

impl Page {
    /// The place right after one of the hits of this page, from which the next goes on.
    ///
    /// ```no_run
    /// use postern_local_index::search::{Asker, Index, Search};
    /// use postern_query::Query;
    ///
    /// let (index, query) = (Index::open("data".as_ref())?, Query::everything());
    /// let order = query.natural_order();
    /// let first = Search { query: &query, order: &order, after: None, offset: 0, limit: 25, highlight: false };
    /// let (page, asker) = (index.search(&first, &Asker::unlimited())?, Asker::unlimited());
    /// let after = page.position(24, &order);
    /// let next = index.search(&Search { after: after.as_ref(), ..first }, &asker)?;
    /// # Ok::<(), postern_local_index::Error>(())
    /// ```
    #[must_use]
    pub fn position(&self, hit: usize, order: &[Sort]) -> Option<Position> {
        let ranked = order.iter().any(|sort| sort.by == SortField::Score);
        let snapshot = ranked.then_some(self.snapshot);
        self.hits.get(hit).map(|hit| Position { snapshot, ..Position::of(hit, order) })
    }
}

/// The ids of one page of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// How many messages match in all.
    pub count: usize,
    /// The ids of this page in their order.
    pub ids: Vec<String>,
}

impl Hit {
    /// The place at which it matches, else the first one.
    #[must_use]
    pub fn place(&self) -> &Place {
        self.message.places.get(self.place).unwrap_or_else(|| self.message.place())
    }

    /// The message with the place at which it matches before the others, for those who show one.
    #[must_use]
    pub fn there(&self) -> Cow<'_, Message> {
        let mut message = Cow::Borrowed(&self.message);
        if self.place > 0
            && let Some(before) = message.to_mut().places.get_mut(..=self.place)
        {
            before.rotate_right(1);
        }
        message
    }
}

/// One message that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Relevance; 1 where no words were looked for.
    pub score: f32,
    /// The message with every field, and the places of it that may be seen.
    pub message: Message,
    /// The number of the place at which it matches; the first where none is asked for.
    pub place: usize,
    /// Where the words stand, when asked for.
    pub snippet: Option<Snippet>,
}
