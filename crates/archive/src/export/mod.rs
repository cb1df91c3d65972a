//! Everything that a query finds, written one message at a time, however many there are. Of originals that
//! lie in the store a piece is in memory; of mail that is taken apart, for a load file or a page, the whole.

mod ending;
mod format;
mod load;
mod manifest;
mod mboxrd;
mod name;
mod package;
mod packing;
mod pages;
mod people;
mod plan;
mod table;
mod texts;
mod verify;
mod walk;
mod write;

use std::io::{self, BufWriter, Read, Write};
use std::ops::ControlFlow;

use postern_local_index::Error as IndexError;
use postern_local_index::search::{Asker, Hit, Page, Scope, Search};
use postern_mail::contents::AttachmentText;
use postern_query::Query;

use crate::{Archive, Error, Original};
pub use format::Format;
pub use manifest::{Hashed, MANIFEST, Manifest, mih};
pub use name::file_name;
use package::{Kind, Package};
use packing::Packing;
pub use plan::{Plan, Planned};
pub use table::harmless;
pub use verify::{Torn, manifest_beside, verify};
use walk::each;

/// Bytes of an original that are in memory.
const CHUNK: usize = 64 << 10;

/// What an export reads from.
pub trait Shelf {
    /// Hands over the messages of one page of what matches one by one, until it is told to stop: what
    /// is left is the page without them.
    ///
    /// # Errors
    ///
    /// When it costs too much work or is stopped, or the index cannot be read.
    fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError>;

    /// The bytes of a message as they were read.
    ///
    /// # Errors
    ///
    /// [`Error::Lost`] where they are not there any more, and when the index cannot be read now.
    fn original(&self, id: &str) -> Result<Original, Error>;
}

impl Shelf for Archive {
    fn each(
        &self,
        search: &Search<'_>,
        asker: &Asker,
        take: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Page, IndexError> {
        self.index()?.each(search, asker, take)
    }

    fn original(&self, id: &str) -> Result<Original, Error> {
        Self::original(self, id)
    }
}

/// Why an export ended in the middle.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be written.
    #[error("it cannot be written")]
    Out(#[from] io::Error),
    /// An original cannot be read to its end.
    #[error("an original cannot be read to its end")]
    Original(#[source] io::Error),
    /// What is stored cannot be read.
    #[error(transparent)]
    Stored(#[from] Error),
}

impl From<IndexError> for Broken {
    fn from(error: IndexError) -> Self {
        Self::Stored(error.into())
    }
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many messages.
    pub messages: usize,
    /// Those whose original is gone, which stand there as a note that says so.
    pub lost: usize,
    /// The SHA-256 of the manifest, in lower-case hexadecimal digits, where one was written.
    pub manifest: Option<String>,
}

/// What an export is to be.
#[derive(Debug)]
pub struct Wishes {
    /// How it is written.
    pub format: Format,
    /// What is to say what is in it: the last file of a ZIP. Of the other formats it is given back, to lie beside.
    pub manifest: Option<Manifest>,
    /// Whether of messages with the same Message-ID only the first is written. The manifest names the others.
    pub once: bool,
    /// How the texts of attachments are read, where a format has them.
    pub texts: AttachmentText,
}

impl Wishes {
    /// Everything in that format, without a manifest.
    #[must_use]
    pub const fn bare(format: Format) -> Self {
        Self { format, manifest: None, once: false, texts: AttachmentText::Simple }
    }
}

/// Writes everything that a query finds, newest first.
///
/// # Errors
///
/// When something cannot be read or written; then what was written is not whole.
pub fn write(
    shelf: &(impl Shelf + ?Sized),
    query: &Query,
    asker: &Asker,
    wishes: Wishes,
    out: impl Write,
) -> Result<(Written, Option<Manifest>), Broken> {
    let format = wishes.format;
    let mut packing = Packing::new(wishes, &asker.scope, out)?;
    each(shelf, query, asker, format, &mut |hit| packing.one(shelf, hit))?;
    packing.finish()
}

/// Writes what was planned, in the state that it is in now. What is gone since is an exception in the manifest.
///
/// # Errors
///
/// When something cannot be read or written; then what was written is not whole.
pub fn write_planned(
    archive: &Archive,
    plan: Plan,
    texts: AttachmentText,
    out: impl Write,
) -> Result<(Written, Option<Manifest>), Broken> {
    let Plan { planned: Planned { format, once, about, .. }, messages } = plan;
    let wishes = Wishes { format, manifest: Some(Manifest::new(about)?), once, texts };
    let mut packing = Packing::new(wishes, &Scope::All, out)?;
    for message in messages {
        let (id, place) = message?;
        match archive.index()?.message(&id)? {
            Some(message) => {
                packing.one(archive, &Hit { score: 1.0, message, place, snippet: None })?;
            }
            None => packing.gone(archive, id)?,
        }
    }
    packing.finish()
}

/// Writes everything that a query finds, newest first, as a ZIP: the file in its format, and the manifest as the last
/// one. Formats that are a ZIP themselves need none around them.
///
/// # Errors
///
/// When something cannot be read or written; then what was written is not whole.
pub fn write_packed(
    shelf: &(impl Shelf + ?Sized),
    query: &Query,
    asker: &Asker,
    wishes: Wishes,
    out: impl Write,
) -> Result<Written, Broken> {
    let name = wishes.format.file_name();
    let mut package = Package::new(out);
    package.begin(&name, Kind::List)?;
    let mut file = Hashed::new(package.file());
    let (written, manifest) = write(shelf, query, asker, wishes, BufWriter::new(&mut file))?;
    let sha256 = file.sha256();
    let manifest = manifest.map(|manifest| manifest.with_file(&name, &sha256));
    Ok(Written { manifest: package.finish(manifest)?, ..written })
}

/// Takes what is read piece by piece.
///
/// # Errors
///
/// [`Broken::Original`] where it cannot be read, [`Broken::Out`] where it is not taken.
pub fn copy(
    from: &mut dyn Read,
    take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Broken> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match from.read(&mut chunk).map_err(Broken::Original)? {
            0 => return Ok(()),
            read => take(chunk.get(..read).unwrap_or_default())?,
        }
    }
}
