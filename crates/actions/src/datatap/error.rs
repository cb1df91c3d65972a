//! Why no job is made.

use postern_archive::IndexError;
use postern_upstream::{Failure, LocationKind};

/// Which end of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The location that is read.
    From,
    /// The location that is written.
    Into,
}

/// Why no job is made, or why nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The service does not answer a question.
    #[error("cannot {what}: {source}")]
    Service {
        /// What was asked.
        what: &'static str,
        /// What came instead.
        source: Failure,
    },
    /// The service does not answer an order.
    #[error("cannot {what}: {source}")]
    Order {
        /// What was ordered.
        what: String,
        /// What came instead.
        source: Failure,
    },
    /// No location can be this end.
    #[error("the tenant has no {0:?} location; make one at the service")]
    NoLocation(LocationKind),
    /// Several can.
    #[error("the tenant has several {kind:?} locations, so say which is meant: {}", known.join(", "))]
    WhichLocation {
        /// Which end.
        side: Side,
        /// What it has to be.
        kind: LocationKind,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The service knows no such mailbox or drive.
    #[error(
        "the service knows no {what} `{owner}` in {location}; `postern sources` lists what there is"
    )]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Whose.
        owner: String,
        /// Where.
        location: String,
    },
    /// Nothing was found.
    #[error("no message of the local index matches; there is nothing to restore")]
    NoMail,
    /// What was found lies in no known mailbox.
    #[error(
        "the {0} messages that match lie in no mailbox that is known; there is nowhere to restore them to"
    )]
    NoMailbox(usize),
    /// It lies in more mailboxes than one job should name.
    #[error(
        "the messages are of more than {0} mailboxes; make the query narrower, such as with mailbox:ADDR"
    )]
    Scattered(usize),
    /// More mailboxes or owners than the limit.
    #[error(
        "the {what} are of {found} {owners}, and the limit is {limit}; make the query narrower, or raise the limit to {found}"
    )]
    TooMany {
        /// What was found.
        what: &'static str,
        /// What these belong to.
        owners: &'static str,
        /// How many of these there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Mail and files go back by two jobs.
    #[error(
        "the query finds {messages} messages and {files} files, which DataTap restores by two jobs; say kind:email or kind:file"
    )]
    Both {
        /// Messages found.
        messages: usize,
        /// Files found.
        files: usize,
    },
    /// The index cannot be asked.
    #[error(transparent)]
    Index(#[from] IndexError),
}
