//! Files to the raw messages in them, one at a time.
//!
//! What a file holds is told by its content, never by its name: a single message, a mailbox file
//! (mbox), documents (one JSON object a line), a data file of Outlook, or an archive or compressed file with any of these in
//! it. Folders may be plain or Maildirs.

mod apple;
mod archive;
mod budget;
mod certain;
mod documents;
mod folder;
mod mailbox;
mod maildir;
mod mbox;
mod original;
mod packed;
mod place;
mod pst;
mod read;
mod walk;

#[cfg(test)]
mod mutated;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::PathBuf;

pub use folder::{read_documents, stored};
pub use original::{Lost, Origin, original};
pub use place::{Home, PlaceRule};
pub use read::{Content, Item, MAX_MESSAGE, read};
pub use walk::{SourceFile, walk};

/// A file, or a part of one, that could not be taken in or that something else must be said of, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// Where in the file; empty for the file as a whole.
    pub part: String,
    /// What is wrong with it.
    pub reason: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a file, or of a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It may hold mail, and could not be read.
    Lost,
    /// The system refused, as for a lack of rights or of space; it is tried again in the next run.
    Refused,
    /// It is no mail at all, so nothing is lost by leaving it out.
    NotMail,
    /// It was read; the reason tells what its owner should know of it.
    Read,
}

impl Unreadable {
    /// A whole file that may hold mail, and why it could not be taken in.
    ///
    /// ```
    /// use postern_mail::source::Unreadable;
    ///
    /// assert_eq!(Unreadable::new("mail.zip", "it is cut off").name(), "mail.zip");
    /// ```
    pub fn new(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        let (path, reason) = (path.into(), reason.to_string());
        Self { path, part: String::new(), reason, fate: Fate::Lost }
    }

    /// The file and where in it: `mail.zip!inbox/1.eml`.
    ///
    /// ```
    /// use postern_mail::source::{Fate, Unreadable};
    ///
    /// let fault = Unreadable {
    ///     path: "mail.zip".into(),
    ///     part: "inbox/1.eml".into(),
    ///     reason: "it is cut off".into(),
    ///     fate: Fate::Lost,
    /// };
    /// assert_eq!(fault.name(), "mail.zip!inbox/1.eml");
    /// ```
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        let path = self.path.to_string_lossy();
        if self.part.is_empty() { path } else { Cow::Owned(format!("{path}!{}", self.part)) }
    }
}
