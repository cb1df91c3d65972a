#![doc = include_str!("../README.md")]

mod archive;
pub mod backup;
mod book;
mod check;
mod collected;
mod coverage;
mod error;
pub mod export;
mod holding;
pub mod ingest;
mod intake;
mod original;
pub mod report;
mod saved;
mod sent;
mod sets;
mod store;

use std::path::{Path, PathBuf};

pub use postern_local_index::Error as IndexError;
pub use postern_local_index::check::{Damage, Pace, Verifier};
pub use postern_local_index::ledger::{FileNumber, Occurrence, Source, Unreadable as Unread};
pub use postern_local_index::search;
pub use postern_local_index::write::{Options as WriteOptions, Room, SameId};
pub use postern_mail::contents::AttachmentText;
pub use postern_mail::source::{Lost, Unreadable};
pub use postern_mail::{File, id_of};

pub use archive::Archive;
pub use book::{
    After, AtSource, Book, Entry, Holds, Identity, Listed, Location, Mailbox, MailboxNumber,
    MailboxStatus, Moment, Node, NotHere, Owner, Prune, SourceStatus, Status, ToFetch, Versions,
    Walk, Window,
};
pub use collected::{Collected, InMailbox};
pub use coverage::with_synced;
pub use error::{Error, chain};
pub use holding::{Hold, Holder};
pub use ingest::{Destination, Upgraded};
pub use intake::{Arrived, Intake, IntakeWriter, Settled};
pub use original::{Eml, Original};
pub use saved::{Compared, Event, Saved, SavedSearch, Watch};
pub use sent::Sent;
pub use sets::{BadName, FrozenSet, Member, SET_VERBS, SeenSets, Sets, check_name};

/// The source that is named so: the mail that DataTap collected.
pub const DATATAP: &str = "datatap";
/// The source that is named so: backups of Veeam Backup for Microsoft 365.
pub const VEEAM: &str = "veeam";

/// The folder of a data folder in which everything lies that was synced.
fn folder(data: &Path) -> PathBuf {
    data.join("sync")
}
