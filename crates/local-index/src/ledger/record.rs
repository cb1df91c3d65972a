//! What the ledger knows of one file, and its wire form.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::source::{Source, Unreadable};
use crate::Error;
use crate::format::wire::{Reader, Writer};

/// The path of a file as a key: its bytes, whatever they spell. Each is held in several places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(Arc<[u8]>);

impl Key {
    pub(crate) fn of(path: &Path) -> Self {
        #[cfg(unix)]
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).into();
        #[cfg(not(unix))]
        let bytes = path.to_string_lossy().into_owned().into_bytes().into();
        Self(bytes)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn path(&self) -> PathBuf {
        #[cfg(unix)]
        let path: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(&self.0);
        #[cfg(not(unix))]
        let path = String::from_utf8_lossy(&self.0).into_owned();
        PathBuf::from(path)
    }
}

/// What is known of a file. Its messages are kept apart, each with the reading that found it last:
/// there may be more of them than fit into memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) key: Key,
    /// Number of the last reading of the file. What an earlier one found and this one did not is gone
    /// when the file is closed.
    pub(crate) reading: u32,
    /// Messages that the last reading found.
    pub(crate) messages: u64,
    /// Length and time of change; `None` while the file has not been read to its end.
    stamp: Option<(u64, i64)>,
    /// Messages that could not be read.
    unreadable_count: u64,
    /// Place and reason of the first of these.
    unreadable: Vec<(String, String)>,
}

impl Record {
    /// A file that nothing is known of.
    pub(crate) const fn new(key: Key) -> Self {
        Self {
            key,
            reading: 0,
            messages: 0,
            stamp: None,
            unreadable_count: 0,
            unreadable: Vec::new(),
        }
    }

    /// Begins the next reading. What was unreadable stays so until its end.
    pub(crate) fn begin(&mut self) {
        (self.reading, self.messages, self.stamp) = (self.reading.wrapping_add(1), 0, None);
    }

    /// Notes that the file was read to its end.
    pub(crate) fn close(&mut self, source: &Source, unreadable: Vec<Unreadable>, count: u64) {
        self.stamp = Some((source.length, source.modified));
        self.unreadable_count = count;
        self.unreadable = unreadable.into_iter().map(|one| (one.part, one.reason)).collect();
    }

    /// The length of the path in four bytes, the least first; the path; the rest as text.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let (length, modified) = self.stamp.unzip();
        out.count(u64::from(self.reading));
        out.count(self.messages);
        out.integer(length.map(u64::cast_signed));
        out.integer(modified);
        out.count(self.unreadable_count);
        out.list(&self.unreadable, |out, (name, text)| {
            out.text(Some(name));
            out.text(Some(text));
        });
        let path = self.key.as_slice();
        let length = u32::try_from(path.len()).unwrap_or(u32::MAX).to_le_bytes();
        [&length, path, out.finish().as_bytes()].concat()
    }

    /// # Errors
    ///
    /// When the bytes are not those of a record.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let read = || {
            let (path, text) = split(bytes)?;
            let mut input = Reader::new(std::str::from_utf8(text).ok()?);
            let (reading, messages) = (input.count()?.try_into().ok()?, input.count()?);
            let (length, modified) = (input.integer()?, input.integer()?);
            let unreadable_count = input.count()?;
            let unreadable = input.list(|input| Some((input.text()??, input.text()??)))?;
            let stamp = length.map(i64::cast_unsigned).zip(modified);
            let key = Key::from_bytes(path);
            let record = Self { key, reading, messages, stamp, unreadable_count, unreadable };
            input.is_at_end().then_some(record)
        };
        read().ok_or_else(|| Error::Corrupt("the book-keeping of a file".into()))
    }

    /// The path in the bytes of a record.
    pub(crate) fn path_in(bytes: &[u8]) -> &[u8] {
        split(bytes).map(|(path, _)| path).unwrap_or_default()
    }

    pub(crate) fn is_of(&self, source: &Source) -> bool {
        self.stamp == Some((source.length, source.modified))
    }

    pub(crate) const fn unreadable_count(&self) -> u64 {
        self.unreadable_count
    }

    pub(crate) fn unreadable(self) -> Vec<Unreadable> {
        self.unreadable.into_iter().map(|(part, reason)| Unreadable { part, reason }).collect()
    }
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}
