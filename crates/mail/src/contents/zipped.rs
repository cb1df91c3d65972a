//! Zip: archives, and documents made of zipped parts.

use std::io::{BufReader, Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::archives::{BOMB, Members};
use super::fault::Fault;
use super::text::Text;
use super::{Contents, office};
use crate::parse::zip_names;

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

/// Every file of an archive.
fn files(archive: &mut Archive<'_>, contents: &mut Contents, out: &mut Text) -> Result<(), Fault> {
    let mut members = Members::open(contents, out)?;
    for (number, name) in zip_names::names(archive).into_iter().enumerate() {
        let goes_on = name.ends_with('/')
            || match archive.by_index(number) {
                Ok(mut file) => members.read(&name, Ok(&mut file)),
                Err(error) => members.read(&name, Err(fault(error))),
            };
        if !goes_on {
            break;
        }
    }
    members.close(Ok(()))
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
