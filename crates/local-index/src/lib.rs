//! Mail bytes to messages to a tantivy index to hits.
//!
//! The way of the data: [`source`] finds messages in files, [`mail`] reads one message,
//! [`index`] stores it, [`search`] finds it again.

pub mod index;
pub mod mail;
pub mod search;
pub mod source;
