//! Compound files (MS-CFB) that are no items of Outlook: Office before 2007, and encrypted Office.

use std::io::{Cursor, Read as _};

use super::fault::Fault;
use super::text::Text;
use super::{MAX_BYTES, about, sheet, slides, word};

pub(super) type Compound<'b> = cfb::CompoundFile<Cursor<&'b [u8]>>;

/// The text of an old document; everything else says what it is.
pub(super) fn read(bytes: &[u8], out: &mut Text) -> Result<(), Fault> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(Fault::damaged)?;
    out.about = about::of_compound(&mut file);
    let has = |stream: &str| file.is_stream(stream);
    if has("/EncryptedPackage") {
        Err(Fault::Encrypted)
    } else if has("/Workbook") || has("/Book") {
        sheet::before_2007(bytes, out)
    } else if has("/WordDocument") {
        word::read(&mut file, out)
    } else if has("/PowerPoint Document") {
        slides::read(&mut file, out)
    } else {
        Err(Fault::NotSupported("compound file of another program"))
    }
}

/// A stream of the file. However its parts are chained, it is no longer than a file may be.
pub(super) fn stream(file: &mut Compound<'_>, name: &str) -> Result<Vec<u8>, Fault> {
    let (mut bytes, stream) = (Vec::new(), file.open_stream(name).map_err(Fault::damaged)?);
    stream.take(MAX_BYTES as u64).read_to_end(&mut bytes).map_err(Fault::damaged)?;
    Ok(bytes)
}
