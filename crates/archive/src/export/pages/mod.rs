//! A page for each message, and an index of them.

mod page;
mod shape;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, Write};

use postern_mail::contents::AttachmentText;
use postern_mail::source::Lost;
use postern_query::Message;
use sha2::{Digest as _, Sha256};

use self::page::{Body, Sheet};
use self::shape::{begin, end};
use super::Broken;
use super::manifest::{Exported, Manifest, hex};
use super::package::{Kind, Package};
use super::texts::Texts;
use crate::Original;

/// The name of the index in its package.
const INDEX: &str = "index.html";
/// Pages of one folder, so that no folder has too many.
const PER_FOLDER: u64 = 1_000;

/// Pages on their way. The rows of the index wait in a file until all pages are written.
pub(super) struct Pages<W: Write> {
    package: Package<W>,
    rows: BufWriter<File>,
    pages: u64,
    texts: Texts,
}

impl<W: Write> Pages<W> {
    pub(super) fn new(texts: &AttachmentText, out: W) -> io::Result<Self> {
        let rows = BufWriter::new(tempfile::tempfile()?);
        let (package, texts) = (Package::new(out), Texts::new(texts));
        Ok(Self { package, rows, pages: 0, texts })
    }

    /// Adds the page of a message. Its original is in memory; of a file a piece is.
    pub(super) fn add(
        &mut self,
        message: &Message,
        original: Result<Original, Lost>,
    ) -> Result<Exported, Broken> {
        let is_lost = original.is_err();
        let (body, sha256) = match original {
            Ok(original) if message.is_file() => {
                let read = self.texts.of_file(message, original.reader());
                let (text, mut from) = read.map_err(Broken::Original)?;
                (Body::Text(text), Some(sha256(from.as_mut())?))
            }
            Ok(original) => {
                let raw = original.into_bytes().map_err(Broken::Original)?;
                let sha256 = hex(&Sha256::digest(&raw));
                (Body::Mail(raw), Some(sha256))
            }
            Err(_) => (Body::Known, None),
        };
        self.pages += 1;
        let path =
            format!("messages/{:04}/{:08}.html", (self.pages - 1) / PER_FOLDER + 1, self.pages);
        let sheet = Sheet { message, sha256: sha256.as_deref(), is_lost };
        let page = sheet.page(body);
        let of_page = self.package.put(&path, Kind::Text, &mut page.as_bytes())?;
        self.rows.write_all(sheet.row(self.pages, &path).as_bytes())?;
        let (path, of_page) = (Some(path), Some(of_page));
        Ok(Exported { path, sha256: of_page, original: sha256, is_lost, ..Exported::default() })
    }

    pub(super) fn finish(mut self, manifest: Option<Manifest>) -> Result<Option<String>, Broken> {
        let mut rows = self.rows.into_inner().map_err(io::IntoInnerError::into_error)?;
        rows.rewind()?;
        let title = match self.pages {
            1 => "1 message".to_owned(),
            pages => format!("{pages} messages"),
        };
        let head = format!("{}{}", begin(&title, None), page::HEAD);
        let tail = format!("</tbody></table>{}", end());
        let mut index = head.as_bytes().chain(BufReader::new(rows)).chain(tail.as_bytes());
        let sha256 = self.package.put(INDEX, Kind::List, &mut index)?;
        let manifest = manifest.map(|manifest| manifest.with_file(INDEX, &sha256));
        Ok(self.package.finish(manifest)?)
    }
}

fn sha256(from: &mut dyn Read) -> Result<String, Broken> {
    let mut digest = Sha256::new();
    super::copy(from, &mut |piece| {
        digest.update(piece);
        Ok(())
    })?;
    Ok(hex(&digest.finalize()))
}
