//! The bytes of a message as they were read.

use std::fmt;
use std::io::{self, Cursor, Read};
use std::path::Path;

use postern_local_index::ledger::Occurrence;
use postern_local_index::search::Index;
use postern_mail::eml_of;
use postern_mail::source::{Lost, Origin, original, stored};
use postern_query::Message;

use crate::Error;

/// The bytes of a message as they were read.
pub enum Original {
    /// All of them.
    Whole(Vec<u8>),
    /// From where they lie, a piece at a time.
    Streamed(Box<dyn Read + Send>),
}

/// An original as an internet message.
#[derive(Debug)]
pub struct Eml {
    /// The message.
    pub original: Original,
    /// It was made of a file of Outlook, so that its bytes are not those that were sent.
    pub is_made: bool,
}

/// How every file of Outlook begins (MS-CFB).
const MSG: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Streamed(_) => f.write_str("Streamed(..)"),
        }
    }
}

impl Original {
    /// All of its bytes, in memory.
    ///
    /// # Errors
    ///
    /// When they cannot be read to their end.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Streamed(mut reader) => {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// The original as an internet message. One of Outlook is made into it, and says so.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn into_eml(self) -> io::Result<Eml> {
        let (is_msg, whole) = self.is_msg()?;
        if !is_msg {
            return Ok(Eml { original: whole, is_made: false });
        }
        let bytes = whole.into_bytes()?;
        Ok(match eml_of(&bytes) {
            Some(made) => Eml { original: Self::Whole(made), is_made: true },
            None => Eml { original: Self::Whole(bytes), is_made: false },
        })
    }

    /// Its bytes as those of an internet message.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn into_mail(self) -> io::Result<Vec<u8>> {
        self.into_eml()?.original.into_bytes()
    }

    /// Whether it is a file of Outlook, by how it begins; and the original from its beginning.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn is_msg(self) -> io::Result<(bool, Self)> {
        match self {
            Self::Whole(bytes) => Ok((bytes.starts_with(MSG), Self::Whole(bytes))),
            Self::Streamed(mut reader) => {
                let mut head = Vec::new();
                reader.by_ref().take(MSG.len() as u64).read_to_end(&mut head)?;
                let is_msg = head == MSG;
                Ok((is_msg, Self::Streamed(Box::new(Cursor::new(head).chain(reader)))))
            }
        }
    }

    /// Its bytes, a piece at a time.
    #[must_use]
    pub fn reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::Whole(bytes) => Box::new(Cursor::new(bytes)),
            Self::Streamed(reader) => reader,
        }
    }
}

/// The bytes of a message from the files that it was read from.
///
/// The ledger, which knows where a message came from, is open only as long as this takes. It tells what
/// the last commit knew, also while somebody writes the index.
///
/// # Errors
///
/// [`Error::Lost`] where none of the files has it any more, and when the ledger cannot be read.
pub(crate) fn from_files(index: &Index, id: &str) -> Result<Original, Error> {
    match index.message(id)? {
        Some(message) if message.is_file() => document(index, &message),
        _ => bytes_of(index, id).map(Original::Whole),
    }
}

/// The bytes of a document, if it is still the version that was found.
fn document(index: &Index, message: &Message) -> Result<Original, Error> {
    let name = message.file().and_then(|file| file.name.as_deref()).unwrap_or_default();
    let is_it = |path: &Path| path.file_name().is_some_and(|it| it.to_string_lossy() == name);
    // Others were read as lines of another file.
    let file = index.occurrences(&message.id)?.into_iter().find(|file| is_it(&file.path));
    let file = file.ok_or(Lost::OtherForm)?;
    Ok(Original::Streamed(Box::new(stored(&file.path, message)?)))
}

fn bytes_of(index: &Index, id: &str) -> Result<Vec<u8>, Error> {
    let mut found = Err(Lost::Unknown);
    for Occurrence { path, part, .. } in index.occurrences(id)? {
        found = original(&Origin { path, part }, id);
        if found.is_ok() {
            break;
        }
    }
    Ok(found?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::ops::ControlFlow;

    use super::*;
    use crate::ingest::{Ingest, run};
    use jiff::Timestamp;
    use postern_local_index::write::{Options, SameId, Writer};
    use postern_mail::id_of;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn small() -> Options {
        Options { memory_bytes: 16 << 20, threads: 1, rebuild: false }
    }

    fn writer(data: &std::path::Path) -> Writer {
        Writer::open(data, &small()).unwrap()
    }

    const ONE: &str = "Subject: one\r\n\r\nfirst\r\n";
    const TWO: &str = "Subject: two\n\nsecond\n>From here\n";

    #[test]
    fn the_bytes_as_they_were_read() {
        let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (single, mailbox) = (mail.path().join("1.eml"), mail.path().join("all.mbox"));
        fs::write(&single, ONE).unwrap();
        let from = "From a@b Mon Jan  1 10:00:00 2024\n";
        fs::write(&mailbox, format!("{from}Subject: x\n\nx\n\n{from}{TWO}\n")).unwrap();
        fs::write(mail.path().join("d.jsonl"), "{\"id\":\"doc\"}\n").unwrap();
        let ingest =
            Ingest { paths: vec![mail.path().to_owned()], options: small(), ..Ingest::default() };
        let clock = || NOW;
        run(data.path(), &ingest, &clock, &mut |_| ControlFlow::Continue(())).unwrap();
        let index = Index::open(data.path()).unwrap();
        let read = |id: &str| bytes_of(&index, id).map_err(|lost| lost.to_string());
        let (one, two) = (id_of(ONE.as_bytes()), id_of(TWO.as_bytes()));
        assert_eq!(read(&one).as_deref(), Ok(ONE.as_bytes()));
        assert_eq!(read(&two).as_deref(), Ok(TWO.as_bytes()));
        assert!(read("doc").unwrap_err().contains("document"));
        assert!(read("none").unwrap_err().contains("not known"));
        fs::write(&single, "Subject: other\n\n").unwrap();
        assert!(read(&one).unwrap_err().contains("changed"));
        fs::remove_file(&single).unwrap();
        assert!(read(&one).unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn also_while_the_index_is_being_written() {
        let (mail, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = mail.path().join("1.eml");
        fs::write(&path, ONE).unwrap();
        let (one, two) = (id_of(ONE.as_bytes()), id_of(TWO.as_bytes()));
        let occurrence = Occurrence { path: path.clone(), part: String::new(), home: None };
        let add = |writer: &mut Writer, id: &str| {
            let message = Message { id: id.to_owned(), ..Message::default() };
            writer.add(&occurrence, &message, SameId::Replaces).unwrap();
        };
        let mut writing = writer(data.path());
        add(&mut writing, &one);
        writing.commit(NOW).unwrap();
        let index = Index::open(data.path()).unwrap();
        let read = |id: &str| bytes_of(&index, id).map_err(|lost| lost.to_string());
        add(&mut writing, &two);
        assert_eq!(read(&one).as_deref(), Ok(ONE.as_bytes()));
        assert!(read(&two).unwrap_err().contains("not known"), "it was not committed");
        writing.commit(NOW).unwrap();
        assert!(read(&two).unwrap_err().contains("changed"), "it is known, and lies elsewhere");
        assert_eq!(read(&one).as_deref(), Ok(ONE.as_bytes()));
    }
}
