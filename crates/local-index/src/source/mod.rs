//! Files to the raw messages in them, one at a time.
//!
//! What a file holds is told by its content, never by its name: a single message, a mailbox file
//! (mbox), or documents (one JSON object a line). Folders may be plain or Maildirs.

mod maildir;
mod mbox;
mod original;
mod place;
mod read;
mod walk;

use std::path::PathBuf;

pub use original::{Lost, original};
pub use place::PlaceRule;
pub use read::{Item, MAX_MESSAGE, read};
pub use walk::{SourceFile, walk};

/// A file, or a part of one, that could not be taken in, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// It is no mail at all, so nothing is lost by leaving it out.
    pub not_mail: bool,
}

impl Unreadable {
    fn new(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self { path: path.into(), reason: reason.to_string(), not_mail: false }
    }

    fn not_mail(path: impl Into<PathBuf>, reason: &str) -> Self {
        Self { path: path.into(), reason: reason.to_owned(), not_mail: true }
    }
}
