//! Compound files (MS-CFB) that are no items of Outlook: Office before 2007, and encrypted Office.

use std::io::Cursor;

use super::fault::Fault;
use super::sheet;
use super::text::Text;

/// The text of an old workbook; everything else says what it is.
pub(super) fn read(bytes: &[u8], out: &mut Text) -> Result<(), Fault> {
    let file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(Fault::damaged)?;
    let has = |stream: &str| file.is_stream(stream);
    if has("/EncryptedPackage") {
        Err(Fault::Encrypted)
    } else if has("/Workbook") || has("/Book") {
        sheet::before_2007(bytes, out)
    } else if has("/WordDocument") {
        Err(Fault::NotSupported("Word document of before 2007"))
    } else if has("/PowerPoint Document") {
        Err(Fault::NotSupported("PowerPoint presentation of before 2007"))
    } else {
        Err(Fault::NotSupported("compound file of another program"))
    }
}
