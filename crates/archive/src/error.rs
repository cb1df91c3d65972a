//! What can go wrong with an archive.

use std::io;
use std::path::{Path, PathBuf};

use postern_local_index::{Error as IndexError, database};
use postern_mail::source::Lost;

/// Why something that is stored cannot be read, or cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another sync is at work in the same place.
    #[error("another sync is at work in {0}; wait until it is done")]
    Busy(PathBuf),
    /// The mail there is somebody else's.
    #[error("{path} holds mail of the tenant {found}, not of {asked}; give another --data DIR")]
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
        "the book-keeping of sync has format {found}, this version of postern knows up to {known}; \
         use the later version"
    )]
    LaterVersion {
        /// The format on disk.
        found: i64,
        /// The latest that is known.
        known: i64,
    },
    /// The disk is full.
    #[error(
        "there is no space in {path}: {source}; make some and run the same again, what is done is kept"
    )]
    NoSpace {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("{path} cannot be read or written: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full, or refuses to be written, so that nothing can be noted.
    #[error(
        "there is no space for the book-keeping of sync, or the disk refuses it; make some and run the same again, what is \
         done is kept"
    )]
    NoSpaceForBook,
    /// The book-keeping of sync cannot be read or written.
    #[error("the book-keeping of sync failed: {0}")]
    Book(rusqlite::Error),
    /// The index cannot be read or written.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The original of a message is not there.
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if database::is_full(&error) { Self::NoSpaceForBook } else { Self::Book(error) }
    }
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
