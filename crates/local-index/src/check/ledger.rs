//! The book-keeping of an index: every page of it has a checksum.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{Database, DatabaseError};

use super::{Damage, Pace};
use crate::Error;
use crate::format::folder::Folder;

/// Verifies the ledger, where there is one: a copy of it, because one that a killed run left open is
/// mended by looking at it, and damage has to stay as it is.
pub(super) fn verify(folder: &Folder, pace: Pace<'_>) -> Result<Option<Damage>, Error> {
    let path = folder.ledger();
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut copy = tempfile::tempfile()?;
    let length = io::copy(&mut file, &mut copy)?;
    pace(&path, length);
    // A page that was never written may break its reader off.
    let reason = match catch_unwind(AssertUnwindSafe(|| is_whole(copy))).ok() {
        Some(Ok(true)) => return Ok(None),
        Some(Ok(false)) | None => "a checksum in it is another".to_owned(),
        Some(Err(error)) => error.to_string(),
    };
    Ok(Some(Damage::of(path, reason)))
}

fn is_whole(copy: File) -> Result<bool, DatabaseError> {
    Database::builder().create_file(copy)?.check_integrity()
}
