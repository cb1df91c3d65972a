//! What can end a run.

use crate::collection::Failure;

/// Why a run ended early. What was done until then is kept, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source refuses the key.
    #[error(
        "the key was refused (status 401), so it is wrong or was revoked; give one that is valid \
         with --key-file or POSTERN_KEY and run the same again, what is done is kept"
    )]
    BadKey,
    /// The source knows no such tenant, or shows it to other keys only.
    #[error("there is no tenant {0} for this key (status 404); check --tenant and the key")]
    NoTenant(String),
    /// There is no location that keeps collections.
    #[error("the tenant has no location of the type BLOB, so nothing was collected yet")]
    NothingCollected,
    /// A mailbox that was asked for is not there.
    #[error(
        "there is no collected mailbox `{0}`; leave --mailbox out to sync all, or check its address"
    )]
    NoMailbox(String),
    /// The source fails and keeps failing.
    #[error("{what}: {failure}; run the same again later, what is done is kept")]
    Away {
        /// What was asked.
        what: String,
        /// The last of the failures.
        failure: Failure,
    },
    /// The archive cannot be written.
    #[error(transparent)]
    Archive(#[from] postern_archive::Error),
    /// A task of the run ended in a way it never should.
    #[error("a part of the sync broke off: {0}; this is a defect of postern")]
    Defect(String),
}
