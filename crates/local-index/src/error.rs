//! What can go wrong with an index.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use crate::database;

/// Why an index cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no index.
    #[error("there is no index in {0}")]
    Missing(PathBuf),
    /// The index was made by another version of Postern.
    #[error(
        "the index in {path} has format {found}, this version of postern writes format {expected}"
    )]
    OtherVersion {
        /// The format on disk.
        found: u32,
        /// The format of this version.
        expected: u32,
        /// Where the index lies.
        path: PathBuf,
    },
    /// The index has a former format and lacks what is asked for.
    #[error("`{operator}` has to wait until the index is upgraded from its former format")]
    Upgrading {
        /// An operator that asks for it.
        operator: &'static str,
    },
    /// Another writer has the index.
    #[error("another postern is writing the index in {0}")]
    Busy(PathBuf),
    /// What lies on disk is not what was written there.
    #[error("the index is damaged: {0}")]
    Corrupt(String),
    /// Too many patterns may begin with anything.
    #[error(
        "`{pattern}` is one too many of the patterns without a beginning, of which a search may have \
         {limit}; write how the words begin"
    )]
    TooManyPatterns {
        /// The first one too many.
        pattern: String,
        /// How many a search may have.
        limit: usize,
    },
    /// The question costs more work than a request may.
    #[error(
        "`{part}` asks too much of an index of this size; write more of the beginning of patterns, \
         or ask for less at once"
    )]
    TooCostly {
        /// The dearest part of the question.
        part: String,
    },
    /// Nobody waits for the answer any more.
    #[error("the search was stopped before its end")]
    Stopped,
    /// What stands in the place of an index elsewhere gave no answer. The text is for clients.
    #[error("{0}")]
    Elsewhere(String),
    /// What stands in the place of an index elsewhere cannot say what is asked. The text is for clients.
    #[error("{0}")]
    CannotSay(String),
    /// A message has no usable id.
    #[error("the id of a message may be 1 to {limit} bytes long, this one has {found}")]
    BadId {
        /// Bytes of the id.
        found: usize,
        /// Most bytes of an id.
        limit: usize,
    },
    /// The disk is full, or a limit of space is reached.
    #[error("there is no space for the index")]
    NoSpace(#[source] Arc<std::io::Error>),
    /// Files could not be read or written.
    #[error("the index cannot be read or written")]
    Io(#[source] Arc<std::io::Error>),
    /// tantivy failed.
    #[error("tantivy failed")]
    Tantivy(#[source] Box<tantivy::TantivyError>),
    /// The ledger failed.
    #[error("the ledger of the index failed")]
    Ledger(#[source] Arc<rusqlite::Error>),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::of_io(Arc::new(error))
    }
}

impl Error {
    fn of_io(error: Arc<std::io::Error>) -> Self {
        if is_full(&error) { Self::NoSpace(error) } else { Self::Io(error) }
    }
}

/// Whether the system says that there is no room: on the disk, for the user, or for the file.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl From<tantivy::TantivyError> for Error {
    fn from(error: tantivy::TantivyError) -> Self {
        use tantivy::TantivyError as Failure;
        use tantivy::directory::error::{
            LockError, OpenDirectoryError, OpenReadError, OpenWriteError,
        };
        match error {
            Failure::IoError(error)
            | Failure::LockFailure(LockError::IoError(error), _)
            | Failure::OpenDirectoryError(OpenDirectoryError::IoError {
                io_error: error, ..
            })
            | Failure::OpenReadError(OpenReadError::IoError { io_error: error, .. })
            | Failure::OpenWriteError(OpenWriteError::IoError { io_error: error, .. }) => {
                Self::of_io(error)
            }
            Failure::DataCorruption(damage) => Self::Corrupt(format!("{damage:?}")),
            Failure::IncompatibleIndex(difference) => Self::Corrupt(format!("{difference:?}")),
            other => Self::Tantivy(Box::new(other)),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if database::is_full(&error) {
            Self::NoSpace(Arc::new(std::io::Error::new(ErrorKind::StorageFull, error)))
        } else if database::is_damaged(&error) {
            Self::Corrupt(format!("its ledger: {error}"))
        } else {
            Self::Ledger(Arc::new(error))
        }
    }
}
