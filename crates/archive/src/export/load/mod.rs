//! A load file: every message and every attachment as a document of its own, for programs of e-discovery.

mod family;
mod field;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek as _, Write};
use std::ops::ControlFlow;

use md5::{Digest as _, Md5};
use postern_mail::contents::AttachmentText;
use postern_mail::files_of;
use postern_mail::source::Lost;
use postern_query::Message;

use self::family::{Document, Family, text_of};
use super::Broken;
use super::manifest::{Exported, Manifest, hex};
use super::package::{Kind, Package};
use super::texts::Texts;
use crate::Original;

/// The name of the load file in its package.
const LOAD_FILE: &str = "loadfile.dat";
/// Documents of one folder, so that no folder has too many.
const PER_FOLDER: u64 = 1_000;

/// A load file on its way. Its rows wait in a file until what they name is written.
pub(super) struct LoadFile<W: Write> {
    package: Package<W>,
    rows: BufWriter<File>,
    documents: u64,
    texts: Texts,
}

impl<W: Write> LoadFile<W> {
    pub(super) fn new(texts: &AttachmentText, out: W) -> io::Result<Self> {
        let mut rows = BufWriter::new(tempfile::tempfile()?);
        rows.write_all("\u{feff}".as_bytes())?;
        field::write(&mut rows, &field::NAMES)?;
        let (package, texts) = (Package::new(out), Texts::new(texts));
        Ok(Self { package, rows, documents: 0, texts })
    }

    /// Adds a message with its attachments. Of mail the whole original is in memory, of a file a piece.
    pub(super) fn add(
        &mut self,
        message: &Message,
        original: Result<Original, Lost>,
    ) -> Result<Exported, Broken> {
        let mut exported = Exported { is_lost: original.is_err(), ..Exported::default() };
        let mut documents = match original {
            Ok(original) if message.is_file() => vec![self.file(message, original)?],
            Ok(original) => {
                self.mail(message, &original.into_bytes().map_err(Broken::Original)?)?
            }
            Err(_) => vec![self.lost(message)?],
        };
        if !message.is_file() {
            self.without_native(message, &mut documents)?;
        }
        let family = Family { message, documents: &documents };
        for document in &documents {
            field::write(&mut self.rows, &family.row(document))?;
            exported.files.extend(document.files());
        }
        if !exported.is_lost && !exported.files.is_empty() {
            let (path, sha256) = exported.files.remove(0);
            (exported.path, exported.sha256) = (Some(path), Some(sha256));
        }
        Ok(exported)
    }

    fn mail(&mut self, message: &Message, raw: &[u8]) -> Result<Vec<Document>, Broken> {
        let mut first = self.document(Document { ending: "eml".to_owned(), ..Document::default() });
        self.native(&mut first, Kind::Original, &mut Cursor::new(raw))?;
        self.text(&mut first, &text_of(message))?;
        let (mut documents, mut failed) = (vec![first], None);
        let mut texts = self.texts.of_mail(raw);
        files_of(raw, |file| {
            let text = texts.next().flatten().unwrap_or_default();
            match self.attached(Document::attached(&file), file.bytes, &text) {
                Ok(document) => documents.push(document),
                Err(broken) => failed = Some(broken),
            }
            if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        failed.map_or(Ok(documents), Err)
    }

    fn attached(
        &mut self,
        document: Document,
        bytes: Option<Vec<u8>>,
        text: &str,
    ) -> Result<Document, Broken> {
        let mut document = self.document(document);
        match bytes {
            Some(bytes) => self.native(&mut document, Kind::Original, &mut Cursor::new(bytes))?,
            None => document.exception = Some("packed"),
        }
        self.text(&mut document, text)?;
        Ok(document)
    }

    fn file(&mut self, message: &Message, original: Original) -> Result<Document, Broken> {
        let mut document = self.document(message.file().map(Document::known).unwrap_or_default());
        let (text, mut from) =
            self.texts.of_file(message, original.reader()).map_err(Broken::Original)?;
        self.native(&mut document, Kind::of(message), from.as_mut())?;
        self.text(&mut document, &text)?;
        Ok(document)
    }

    /// Of what is lost the text is here, which the index has.
    fn lost(&mut self, message: &Message) -> Result<Document, Broken> {
        let known = message.file().map(Document::known).unwrap_or_default();
        let mut document = self.document(Document { exception: Some("lost"), ..known });
        self.text(&mut document, &text_of(message))?;
        Ok(document)
    }

    /// Attachments that the index knows and the original does not give.
    fn without_native(
        &mut self,
        message: &Message,
        documents: &mut Vec<Document>,
    ) -> Result<(), Broken> {
        for known in message.attachments.iter().skip(documents.len() - 1) {
            let mut document =
                self.document(Document { exception: Some("lost"), ..Document::known(known) });
            self.text(&mut document, known.text.as_deref().unwrap_or_default())?;
            documents.push(document);
        }
        Ok(())
    }

    /// Gives a document its number.
    fn document(&mut self, document: Document) -> Document {
        self.documents += 1;
        Document { number: self.documents, ..document }
    }

    fn native(
        &mut self,
        document: &mut Document,
        kind: Kind,
        from: &mut dyn Read,
    ) -> Result<(), Broken> {
        let path = path("NATIVES", document, &document.ending);
        let mut summed = Summed { from, md5: Md5::new(), bytes: 0 };
        let sha256 = self.package.put(&path, kind, &mut summed)?;
        document.size = Some(summed.bytes);
        document.md5 = Some(hex(&summed.md5.finalize()));
        document.native = Some((path, sha256));
        Ok(())
    }

    fn text(&mut self, document: &mut Document, text: &str) -> Result<(), Broken> {
        if !text.is_empty() {
            let path = path("TEXT", document, "txt");
            let sha256 = self.package.put(&path, Kind::Text, &mut text.as_bytes())?;
            document.text = Some((path, sha256));
        }
        Ok(())
    }

    pub(super) fn finish(mut self, manifest: Option<Manifest>) -> Result<Option<String>, Broken> {
        let mut rows = self.rows.into_inner().map_err(io::IntoInnerError::into_error)?;
        rows.rewind()?;
        let sha256 = self.package.put(LOAD_FILE, Kind::List, &mut BufReader::new(rows))?;
        let manifest = manifest.map(|manifest| manifest.with_file(LOAD_FILE, &sha256));
        Ok(self.package.finish(manifest)?)
    }
}

/// Where a file of a document lies. Nothing of its path is hostile: the name that it had stands in the load file.
fn path(folder: &str, document: &Document, ending: &str) -> String {
    let part = (document.number - 1) / PER_FOLDER + 1;
    format!("{folder}/{part:04}/{}.{ending}", document.name())
}

/// Sums up what is read.
struct Summed<'r> {
    from: &'r mut dyn Read,
    md5: Md5,
    bytes: u64,
}

impl Read for Summed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.md5.update(into.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}
