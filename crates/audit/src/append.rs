//! Writing at the end of a log, under a lock that all processes take.
//!
//! Entries are sealed and chained, and a head that signs all of them follows later, or at once. Whoever is killed leaves
//! sealed entries without a head: the next writer goes on behind them, and its head covers them. What is not sealed it
//! sets aside, and says so in an entry.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::chain::Chain;
use crate::entry::{Entry, What};
use crate::error::AuditError;
use crate::files::{
    MOST_LINE, SEGMENT, head_line, lock_file, make_segment, segments, set_aside, writers_file,
};
use crate::head::{Digest, Head, digest, hex};
use crate::note::Signer;
use crate::tail::{Found, Tail};

/// Who the log itself is, in its own entries.
const ITSELF: &str = "postern";

/// Writes at the end of the log of a folder.
#[derive(Debug)]
pub(crate) struct Appender {
    folder: PathBuf,
    key: Signer,
    clock: fn() -> Timestamp,
    lock: File,
    /// Locked, together with other writers, as long as this one may write.
    among: Option<File>,
    tail: Option<Tail>,
    /// How far the log went when this one wrote last.
    left: Option<Chain>,
    /// What the log has to say of itself, which is written with the next entry.
    notes: Vec<Entry>,
    segment: u64,
}

/// When entries are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Now,
    Later,
}

impl Appender {
    /// Opens the log of a folder, or begins it.
    pub(crate) fn open(
        folder: &Path,
        key: Signer,
        clock: fn() -> Timestamp,
    ) -> Result<Self, AuditError> {
        let made = fs::create_dir_all(folder).map_err(|error| AuditError::io(folder, error));
        let lock = made.and_then(|()| lockable(&lock_file(folder)))?;
        let (folder, notes) = (folder.to_owned(), Vec::new());
        let segment = SEGMENT;
        Ok(Self { folder, key, clock, lock, among: None, tail: None, left: None, notes, segment })
    }

    /// The same with segments of so many bytes.
    #[cfg(test)]
    pub(crate) fn with_segments_of(mut self, bytes: u64) -> Self {
        self.segment = bytes;
        self
    }

    /// Writes entries, and a head behind them if they are to be signed now and anything is not.
    /// The file may have to be synced then.
    pub(crate) fn append(&mut self, entries: &[Entry], sign: Sign) -> Result<(), AuditError> {
        self.lock.lock().map_err(|error| AuditError::io(&lock_file(&self.folder), error))?;
        let written = self.end().and_then(|tail| self.append_to(tail, entries, sign));
        self.unlock(written)
    }

    /// Writes an entry to be signed later, if that can be done at once: no other process writes, and none wrote since.
    pub(crate) fn append_at_once(&mut self, entry: &Entry) -> Option<Result<(), AuditError>> {
        let tail = self.tail.as_ref().filter(|tail| tail.length < self.segment)?;
        self.lock.try_lock().ok()?;
        let tail = if tail.is_as_left() { self.tail.take() } else { None };
        let written =
            tail.map(|tail| self.append_to(tail, std::slice::from_ref(entry), Sign::Later));
        match written {
            Some(written) => Some(self.unlock(written)),
            None => self.unlock(Ok(())).err().map(Err),
        }
    }

    /// Whether there are entries that no head covers.
    pub(crate) fn is_unsigned(&self) -> bool {
        self.tail.as_ref().is_some_and(|tail| tail.unsigned() > 0)
    }

    /// The segment that was written last, to be synced, and the last head that stands there.
    pub(crate) fn written(&self) -> Option<(io::Result<File>, String)> {
        self.tail.as_ref().map(|tail| (tail.file.try_clone(), tail.note.clone()))
    }

    fn unlock(&self, written: Result<(), AuditError>) -> Result<(), AuditError> {
        let unlocked = self.lock.unlock();
        written.and(unlocked.map_err(|error| AuditError::io(&lock_file(&self.folder), error)))
    }

    /// Writes behind the end. Where that fails, it is looked for again.
    fn append_to(
        &mut self,
        mut tail: Tail,
        entries: &[Entry],
        sign: Sign,
    ) -> Result<(), AuditError> {
        if tail.length >= self.segment {
            tail = self.next_segment(tail)?;
        }
        self.write(&mut tail, entries, sign)?;
        self.left = Some(tail.chain.clone());
        self.tail = Some(tail);
        Ok(())
    }

    /// The end of the log as it lies there.
    fn end(&mut self) -> Result<Tail, AuditError> {
        let known = self.tail.take().filter(|tail| tail.length < self.segment);
        let mut tail = match known.map(|tail| (tail.found(), tail)) {
            Some((Found::AsLeft, tail)) => return Ok(tail),
            Some((Found::Longer, mut tail)) => {
                tail.advance(&self.key)?;
                // Behind a full one there may be another one.
                if tail.length < self.segment { tail } else { self.found_end()? }
            }
            Some((Found::Other, _)) | None => self.found_end()?,
        };
        self.set_rest_aside(&mut tail)?;
        Ok(tail)
    }

    fn found_end(&mut self) -> Result<Tail, AuditError> {
        let is_alone = self.comes_alone()?;
        let Some(last) = segments(&self.folder)?.pop() else {
            return self.begin();
        };
        let tail = Tail::of(&self.folder, last, &self.key)?;
        if is_alone && tail.unsigned() > 0 {
            self.tell("found unsigned", tail.head.entries, tail.chain.entries);
        }
        let left = self.left.take().filter(|left| left.log == tail.chain.log);
        if let Some(left) = left.filter(|left| left.entries > tail.chain.entries) {
            self.tell("missing", tail.chain.entries, left.entries);
        }
        Ok(tail)
    }

    /// Has it in the log that something is with the entries behind one, up to another.
    fn tell(&mut self, event: &str, behind: u64, to: u64) {
        let note = Entry::new(What::Log, ITSELF).with("event", event);
        self.notes.push(note.with("from", behind + 1).with("to", to));
    }

    /// Whether no other process may write while this one comes: then nobody is about to sign what is not signed.
    fn comes_alone(&mut self) -> Result<bool, AuditError> {
        if self.among.is_some() {
            return Ok(false);
        }
        let path = writers_file(&self.folder);
        let file = lockable(&path)?;
        let is_alone = file.try_lock().is_ok();
        // Nobody else comes meanwhile: the log is locked.
        let unlocked = if is_alone { file.unlock() } else { Ok(()) };
        let shared = unlocked.and_then(|()| file.lock_shared());
        shared.map_err(|error| AuditError::io(&path, error))?;
        self.among = Some(file);
        Ok(is_alone)
    }

    fn begin(&self) -> Result<Tail, AuditError> {
        // The key is new with most logs: what makes them differ is the time and the process too.
        let now = (self.clock)();
        let place = self.folder.display();
        let named = format!("{now} {} {place} {:?}", std::process::id(), std::time::Instant::now());
        let log = hex(digest(named.as_bytes()).0.first_chunk::<16>().unwrap_or(&[0; 16]));
        let head = Head { log, entries: 0, last: Digest::default(), time: now };
        make_segment(&self.folder, 1, &self.key.sign(&head.text()))?;
        Tail::of(&self.folder, 1, &self.key)
    }

    /// The next segment, which begins with a head of all that was written before.
    fn next_segment(&mut self, mut tail: Tail) -> Result<Tail, AuditError> {
        self.write(&mut tail, &[], Sign::Now)?;
        tail.file.sync_all().map_err(|error| AuditError::io(&tail.path, error))?;
        make_segment(&self.folder, tail.number + 1, &tail.note)?;
        Tail::of(&self.folder, tail.number + 1, &self.key)
    }

    /// Keeps what the key neither signed nor sealed in a file of its own, and has the log say so.
    fn set_rest_aside(&mut self, tail: &mut Tail) -> Result<(), AuditError> {
        let rest = tail.rest()?;
        if rest.is_empty() {
            return Ok(());
        }
        let name = set_aside(&self.folder, tail.chain.entries, &rest)?;
        let cut = tail.file.set_len(tail.length);
        cut.map_err(|error| AuditError::io(&tail.path, error))?;
        let bytes = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        let told = Entry::new(What::Log, ITSELF).with("event", "set aside");
        self.notes.push(told.with("file", name).with("bytes", bytes));
        Ok(())
    }

    /// The file is as before where that fails.
    fn write(&mut self, tail: &mut Tail, entries: &[Entry], sign: Sign) -> Result<(), AuditError> {
        let time = (self.clock)();
        let mut chain = tail.chain.clone();
        let mut text = self.lines(&mut chain, entries, time)?;
        // What the log says of itself is signed at once.
        let is_wanted = sign == Sign::Now || !self.notes.is_empty();
        let head = (is_wanted && chain.entries > tail.head.entries).then(|| chain.head(time));
        let signed = head.map(|head| (self.key.sign(&head.text()), head));
        text.extend(signed.as_ref().map(|(note, _)| head_line(note)));
        if let Err(error) = tail.file.write_all(text.as_bytes()) {
            // Where even that fails, the next writer sets the rest aside.
            drop(tail.file.set_len(tail.length));
            return Err(AuditError::io(&tail.path, error));
        }
        self.notes.clear();
        tail.wrote(text.len(), chain, signed);
        Ok(())
    }

    /// The lines of entries behind the end of a chain, which then goes that far.
    fn lines(
        &self,
        chain: &mut Chain,
        entries: &[Entry],
        time: Timestamp,
    ) -> Result<String, AuditError> {
        let mut text = String::new();
        for entry in self.notes.iter().chain(entries) {
            let line = chain.push(entry.fields(), time, &self.key);
            if line.len() >= MOST_LINE {
                return Err(AuditError::TooLong { found: line.len(), most: MOST_LINE - 1 });
            }
            text.push_str(&line);
            text.push('\n');
        }
        Ok(text)
    }
}

/// A file that is there to be locked.
fn lockable(path: &Path) -> Result<File, AuditError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    file.map_err(|error| AuditError::io(path, error))
}
