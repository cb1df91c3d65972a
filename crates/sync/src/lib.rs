#![doc = include_str!("../README.md")]

mod collection;
mod datatap;
mod error;
mod run;
mod veeam;
mod window;

#[cfg(test)]
mod tests;

pub use collection::{Asking, Collection, Failure, FailureKind, Page, Shown, Site};
pub use error::Error;
pub use run::{Failed, Progress, Summary, SyncOptions, run};
pub use veeam::{Backups, file_of};
