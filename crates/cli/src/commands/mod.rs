//! One file for each command.

pub(crate) mod act;
pub(crate) mod admin;
pub(crate) mod attachment_text;
pub(crate) mod batch;
pub(crate) mod check;
pub(crate) mod collect;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod count;
pub(crate) mod export;
pub(crate) mod files;
pub(crate) mod found;
pub(crate) mod index;
pub(crate) mod jobs;
pub(crate) mod remote;
pub(crate) mod restore;
pub(crate) mod retrieve;
pub(crate) mod search;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod sources;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod translate;
