//! The real binary, real mail, real HTTP against a small fake upstream with faults to order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod acts;
#[cfg(unix)]
mod admin;
mod archive;
mod attachments;
mod command_line;
mod counting;
mod data_files;
mod documents;
mod drives;
mod files;
mod files_acts;
mod folders;
mod gateway;
mod gateway_access;
mod ingest;
mod items;
mod jobs;
mod jobs_http;
#[cfg(unix)]
mod pages;
mod parity;
#[cfg(unix)]
mod private;
mod sources;
mod support;
mod sync;
mod whose_words;
