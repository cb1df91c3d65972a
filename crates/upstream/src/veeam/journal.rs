//! What was written down before restore sessions were opened, so that they are stopped after a crash too.
//!
//! Each running process has a file of its own in the folder, and holds a lock on it. Whoever finds a file
//! without a lock knows that its process is gone.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError, create_dir_all, read_dir};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::session::Kind;
use crate::answer::{Record, read};

/// More processes than this do not use one data folder.
const MOST_FILES: u32 = 1_000;

/// A session that was to be opened, and was not stopped as far as is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Intent {
    pub(super) kind: String,
    /// When it was written, by the clock of the server.
    pub(super) time: Timestamp,
    /// The session, once it was open.
    pub(super) session: Option<String>,
}

pub(super) type Intents = BTreeMap<u64, Intent>;

/// The file of one process.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    next: u64,
    /// The last number that a process before this one gave.
    inherited: u64,
    unfinished: Intents,
}

impl Journal {
    /// The first file of the folder that no other process has.
    pub(super) fn claim(folder: &Path) -> io::Result<Self> {
        create_dir_all(folder)?;
        for number in 1..=MOST_FILES {
            if let Some(journal) = Self::lock(folder.join(format!("sessions-{number}.jsonl")))? {
                return Ok(journal);
            }
        }
        Err(io::Error::other("too many processes use this folder"))
    }

    /// The file, unless another process has it.
    fn lock(path: PathBuf) -> io::Result<Option<Self>> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let (unfinished, last) = intents(&text);
        if !text.is_empty() && !text.ends_with(b"\n") {
            file.write_all(b"\n")?;
        }
        Ok(Some(Self { file, path, next: last + 1, inherited: last, unfinished }))
    }

    /// The other files of the folder: those of processes that are gone, and what those that run have open.
    pub(super) fn others(&self) -> io::Result<(Vec<Self>, Vec<Intent>)> {
        let (mut gone, mut running) = (Vec::new(), Vec::new());
        for entry in read_dir(self.path.parent().unwrap_or(Path::new(".")))? {
            let path = entry?.path();
            if path == self.path || !is_journal(&path) {
                continue;
            }
            match Self::lock(path.clone())? {
                Some(journal) => gone.push(journal),
                None => running.extend(intents(&std::fs::read(&path)?).0.into_values()),
            }
        }
        Ok((gone, running))
    }

    /// What a process before this one did not finish.
    pub(super) fn left(&self) -> Vec<(u64, Intent)> {
        let left = self.unfinished.range(..=self.inherited);
        left.map(|(number, intent)| (*number, intent.clone())).collect()
    }

    /// From now on what this process did not finish counts as left by one before it.
    pub(super) const fn disown(&mut self) {
        self.inherited = self.next - 1;
    }

    /// The sessions that this process has open.
    pub(super) fn own(&self) -> Vec<Intent> {
        let own = self.unfinished.iter().filter(|(number, _)| **number > self.inherited);
        own.map(|(_, intent)| intent.clone()).collect()
    }

    /// Writes down that a session is to be opened; returns only when that is on the disk.
    pub(super) fn intend(&mut self, kind: Kind, time: Timestamp) -> io::Result<u64> {
        let number = self.next;
        let kind = kind.as_str().to_owned();
        self.write(&json!({ "intent": number, "kind": kind, "time": time.to_string() }))?;
        self.file.sync_data()?;
        self.next += 1;
        self.unfinished.insert(number, Intent { kind, time, session: None });
        Ok(number)
    }

    /// Writes down which session it became.
    pub(super) fn opened(&mut self, number: u64, session: &str) -> io::Result<()> {
        if let Some(intent) = self.unfinished.get_mut(&number) {
            intent.session = Some(session.to_owned());
        }
        self.write(&json!({ "intent": number, "session": session }))
    }

    /// Writes down that it is over. A file in which all is over is emptied.
    pub(super) fn finished(&mut self, number: u64) -> io::Result<()> {
        self.unfinished.remove(&number);
        if self.unfinished.is_empty() {
            return self.file.set_len(0);
        }
        self.write(&json!({ "intent": number, "over": true }))
    }

    fn write(&mut self, line: &Value) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())
    }
}

fn is_journal(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("sessions-") && name.ends_with(".jsonl")
}

/// What is not over, and the last number. A line that was cut off says nothing.
fn intents(text: &[u8]) -> (Intents, u64) {
    let (mut unfinished, mut last) = (Intents::new(), 0);
    let lines = text.split(|byte| *byte == b'\n');
    for record in lines.filter_map(|line| read(line).and_then(Record::new)) {
        let Some(number) = record.word("intent").and_then(|word| word.parse().ok()) else {
            continue;
        };
        last = last.max(number);
        let time = record.text("time").and_then(|time| time.parse().ok());
        if let (Some(kind), Some(time)) = (record.word("kind"), time) {
            unfinished.insert(number, Intent { kind, time, session: None });
        } else if let Some(session) = record.word("session") {
            unfinished.entry(number).and_modify(|intent| intent.session = Some(session));
        } else if record.is_set("over") {
            unfinished.remove(&number);
        }
    }
    (unfinished, last)
}
