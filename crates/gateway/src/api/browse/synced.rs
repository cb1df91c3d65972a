//! Answers from what was synced: with the ids, names and kinds that upstream gave.

use postern_archive::{DATATAP, Entry, File, InMailbox, Node as Folder, Original};
use serde_json::{Value, json};

use super::page::{Kind, Page, Part, Sources};
use super::{Here, Node, Nothing, UpstreamError};

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
    let (offset, most) = (asked.part.offset()?, asked.part.looked_at() as usize);
    let shown =
        all.iter().skip(offset as usize).take(most).map(
            |one| json!({"Id": one.id, "Name": one.name, "Email": one.address, "Type": one.kind}),
        );
    Ok(asked.part.page("Sources", offset, shown.collect()))
}

/// A page of a folder; nothing where the mailbox or drive was not synced.
pub(super) fn list(here: &Here<'_>, asked: &Node, page: &Page) -> Result<Option<Value>, Nothing> {
    let (part, node) = (&page.part, asked.node.as_str());
    let entries: Option<Vec<Value>> = match page.kind {
        Kind::Folders => {
            let Some(mailbox) = mailbox(here, asked)? else { return Ok(None) };
            let found = here.collected.folders(&mailbox, node, part.offset()?, part.looked_at())?;
            found.map(|found| found.iter().map(folder).collect())
        }
        Kind::Messages(span) => {
            let Some(mailbox) = mailbox(here, asked)? else { return Ok(None) };
            let (after, most) = (part.after()?, part.looked_at());
            let found = here.collected.messages(&mailbox, node, span, after, most)?;
            let found = found.ok_or_else(|| Nothing::Refused(UpstreamError::not_found()))?;
            let shown = found.iter().map(message).collect();
            return Ok(Some(part.page_of_messages(&found, shown)));
        }
        Kind::InDrive { folders, files } => {
            let Some(drive) = drive(here, asked)? else { return Ok(None) };
            in_drive(here, &drive, node, part, (folders, files))?
        }
    };
    let entries = entries.ok_or_else(|| Nothing::Refused(UpstreamError::not_found()))?;
    Ok(Some(part.page("Items", part.offset()?, entries)))
}

/// The folders in a folder of a drive, then its files, as far as they are asked for.
fn in_drive(
    here: &Here<'_>,
    drive: &InMailbox,
    node: &str,
    part: &Part,
    (folders, files): (bool, bool),
) -> Result<Option<Vec<Value>>, Nothing> {
    let path = here.collected.path(drive, node)?;
    let (mut shown, most) = (Vec::new(), part.looked_at());
    let mut offset = part.offset()?;
    if folders {
        let found = here.collected.folders(drive, node, offset, most)?;
        let Some(found) = found else { return Ok(None) };
        shown.extend(found.iter().map(drive_folder));
        offset = offset.saturating_sub(here.collected.folder_count(drive, node)?);
    }
    let left = most.saturating_sub(u32::try_from(shown.len()).unwrap_or(most));
    if files && left > 0 {
        let found = here.collected.files(drive, node, offset, left)?;
        let Some(found) = found else { return Ok(None) };
        shown.extend(found.iter().map(|one| file(one, &path)));
    }
    Ok(Some(shown))
}

/// The bytes of a message; nothing where it was not synced. There are none of a file.
pub(super) fn original(here: &Here<'_>, asked: &Node) -> Result<Option<Original>, Nothing> {
    if let Some(drive) = drive(here, asked)?
        && here.collected.has_item(&drive, &asked.node)?
    {
        let why = "only e-mails can be downloaded; a file of a drive comes back by a restore";
        return Err(Nothing::Refused(UpstreamError::new(400, "InvalidRequestParameter", why)));
    }
    let Some(mailbox) = mailbox(here, asked)? else { return Ok(None) };
    let found = here.collected.download(&mailbox, &asked.node)?;
    Ok(found.map(|reader| Original::Streamed(Box::new(reader))))
}

/// The mailbox, if it was synced and may be seen.
fn mailbox(here: &Here<'_>, asked: &Node) -> Result<Option<InMailbox>, Nothing> {
    let found = here.collected.mailbox(&asked.location, &asked.source)?;
    Ok(found.filter(|found| here.caller.mailboxes.permits(Some(&found.address))))
}

/// The drive, if it was synced and may be seen.
fn drive(here: &Here<'_>, asked: &Node) -> Result<Option<InMailbox>, Nothing> {
    let found = here.collected.drive(&asked.location, &asked.source)?;
    Ok(found.filter(|found| here.caller.mailboxes.permits(Some(&found.address))))
}

/// Sizes and dates of folders are not kept.
fn drive_folder(folder: &Folder) -> Value {
    json!({
        "ItemId": folder.id,
        "FragmentId": folder.fragment,
        "Name": folder.name,
        "ReadablePath": format!("/{}", folder.path),
        "Discriminator": folder.kind,
        "Size": null,
        "CreatedDate": null,
        "ModifiedDate": null,
    })
}

fn file(entry: &Entry, folder: &str) -> Value {
    let file = entry.listed.as_deref().and_then(|line| File::from_line(line).ok());
    let file = file.unwrap_or_default();
    let name = entry.name.as_deref().unwrap_or_default();
    let slash = if folder.is_empty() { "" } else { "/" };
    json!({
        "ItemId": entry.id,
        "FragmentId": entry.fragment,
        "Name": name,
        "ReadablePath": format!("/{folder}{slash}{name}"),
        "Discriminator": entry.kind,
        "Size": file.size,
        "CreatedDate": file.created.map(|at| at.to_string()),
        "ModifiedDate": file.modified.map(|at| at.to_string()),
    })
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
