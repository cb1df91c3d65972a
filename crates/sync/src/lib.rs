//! Collected mail from DataTap into a store and the local index, until both sides agree.
//!
//! The way of the data: [`run()`] walks locations, mailboxes, folders and windows of time, and notes in
//! a book what is there; what is not here yet is downloaded into the [`Store`] of originals and
//! indexed. [`Collected`] reads book and store for those who answer in the place of the service.

mod book;
mod check;
mod collected;
mod error;
mod run;
mod store;
mod window;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use book::{MailboxStatus, Status};
pub use check::check;
pub use collected::{Collected, CollectedFolder, CollectedMessage, InMailbox};
pub use error::Error;
pub use run::{Failed, Progress, Request, Summary, run};
pub use store::Store;

/// The folder of a data folder in which all of this lies.
fn folder(data: &Path) -> PathBuf {
    data.join("sync")
}
