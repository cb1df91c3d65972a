//! A typed client of Veeam Backup for Microsoft 365, API v4 to v8 (v2 for OneDrive documents only).
//!
//! A [`Veeam`] logs on, finds out which version the server speaks, and asks for what lies outside of
//! restore sessions. [`Sessions`] opens restore sessions and stops them again; through a [`Session`]
//! backed-up mail and documents are listed, searched, saved and acted on.
//!
//! Where versions differ, this client writes what the version knows, and says [`Problem::NotInVersion`]
//! where it knows nothing of the kind.

mod account;
mod ask;
mod client;
mod clock;
mod credentials;
mod device;
mod documents;
mod download;
mod drive;
mod explore;
mod export;
mod journal;
mod leftovers;
mod mail;
mod organization;
mod owner;
mod page;
mod points;
mod pool;
mod problem;
mod put_documents;
mod restore;
mod retrieval;
mod send;
mod session;
mod slot;
mod token;
mod verb;
mod wire;

#[cfg(any(test, feature = "fake"))]
pub mod fake;
#[cfg(test)]
mod tests;

pub use account::{Account, Version};
pub use client::Veeam;
pub use credentials::Credentials;
pub use device::{DeviceCode, DeviceSignIn};
pub use documents::Documents;
pub use download::Download;
pub use drive::{Document, Drive, DriveFolder, DriveScope};
pub use export::{Chosen, PstOptions};
pub use mail::{Entry, Folder, Mailbox, Under};
pub use organization::Organization;
pub use owner::Owners;
pub use page::{MOST_LISTED, Paged, Paging};
pub use points::RestorePoint;
pub use pool::Sessions;
pub use problem::Problem;
pub use put_documents::{CopyDocuments, Existing, LastVersion, RestoreDocuments, Versions};
pub use restore::Restored;
pub use retrieval::{
    AzureSpeed, GlacierSpeed, NewRetrieval, Retrieval, RetrievalChange, RetrievalLine,
    RetrievalSession, Retrieved, RetrievedObject,
};
pub use send::{Letter, MailSettings};
pub use session::{Kind, Scope, Session};

pub use crate::{SetupError, Trust};
