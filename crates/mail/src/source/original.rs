//! One message out of the file it was read from.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::mbox::Parts;
use super::read::{Content, MAX_MESSAGE, read};
use super::{PlaceRule, walk};
use crate::id_of;
use crate::outlook::is_outlook;

/// Where a message was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub path: PathBuf,
    /// Where in the file; empty when the file is the message.
    pub part: String,
}

/// A line that begins a message of a mailbox file.
const ENVELOPE: &[u8] = b"From \n";

/// Why the bytes of a message are not there any more.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The file is away or cannot be read.
    #[error("the file that it came from cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Another message lies there now.
    #[error("the file that it came from has changed since")]
    Changed,
    /// It came as a document or as an item of Outlook.
    #[error("it came as a document or as an item of Outlook, which has no such original")]
    OtherForm,
    /// Originals are not kept where the message lies.
    #[error("the message lies in a cluster, which has no original of it")]
    NotKept,
    /// It is not known where it came from.
    #[error("it is not known where it came from")]
    Unknown,
}

/// The raw bytes of the message of that id, which tells whether they are still the same.
///
/// A message by itself or in a mailbox file is read where it lies; for one in an archive everything
/// before it is unpacked.
///
/// # Errors
///
/// Why they are not there.
pub fn original(origin: &Origin, id: &str) -> Result<Vec<u8>, Lost> {
    let mut bytes = in_place(origin)?;
    if id_of(&bytes) != id {
        bytes = match found_again(origin) {
            Some(Content::Raw(bytes)) if id_of(&bytes) == id => bytes,
            Some(Content::Item(_) | Content::Document(_) | Content::File(..)) => {
                return Err(Lost::OtherForm);
            }
            Some(Content::Raw(_)) | None => return Err(Lost::Changed),
        };
    }
    if is_outlook(&bytes) { Err(Lost::OtherForm) } else { Ok(bytes) }
}

fn in_place(origin: &Origin) -> io::Result<Vec<u8>> {
    let mut file = File::open(&origin.path)?;
    if let Ok(offset) = origin.part.parse() {
        file.seek(SeekFrom::Start(offset))?;
        let part = Parts::new(ENVELOPE.chain(BufReader::new(file)), MAX_MESSAGE).next();
        return Ok(part.map(|part| part.trimmed().bytes).unwrap_or_default());
    }
    let mut bytes = Vec::new();
    if origin.part.is_empty() {
        file.take(MAX_MESSAGE as u64).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The message as taking in the file would find it.
fn found_again(origin: &Origin) -> Option<Content> {
    let (rule, stop) = (PlaceRule::default(), AtomicBool::new(false));
    let mut found = None;
    for file in walk(std::slice::from_ref(&origin.path)).flatten() {
        read(&file, &rule, &stop, &mut |item| {
            if let Some(item) = item.ok().filter(|item| item.part == origin.part) {
                found.get_or_insert(item.content);
                stop.store(true, Ordering::Relaxed);
            }
        });
    }
    found
}
