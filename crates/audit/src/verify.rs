//! Whether a log is as it was written.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde_json::Value;

use crate::canonical::canonical;
use crate::chain::Chain;
use crate::entry::What;
use crate::error::AuditError;
use crate::files::{head_of, lock_file, next_line, segment, segments};
use crate::head::{Digest, Head, digest};
use crate::note::{Signer, Verifier};

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// The first thing that is wrong with a log. Nothing behind it is vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the segment, which is the name of its file.
    pub segment: u32,
    /// The line in it, from 1.
    pub line: u64,
    /// What is wrong.
    pub why: Why,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A segment is not there.
    #[error("the segment is missing")]
    Missing,
    /// A line is no entry and no head.
    #[error("this is no entry, or not as it was written")]
    NotAnEntry,
    /// An entry does not follow the one before it.
    #[error(
        "entry {0} does not follow the entry before it: one was changed, removed, added or moved"
    )]
    Chain(u64),
    /// A head is not signed by the key.
    #[error("this head is not signed by the key of the log")]
    NotSigned,
    /// A head says something else than the entries before it.
    #[error("this head signs {0} entries that are others than those before it")]
    OtherHead(u64),
    /// A segment does not begin with the last head of the one before it.
    #[error("the segment does not begin with the last head of the one before it")]
    Beginning,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {:06}, line {}: {}", self.segment, self.line, self.why)
    }
}

/// What an outside head says of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// It is not signed by the key of the log, or is no head.
    NotSigned,
    /// It is of another log.
    OtherLog,
    /// The log has fewer entries than that: its tail was cut off.
    CutTail {
        /// The entries that the head counts.
        head: u64,
        /// Those that are there.
        log: u64,
    },
    /// The entries up to that one are others than those of the head.
    Differs(u64),
    /// The entries up to that one are those of the head.
    UpTo(u64),
}

/// What came of verifying a log.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Entries that are in order and covered by a head.
    pub entries: u64,
    /// The last head, as it was signed.
    pub head: Option<Head>,
    /// Entries behind the last head that the key of the log sealed, in order: they are part of the log, and the next
    /// head covers them. Nobody can tell without the key.
    pub sealed: u64,
    /// Other lines behind the last head, which are no part of the log: a process was killed while it wrote them, or
    /// somebody added them.
    pub unsigned: u64,
    /// Entries in which the log speaks of itself: something was set aside, found unsigned, or missing.
    pub told: u64,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
    /// What the outside head says, if there was one.
    pub against: Option<Vouched>,
}

impl Verified {
    /// Whether nothing is wrong. Unsigned lines are no part of the log.
    #[must_use]
    pub const fn is_intact(&self) -> bool {
        self.fault.is_none() && matches!(self.against, None | Some(Vouched::UpTo(_)))
    }
}

/// Verifies the log in `folder`, and compares it with an outside head. What is written meanwhile is left out. With
/// `seals`, entries that no head covers yet are told from lines that somebody added.
///
/// # Errors
///
/// When it cannot be read.
pub fn verify(
    folder: &Path,
    key: &Verifier,
    seals: Option<&Signer>,
    against: Option<&str>,
) -> Result<Verified, AuditError> {
    let outside = against.map(|note| key.open(note).and_then(Head::parse));
    let mut walk = Walk::new(key, outside.clone().flatten());
    let segments = readable(folder)?;
    let fault = walk.segments(folder, &segments)?;
    let vouched = |head: Option<Head>| match head {
        Some(head) => walk.vouched(&head, fault.is_some()),
        None => Vouched::NotSigned,
    };
    let against = outside.map(vouched);
    let behind = if fault.is_some() { 0 } else { walk.unsigned };
    let seals = seals.filter(|seals| behind > 0 && seals.verifier() == key);
    let sealed = match (seals, segments.last()) {
        (Some(seals), Some(last)) => walk.sealed(folder, *last, seals)?,
        _ => 0,
    };
    let (told, unsigned) = (walk.told, behind - sealed);
    let entries = walk.head.as_ref().map_or(0, |head| head.entries);
    Ok(Verified { entries, head: walk.head, sealed, unsigned, told, fault, against })
}

/// The segments, and how many bytes of each are written.
fn readable(folder: &Path) -> Result<Vec<(u32, u64)>, AuditError> {
    let path = lock_file(folder);
    let lock = match File::open(&path) {
        Ok(lock) => Some(lock),
        // Without it nobody writes now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(AuditError::io(&path, error)),
    };
    let locked = lock.as_ref().map_or(Ok(()), File::lock_shared);
    locked.map_err(|error| AuditError::io(&path, error))?;
    let length = |number| {
        let path = segment(folder, number);
        let there = path.metadata().map_err(|error| AuditError::io(&path, error));
        there.map(|there| (number, there.len()))
    };
    segments(folder)?.into_iter().map(length).collect()
}

/// A walk over all lines of a log.
struct Walk<'k> {
    key: &'k Verifier,
    wanted: Option<Head>,
    /// The digest of the entry that the outside head counts last.
    at_wanted: Option<Digest>,
    /// The last head.
    head: Option<Head>,
    entries: u64,
    last: Digest,
    /// Lines since the last head.
    unsigned: u64,
    /// The bytes of the segment that were read, and those up to the last head.
    read: u64,
    signed: u64,
    /// Entries of the log itself.
    told: u64,
}

impl<'k> Walk<'k> {
    fn new(key: &'k Verifier, wanted: Option<Head>) -> Self {
        let (head, at_wanted, last) = (None, None, Digest::default());
        let (entries, unsigned, read, signed, told) = (0, 0, 0, 0, 0);
        Self { key, wanted, at_wanted, head, entries, last, unsigned, read, signed, told }
    }

    /// How many entries behind the last head are in order under their seals.
    fn sealed(
        &self,
        folder: &Path,
        (number, length): (u32, u64),
        seals: &Signer,
    ) -> Result<u64, AuditError> {
        let Some(mut chain) = self.head.as_ref().map(Chain::up_to) else { return Ok(0) };
        let (path, before) = (segment(folder, number), chain.entries);
        let mut read = || {
            let mut file = BufReader::with_capacity(BUFFER, File::open(&path)?);
            file.seek(SeekFrom::Start(self.signed))?;
            let (mut file, mut line) = (file.take(length.saturating_sub(self.signed)), Vec::new());
            while next_line(&mut file, &mut line)? == Some(true) && chain.takes(&line, seals) {}
            Ok(())
        };
        read().map_err(|error| AuditError::io(&path, error))?;
        Ok(chain.entries - before)
    }

    fn vouched(&self, head: &Head, is_broken: bool) -> Vouched {
        match (&self.head, self.at_wanted) {
            (Some(own), _) if own.log != head.log => Vouched::OtherLog,
            (_, Some(last)) if last == head.last => Vouched::UpTo(head.entries),
            (Some(_), None) if head.entries == 0 => Vouched::UpTo(0),
            (_, Some(_)) => Vouched::Differs(head.entries),
            (_, None) if is_broken => Vouched::Differs(head.entries),
            (_, None) => Vouched::CutTail { head: head.entries, log: self.entries },
        }
    }

    fn segments(
        &mut self,
        folder: &Path,
        segments: &[(u32, u64)],
    ) -> Result<Option<Fault>, AuditError> {
        let last = segments.last().map_or(1, |(number, _)| *number);
        let mut there = segments.iter();
        for number in 1..=last {
            let Some((_, length)) = there.next().filter(|(there, _)| *there == number) else {
                return Ok(Some(Fault { segment: number, line: 1, why: Why::Missing }));
            };
            let path = segment(folder, number);
            let fault = self.segment(&path, *length, number == last);
            if let Some((line, why)) = fault.map_err(|error| AuditError::io(&path, error))? {
                return Ok(Some(Fault { segment: number, line, why }));
            }
        }
        Ok(None)
    }

    /// The first line of a segment at which something is wrong. Only the last segment may end in half a line.
    fn segment(
        &mut self,
        path: &Path,
        length: u64,
        is_last: bool,
    ) -> io::Result<Option<(u64, Why)>> {
        let mut file = BufReader::with_capacity(BUFFER, File::open(path)?.take(length));
        let mut line = Vec::new();
        self.read = 0;
        for number in 1.. {
            let Some(is_whole) = next_line(&mut file, &mut line)? else {
                return Ok((number == 1).then_some((1, Why::Beginning)));
            };
            self.read += line.len() as u64 + 1;
            let read = match head_of(&line).filter(|_| is_whole) {
                Some(note) => self.head(&note, number == 1),
                None if number == 1 => Err(Why::Beginning),
                None if is_whole => self.entry(&line),
                None if is_last && file.fill_buf()?.is_empty() => {
                    self.unsigned += 1;
                    Ok(())
                }
                None => Err(Why::NotAnEntry),
            };
            if let Err(why) = read {
                return Ok(Some((number, why)));
            }
        }
        Ok(None)
    }

    /// Takes a head; at the beginning of a segment it is the last one of the segment before.
    fn head(&mut self, note: &str, begins: bool) -> Result<(), Why> {
        let head = self.key.open(note).and_then(Head::parse).ok_or(Why::NotSigned)?;
        let is_next = match &self.head {
            Some(before) if begins => self.unsigned == 0 && *before == head,
            Some(before) => before.log == head.log,
            None => head.entries == 0,
        };
        if begins && !is_next {
            return Err(Why::Beginning);
        }
        if !is_next || (head.entries, head.last) != (self.entries, self.last) {
            return Err(Why::OtherHead(head.entries));
        }
        (self.head, self.unsigned, self.signed) = (Some(head), 0, self.read);
        Ok(())
    }

    fn entry(&mut self, line: &[u8]) -> Result<(), Why> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(line) else {
            return Err(Why::NotAnEntry);
        };
        let n = fields.get("n").and_then(Value::as_u64).ok_or(Why::NotAnEntry)?;
        let prev = fields.get("prev").and_then(Value::as_str).ok_or(Why::NotAnEntry)?;
        if canonical(&fields).as_bytes() != line {
            return Err(Why::NotAnEntry);
        }
        if n != self.entries + 1 || prev != self.last.to_string() {
            return Err(Why::Chain(n));
        }
        (self.entries, self.last) = (n, digest(line));
        self.unsigned += 1;
        let is_told = fields.get("what").and_then(Value::as_str) == Some(What::Log.as_str());
        self.told += u64::from(is_told);
        if self.wanted.as_ref().is_some_and(|wanted| wanted.entries == n) {
            self.at_wanted = Some(self.last);
        }
        Ok(())
    }
}
