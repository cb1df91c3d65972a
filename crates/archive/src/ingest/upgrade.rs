//! An index of a former format is written again from what is stored in it, and where that does not say all that is to
//! be known, from originals.

use std::io::Read as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use postern_local_index::write::{Options, Rewritten, Upgrade, Writer};
use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::parse_with;
use postern_query::Place;

use super::{Faults, moved};
use crate::sets::Held;
use crate::{Collected, Error};

/// Upgrades of this process wait for one another: a sync that is due needs not fail because the gateway is at it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What an upgrade did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgraded {
    /// Messages and files of the index, none of which is lost.
    pub messages: u64,
    /// Of these, the ones that were read again from their originals.
    pub read_again: u64,
    /// The ones that had to be read again and have no original any more: they are found as before.
    pub incomplete: u64,
}

/// Upgrades the index below a data folder, where that is due. The former one answers until this is done.
///
/// # Errors
///
/// When somebody else writes the index, it cannot be read, or the disk refuses.
pub(crate) fn upgrade(
    data: &Path,
    attachment_text: &AttachmentText,
    options: &Options,
) -> Result<Option<Upgraded>, Error> {
    if !Upgrade::is_due(data)? {
        return Ok(None);
    }
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(upgrade) = Upgrade::begin(data)? else { return Ok(None) };
    let rewritten = upgrade.rewrite(options, &mut |_| {})?;
    let incomplete = read_again(data, &upgrade, &rewritten, attachment_text, options)?;
    upgrade.switch()?;
    let read_again = (rewritten.incomplete.len() as u64).saturating_sub(incomplete);
    Ok(Some(Upgraded { messages: rewritten.messages, read_again, incomplete }))
}

/// Reads again what the former index did not say all of, and says how many could not be read.
fn read_again(
    data: &Path,
    upgrade: &Upgrade,
    rewritten: &Rewritten,
    attachment_text: &AttachmentText,
    options: &Options,
) -> Result<u64, Error> {
    let mut writer = Writer::open(upgrade.folder(), options)?;
    rewritten.incomplete.iter().try_for_each(|id| writer.note_moved(id))?;
    // To read a message without its attachments would take words away.
    if *attachment_text != AttachmentText::Off {
        let mut contents = Contents::new(attachment_text);
        for id in &rewritten.incomplete {
            let kept =
                kept(data, id).map(|bytes| parse_with(&bytes, &Place::NOWHERE, &mut contents));
            let kept = kept.filter(|message| message.id == *id);
            kept.map_or(Ok(()), |message| writer.place_again(&message))?;
        }
        moved::index_again(&mut writer, &mut contents, &mut Faults::default())?;
    }
    let incomplete = writer.give_up(&rewritten.incomplete)?;
    // It is as fresh as the former one was.
    writer.commit(rewritten.as_of.unwrap_or_default())?;
    writer.close()?;
    Ok(incomplete)
}

/// The bytes of a message that lie in the data folder: those that were synced, and those that are held.
fn kept(data: &Path, id: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    match Collected::below(data).original(id) {
        Ok(Some(mut reader)) => reader.read_to_end(&mut bytes).ok().map(|_| bytes),
        Ok(None) | Err(_) => Held::below(data).get(id),
    }
}
