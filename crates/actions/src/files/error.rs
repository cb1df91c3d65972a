//! Why a drive or a document is not found.

use postern_upstream::veeam::Problem;

use super::tree::MOST;

/// Why a document is not found.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// No drive has that owner or name.
    #[error("no drive of the backup belongs to `{wanted}` or has that name; it has {}", names(.known))]
    NoDrive {
        /// What was asked for.
        wanted: String,
        /// Whose drives there are.
        known: Vec<String>,
    },
    /// Several drives have that name.
    #[error("several drives are called `{wanted}`; say which by the last part of its URL: {}", names(.urls))]
    SeveralDrives {
        /// What was asked for.
        wanted: String,
        /// Their URLs.
        urls: Vec<String>,
    },
    /// The path leads nowhere.
    #[error("the drive has no `{path}`; in `{folder}` there is no `{name}`")]
    NoPath {
        /// The whole path.
        path: String,
        /// The folder that is there.
        folder: String,
        /// What is not in it.
        name: String,
    },
    /// A version is asked for of none or several documents.
    #[error("a version goes with one document, and {0} are meant")]
    NotOne(usize),
    /// A document has no such version.
    #[error("there is no version {wanted}; there are {}", .known.join(", "))]
    NoVersion {
        /// What was asked for.
        wanted: String,
        /// The versions that there are.
        known: Vec<String>,
    },
    /// More than one command lists.
    #[error("there are more than {MOST} folders and documents; name a folder further down")]
    TooMany,
    /// The server does not answer.
    #[error(transparent)]
    Problem(#[from] Problem),
}

/// A few names, for a message.
fn names(all: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => "no drive".to_owned(),
        found if found > SHOWN => format!("{shown} and {} more", found - SHOWN),
        _ => shown,
    }
}
