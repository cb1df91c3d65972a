//! What can go wrong with an archive.

use std::io;
use std::path::{Path, PathBuf};

use postern_local_index::{Error as IndexError, database};
use postern_mail::source::Lost;

/// Why something that is stored cannot be read, or cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another sync is at work in the same place.
    #[error("another sync is at work in {0}")]
    Busy(PathBuf),
    /// The mail there is somebody else's.
    #[error("{path} holds mail of the tenant {found}, not of {asked}")]
    OtherTenant {
        /// The place.
        path: PathBuf,
        /// Whose mail lies there.
        found: String,
        /// Whose mail was asked for.
        asked: String,
    },
    /// The book-keeping of sync was written by a later version.
    #[error(
        "the book-keeping of sync has format {found}, this version of postern knows up to {known}"
    )]
    LaterVersion {
        /// The format on disk.
        found: i64,
        /// The latest that is known.
        known: i64,
    },
    /// The disk is full.
    #[error("there is no space in {path}")]
    NoSpace {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("{path} cannot be read or written")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full, or refuses to be written, so that nothing can be noted.
    #[error("there is no space for the book-keeping of sync, or the disk refuses it")]
    NoSpaceForBook(#[source] rusqlite::Error),
    /// The book-keeping of sync cannot be read or written.
    #[error("the book-keeping of sync failed")]
    Book(#[source] rusqlite::Error),
    /// The saved searches cannot be read or written.
    #[error("the saved searches cannot be read or written")]
    Saved(#[source] rusqlite::Error),
    /// The saved searches were written by a later version.
    #[error("the saved searches have format {found}, this version of postern knows up to {known}")]
    LaterSaved {
        /// The format on disk.
        found: i64,
        /// The latest that is known.
        known: i64,
    },
    /// The frozen sets cannot be read or written.
    #[error("the frozen sets cannot be read or written")]
    Sets(#[source] rusqlite::Error),
    /// The frozen sets were written by a later version.
    #[error("the frozen sets have format {found}, this version of postern knows up to {known}")]
    LaterSets {
        /// The format on disk.
        found: i64,
        /// The latest that is known.
        known: i64,
    },
    /// The index cannot be read or written.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An index elsewhere cannot be written: why, and what to do.
    #[error("{0}")]
    Elsewhere(String),
    /// The original of a message is not there.
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if database::is_full(&error) { Self::NoSpaceForBook(error) } else { Self::Book(error) }
    }
}

/// What happened and why, down to the first cause: for a log or a note, which show one line.
///
/// ```
/// use postern_archive::{Error, chain};
///
/// let gone = std::io::Error::other("disk on fire");
/// let error = Error::Io { path: "mail".into(), source: gone };
/// assert_eq!(chain(&error), "mail cannot be read or written: disk on fire");
/// ```
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let path = path.to_owned();
        match source.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::NoSpace { path, source },
            _ => Self::Io { path, source },
        }
    }
}
