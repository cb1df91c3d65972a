//! `postern status`.

use postern_local_index::search::{Coverage, Index};
use serde_json::json;

use crate::args::{Common, Status, TextOrJson};
use crate::exit::Exit;
use crate::{data, output, terminal};

/// Says what is indexed, and how fresh it is.
pub(crate) fn run(common: &Common, arguments: &Status) -> anyhow::Result<Exit> {
    let coverage = Index::open(&data::folder(common)?)?.coverage();
    match arguments.format {
        TextOrJson::Json => output::line(json(&coverage))?,
        TextOrJson::Text => text(&coverage)?,
    }
    Ok(Exit::Done)
}

fn text(coverage: &Coverage) -> anyhow::Result<()> {
    let as_of = coverage.as_of.map(|date| date.to_string()).unwrap_or_default();
    output::line(format!(
        "{} of {} known messages, as of {as_of}",
        coverage.indexed, coverage.known
    ))?;
    if coverage.without_attachment_text {
        output::line(
            "attachments were not looked into for all of them; `postern index --rebuild` does so",
        )?;
    }
    for mailbox in &coverage.mailboxes {
        let newest =
            mailbox.newest.map(|date| date.to_string()).unwrap_or_else(|| "no date".to_owned());
        output::line(format!(
            "{:>9}  {}  newest {newest}",
            mailbox.indexed,
            terminal::safe(&mailbox.name)
        ))?;
    }
    Ok(())
}

fn json(coverage: &Coverage) -> serde_json::Value {
    let mailboxes = coverage.mailboxes.iter().map(|mailbox| {
        json!({"name": mailbox.name, "indexed": mailbox.indexed, "newest": mailbox.newest.map(|date| date.to_string())})
    });
    json!({
        "indexed": coverage.indexed,
        "known": coverage.known,
        "asOf": coverage.as_of.map(|date| date.to_string()),
        "withoutAttachmentText": coverage.without_attachment_text,
        "mailboxes": mailboxes.collect::<Vec<_>>(),
    })
}
