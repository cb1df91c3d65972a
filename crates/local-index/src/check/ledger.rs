//! The ledger: every row of it has a checksum.

use std::fs;

use super::{Damage, Pace};
use crate::Error;
use crate::format::folder::Folder;
use crate::ledger;

/// Verifies the ledger, where there is one.
pub(super) fn verify(folder: &Folder, pace: Pace<'_>) -> Result<Option<Damage>, Error> {
    let path = folder.ledger();
    let fault = ledger::verify(folder)?;
    pace(&path, fs::metadata(&path).map_or(0, |file| file.len()));
    Ok(fault.map(|fault| Damage::of(path, fault)))
}
