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
#[cfg(unix)]
mod audit;
mod backup;
mod cluster;
mod command_line;
mod counting;
mod data_files;
mod doctor;
mod documents;
mod drives;
mod files;
mod files_acts;
mod files_search;
mod folders;
mod gateway;
mod gateway_access;
mod ingest;
mod init;
mod items;
mod jobs;
mod jobs_http;
mod keys;
mod load_file;
mod matches;
#[cfg(unix)]
mod mcp;
mod packages;
#[cfg(unix)]
mod pages;
mod parity;
mod printed;
#[cfg(unix)]
mod private;
mod reports;
#[cfg(unix)]
mod resumed;
mod rows;
mod sets;
mod sources;
mod support;
mod sync;
mod tls;
mod upgrade;
mod watch;
mod whose_words;
