//! Messages in the formats of an export.

use std::io::{self, Cursor, Read, Write};

use postern_local_index::search::Hit;
use postern_mail::contents::AttachmentText;
use postern_mail::document;
use postern_mail::source::Lost;
use postern_query::Message;
use sha2::{Digest as _, Sha256};

use super::load::LoadFile;
use super::manifest::{Exported, Manifest, hex};
use super::mboxrd::Mboxrd;
use super::package::{Kind, Package};
use super::pages::Pages;
use super::table::Table;
use super::{Broken, Format, copy, file_name};
use crate::Original;

/// The SHA-256 of a manifest that was written, and one that is still to be.
pub(super) type Ended = (Option<String>, Option<Manifest>);

/// Writes messages in one of the formats.
pub(super) enum Writer<W: Write> {
    Mbox(W),
    Zip(Package<W>),
    Csv(Box<Table<W>>),
    Jsonl(W),
    Dat(Box<LoadFile<W>>),
    Html(Box<Pages<W>>),
}

impl<W: Write> Writer<W> {
    pub(super) fn new(format: Format, texts: &AttachmentText, out: W) -> io::Result<Self> {
        Ok(match format {
            Format::Mbox => Self::Mbox(out),
            Format::Zip => Self::Zip(Package::new(out)),
            Format::Csv => Self::Csv(Box::new(Table::new(out))),
            Format::Jsonl => Self::Jsonl(out),
            Format::Dat => Self::Dat(Box::new(LoadFile::new(texts, out)?)),
            Format::Html => Self::Html(Box::new(Pages::new(texts, out)?)),
        })
    }

    pub(super) const fn wants_original(&self) -> bool {
        !matches!(self, Self::Csv(_) | Self::Jsonl(_))
    }

    /// Writes a message as it was sent; where that is gone, a note in its place.
    pub(super) fn original(
        &mut self,
        hit: &Hit,
        original: Result<Original, Lost>,
    ) -> Result<Exported, Broken> {
        match self {
            Self::Mbox(out) => in_mailbox(out, &hit.message, original),
            Self::Zip(package) => in_file(package, &hit.message, original),
            Self::Dat(load) => load.add(&hit.there(), original),
            Self::Html(pages) => pages.add(&hit.there(), original),
            Self::Csv(..) | Self::Jsonl(_) => Ok(Exported::default()),
        }
    }

    /// Writes the fields of a message.
    pub(super) fn fields(&mut self, message: &Message) -> io::Result<()> {
        match self {
            Self::Csv(table) => table.row(message),
            Self::Jsonl(out) => writeln!(out, "{}", document::with_places(message)),
            Self::Mbox(_) | Self::Zip(_) | Self::Dat(_) | Self::Html(_) => Ok(()),
        }
    }

    /// Ends it. The manifest is the last file of a ZIP: then its SHA-256 is told. Where it has to lie beside it, it is
    /// given back.
    pub(super) fn finish(self, manifest: Option<Manifest>) -> Result<Ended, Broken> {
        match self {
            Self::Mbox(mut out) | Self::Jsonl(mut out) => out.flush()?,
            Self::Csv(table) => table.finish()?,
            Self::Zip(package) => return Ok((package.finish(manifest)?, None)),
            Self::Dat(load) => return Ok((load.finish(manifest)?, None)),
            Self::Html(pages) => return Ok((pages.finish(manifest)?, None)),
        }
        Ok((None, manifest))
    }
}

fn in_mailbox(
    out: &mut impl Write,
    message: &Message,
    original: Result<Original, Lost>,
) -> Result<Exported, Broken> {
    let (mut from, is_lost) = or_note(message, original);
    let (mut digest, mut quoted) = (Sha256::new(), Mboxrd::begin(out, message)?);
    copy(from.as_mut(), &mut |piece| {
        digest.update(piece);
        quoted.write(piece)
    })?;
    quoted.end()?;
    Ok(Exported { sha256: Some(hex(&digest.finalize())), is_lost, ..Exported::default() })
}

fn in_file<W: Write>(
    package: &mut Package<W>,
    message: &Message,
    original: Result<Original, Lost>,
) -> Result<Exported, Broken> {
    let (mut from, is_lost) = or_note(message, original);
    let name = message.file().and_then(|file| file.name.as_deref());
    let ending = match name {
        _ if is_lost => ".missing.txt".to_owned(),
        Some(name) => format!("-{}", file_name(name)),
        None => ".eml".to_owned(),
    };
    let name = format!("{}{ending}", file_name(&message.id));
    let sha256 = package.put(&name, Kind::of(message), from.as_mut())?;
    Ok(Exported { path: Some(name), sha256: Some(sha256), is_lost, ..Exported::default() })
}

/// The bytes of a message, or of the note that stands in its place; and whether that is a note.
fn or_note(message: &Message, original: Result<Original, Lost>) -> (Box<dyn Read + Send>, bool) {
    match original {
        Ok(original) => (original.reader(), false),
        Err(lost) => (Box::new(Cursor::new(note(message, &lost))), true),
    }
}

fn note(message: &Message, lost: &Lost) -> String {
    format!(
        "Subject: the original of a message is not there\r\nX-Postern-Missing: {}\r\n\r\n\
         The message with this id was found, but its original cannot be exported: {lost}.\r\n",
        file_name(&message.id)
    )
}
