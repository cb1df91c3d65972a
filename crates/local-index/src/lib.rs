//! Mail bytes to messages to a tantivy index to hits.
//!
//! The way of the data: [`source`] finds messages in files, [`mail`] reads one message,
//! [`index`] stores it, [`search`] finds it again. [`ingest`] runs the first three over a folder.

pub mod check;
mod guard;
pub mod index;
pub mod ingest;
pub mod mail;
pub mod search;
pub mod source;
