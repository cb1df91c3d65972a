//! The files of the engine and the small ones beside them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use tantivy::HasLen as _;

use super::{Damage, Pace};
use crate::Error;
use crate::format::disk::META;
use crate::format::folder::Folder;
use crate::format::parts;
use crate::format::payload::{Checked, Payload};
use crate::format::signature;
use crate::format::signature::Verdict;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;
/// What the engine puts at the end of a file behind the text of the footer: its length, and a number.
const TAIL: usize = 8;
/// Bytes of a footer, which is a line of JSON.
const LONGEST_FOOTER: u64 = 50_000;

/// Verifies the files of the last commit that were not seen before.
pub(super) fn look(
    folder: &Folder,
    seen: &mut BTreeSet<String>,
    pace: Pace<'_>,
) -> Result<Vec<Damage>, Error> {
    let mut damage = Vec::new();
    let names = match names(folder)? {
        Ok(names) => names,
        Err(found) => return Ok(found.into_iter().collect()),
    };
    for name in names {
        if seen.insert(name.clone()) {
            damage.extend(file(folder, &name, pace)?);
        }
    }
    Ok(damage)
}

/// The names of the files that the last commit is made of; or what is wrong with the file that says so,
/// if anything: there may be no index.
fn names(folder: &Folder) -> Result<Result<BTreeSet<String>, Option<Damage>>, Error> {
    let path = folder.tantivy().join(META);
    let Some(bytes) = read(&path)? else { return Ok(Err(None)) };
    match signature::verify(&folder.signature(), &bytes)? {
        Verdict::Damaged => return Ok(Err(Some(Damage::of(path, "its checksum is another")))),
        Verdict::Whole | Verdict::Unsigned | Verdict::Unreadable => {}
    }
    let index = match tantivy::Index::open_in_dir(folder.tantivy()) {
        Ok(index) => index,
        Err(error) => return Ok(Err(Some(Damage::of(path, error.to_string())))),
    };
    match index.load_metas().map(|meta| parts::of(&meta)) {
        Ok(names) => Ok(Ok(names)),
        Err(error) => Ok(Err(Some(Damage::of(path, error.to_string())))),
    }
}

fn file(folder: &Folder, name: &str, pace: Pace<'_>) -> Result<Option<Damage>, Error> {
    let path = folder.tantivy().join(name);
    let reason = match File::open(&path) {
        Ok(file) => checksum(&path, file, pace)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A writer may have replaced it since its name was read.
            let is_needed = names(folder)?.is_ok_and(|names| names.contains(name));
            is_needed.then(|| "it is missing".to_owned())
        }
        Err(error) => return Err(error.into()),
    };
    Ok(reason.map(|reason| Damage::of(path, reason)))
}

/// What is wrong with a file that ends with its checksum.
fn checksum(path: &Path, mut file: File, pace: Pace<'_>) -> Result<Option<String>, Error> {
    let length = file.metadata()?.len();
    let Some((body, expected)) = footer(&mut file, length)? else {
        return Ok(Some("its end, where the checksum stands, is not what was written".to_owned()));
    };
    file.rewind()?;
    let mut reader = BufReader::with_capacity(PIECE, file.take(body));
    let mut hasher = crc32fast::Hasher::new();
    loop {
        let piece = io::BufRead::fill_buf(&mut reader)?;
        if piece.is_empty() {
            break;
        }
        let read = piece.len();
        hasher.update(piece);
        io::BufRead::consume(&mut reader, read);
        pace(path, read as u64);
    }
    Ok((hasher.finalize() != expected).then(|| "its checksum is another".to_owned()))
}

/// The length of what stands before the footer, and the checksum of that; nothing where there is none.
fn footer(file: &mut File, length: u64) -> io::Result<Option<(u64, u32)>> {
    let most = length.min(LONGEST_FOOTER + TAIL as u64);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(length - most))?;
    file.take(most).read_to_end(&mut end)?;
    let end = tantivy::directory::FileSlice::from(end);
    let Ok((footer, before)) = tantivy::directory::footer::Footer::extract_footer(end) else {
        return Ok(None);
    };
    let behind = most - before.len() as u64;
    Ok(footer.is_compatible().is_ok().then_some((length - behind, footer.crc)))
}

/// Verifies the small files beside those of the engine.
pub(super) fn small(folder: &Folder) -> Result<Vec<Damage>, Error> {
    let mut damage = Vec::new();
    match folder.is_of_this_version() {
        Ok(_) => {}
        Err(Error::Corrupt(reason)) => damage.push(Damage::of(folder.version(), reason)),
        // It waits for its upgrade.
        Err(Error::OtherVersion { .. }) if folder.is_former().unwrap_or_default() => {}
        Err(Error::OtherVersion { found, .. }) => {
            let reason = format!("it names the format {found}, which is that of another version");
            damage.push(Damage::of(folder.version(), reason));
        }
        Err(error) => return Err(error),
    }
    if let Some(bytes) = read(&folder.checked())? {
        let is_whole = std::str::from_utf8(&bytes).ok().and_then(Checked::parse).is_some();
        let reason =
            || Damage::of(folder.checked(), "its checksum is another; nothing depends on it");
        damage.extend((!is_whole).then(reason));
    }
    damage.extend(signed(folder)?);
    Ok(damage)
}

/// Verifies the signature of the file that says what the index is made of, and the note in that file.
fn signed(folder: &Folder) -> Result<Option<Damage>, Error> {
    let Some(bytes) = read(&folder.tantivy().join(META))? else { return Ok(None) };
    if signature::verify(&folder.signature(), &bytes)? == Verdict::Unreadable {
        return Ok(Some(Damage::of(folder.signature(), "its checksum is another")));
    }
    let note = tantivy::Index::open_in_dir(folder.tantivy()).ok().map(|index| Payload::of(&index));
    Ok(match note {
        Some(Err(error)) => Some(Damage::of(folder.tantivy().join(META), error.to_string())),
        Some(Ok(_)) | None => None,
    })
}

/// The bytes of a small file; nothing where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
