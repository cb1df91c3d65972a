//! Typed client of the DataTap search service.
//!
//! The way of a request: [`SearchRequest`] says what to ask, [`DataTap`] asks within a deadline
//! and retries once, [`Outcome`] says what that meant, [`Found`] reads the hits. Nothing here
//! knows a query language or an index.

mod answer;
mod client;
mod fault;
mod fields;
mod outcome;
mod request;
mod secret;

#[cfg(any(test, feature = "fake"))]
pub mod fake;
#[cfg(test)]
mod tests;

pub use answer::{Found, Hit};
pub use client::{Call, DataTap, Forward, Settings, SetupError, without_hop_by_hop};
pub use fault::Fault;
pub use fields::{IndexField, index_fields};
pub use outcome::{Answer, Outcome};
pub use request::{SearchRequest, Target};
pub use secret::Secret;
