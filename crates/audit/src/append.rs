//! Writing at the end of a log: one batch at a time, under a lock that all processes take.
//!
//! A batch and the head that signs it are written at once. Whoever is killed on the way leaves lines without a head:
//! they were never said to be written. The next writer sets them aside, and says so in an entry.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::entry::{Entry, What};
use crate::error::AuditError;
use crate::files::{MOST_LINE, SEGMENT, head_line, lock_file, segment, segments};
use crate::head::{Digest, Head, digest, hex};
use crate::note::Signer;
use crate::tail::Tail;

/// Who the log itself is, in its own entries.
const ITSELF: &str = "postern";

/// Writes at the end of the log of a folder.
#[derive(Debug)]
pub(crate) struct Appender {
    folder: PathBuf,
    key: Signer,
    clock: fn() -> Timestamp,
    lock: File,
    tail: Option<Tail>,
    segment: u64,
}

impl Appender {
    /// Opens the log of a folder, or begins it.
    pub(crate) fn open(
        folder: &Path,
        key: Signer,
        clock: fn() -> Timestamp,
    ) -> Result<Self, AuditError> {
        let path = lock_file(folder);
        let lock = fs::create_dir_all(folder)
            .and_then(|()| OpenOptions::new().create(true).truncate(false).write(true).open(&path));
        let lock = lock.map_err(|error| AuditError::io(&path, error))?;
        Ok(Self { folder: folder.to_owned(), key, clock, lock, tail: None, segment: SEGMENT })
    }

    /// The same with segments of so many bytes.
    #[cfg(test)]
    pub(crate) fn with_segments_of(mut self, bytes: u64) -> Self {
        self.segment = bytes;
        self
    }

    /// Writes entries and the head behind them. The file may have to be synced then.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<(), AuditError> {
        self.lock.lock().map_err(|error| AuditError::io(&lock_file(&self.folder), error))?;
        let written = self.append_locked(entries);
        if written.is_err() {
            // What is there now is read again.
            self.tail = None;
        }
        let unlocked = self.lock.unlock();
        written.and(unlocked.map_err(|error| AuditError::io(&lock_file(&self.folder), error)))
    }

    /// The segment that was written last, to be synced, and the head that stands there.
    pub(crate) fn written(&self) -> Option<(io::Result<File>, String)> {
        self.tail.as_ref().map(|tail| (tail.file.try_clone(), tail.note.clone()))
    }

    fn append_locked(&mut self, entries: &[Entry]) -> Result<(), AuditError> {
        let mut tail = match self.tail.take().filter(|tail| tail.is_as_left(&self.folder)) {
            Some(tail) => tail,
            None => self.end()?,
        };
        if tail.length >= self.segment {
            tail = self.next_segment(&tail)?;
        }
        self.write(&mut tail, entries)?;
        self.tail = Some(tail);
        Ok(())
    }

    /// The end of the log as it lies there. What nobody signed is set aside.
    fn end(&self) -> Result<Tail, AuditError> {
        let Some(last) = segments(&self.folder)?.pop() else {
            return self.begin();
        };
        let mut tail = Tail::of(&self.folder, last, self.key.verifier())?;
        let failed = |error| AuditError::io(&tail.path, error);
        let unsigned = tail.unsigned().map_err(failed)?;
        if !unsigned.is_empty() {
            self.set_aside(&mut tail, &unsigned)?;
        }
        Ok(tail)
    }

    fn begin(&self) -> Result<Tail, AuditError> {
        // The key is new with most logs: what makes them differ is the time and the process too.
        let now = (self.clock)();
        let place = self.folder.display();
        let named = format!("{now} {} {place} {:?}", std::process::id(), std::time::Instant::now());
        let log = hex(digest(named.as_bytes()).0.first_chunk::<16>().unwrap_or(&[0; 16]));
        let head = Head { log, entries: 0, last: Digest::default(), time: now };
        self.make(1, &self.key.sign(&head.text()))
    }

    fn next_segment(&self, tail: &Tail) -> Result<Tail, AuditError> {
        tail.file.sync_all().map_err(|error| AuditError::io(&tail.path, error))?;
        self.make(tail.number + 1, &tail.note)
    }

    /// A segment that appears as a whole, with its first line.
    fn make(&self, number: u32, note: &str) -> Result<Tail, AuditError> {
        let path = segment(&self.folder, number);
        let made = NamedTempFile::new_in(&self.folder).and_then(|mut file| {
            file.write_all(head_line(note).as_bytes())?;
            file.as_file().sync_all()?;
            file.persist_noclobber(&path)?;
            sync_folder(&self.folder)
        });
        made.map_err(|error| AuditError::io(&path, error))?;
        Tail::of(&self.folder, number, self.key.verifier())
    }

    /// Keeps lines without a head in a file of their own, and says in the log that it did.
    fn set_aside(&self, tail: &mut Tail, unsigned: &[u8]) -> Result<(), AuditError> {
        let name = format!("unsigned-behind-{}-{}", tail.head.entries, hex(&digest(unsigned).0));
        let path = self.folder.join(&name);
        let kept = fs::write(&path, unsigned)
            .and_then(|()| File::open(&path)?.sync_all())
            .and_then(|()| sync_folder(&self.folder));
        kept.map_err(|error| AuditError::io(&path, error))?;
        let cut = tail.file.set_len(tail.length);
        cut.map_err(|error| AuditError::io(&tail.path, error))?;
        let bytes = u64::try_from(unsigned.len()).unwrap_or(u64::MAX);
        let told = Entry::new(What::Log, ITSELF)
            .with("event", "set aside")
            .with("file", name)
            .with("bytes", bytes);
        self.write(tail, &[told])
    }

    /// The file is as before where that fails.
    fn write(&self, tail: &mut Tail, entries: &[Entry]) -> Result<(), AuditError> {
        let time = (self.clock)();
        let (mut text, mut head) = (String::new(), Head { time, ..tail.head.clone() });
        for entry in entries {
            head.entries += 1;
            let line = entry.line(head.entries, &head.last, time);
            if line.len() >= MOST_LINE {
                return Err(AuditError::TooLong { found: line.len(), most: MOST_LINE - 1 });
            }
            head.last = digest(line.as_bytes());
            text.push_str(&line);
            text.push('\n');
        }
        let note = self.key.sign(&head.text());
        text.push_str(&head_line(&note));
        if let Err(error) = tail.file.write_all(text.as_bytes()) {
            // Where even that fails, the next writer sets the rest aside.
            drop(tail.file.set_len(tail.length));
            return Err(AuditError::io(&tail.path, error));
        }
        tail.length += u64::try_from(text.len()).unwrap_or(u64::MAX);
        (tail.head, tail.note) = (head, note);
        Ok(())
    }
}

/// A file that was made is there after a loss of power.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
