#![doc = include_str!("../README.md")]

mod archive;
mod book;
mod check;
mod collected;
mod coverage;
mod error;
pub mod export;
pub mod ingest;
mod intake;
mod original;
mod store;

use std::path::{Path, PathBuf};

pub use postern_local_index::Error as IndexError;
pub use postern_local_index::check::{Damage, Pace, Verifier};
pub use postern_local_index::ledger::Occurrence;
pub use postern_local_index::search;
pub use postern_local_index::write::Options as WriteOptions;
pub use postern_mail::contents::AttachmentText;
pub use postern_mail::source::Lost;

pub use archive::Archive;
pub use book::{
    Book, Entry, Listed, Location, MailboxNumber, MailboxStatus, Node, Owner, Status, ToFetch,
    Window,
};
pub use collected::{Collected, InMailbox};
pub use error::{Error, chain};
pub use intake::{Arrived, Intake, IntakeWriter, Settled};
pub use original::Original;

/// The folder of a data folder in which everything lies that was synced.
fn folder(data: &Path) -> PathBuf {
    data.join("sync")
}
