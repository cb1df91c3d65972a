//! The end of a log: its last signed head, the sealed entries behind it, and where the next line goes.

use std::cmp::Reverse;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::chain::Chain;
use crate::error::AuditError;
use crate::files::{counted, head_of, next_line, segment};
use crate::head::Head;
use crate::note::{Signer, Verifier};

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// Where a log ends.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) number: u32,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// What the file is to the system.
    inode: Inode,
    /// Bytes of the segment up to the end of the last line that the key signed or sealed.
    pub(crate) length: u64,
    /// The last head, and its note.
    pub(crate) head: Head,
    pub(crate) note: String,
    /// How far entries go, also those that no head covers yet.
    pub(crate) chain: Chain,
}

/// Whether the segment is as it was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    AsLeft,
    /// Another process wrote, or somebody else did.
    Longer,
    /// It is another file, or shorter.
    Other,
}

impl Tail {
    /// The end of that segment. A head that the key did not sign is none, and one that was copied from before is not
    /// the end.
    pub(crate) fn of(folder: &Path, number: u32, key: &Signer) -> Result<Self, AuditError> {
        let path = segment(folder, number);
        let failed = |error| AuditError::io(&path, error);
        let file = OpenOptions::new().read(true).append(true).open(&path).map_err(failed)?;
        let inode = inode(&file.metadata().map_err(failed)?);
        let (length, head, note) = furthest_head(&file, key.verifier())
            .map_err(failed)?
            .ok_or_else(|| AuditError::OtherKey(path.clone()))?;
        let chain = Chain::up_to(&head);
        let mut tail = Self { number, path, file, inode, length, head, note, chain };
        tail.advance(key)?;
        Ok(tail)
    }

    /// Whether the segment is still the file that was written last, and as long as then. Another one follows only
    /// when it is full.
    pub(crate) fn found(&self) -> Found {
        match self.path.metadata() {
            Ok(there) if inode(&there) != self.inode => Found::Other,
            Ok(there) if there.len() == self.length => Found::AsLeft,
            Ok(there) if there.len() > self.length => Found::Longer,
            Ok(_) | Err(_) => Found::Other,
        }
    }

    /// The same as far as the open file tells, which costs less. A file that was moved away and lies elsewhere seems to
    /// be as it was: that is found when the head is written.
    pub(crate) fn is_as_left(&self) -> bool {
        self.file.metadata().is_ok_and(|file| is_named(&file) && file.len() == self.length)
    }

    /// Goes on over what was written since: sealed entries in order, and heads that sign them.
    pub(crate) fn advance(&mut self, key: &Signer) -> Result<(), AuditError> {
        self.advanced(key).map_err(|error| AuditError::io(&self.path, error))
    }

    fn advanced(&mut self, key: &Signer) -> io::Result<()> {
        let mut file = BufReader::new(self.file.try_clone()?);
        file.seek(SeekFrom::Start(self.length))?;
        let mut line = Vec::new();
        while next_line(&mut file, &mut line)? == Some(true) && self.takes(&line, key) {
            self.length += line.len() as u64 + 1;
        }
        Ok(())
    }

    fn takes(&mut self, line: &[u8], key: &Signer) -> bool {
        let Some(note) = head_of(line) else { return self.chain.takes(line, key) };
        let head = key.verifier().open(&note).and_then(Head::parse);
        match head.filter(|head| Chain::up_to(head) == self.chain) {
            Some(head) => (self.head, self.note) = (head, note),
            None => return false,
        }
        true
    }

    /// Entries that no head covers yet.
    pub(crate) const fn unsigned(&self) -> u64 {
        self.chain.entries.saturating_sub(self.head.entries)
    }

    /// Is as far as that after so many bytes were written, with a head if there was one.
    pub(crate) fn wrote(&mut self, bytes: usize, chain: Chain, signed: Option<(String, Head)>) {
        self.length += bytes as u64;
        self.chain = chain;
        if let Some(signed) = signed {
            (self.note, self.head) = signed;
        }
    }

    /// The bytes behind what the key signed or sealed: a process was killed while it wrote, or somebody added them.
    pub(crate) fn rest(&self) -> Result<Vec<u8>, AuditError> {
        let mut rest = Vec::new();
        let mut file = &self.file;
        let read =
            file.seek(SeekFrom::Start(self.length)).and_then(|_| file.read_to_end(&mut rest));
        read.map_err(|error| AuditError::io(&self.path, error))?;
        Ok(rest)
    }
}

#[cfg(unix)]
type Inode = (u64, u64);
#[cfg(not(unix))]
type Inode = ();

#[cfg(unix)]
fn inode(file: &Metadata) -> Inode {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
const fn inode(_: &Metadata) -> Inode {}

/// Whether an open file has a name still: one that was removed or replaced has none.
#[cfg(unix)]
fn is_named(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.nlink() > 0
}

#[cfg(not(unix))]
const fn is_named(_: &Metadata) -> bool {
    true
}

/// The head that goes furthest of those that the key signed, and where its line ends. It is not the last line with a
/// head: somebody may have copied one of before behind it.
fn furthest_head(file: &File, key: &Verifier) -> io::Result<Option<(u64, Head, String)>> {
    let mut told = heads(file)?;
    // Of the same head twice the first one is in its place.
    told.sort_by_key(|(entries, line)| (Reverse(*entries), line.end));
    for (_, line) in told {
        let note = read(file, &line)?;
        let head = note.as_deref().and_then(|note| key.open(note)).and_then(Head::parse);
        if let Some((head, note)) = head.zip(note) {
            return Ok(Some((line.end + 1, head, note)));
        }
    }
    Ok(None)
}

/// What each head says that it counts, signed or not, and where its line is.
fn heads(mut file: &File) -> io::Result<Vec<(u64, Range<u64>)>> {
    file.seek(SeekFrom::Start(0))?;
    let (mut file, mut line) = (BufReader::with_capacity(BUFFER, file), Vec::new());
    let (mut found, mut start) = (Vec::new(), 0);
    while let Some(is_whole) = next_line(&mut file, &mut line)? {
        let end = start + line.len() as u64;
        found.extend(counted(&line).filter(|_| is_whole).map(|entries| (entries, start..end)));
        start = end + u64::from(is_whole);
    }
    Ok(found)
}

/// The note of the head that is that line.
fn read(mut file: &File, line: &Range<u64>) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(line.start))?;
    file.take(line.end - line.start).read_to_end(&mut bytes)?;
    Ok(head_of(&bytes))
}
