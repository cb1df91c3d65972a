//! Collected mail of a source into a store and the local index, until both sides agree.
//!
//! The way of the data: [`run()`] walks locations, mailboxes, folders and windows of time, and notes in
//! a book what is there; what is not here yet is downloaded into the [`Store`] of originals and
//! indexed. [`Collected`] reads book and store for those who answer in the place of the service.

mod book;
mod check;
mod collected;
mod collection;
mod datatap;
mod error;
mod run;
mod store;
mod window;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use book::{Entry, Location, MailboxStatus, Node, Owner, Status, Window};
pub use check::check;
pub use collected::{Collected, InMailbox};
pub use collection::{Asking, Collection, Failure, FailureKind, Mailbox, Page, Site};
pub use error::Error;
pub use run::{Failed, Progress, Summary, SyncOptions, run};
pub use store::Store;

/// The folder of a data folder in which all of this lies.
fn folder(data: &Path) -> PathBuf {
    data.join("sync")
}
