//! `postern attachment-text`: the worker of `postern index`, which nobody else starts.

use postern_local_index::mail::contents;

use crate::exit::Exit;

/// Reads attachments as long as they come in.
pub(crate) fn run() -> anyhow::Result<Exit> {
    contents::work()?;
    Ok(Exit::Done)
}
