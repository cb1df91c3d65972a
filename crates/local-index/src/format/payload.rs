//! What is noted of an index as a whole.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tantivy::directory::Directory as _;

use super::disk::META;
use super::folder::Folder;
use super::stored;
use crate::Error;

/// What a commit says about the index; it lies in the index itself, so that a reader needs nothing
/// else.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Payload {
    /// Number of the commit.
    pub(crate) sequence: u64,
    /// When it was made, in milliseconds.
    pub(crate) as_of: Option<i64>,
    /// Messages that could not be read.
    pub(crate) unreadable: u64,
    /// Nobody looked into the attachments of some messages.
    pub(crate) without_attachment_text: bool,
    /// Messages of a former format that had to be read again, and had no original any more.
    pub(crate) incomplete: u64,
}

/// What the engine wrote down of a commit, but for what it is made of: reading all of that takes as long as a search.
#[derive(Deserialize)]
struct Noted {
    payload: Option<String>,
}

fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(text)
        .map_err(|error| Error::Corrupt(format!("the note of its last commit: {error}")))
}

impl Payload {
    /// The payload of the last commit of an index; that of a new index where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(crate) fn of(index: &tantivy::Index) -> Result<Self, Error> {
        let meta = index.directory().atomic_read(Path::new(META));
        let meta = meta.map_err(tantivy::TantivyError::from)?;
        let Noted { payload } = read(&meta)?;
        payload.map_or_else(|| Ok(Self::default()), |text| read(text.as_bytes()))
    }

    /// # Errors
    ///
    /// Never, as far as is known.
    pub(crate) fn to_text(self) -> Result<String, Error> {
        serde_json::to_string(&self)
            .map_err(|error| Error::Corrupt(format!("the note of a commit: {error}")))
    }

    /// When the index was last known to be complete.
    pub(crate) fn as_of(&self, folder: &Folder) -> Option<Timestamp> {
        let checked = Checked::read(folder).filter(|checked| checked.sequence == self.sequence);
        self.as_of.max(checked.map(|checked| checked.as_of)).and_then(stored::instant)
    }
}

/// A run found nothing new after a commit. Nobody waits for the disk to have it: without it, the index
/// is as old as its last commit, which is true as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Number of the commit.
    sequence: u64,
    /// When the run ended, in milliseconds.
    as_of: i64,
}

impl Checked {
    pub(crate) fn at(sequence: u64, now: Timestamp) -> Self {
        Self { sequence, as_of: stored::milliseconds(now) }
    }

    /// # Errors
    ///
    /// When the disk refuses.
    pub(crate) fn write(self, folder: &Folder) -> Result<(), Error> {
        let aside = folder.checked().with_extension("new");
        let text = format!("{{\"sequence\":{},\"as_of\":{}}}", self.sequence, self.as_of);
        fs::write(&aside, format!("{text} {:08x}\n", crc32fast::hash(text.as_bytes())))?;
        Ok(fs::rename(aside, folder.checked())?)
    }

    /// What is noted there; what is damaged says nothing.
    fn read(folder: &Folder) -> Option<Self> {
        Self::parse(&fs::read_to_string(folder.checked()).ok()?)
    }

    /// What was written, with its checksum behind it; earlier versions wrote none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let json = match text.strip_suffix('\n')?.rsplit_once(' ') {
            Some((json, crc)) => Some(json)
                .filter(|json| format!("{:08x}", crc32fast::hash(json.as_bytes())) == crc)?,
            None => text,
        };
        serde_json::from_str(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_look_counts_for_its_commit_only() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir_all(data.path().join("index")).unwrap();
        let folder = Folder::new(data.path());
        let seconds = |as_of: &Payload| as_of.as_of(&folder).map(Timestamp::as_second);
        let payload = Payload { sequence: 3, as_of: Some(5_000), ..Payload::default() };
        assert_eq!(seconds(&payload), Some(5));
        Checked::at(3, Timestamp::from_second(9).unwrap()).write(&folder).unwrap();
        assert_eq!(seconds(&payload), Some(9));
        assert_eq!(seconds(&Payload { sequence: 4, ..payload }), Some(5));
        fs::write(folder.checked(), "{\"sequence\":3,").unwrap();
        assert_eq!(seconds(&payload), Some(5));
    }
}
