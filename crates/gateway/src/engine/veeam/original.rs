//! Items that are not here, by the ids that were given out for them.

use postern_query::Place;
use postern_upstream::Fault;
use postern_upstream::veeam::{Document, Documents, Drive, Problem};

use super::directory::Known;
use super::id::ItemId;
use super::outcome::Stop;
use super::part::{Opened, Part};
use super::{Veeam, hit};
use crate::access::Mailboxes;
use crate::engine::{Filed, Saved};

/// Bytes of a document that is fetched.
const MOST_DOCUMENT: usize = 256 << 20;

/// An item of mail as it is saved, and the mailbox that it lies in; `None` where the caller may see no such item.
pub(super) async fn saved(
    veeam: &Veeam,
    item: &ItemId,
    permitted: &Mailboxes,
) -> Result<Saved, Stop> {
    let opened = veeam.open(Part::Mail).await?;
    let Some(mailbox) = seen(&opened, item, permitted) else { return Ok(None) };
    let Some(bytes) = there(opened.session.save(&item.holder, &item.item).await)? else {
        return Ok(None);
    };
    Ok(Some((bytes.to_vec(), place(veeam, mailbox, item))))
}

/// A document, and its bytes where they are wanted; `None` where the caller may see no such document.
pub(super) async fn file(
    veeam: &Veeam,
    item: &ItemId,
    permitted: &Mailboxes,
    whole: bool,
) -> Result<Filed, Stop> {
    let opened = veeam.open(Part::Files).await?;
    let Some(drive) = seen(&opened, item, permitted) else { return Ok(None) };
    let Some(document) = there(opened.session.document(&drive.id, &item.item).await)? else {
        return Ok(None);
    };
    let bytes = if whole { content(&opened, drive, &document).await? } else { Vec::new() };
    let folder = match &document.parent {
        Some(folder) => veeam.folders(&opened, drive).await?.get(folder).cloned(),
        None => None,
    };
    let file = hit::file(document, Place { folder, ..place(veeam, drive, item) });
    Ok(Some((postern_query::Message { id: item.to_string(), ..hit::listed(&file) }, bytes)))
}

async fn content(opened: &Opened, drive: &Known, document: &Document) -> Result<Vec<u8>, Stop> {
    let (drive, one) = (Drive::by_id(&drive.id), Documents::One(document.clone()));
    let download = opened.session.save_documents(&drive, &one, Some(false)).await?;
    Ok(download.whole(MOST_DOCUMENT).await?)
}

/// The mailbox or drive of an item, if the caller may see it.
fn seen<'a>(opened: &'a Opened, item: &ItemId, permitted: &Mailboxes) -> Option<&'a Known> {
    opened.holder(&item.holder).filter(|one| permitted.permits(one.name()))
}

/// Of an id that nobody gave out a server says that it is none.
fn there<T>(answer: Result<T, Problem>) -> Result<Option<T>, Stop> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(
            Problem::NotFound { .. }
            | Problem::Invalid(_)
            | Problem::Refused { status: 400, .. }
            | Problem::Failed(Fault::Astray),
        ) => Ok(None),
        Err(problem) => Err(problem.into()),
    }
}

fn place(veeam: &Veeam, of: &Known, item: &ItemId) -> Place {
    Place {
        mailbox: of.name().map(str::to_owned),
        source: Some(veeam.source().to_owned()),
        item_id: Some(item.item.clone()),
        ..Place::NOWHERE
    }
}
