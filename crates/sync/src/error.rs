//! What can end a run.

use crate::collection::Failure;

/// Why a run ended early. What was done until then is kept, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source refuses who asks.
    #[error("{what}")]
    BadKey {
        /// What that means.
        what: &'static str,
        /// What the source said.
        source: Failure,
    },
    /// The source knows no such tenant, or shows it to other keys only.
    #[error("there is no tenant {tenant} for this key")]
    NoTenant {
        /// Its id.
        tenant: String,
        /// What the source said.
        source: Failure,
    },
    /// There is no location that keeps collections.
    #[error("the tenant has no location of collected mail, so nothing was collected yet")]
    NothingCollected,
    /// A mailbox that was asked for is not there.
    #[error("there is no collected mailbox `{0}`")]
    NoMailbox(String),
    /// The source fails and keeps failing.
    #[error("{what}")]
    Away {
        /// What was asked.
        what: String,
        /// The last of the failures.
        source: Failure,
    },
    /// The archive cannot be written.
    #[error(transparent)]
    Archive(#[from] postern_archive::Error),
    /// A task of the run ended in a way it never should.
    #[error("a part of the sync broke off; this is a defect of postern")]
    Defect(#[source] tokio::task::JoinError),
}
