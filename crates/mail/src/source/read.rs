//! One file to the messages in it, through whatever they are packed in.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use postern_query::Message;

use super::budget::{Budget, Metered};
use super::place::Root;
use super::{
    Fate, Home, PlaceRule, SourceFile, Unreadable, apple, archive, certain, documents, mailbox,
    packed, pst,
};
use crate::contents::{Contents, too_long};
use crate::kind::{Kind, kind};
use crate::outlook;

/// Bytes of one message that are read; the rest of a longer one is left out, and reported. Some
/// copies of what is read are needed at once, and all must fit into memory beside the index.
pub const MAX_MESSAGE: usize = 64 << 20;

/// What is reported of a message of which only the start was read.
pub(super) const TOO_LONG: &str =
    "only the first 64 MiB of the message were read; what is beyond cannot be found";

/// How many archives and compressed files may lie in one another.
const MAX_LAYERS: u8 = 5;

/// Bytes at the start of a file that tell what it is.
const SNIFF: u64 = 16 << 10;

pub(super) const NOT_MAIL: &str = "there are no header lines at its start, so it is not mail";

/// A message as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where in the file it lies: the name in an archive, the byte in a mailbox file, or
    /// `inner.zip!name`; empty when the file is the message.
    pub part: String,
    /// What its path says of it.
    pub home: Arc<Home>,
    /// The message itself.
    pub content: Content,
}

/// A message, raw or already read.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The bytes of a message.
    Raw(Vec<u8>),
    /// An item of Outlook, out of a file that has no bytes for it.
    Item(Box<outlook::OutlookItem>),
    /// A document, which may take the place of an older one of its id.
    Document(Box<Message>),
    /// A file that is no mail, with its bytes unless they are too many. It takes the place of an older
    /// version.
    File(Box<crate::File>, Option<Vec<u8>>),
}

impl Item {
    /// The message, with the text of its attachments.
    #[must_use]
    pub fn read(self, contents: &mut Contents) -> Message {
        let place = &self.home.place;
        match self.content {
            Content::Raw(bytes) => {
                let mut message = crate::parse_with(&bytes, &self.home.told(), contents);
                self.home.mark(&mut message);
                message
            }
            Content::Item(item) => outlook::message(&item, place, contents),
            Content::Document(message) => *message,
            Content::File(file, Some(bytes)) => crate::read_file(&file, &bytes, contents),
            Content::File(file, None) => file.with_text(None, Some(too_long())),
        }
    }

    /// Bytes that it keeps in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.content {
            Content::Raw(bytes) => bytes.len(),
            Content::Item(item) => item.bytes(),
            Content::Document(message) => message.body.as_ref().map_or(0, String::len),
            Content::File(_, bytes) => bytes.as_ref().map_or(0, Vec::len),
        }
    }
}

/// Reads a file, handing over one message after the other. What cannot be read is handed over as a
/// fault, and everything else is read all the same.
///
/// Once `stop` is set, reading ends with the next block.
///
/// ```
/// use std::path::PathBuf;
/// use std::sync::atomic::AtomicBool;
/// use postern_mail::source::{PlaceRule, read, walk};
///
/// let folder = std::env::temp_dir().join("postern-doc-read");
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("1"), "Subject: x\n\ny")?;
/// let (rule, mut found) = (PlaceRule::default(), 0);
/// for file in walk(&[folder]).flatten() {
///     read(&file, &rule, &AtomicBool::new(false), &mut |item| found += usize::from(item.is_ok()));
/// }
/// assert_eq!(found, 1);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read(
    source: &SourceFile,
    rule: &PlaceRule,
    stop: &AtomicBool,
    each: &mut dyn FnMut(Result<Item, Unreadable>),
) {
    let budget = Budget::of_file(source.length, stop);
    Reading::new(source, rule, &budget, each).file();
}

/// The reading of one file.
pub(super) struct Reading<'r> {
    pub(super) source: &'r SourceFile,
    pub(super) rule: &'r PlaceRule,
    pub(super) budget: &'r Budget<'r>,
    pub(super) each: &'r mut dyn FnMut(Result<Item, Unreadable>),
    /// Only what is mail for certain is taken for it.
    pub(super) is_strict: bool,
    /// The file is mail as a whole, however little of it can be read.
    pub(super) is_mail: bool,
}

/// A file, or something that lies in it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where it would lie if archives were folders, and the root of that.
    pub(super) path: PathBuf,
    pub(super) root: Arc<Root>,
    /// Where in the file it lies.
    pub(super) part: String,
    pub(super) home: Arc<Home>,
    /// Archives and compressed files around it.
    pub(super) layers: u8,
}

/// Why something could not be read.
#[derive(Debug)]
pub(super) enum Fault {
    NotMail(&'static str),
    Failed(String),
    /// The system refused; another time it may not.
    Refused(String),
    /// Nothing is lost; the owner should know this of it.
    Note(&'static str),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(_) => Self::Refused(error.to_string()),
            None => Self::Failed(error.to_string()),
        }
    }
}

impl Entry {
    /// Whether its name has one of these endings, in any case.
    pub(super) fn is_named(&self, endings: &[&str]) -> bool {
        has_ending(&self.path, endings)
    }

    /// Where in the file something lies that is at `place` in the entry.
    pub(super) fn inner_part(&self, place: &str) -> String {
        match (self.part.as_str(), place) {
            ("", place) => place.to_owned(),
            (part, "") => part.to_owned(),
            (part, place) => format!("{part}!{place}"),
        }
    }

    /// What lies inside of it, under a path of its own.
    pub(super) fn inside(&self, root: Arc<Root>, path: PathBuf) -> Self {
        Self { root, path, layers: self.layers + 1, ..self.clone() }
    }
}

pub(super) fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let is = |found: &std::ffi::OsStr| endings.iter().any(|one| found.eq_ignore_ascii_case(one));
    path.extension().is_some_and(is)
}

impl<'r> Reading<'r> {
    pub(super) fn new(
        source: &'r SourceFile,
        rule: &'r PlaceRule,
        budget: &'r Budget<'r>,
        each: &'r mut dyn FnMut(Result<Item, Unreadable>),
    ) -> Self {
        Self { source, rule, budget, each, is_strict: false, is_mail: false }
    }

    pub(super) fn file(&mut self) {
        let entry = Entry {
            path: self.source.path.clone(),
            root: Arc::clone(&self.source.root),
            part: String::new(),
            home: Arc::new(self.rule.home(&self.source.root, &self.source.path, self.source.part)),
            layers: 0,
        };
        match File::open(&self.source.path) {
            Ok(file) => self.entry(&entry, &mut &file, Some(&file)),
            Err(error) => self.fail(&entry, error.into()),
        }
    }

    /// Reads an entry, and reports it where it cannot be read. What can be read anywhere, as the
    /// archives with a table need it, comes as a file too.
    pub(super) fn entry(&mut self, entry: &Entry, stream: &mut dyn Read, file: Option<&File>) {
        let outcome = self.any(entry, &mut Metered::new(stream, self.budget), file);
        if let Err(fault) = outcome {
            self.fail(entry, fault);
        }
    }

    fn any(
        &mut self,
        entry: &Entry,
        stream: &mut dyn Read,
        file: Option<&File>,
    ) -> Result<(), Fault> {
        // Most files are short, and are read in one go.
        let expected = self.source.length.saturating_add(1).min(SNIFF);
        let mut start = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
        stream.take(SNIFF).read_to_end(&mut start)?;
        let kind = kind(&start);
        if entry.layers >= MAX_LAYERS && kind.is_layer() {
            return Err(Fault::Failed(format!("more than {MAX_LAYERS} archives in one another")));
        }
        if self.is_strict && !certain::is_mail(kind, entry, &start) {
            return Err(Fault::NotMail(NOT_MAIL));
        }
        self.is_mail |= kind == Kind::DataFile && entry.layers == 0;
        match kind {
            Kind::Empty if !entry.home.is_delivered => Err(Fault::NotMail("the file is empty")),
            Kind::Other if !entry.home.is_delivered => Err(Fault::NotMail(NOT_MAIL)),
            // Whatever is delivered to a Maildir is mail.
            Kind::Message | Kind::Tnef | Kind::Empty | Kind::Other => {
                self.message(entry, start, stream)
            }
            Kind::Documents => documents::read(self, entry, rest(start, stream)),
            Kind::Apple => apple::read(self, entry, rest(start, stream)),
            Kind::Envelope => mailbox::read(self, entry, rest(start, stream)),
            Kind::Gzip => packed::gzip(self, entry, rest(start, stream)),
            Kind::Zstandard => packed::zstandard(self, entry, rest(start, stream)),
            Kind::Bzip2 => packed::bzip2(self, entry, rest(start, stream)),
            Kind::Xz => packed::xz(self, entry, rest(start, stream)),
            Kind::Tar => archive::tar(self, entry, &mut rest(start, stream)),
            Kind::Zip => archive::zip(self, entry, &seekable(start, stream, file)?),
            Kind::DataFile => pst::read(self, entry, &seekable(start, stream, file)?),
            Kind::Compound => self.compound(entry, start, stream),
            Kind::SevenZip => Err(unpack_first("7-Zip")),
            Kind::Rar => Err(unpack_first("RAR")),
            Kind::Foreign(name) => Err(unpack_first(name)),
        }
    }

    /// The rest of the stream as one message; what breaks off is kept as far as it goes.
    fn message(
        &mut self,
        entry: &Entry,
        start: Vec<u8>,
        stream: &mut dyn Read,
    ) -> Result<(), Fault> {
        let mut bytes = start;
        if (bytes.len() as u64) < SNIFF {
            self.give(entry, "", Content::Raw(bytes));
            return Ok(());
        }
        let room = MAX_MESSAGE.saturating_sub(bytes.len());
        let outcome = stream.take(room as u64).read_to_end(&mut bytes);
        self.give(entry, "", Content::Raw(bytes));
        outcome?;
        match stream.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(Fault::Failed(TOO_LONG.to_owned())),
        }
    }

    /// A compound file, if it is a message.
    fn compound(
        &mut self,
        entry: &Entry,
        start: Vec<u8>,
        stream: &mut dyn Read,
    ) -> Result<(), Fault> {
        let mut bytes = start;
        stream.take(MAX_MESSAGE as u64).read_to_end(&mut bytes)?;
        if stream.read(&mut [0])? > 0 {
            return Err(Fault::Failed(
                "it is longer than 64 MiB, and such a file cannot be read in parts".to_owned(),
            ));
        }
        if !outlook::is_item(&bytes) {
            return Err(Fault::NotMail("a compound file, but not a message of Outlook"));
        }
        self.give(entry, "", Content::Raw(bytes));
        Ok(())
    }

    /// Hands over a message that lies at `place` in the entry.
    pub(super) fn give(&mut self, entry: &Entry, place: &str, content: Content) {
        let part = entry.inner_part(place);
        (self.each)(Ok(Item { part, home: Arc::clone(&entry.home), content }));
    }

    /// Reports an entry that cannot be read.
    pub(super) fn fail(&mut self, entry: &Entry, fault: Fault) {
        self.fail_at(entry.part.clone(), fault);
    }

    /// Reports what lies at that place of the file.
    pub(super) fn fail_at(&mut self, part: String, fault: Fault) {
        let mut unreadable = Unreadable::new(&self.source.path, String::new());
        unreadable.part = part;
        (unreadable.reason, unreadable.fate) = match fault {
            Fault::NotMail(reason) => (reason.to_owned(), Fate::NotMail),
            Fault::Note(reason) => (reason.to_owned(), Fate::Read),
            Fault::Failed(reason) => (reason, Fate::Lost),
            Fault::Refused(reason) => (reason, Fate::Refused),
        };
        (self.each)(Err(unreadable));
    }
}

fn unpack_first(name: &str) -> Fault {
    Fault::Failed(format!("it is packed with {name}, which is not read here; unpack it first"))
}

/// The stream from its start.
fn rest<'s>(start: Vec<u8>, stream: &'s mut dyn Read) -> BufReader<impl Read + 's> {
    BufReader::with_capacity(64 << 10, Cursor::new(start).chain(stream))
}

/// Whether the system says that there is no room: on the disk, for the user, or for the file.
fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Says where there is no room: the disk of temporary files is often another one.
fn no_room(error: io::Error) -> io::Error {
    if !is_full(&error) {
        return error;
    }
    let folder = std::env::temp_dir();
    let told = format!(
        "there is no space for a temporary copy in {}: {error}; make some and run the same again",
        folder.display()
    );
    io::Error::new(error.kind(), told)
}

/// The whole stream as a file of its own, without a name, unless it is one.
fn seekable(start: Vec<u8>, stream: &mut dyn Read, file: Option<&File>) -> io::Result<File> {
    let mut file = match file {
        Some(file) => file.try_clone()?,
        None => {
            let mut copy = tempfile::tempfile().map_err(no_room)?;
            io::copy(&mut Cursor::new(start).chain(stream), &mut copy).map_err(no_room)?;
            copy
        }
    };
    file.rewind()?;
    Ok(file)
}
