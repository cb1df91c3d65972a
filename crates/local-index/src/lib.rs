#![doc = include_str!("../README.md")]

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
