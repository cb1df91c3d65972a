//! What the ledger knows of one file, and its wire form.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::source::{Source, Unreadable};
use super::wire::{Reader, Writer};
use crate::search::Error;

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

/// What came from one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// Length and time of change; `None` while the file has not been read to its end.
    stamp: Option<(u64, i64)>,
    /// Id and place of each message.
    messages: Vec<(String, String)>,
    /// Place and reason of each message that could not be read.
    unreadable: Vec<(String, String)>,
}

impl Record {
    /// A file that was read to its end.
    pub(crate) fn complete(
        source: &Source,
        messages: Vec<(String, String)>,
        unreadable: Vec<Unreadable>,
    ) -> Self {
        let unreadable = unreadable.into_iter().map(|one| (one.place, one.reason)).collect();
        Self { stamp: Some((source.length, source.modified)), messages, unreadable }
    }

    /// A file of which some messages were read, and of which there may be others from before.
    pub(crate) fn partial(former: Self, messages: &[(String, String)]) -> Self {
        let known: BTreeSet<_> = former.messages.iter().collect();
        let new: Vec<_> = messages.iter().filter(|one| !known.contains(one)).cloned().collect();
        let mut messages = former.messages;
        messages.extend(new);
        Self { stamp: None, messages, unreadable: former.unreadable }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let (length, modified) = self.stamp.unzip();
        out.integer(length.map(u64::cast_signed));
        out.integer(modified);
        for list in [&self.messages, &self.unreadable] {
            out.list(list, |out, (name, text)| {
                out.text(Some(name));
                out.text(Some(text));
            });
        }
        out.finish().into_bytes()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let read = || {
            let mut input = Reader::new(std::str::from_utf8(bytes).ok()?);
            let (length, modified) = (input.integer()?, input.integer()?);
            let pair = |input: &mut Reader<'_>| Some((input.text()??, input.text()??));
            let (messages, unreadable) = (input.list(pair)?, input.list(pair)?);
            let stamp = length.map(i64::cast_unsigned).zip(modified);
            input.is_at_end().then_some(Self { stamp, messages, unreadable })
        };
        read().ok_or_else(|| Error::Corrupt("the book-keeping of a file".into()))
    }

    pub(crate) fn is_of(&self, source: &Source) -> bool {
        self.stamp == Some((source.length, source.modified))
    }

    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.messages.iter().map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn places<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        self.messages.iter().filter(move |(one, _)| one == id).map(|(_, place)| place.as_str())
    }

    pub(crate) fn message_count(&self) -> u64 {
        self.messages.len() as u64
    }

    pub(crate) fn unreadable_count(&self) -> u64 {
        self.unreadable.len() as u64
    }

    pub(crate) fn unreadable(self) -> Vec<Unreadable> {
        self.unreadable.into_iter().map(|(place, reason)| Unreadable { place, reason }).collect()
    }
}
