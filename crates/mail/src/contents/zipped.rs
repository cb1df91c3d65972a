//! Zip: archives, and documents made of zipped parts.

use std::io::{BufReader, Cursor, Read as _};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::fault::Fault;
use super::text::Text;
use super::{Attached, Contents, MAX_BYTES, MAX_DEPTH, office};
use crate::zip_names;

/// Files of an archive that are read.
const MAX_FILES: usize = 10_000;

const BOMB: Fault = Fault::TooLarge("it unpacks to more than 256 MiB");

pub(super) type Archive<'b> = ZipArchive<Cursor<&'b [u8]>>;

/// The text of a document, or of every file of an archive.
pub(super) fn read(bytes: &[u8], contents: &mut Contents, out: &mut Text) -> Result<(), Fault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(fault)?;
    let budget = &mut contents.unpacked_left;
    match office::format(&archive) {
        // What says so itself needs no try.
        Some(_) if archive.decompressed_size() > Some((*budget).into()) => Err(BOMB),
        Some(format) => office::read(format, bytes, &mut archive, budget, out),
        None => files(&mut archive, contents, out),
    }
}

/// Every file of an archive; what is wrong with one is told, and the others are read.
fn files(archive: &mut Archive<'_>, contents: &mut Contents, out: &mut Text) -> Result<(), Fault> {
    if contents.depth >= MAX_DEPTH {
        return Err(Fault::TooLarge("too many archives in one another"));
    }
    contents.depth += 1;
    let mut first = None;
    for (number, name) in zip_names::names(archive).into_iter().take(MAX_FILES).enumerate() {
        if out.is_cut() || contents.unpacked_left == 0 {
            break;
        }
        if name.ends_with('/') {
            continue;
        }
        out.push(&name);
        out.push("\n");
        let outcome = unpacked(archive.by_index(number), &mut contents.unpacked_left)
            .and_then(|bytes| contents.read_into(&attached(&bytes, &name), out));
        out.push("\n");
        if let Err(fault) = outcome {
            first.get_or_insert_with(|| Fault::Inside(format!("{name}: {fault}")));
        }
    }
    contents.depth -= 1;
    let rest = (archive.len() > MAX_FILES).then_some(Fault::TooLarge("more than 10,000 files"));
    first.or(rest).map_or(Ok(()), Err)
}

fn attached<'b>(bytes: &'b [u8], name: &'b str) -> Attached<'b> {
    Attached { bytes, name, ..Attached::default() }
}

/// The bytes of a file, which must be neither too many by themselves nor with all others.
fn unpacked(
    file: Result<ZipFile<'_, Cursor<&[u8]>>, ZipError>,
    budget: &mut u64,
) -> Result<Vec<u8>, Fault> {
    let most = (MAX_BYTES as u64).min(*budget) + 1;
    let mut bytes = Vec::new();
    file.map_err(fault)?.take(most).read_to_end(&mut bytes).map_err(Fault::damaged)?;
    let length = bytes.len() as u64;
    *budget = budget.saturating_sub(length);
    match bytes.len() {
        _ if *budget == 0 => Err(BOMB),
        length if length > MAX_BYTES => Err(Fault::TooLarge("more than 64 MiB")),
        _ => Ok(bytes),
    }
}

/// Hands over a part of a document as far as the budget goes.
pub(super) fn part(
    archive: &mut Archive<'_>,
    name: &str,
    budget: &mut u64,
    read: impl FnOnce(&mut dyn std::io::BufRead) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let file = archive.by_name(name).map_err(fault)?;
    let whole = *budget;
    let mut metered = file.take(whole);
    let outcome = read(&mut BufReader::new(&mut metered));
    *budget = metered.limit();
    if *budget == 0 { Err(BOMB) } else { outcome }
}

/// What is wrong with an archive or a file in it.
fn fault(error: ZipError) -> Fault {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Fault::Encrypted
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Fault::NotSupported("the way the zip is packed")
        }
        error => Fault::damaged(error),
    }
}
