//! The end of a log: its last signed head, the sealed entries behind it, and where the next line goes.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::chain::Chain;
use crate::error::AuditError;
use crate::files::{head_of, next_line, segment};
use crate::head::Head;
use crate::note::{Signer, Verifier};

/// Bytes that are read at first to find the last head.
const WINDOW: u64 = 64 << 10;

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
    /// The end of that segment. A head that the key did not sign is none.
    pub(crate) fn of(folder: &Path, number: u32, key: &Signer) -> Result<Self, AuditError> {
        let path = segment(folder, number);
        let failed = |error| AuditError::io(&path, error);
        let file = OpenOptions::new().read(true).append(true).open(&path).map_err(failed)?;
        let inode = inode(&file.metadata().map_err(failed)?);
        let (length, head, note) = last_head(&file, key.verifier())
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
