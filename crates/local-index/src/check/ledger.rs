//! The ledger: every row of it has a checksum.

use std::fs;

use super::{Damage, Pace};
use crate::Error;
use crate::format::folder::Folder;
use crate::format::payload::Payload;
use crate::ledger;

/// Verifies the ledger, where there is one.
pub(super) fn verify(folder: &Folder, pace: Pace<'_>) -> Result<Option<Damage>, Error> {
    let path = folder.ledger();
    let index = folder.open().ok();
    let committed = index.and_then(|index| Payload::of(&index).ok()).map(|last| last.sequence);
    let fault = ledger::verify(folder, committed)?;
    pace(&path, fs::metadata(&path).map_or(0, |file| file.len()));
    Ok(fault.map(|fault| Damage::of(path, fault)))
}
