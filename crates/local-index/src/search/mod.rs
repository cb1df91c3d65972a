//! Query to hits.

use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use postern_query::schema::Sort;
use postern_query::{Condition, Message};

/// An index opened for searching; cheap to clone and safe to share between threads.
#[derive(Clone, Debug)]
pub struct Index;

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Which messages.
    pub condition: &'a Condition,
    /// In which order; ties always fall by id.
    pub order: &'a [Sort],
    /// How many of the first ones to leave out.
    pub offset: usize,
    /// How many to return at most.
    pub limit: usize,
    /// Whether to cut a snippet for each hit.
    pub highlight: bool,
}

/// One page of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// How many messages match in all.
    pub count: usize,
    /// The messages of this page in their order.
    pub hits: Vec<Hit>,
}

/// One message that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Relevance; 1 where no words were looked for.
    pub score: f32,
    /// The message with every field.
    pub message: Message,
    /// Where the words stand, when asked for.
    pub snippet: Option<Snippet>,
}

/// A piece of a message around the words that were looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// A piece of the body on one line.
    pub text: String,
    /// Byte ranges of `text` that match.
    pub ranges: Vec<Range<usize>>,
    /// Byte ranges of the subject that match.
    pub subject_ranges: Vec<Range<usize>>,
}

/// How much of the known mail the index holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Messages that can be found.
    pub indexed: u64,
    /// Messages that are known to exist: indexed ones and those that could not be read.
    pub known: u64,
    /// When the index was last brought up to date.
    pub as_of: Option<Timestamp>,
    /// The same for each mailbox, by name.
    pub mailboxes: Vec<MailboxCoverage>,
}

/// How much of a mailbox the index holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxCoverage {
    /// The mailbox.
    pub name: String,
    /// Its messages that can be found.
    pub indexed: u64,
    /// When its newest message arrived.
    pub newest: Option<Timestamp>,
}

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no index.
    #[error("there is no index in {0}; make one with `postern index PATH`")]
    Missing(std::path::PathBuf),
}

impl Index {
    /// Opens the index below `data`.
    ///
    /// # Errors
    ///
    /// When there is none, or one that this version cannot read.
    pub fn open(data: &Path) -> Result<Self, Error> {
        Err(Error::Missing(data.to_owned()))
    }

    /// One page of the messages that match, and how many match in all.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn search(&self, search: &Search<'_>) -> Result<Page, Error> {
        let _ = search;
        Ok(Page::default())
    }

    /// The message of that id.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn message(&self, id: &str) -> Result<Option<Message>, Error> {
        let _ = id;
        Ok(None)
    }

    /// How much of the known mail is here.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage::default()
    }
}
