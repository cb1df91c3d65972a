//! `postern attachment-text`: the worker of whoever indexes, which nobody else starts.

use anyhow::Context as _;
use postern_mail::contents;
use postern_mail::contents::{AttachmentText, Worker};

use crate::exit::Exit;

/// Reads attachments as long as they come in.
pub(crate) fn run() -> anyhow::Result<Exit> {
    contents::work()?;
    Ok(Exit::Done)
}

/// All text, read by this program once more.
pub(crate) fn all() -> anyhow::Result<AttachmentText> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    Ok(AttachmentText::All(Worker { program, arguments: vec!["attachment-text".into()] }))
}
