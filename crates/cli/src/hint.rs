//! What to do about an error of a library, in the flags of the command line.

use postern_archive::{Error as Stored, IndexError};
use postern_audit::AuditError;
use postern_sync::Error as Sync;

/// What to type or check, where that helps.
pub(crate) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    error.chain().find_map(|cause| {
        let stored = || cause.downcast_ref().and_then(of_stored);
        let index = || cause.downcast_ref().and_then(of_index);
        let audited = || cause.downcast_ref().and_then(of_audit);
        cause.downcast_ref().and_then(of_sync).or_else(stored).or_else(index).or_else(audited)
    })
}

fn of_sync(error: &Sync) -> Option<&'static str> {
    match error {
        Sync::BadKey { what, .. } if what.contains("key") => Some(
            "give a valid one with --key-file or POSTERN_KEY and run the same again; what is done is kept",
        ),
        Sync::BadKey { .. } => Some("mend that and run the same again; what is done is kept"),
        Sync::NoTenant { .. } => Some("check --tenant and the key"),
        Sync::NoMailbox(_) => Some("check its address, or leave --mailbox out to sync all"),
        Sync::Away { .. } => Some("run the same again later; what is done is kept"),
        Sync::Archive(error) => of_stored(error),
        Sync::NothingCollected | Sync::Defect(_) => None,
    }
}

const fn of_audit(error: &AuditError) -> Option<&'static str> {
    match error {
        AuditError::NoSpace { .. } => {
            Some("make some space and run the same again; what is done is kept")
        }
        AuditError::Io { .. }
        | AuditError::NoKey(_)
        | AuditError::KeyGone(_)
        | AuditError::OtherKey(_)
        | AuditError::TooLong { .. }
        | AuditError::Closed => None,
    }
}

const fn of_stored(error: &Stored) -> Option<&'static str> {
    match error {
        Stored::Busy(_) => Some("wait until it is done"),
        Stored::OtherTenant { .. } => Some("give another folder with --data DIR"),
        Stored::LaterVersion { .. } | Stored::LaterSaved { .. } | Stored::LaterSets { .. } => {
            Some("use the later version")
        }
        Stored::NoSpace { .. } | Stored::NoSpaceForBook(_) => {
            Some("make some space and run the same again; what is done is kept")
        }
        Stored::Index(error) => of_index(error),
        Stored::Io { .. }
        | Stored::Book(_)
        | Stored::Saved(_)
        | Stored::Elsewhere(_)
        | Stored::Sets(_)
        | Stored::Lost(_) => None,
    }
}

const fn of_index(error: &IndexError) -> Option<&'static str> {
    match error {
        IndexError::Missing(_) => Some("make one with `postern index PATH`"),
        IndexError::OtherVersion { .. } | IndexError::Corrupt(_) => Some(
            "make it anew with `postern index --rebuild PATH`, or `postern sync --rebuild` of what was synced",
        ),
        IndexError::Upgrading { .. } => Some(
            "`postern index PATH`, `postern sync` or `postern serve` upgrades it from what is stored",
        ),
        IndexError::Busy(_) => Some("wait until it is done"),
        IndexError::NoSpace(_) => {
            Some("make some space and run the same again; what is done is kept")
        }
        IndexError::TooManyPatterns { .. }
        | IndexError::TooCostly { .. }
        | IndexError::Stopped
        | IndexError::Elsewhere(_)
        | IndexError::CannotSay(_)
        | IndexError::BadId { .. }
        | IndexError::Io(_)
        | IndexError::Tantivy(_)
        | IndexError::Ledger(_) => None,
    }
}
