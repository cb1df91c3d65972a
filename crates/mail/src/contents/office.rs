//! Documents made of zipped parts: Office Open XML (ECMA-376) and OpenDocument (ISO 26300).

use std::borrow::Cow;

use super::fault::Fault;
use super::text::Text;
use super::xml::{self, OFFICE, OPEN};
use super::zipped::{Archive, part};
use super::{about, sheet};

/// The formats, by the parts that only they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Word, PowerPoint: text in XML.
    Office,
    /// Excel.
    Workbook,
    /// Excel, in records of its own.
    BinaryWorkbook,
    OpenDocument,
    /// Another kind of zipped parts, such as a program in Java.
    Other,
}

const FORMATS: [(&str, Format); 7] = [
    ("xl/workbook.xml", Format::Workbook),
    ("xl/workbook.bin", Format::BinaryWorkbook),
    ("word/document.xml", Format::Office),
    ("ppt/presentation.xml", Format::Office),
    ("content.xml", Format::OpenDocument),
    ("[Content_Types].xml", Format::Other),
    ("META-INF/MANIFEST.MF", Format::Other),
];

/// The format of a document; nothing for a mere archive.
pub(super) fn format(archive: &Archive<'_>) -> Option<Format> {
    let has = |(name, _): &&(&str, _)| archive.index_for_name(name).is_some();
    FORMATS.iter().find(has).map(|(_, format)| *format)
}

/// The text of a document.
pub(super) fn read(
    format: Format,
    bytes: &[u8],
    archive: &mut Archive<'_>,
    budget: &mut u64,
    out: &mut Text,
) -> Result<(), Fault> {
    about(format, archive, budget, out);
    match format {
        Format::Workbook => sheet::xml(bytes, out)?,
        Format::BinaryWorkbook => sheet::binary(bytes, out)?,
        Format::OpenDocument => return open_document(archive, budget, out),
        Format::Other => return Err(Fault::NotSupported("zipped parts of another program")),
        Format::Office => {}
    }
    parts(archive, budget, out)
}

/// Title and author, from the part that describes the document.
fn about(format: Format, archive: &mut Archive<'_>, budget: &mut u64, out: &mut Text) {
    let name = if format == Format::OpenDocument { "meta.xml" } else { "docProps/core.xml" };
    if archive.index_for_name(name).is_none() {
        return;
    }
    let read = part(archive, name, budget, |xml| {
        out.about = about::of_xml(xml);
        Ok(())
    });
    // A document that cannot be described is read all the same.
    read.unwrap_or_default();
}

/// Where Office keeps what people wrote, beside the cells.
const WRITTEN: [&str; 11] = [
    "word/document",
    "word/header",
    "word/footer",
    "word/footnotes",
    "word/endnotes",
    "word/comments",
    "ppt/slides/",
    "ppt/notesSlides/",
    "ppt/comments/",
    "xl/comments",
    "xl/drawings/",
];

fn parts(archive: &mut Archive<'_>, budget: &mut u64, out: &mut Text) -> Result<(), Fault> {
    let is_written = |name: &String| {
        let is_part = WRITTEN.iter().any(|start| name.starts_with(start));
        is_part && name.ends_with(".xml") && !name.contains("/_rels/")
    };
    let names: Vec<_> =
        archive.file_names().flatten().map(Cow::into_owned).filter(is_written).collect();
    for name in names {
        part(archive, &name, budget, |xml| xml::text(xml, &OFFICE, out))?;
        out.push("\n");
    }
    Ok(())
}

const MANIFEST: &str = "META-INF/manifest.xml";

fn open_document(archive: &mut Archive<'_>, budget: &mut u64, out: &mut Text) -> Result<(), Fault> {
    if is_encrypted(archive, budget) {
        return Err(Fault::Encrypted);
    }
    part(archive, "content.xml", budget, |xml| xml::text(xml, &OPEN, out))?;
    // Heads and feet of pages; presentations keep the words of their templates there.
    match archive.index_for_name("styles.xml") {
        Some(_) => part(archive, "styles.xml", budget, |xml| xml::text(xml, &OPEN, out)),
        None => Ok(()),
    }
}

/// Whether the manifest says how to decrypt the parts.
fn is_encrypted(archive: &mut Archive<'_>, budget: &mut u64) -> bool {
    let mut manifest = Vec::new();
    let read = part(archive, MANIFEST, budget, |xml| {
        xml.read_to_end(&mut manifest).map(drop).map_err(Fault::damaged)
    });
    read.is_ok() && memchr::memmem::find(&manifest, b"encryption-data").is_some()
}
