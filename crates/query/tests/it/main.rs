//! The languages of the query crate from the outside: what is typed, what it means, what is sent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod back;
mod budget;
mod complete;
mod corpus;
mod datatap;
mod elasticsearch;
mod errors;
mod errors_page;
mod item_search;
mod known;
mod literals;
mod meaning;
mod odata;
mod partition;
mod properties;
mod property_text;
mod random;
mod repair;
mod rewrites;
mod targets_page;

use postern_query::{Context, Errors, Parsed};

/// A Wednesday.
pub(crate) const NOW: &str = "2024-05-22T15:30:00Z";

/// Parses with today fixed.
pub(crate) fn parse(text: &str) -> Result<Parsed, Errors> {
    postern_query::parse(text, &context())
}

pub(crate) fn context() -> Context {
    Context::utc(NOW.parse().unwrap())
}
