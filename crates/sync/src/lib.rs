//! Collected mail of a source into an archive, until both agree.
//!
//! [`run()`] walks the locations, mailboxes, folders and windows of time of a [`Collection`], and notes
//! in the books of the [`Archive`](postern_archive::Archive) what is there; what is not here yet is
//! downloaded and taken in. Everything that is stored goes through the archive, and everything that a
//! source is asked goes through the trait: DataTap is its first implementation.

mod collection;
mod datatap;
mod error;
mod run;
mod window;

#[cfg(test)]
mod tests;

pub use collection::{Asking, Collection, Failure, FailureKind, Mailbox, Page, Site};
pub use error::Error;
pub use run::{Failed, Progress, Summary, SyncOptions, run};
