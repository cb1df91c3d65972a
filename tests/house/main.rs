//! How the source is laid out, held by tests: which crate may use which, no loop of imports between
//! folders, no public type name that stands twice in one crate.
//!
//! Each rule is tried on a small made-up crate first, so that a rule that finds nothing is noticed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod layers;
mod loops;
mod names;
mod paths;
mod scan;
mod source;
mod wheel;
