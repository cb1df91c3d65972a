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

use std::collections::BTreeSet;
use std::sync::Arc;

use postern_query::{Context, Errors, NamedSets, Parsed};

/// A Wednesday.
pub(crate) const NOW: &str = "2024-05-22T15:30:00Z";

/// Parses with today fixed.
pub(crate) fn parse(text: &str) -> Result<Parsed, Errors> {
    postern_query::parse(text, &context())
}

pub(crate) fn context() -> Context {
    Context { sets: Some(Arc::new(Sets)), ..Context::utc(NOW.parse().unwrap()) }
}

/// A frozen set of two messages, and one of very many.
#[derive(Debug)]
struct Sets;

impl NamedSets for Sets {
    fn ids(&self, name: &str) -> Option<Arc<BTreeSet<String>>> {
        let count = match name {
            "lease-2024" => 2,
            "large" => 10_000,
            _ => return None,
        };
        Some(Arc::new((0..count).map(|number| format!("m{number}")).collect()))
    }

    fn names(&self) -> Vec<String> {
        vec!["large".to_owned(), "lease-2024".to_owned()]
    }
}
