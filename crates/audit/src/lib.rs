#![doc = include_str!("../README.md")]

mod append;
mod canonical;
mod chain;
mod entry;
mod error;
mod files;
mod head;
mod key;
mod log;
mod look;
mod note;
mod read;
mod shared;
mod syncing;
mod tail;
#[cfg(test)]
mod tests;
mod verify;
mod witness;
mod writing;

pub use canonical::canonical;
pub use entry::{Entry, What};
pub use error::AuditError;
pub use files::folder;
pub use head::{Digest, Head, digest};
pub use key::key_file;
pub use log::{Log, Settings};
pub use look::{End, look};
pub use note::{Signer, Verifier};
pub use read::{Filter, each, newest};
pub use shared::Warn;
pub use verify::{Fault, Verified, Vouched, Why, verify};
pub use witness::{Witness, last_kept};
