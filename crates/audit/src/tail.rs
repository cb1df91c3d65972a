//! The end of a log: its last signed head, and where the next line goes.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use crate::error::AuditError;
use crate::files::{head_of, segment};
use crate::head::Head;
use crate::note::Verifier;

/// Bytes that are read at first to find the last head.
const WINDOW: u64 = 64 << 10;

/// Where a log ends.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) number: u32,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// Bytes of the segment up to the end of its last signed head.
    pub(crate) length: u64,
    pub(crate) head: Head,
    pub(crate) note: String,
}

impl Tail {
    /// The end of that segment. A head that the key did not sign is none.
    pub(crate) fn of(
        folder: &std::path::Path,
        number: u32,
        key: &Verifier,
    ) -> Result<Self, AuditError> {
        let path = segment(folder, number);
        let failed = |error| AuditError::io(&path, error);
        let file = OpenOptions::new().read(true).append(true).open(&path).map_err(failed)?;
        let (length, head, note) = last_head(&file, key)
            .map_err(failed)?
            .ok_or_else(|| AuditError::OtherKey(path.clone()))?;
        Ok(Self { number, path, file, length, head, note })
    }

    /// Whether the segment is still the file that was written last, and as long as then.
    pub(crate) fn is_as_left(&self, folder: &std::path::Path) -> bool {
        let there = self.path.metadata().is_ok_and(|there| {
            there.len() == self.length
                && self.file.metadata().is_ok_and(|ours| is_same(&there, &ours))
        });
        there && !segment(folder, self.number + 1).exists()
    }

    /// The bytes behind the last head: a process was killed while it wrote, or somebody added them.
    pub(crate) fn unsigned(&self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.length))?;
        file.read_to_end(&mut rest)?;
        Ok(rest)
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// The last head that the key signed, and where its line ends. It is looked for from the end.
fn last_head(mut file: &File, key: &Verifier) -> io::Result<Option<(u64, Head, String)>> {
    let length = file.metadata()?.len();
    let mut window = WINDOW;
    loop {
        let start = length.saturating_sub(window);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.read_to_end(&mut bytes)?;
        let found = last_in(&bytes, start == 0, key);
        if let Some((behind, head, note)) = found {
            return Ok(Some((start + behind as u64, head, note)));
        }
        if start == 0 {
            return Ok(None);
        }
        window *= 4;
    }
}

/// The same of the end of a file; what comes before its first line feed is no whole line, but at the start.
fn last_in(bytes: &[u8], is_start: bool, key: &Verifier) -> Option<(usize, Head, String)> {
    let mut end = bytes.iter().rposition(|byte| *byte == b'\n')? + 1;
    while end > 0 {
        let before = bytes.get(..end - 1)?;
        let start = before.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let (start, is_whole) = (start.unwrap_or(0), start.is_some() || is_start);
        let note = before.get(start..).filter(|_| is_whole).and_then(head_of);
        if let Some(note) = note
            && let Some(head) = key.open(&note).and_then(Head::parse)
        {
            return Some((end, head, note));
        }
        end = start;
    }
    None
}
