//! Messages to a tantivy index to hits.
//!
//! [`write`](mod@write) puts messages into an index and notes in a ledger which file each came from;
//! [`search`] finds them again; [`check`] verifies the files of an index. How an index lies on disk is
//! said in one place, which both sides use.

pub mod check;
pub mod database;
mod error;
mod format;
pub mod ledger;
pub mod search;
pub mod write;

#[cfg(test)]
mod testing;

pub use error::Error;
