//! Messages into the index.
//!
//! [`Writer`] is the only door. Behind it a message becomes a document of tantivy, and the ledger
//! remembers which file it came from.

mod document;
mod engine;
mod upgrade;
mod writer;

#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod tests;

pub use engine::Room;
pub use upgrade::{Rewritten, Upgrade};
pub use writer::{Added, FEW_PLACES, Known, LONGEST_ID, Options, SameId, Writer};
