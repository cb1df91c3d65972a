//! Where messages come from.

use std::path::PathBuf;

use postern_query::Place;

/// A file as it was when it was read: as long as none of this changes, it is not read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: i64,
}

/// One file in which a message was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The file.
    pub path: PathBuf,
    /// Where in the file; empty when the file is the message.
    pub part: String,
    /// Mailbox and folder there, where these are not said by the message itself: it lies in the index
    /// with those of the place it was found at first.
    pub home: Option<Place>,
}

/// A message that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where in the file; empty for the file as a whole.
    pub part: String,
    /// Why.
    pub reason: String,
}
