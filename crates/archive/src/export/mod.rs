//! Everything that a query finds, written one message at a time, however many there are. Of originals that
//! lie in the store a piece is in memory.

mod manifest;
mod mboxrd;
mod name;
mod verify;
mod write;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use postern_local_index::Error as IndexError;
use postern_local_index::search::{Asker, Hit, Page, Scope, Search};
use postern_query::schema::{InstantField, Sort, SortField};
use postern_query::{Message, Query};

use crate::{Archive, Error, Original};
use manifest::Exported;
pub use manifest::{Hashed, MANIFEST, Manifest, mih};
pub use name::file_name;
pub use verify::{Torn, manifest_beside, verify};
use write::Writer;
pub use write::harmless;

/// Messages that are looked for at once. The search is made again for each page, so few pages cost little;
/// of a page only the places of its messages are in memory.
const PAGE: usize = 10_000;
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

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The original messages, in one mailbox file (mboxrd).
    Mbox,
    /// The original messages and files, each in a file.
    Zip,
    /// A table of their fields.
    Csv,
    /// Every field, one JSON object a line.
    Jsonl,
}

impl Format {
    /// How the name of such a file ends.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mbox => "mbox",
            Self::Zip => "zip",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
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

/// How many messages were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// All of them.
    pub messages: usize,
    /// Those whose original is gone, which stand there as a note that says so.
    pub lost: usize,
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
}

impl Wishes {
    /// Everything in that format, without a manifest.
    #[must_use]
    pub const fn bare(format: Format) -> Self {
        Self { format, manifest: None, once: false }
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
    let Wishes { format, manifest, once } = wishes;
    let order = [Sort::descending(SortField::Instant(InstantField::Received))];
    // A mailbox file has no room for files.
    let mail = (format == Format::Mbox).then(|| query.clone().mail_only());
    let query = mail.as_ref().unwrap_or(query);
    let (writer, done) = (Writer::new(format, out), Written::default());
    let seen = once.then(HashMap::new);
    let mut packing = Packing { writer, done, manifest, seen, scope: &asker.scope };
    let mut after = None;
    // Page after page, each right behind the last message of the one before, so that none is left out or
    // written twice while mail is taken in.
    loop {
        let asker = Asker { work: asker.work.renewed(), ..asker.clone() };
        let (mut hits, mut last, mut written) = (0, None, Ok(()));
        let after_last = after.as_ref();
        let search = Search {
            query,
            order: &order,
            after: after_last,
            offset: 0,
            limit: PAGE,
            highlight: false,
        };
        let page = shelf.each(&search, &asker, &mut |hit| {
            hits += 1;
            written = packing.one(shelf, &hit);
            last = Some(Hit { message: Message { body: None, ..hit.message }, ..hit });
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        written?;
        let last = Page { hits: last.filter(|_| hits == PAGE).into_iter().collect(), ..page };
        match last.position(0, &order) {
            Some(position) => after = Some(position),
            None => break,
        }
    }
    let manifest = packing.writer.finish(packing.manifest)?;
    Ok((packing.done, manifest))
}

/// A package on its way.
struct Packing<'a, W: Write> {
    writer: Writer<W>,
    done: Written,
    manifest: Option<Manifest>,
    /// The message that was written for each Message-ID, where it is written once.
    seen: Option<HashMap<String, String>>,
    scope: &'a Scope,
}

impl<W: Write> Packing<'_, W> {
    fn one(&mut self, shelf: &(impl Shelf + ?Sized), hit: &Hit) -> Result<(), Broken> {
        let exported = match self.written_before(&hit.message) {
            Some(first) => Exported { duplicate_of: Some(first), ..Exported::default() },
            None => self.write(shelf, hit)?,
        };
        match &mut self.manifest {
            Some(manifest) => Ok(manifest.add(&hit.message, self.scope, &exported)?),
            None => Ok(()),
        }
    }

    /// The message that was written with the same Message-ID.
    fn written_before(&mut self, message: &Message) -> Option<String> {
        let (seen, id) = (self.seen.as_mut()?, message.internet_message_id.as_deref()?);
        match seen.entry(mih(id)) {
            Entry::Occupied(first) => Some(first.get().clone()),
            Entry::Vacant(place) => {
                place.insert(message.id.clone());
                None
            }
        }
    }

    fn write(&mut self, shelf: &(impl Shelf + ?Sized), hit: &Hit) -> Result<Exported, Broken> {
        self.done.messages += 1;
        if !self.writer.wants_original() {
            self.writer.fields(&hit.there())?;
            return Ok(Exported::default());
        }
        let original = match shelf.original(&hit.message.id) {
            Ok(original) if hit.message.is_file() => Ok(original.reader()),
            Ok(original) => Ok(original.into_eml().map_err(Broken::Original)?.original.reader()),
            Err(Error::Lost(lost)) => Err(lost),
            Err(error) => return Err(error.into()),
        };
        self.done.lost += usize::from(original.is_err());
        self.writer.original(&hit.message, original)
    }
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
