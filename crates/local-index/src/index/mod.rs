//! Message to index: schema, writer, book-keeping.
//!
//! [`Writer`] is the only door. Behind it a message becomes a document of the search engine, and a
//! ledger remembers which file it came from.

pub(crate) mod analyser;
mod changes;
pub(crate) mod disk;
mod document;
mod engine;
pub(crate) mod folder;
mod held;
pub(crate) mod ledger;
mod payload;
mod proposal;
mod record;
mod replay;
pub(crate) mod schema;
pub(crate) mod signature;
mod source;
pub(crate) mod stored;
pub(crate) mod tables;
pub(crate) mod terms;
mod wire;
mod writer;

#[cfg(test)]
mod full_disk;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use engine::Room;
pub(crate) use payload::{Checked, Payload};

pub use source::{Origin, Source, Unreadable};
pub use writer::{Added, LONGEST_ID, Options, SameId, Writer};
