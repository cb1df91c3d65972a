//! What can go wrong with an index.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use crate::database;

/// Why an index cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no index.
    #[error("there is no index in {0}; make one with `postern index PATH`")]
    Missing(PathBuf),
    /// The index was made by another version of Postern.
    #[error(
        "the index in {path} has format {found}, this version of postern writes format {expected}; \
         make it anew with `postern index --rebuild PATH`"
    )]
    OtherVersion {
        /// The format on disk.
        found: u32,
        /// The format of this version.
        expected: u32,
        /// Where the index lies.
        path: PathBuf,
    },
    /// Another writer has the index.
    #[error("another postern is writing the index in {0}; wait until it is done")]
    Busy(PathBuf),
    /// What lies on disk is not what was written there.
    #[error("the index is damaged: {0}; make it anew with `postern index --rebuild PATH`")]
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
    /// A message has no usable id.
    #[error("the id of a message may be 1 to {limit} bytes long, this one has {found}")]
    BadId {
        /// Bytes of the id.
        found: usize,
        /// Most bytes of an id.
        limit: usize,
    },
    /// The disk is full, or a limit of space is reached.
    #[error(
        "there is no space for the index: {0}; make some and run the same again, what is done is kept"
    )]
    NoSpace(Arc<std::io::Error>),
    /// Files could not be read or written.
    #[error("the index cannot be read or written: {0}")]
    Io(Arc<std::io::Error>),
    /// The search engine failed.
    #[error("the search engine failed: {0}")]
    Engine(Box<tantivy::TantivyError>),
    /// The book-keeping failed.
    #[error("the book-keeping of the index failed: {0}")]
    Ledger(Arc<rusqlite::Error>),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::of_io(Arc::new(error))
    }
}

impl Error {
    /// What those are told who ask over a network: nothing of the paths of this machine.
    #[must_use]
    pub fn without_paths(&self) -> String {
        let told = match self {
            Self::Missing(_) => "there is no index here; make one with `postern index PATH`",
            Self::OtherVersion { .. } => {
                "the index has the format of another version; make it anew with `postern index --rebuild PATH`"
            }
            Self::Busy(_) => "another postern is writing the index; wait until it is done",
            Self::Corrupt(_) => "the index is damaged; `postern check` says where",
            Self::NoSpace(_) => "there is no space for the index",
            Self::Io(_) => "the index cannot be read or written; the log says why",
            Self::Engine(_) => "the search engine failed; the log says why",
            Self::Ledger(_) => "the book-keeping of the index failed; the log says why",
            Self::TooManyPatterns { .. }
            | Self::TooCostly { .. }
            | Self::Stopped
            | Self::BadId { .. } => return self.to_string(),
        };
        told.to_owned()
    }

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
        use tantivy::TantivyError as Engine;
        use tantivy::directory::error::{
            LockError, OpenDirectoryError, OpenReadError, OpenWriteError,
        };
        match error {
            Engine::IoError(error)
            | Engine::LockFailure(LockError::IoError(error), _)
            | Engine::OpenDirectoryError(OpenDirectoryError::IoError { io_error: error, .. })
            | Engine::OpenReadError(OpenReadError::IoError { io_error: error, .. })
            | Engine::OpenWriteError(OpenWriteError::IoError { io_error: error, .. }) => {
                Self::of_io(error)
            }
            Engine::DataCorruption(damage) => Self::Corrupt(format!("{damage:?}")),
            Engine::IncompatibleIndex(difference) => Self::Corrupt(format!("{difference:?}")),
            other => Self::Engine(Box::new(other)),
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
