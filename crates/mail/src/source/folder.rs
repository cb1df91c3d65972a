//! A folder of documents: what holds no mail is a file, an item of its own.

use std::fs::{File as Handle, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;
use postern_query::Message;

use super::budget::Budget;
use super::place::FILES;
use super::read::{Content, Item, Reading};
use super::{Fate, Lost, PlaceRule, SourceFile, Unreadable};
use crate::File;
use crate::contents::{MAX_BYTES, SNIFF, may_have_text};

/// Entries of one archive that are no mail and are told of.
const MAX_TOLD: usize = 10_000;

/// Reads a file like [`read`](super::read()), and hands it over as a document where there is no mail in it.
///
/// An archive with mail in it is read as ever, and any other is one document. What cannot be told apart by
/// its first lines, such as notes with a colon in them, is a document.
pub fn read_documents(
    source: &SourceFile,
    rule: &PlaceRule,
    stop: &AtomicBool,
    each: &mut dyn FnMut(Result<Item, Unreadable>),
) {
    let mut held = Held::default();
    let is_mail = {
        let budget = Budget::of_file(source.length, stop);
        let mut through = |item| held.take(item, each);
        let mut reading = Reading::new(source, rule, &budget, &mut through);
        reading.is_strict = true;
        reading.file();
        reading.is_mail
    };
    if is_mail || held.has_mail || held.is_refused || stop.load(Ordering::Relaxed) {
        return held.tell(each);
    }
    let refused = |error: io::Error| Unreadable {
        fate: Fate::Refused,
        ..Unreadable::new(&source.path, error)
    };
    each(document(source, rule).map_err(refused));
}

/// What is wrong with a file, until it is known whether there is mail in it.
#[derive(Default)]
struct Held {
    faults: Vec<Unreadable>,
    has_mail: bool,
    is_refused: bool,
}

impl Held {
    fn take(
        &mut self,
        item: Result<Item, Unreadable>,
        each: &mut dyn FnMut(Result<Item, Unreadable>),
    ) {
        match item {
            Ok(item) => {
                self.has_mail = true;
                self.tell(each);
                each(Ok(item));
            }
            Err(fault) if self.has_mail => each(Err(fault)),
            Err(fault) => {
                self.is_refused |= fault.fate == Fate::Refused;
                // The others are as little mail as these.
                if self.faults.len() < MAX_TOLD || fault.fate != Fate::NotMail {
                    self.faults.push(fault);
                }
            }
        }
    }

    fn tell(&mut self, each: &mut dyn FnMut(Result<Item, Unreadable>)) {
        self.faults.drain(..).for_each(|fault| each(Err(fault)));
    }
}

/// The file as an item, with its bytes as far as there may be text in them.
fn document(source: &SourceFile, rule: &PlaceRule) -> io::Result<Item> {
    let mut handle = Handle::open(&source.path)?;
    let metadata = handle.metadata()?;
    let mut bytes = Vec::new();
    handle.by_ref().take(SNIFF as u64).read_to_end(&mut bytes)?;
    let file = described(source, rule, &metadata);
    let has_text = may_have_text(&file.name, &bytes);
    let is_long = metadata.len() > MAX_BYTES as u64;
    if has_text && !is_long {
        handle.take((MAX_BYTES - SNIFF) as u64).read_to_end(&mut bytes)?;
    }
    let bytes = (!has_text || !is_long).then_some(bytes);
    let content = Content::File(Box::new(file), bytes);
    Ok(Item { part: String::new(), home: Arc::default(), content })
}

/// What is known of it without its bytes.
fn described(source: &SourceFile, rule: &PlaceRule, metadata: &Metadata) -> File {
    File {
        source: FILES.to_owned(),
        owner: rule.mailbox.clone(),
        item: source.path.to_string_lossy().into_owned(),
        name: source.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        folder: rule.folder.clone().or_else(|| folder(source)),
        size: i64::try_from(metadata.len()).ok(),
        created: moment(metadata.created()),
        modified: moment(metadata.modified()),
        ..File::default()
    }
}

/// The path of its folder below the path that is indexed; the top is none.
fn folder(source: &SourceFile) -> Option<String> {
    let below = source.path.parent()?.strip_prefix(&source.root.path).ok()?;
    let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
    (!names.is_empty()).then(|| names.join("/"))
}

/// In milliseconds, as the index keeps it; some file systems do not know when a file was made.
fn moment(time: io::Result<SystemTime>) -> Option<Timestamp> {
    let time = Timestamp::try_from(time.ok()?).ok()?;
    Timestamp::from_millisecond(time.as_millisecond()).ok()
}

/// A document as it lies on the disk, if that is the version which the index knows.
///
/// # Errors
///
/// When it is gone, or its length or time of change is another.
pub fn stored(path: &Path, message: &Message) -> Result<impl Read + Send + use<>, Lost> {
    let handle = Handle::open(path)?;
    let known = Version { size: message.size, modified: message.modified };
    let version = known.check(&handle)?;
    let length = version.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    Ok(Stored { left: length, handle, version })
}

/// What tells whether a file is still the same.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    size: Option<i64>,
    modified: Option<Timestamp>,
}

impl Version {
    fn check(self, handle: &Handle) -> Result<Self, Lost> {
        let metadata = handle.metadata()?;
        let found = Self {
            size: i64::try_from(metadata.len()).ok(),
            modified: moment(metadata.modified()),
        };
        if found == self { Ok(self) } else { Err(Lost::Changed) }
    }
}

/// The bytes of a file that may change while it is read: its end is held back until it is known that it did not.
struct Stored {
    handle: Handle,
    version: Version,
    left: u64,
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.handle.by_ref().take(self.left).read(buffer)?;
        self.left -= read as u64;
        let is_short = read == 0 && self.left > 0 && !buffer.is_empty();
        if is_short || (self.left == 0 && self.version.check(&self.handle).is_err()) {
            return Err(io::Error::other(Lost::Changed));
        }
        Ok(read)
    }
}
