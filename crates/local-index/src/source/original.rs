//! One message out of the file it was read from.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};

use super::mbox::Parts;
use super::read::MAX_MESSAGE;
use crate::index::Origin;
use crate::mail::id_of;

/// A line that begins a message of a mailbox file.
const ENVELOPE: &[u8] = b"From \n";

/// Why the bytes of a message are not there any more.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The file is away or cannot be read.
    #[error("the file that the message came from cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Another message lies there now.
    #[error("the file that the message came from has changed since")]
    Changed,
    /// It came as a document, which never had any.
    #[error("the message came as a document, which has no original")]
    Document,
    /// It is not known where it came from.
    #[error("it is not known where the message came from")]
    Unknown,
}

/// The raw bytes of the message of that id, which tells whether they are still the same.
///
/// # Errors
///
/// Why they are not there.
pub fn original(origin: &Origin, id: &str) -> Result<Vec<u8>, Lost> {
    let mut file = File::open(&origin.path)?;
    let bytes = match origin.place.parse() {
        Ok(offset) => {
            file.seek(SeekFrom::Start(offset))?;
            in_mailbox(BufReader::new(file))?
        }
        Err(_) => whole(BufReader::new(file))?,
    };
    if id_of(&bytes) == id { Ok(bytes) } else { Err(Lost::Changed) }
}

fn whole(mut reader: impl BufRead) -> Result<Vec<u8>, Lost> {
    if reader.fill_buf()?.trim_ascii_start().starts_with(b"{") {
        return Err(Lost::Document);
    }
    let mut bytes = Vec::new();
    reader.take(MAX_MESSAGE as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn in_mailbox(reader: impl BufRead) -> io::Result<Vec<u8>> {
    let part = Parts::new(ENVELOPE.chain(reader), MAX_MESSAGE).next()?;
    Ok(part.map(|part| part.trimmed().bytes).unwrap_or_default())
}
