//! Why nothing can be written into the log; then nothing is done either.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with a log, and what to do about it. One is told to all whose entries were to be written together.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuditError {
    /// The disk is full, or a limit is reached.
    #[error("there is no space for the audit log {path}; what cannot be audited is not done")]
    NoSpace {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A file cannot be read or written.
    #[error("the audit log {path} cannot be read or written; what cannot be audited is not done")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The key file holds no key.
    #[error("{0} holds no key of an audit log; it is one line that begins with PRIVATE+KEY+")]
    NoKey(PathBuf),
    /// There is a log, and its key is gone.
    #[error(
        "there is an audit log, and no key in {0}; put the key back from where it was kept, or move the folder of the \
         log away to begin another one"
    )]
    KeyGone(PathBuf),
    /// The last segment has no head that this key signed.
    #[error(
        "no head in {0} is signed by the key of this audit log; use the key that it was begun with, or move the \
         folder away to begin another log"
    )]
    OtherKey(PathBuf),
    /// An entry that no reader would take.
    #[error("an entry of the audit log has at most {most} bytes, and this one has {found}")]
    TooLong {
        /// Its length.
        found: usize,
        /// What is allowed.
        most: usize,
    },
    /// The thread that writes is gone.
    #[error("the audit log is closed")]
    Closed,
}

impl AuditError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let (path, kind, source) = (path.to_owned(), source.kind(), Arc::new(source));
        match kind {
            StorageFull | QuotaExceeded | FileTooLarge => Self::NoSpace { path, source },
            _ => Self::Io { path, source },
        }
    }
}
