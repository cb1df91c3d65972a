//! Answers from what was synced: with the ids, names and kinds that upstream gave.

use postern_archive::{DATATAP, Entry, InMailbox, Node as Folder, Original};
use serde_json::{Value, json};

use super::page::{Page, Sources};
use super::{Here, Node, Nothing};

/// The locations of the tenant.
pub(super) fn locations(here: &Here<'_>) -> Result<Value, Nothing> {
    let all = here.collected.locations(DATATAP)?;
    let each = all.iter().map(|one| json!({"Id": one.id, "Type": one.kind, "Name": one.name}));
    if all.is_empty() { Err(Nothing::NotHere) } else { Ok(each.collect()) }
}

/// The live mailboxes at a location.
pub(super) fn sources(here: &Here<'_>, location: &str, asked: &Sources) -> Result<Value, Nothing> {
    let mut all = here.collected.owners(DATATAP, location)?;
    if all.is_empty() {
        return Err(Nothing::NotHere);
    }
    all.retain(|one| {
        let is_shared =
            one.kind.as_deref().is_some_and(|kind| kind.to_lowercase().contains("shared"));
        let texts = [&one.name, &one.address];
        let is_named =
            texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&asked.name));
        (asked.shared || !is_shared) && (is_named || asked.name.is_empty())
    });
    let (offset, most) = (asked.part.offset as usize, asked.part.looked_at() as usize);
    let shown =
        all.iter().skip(offset).take(most).map(
            |one| json!({"Id": one.id, "Name": one.name, "Email": one.address, "Type": one.kind}),
        );
    Ok(asked.part.page("Sources", shown.collect()))
}

/// A page of a folder; nothing where the mailbox was not synced.
pub(super) fn list(here: &Here<'_>, asked: &Node, page: &Page) -> Result<Option<Value>, Nothing> {
    let Some(mailbox) = mailbox(here, asked)? else { return Ok(None) };
    let (part, node) = (page.part, asked.node.as_str());
    let entries: Option<Vec<Value>> = match page.span {
        None => {
            let found = here.collected.folders(&mailbox, node, part.offset, part.looked_at())?;
            found.map(|found| found.iter().map(folder).collect())
        }
        Some(span) => {
            let found =
                here.collected.messages(&mailbox, node, span, part.offset, part.looked_at())?;
            found.map(|found| found.iter().map(message).collect())
        }
    };
    let entries = entries.ok_or_else(|| Nothing::Refused(super::UpstreamError::not_found()))?;
    Ok(Some(part.page("Items", entries)))
}

/// The bytes of a message; nothing where it was not synced.
pub(super) fn original(here: &Here<'_>, asked: &Node) -> Result<Option<Original>, Nothing> {
    let Some(mailbox) = mailbox(here, asked)? else { return Ok(None) };
    let found = here.collected.download(&mailbox, &asked.node)?;
    Ok(found.map(|reader| Original::Streamed(Box::new(reader))))
}

/// The mailbox, if it was synced and may be seen.
fn mailbox(here: &Here<'_>, asked: &Node) -> Result<Option<InMailbox>, Nothing> {
    let found = here.collected.mailbox(&asked.location, &asked.source)?;
    Ok(found.filter(|found| here.caller.mailboxes.permits(Some(&found.address))))
}

fn folder(folder: &Folder) -> Value {
    json!({
        "ItemId": folder.id,
        "FragmentId": folder.fragment,
        "Name": folder.name,
        "Discriminator": folder.kind,
        "CreatedDate": null,
    })
}

fn message(message: &Entry) -> Value {
    json!({
        "ItemId": message.id,
        "FragmentId": message.fragment,
        "Name": message.name,
        "Discriminator": message.kind,
        "CreatedDate": message.created.map(|at| at.to_string()),
    })
}
