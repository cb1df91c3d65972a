//! The record of what was done: a file of the data folder that is only ever appended to.
//!
//! Each line is a JSON object. `planned` names a run, its plan and every item; `begun` stands on the disk
//! before a request is sent, `ended` after its answer. What was begun and never ended may have been done:
//! nobody repeats it by themselves.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Item, Outcome, Proposal, Report};

/// The record of a data folder.
#[derive(Clone, Debug)]
pub struct Record {
    path: PathBuf,
}

/// What earlier runs did to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, or it was surely not done.
    New,
    /// It was done then.
    Done(Timestamp),
    /// It may have been done then.
    NotKnown(Timestamp),
}

/// Why nothing can be recorded; then nothing is done either.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Another action runs in the same data folder.
    #[error("another action is at work in this data folder; wait until it is done")]
    Busy,
    /// The file cannot be read or written.
    #[error("the record of actions {path} cannot be read or written")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What the record says of acts, by their ids.
#[derive(Debug, Default)]
struct Past(HashMap<String, Act>);

#[derive(Debug, Default)]
struct Act {
    settled: Option<Standing>,
    /// Begun, and not ended.
    open: Option<Timestamp>,
}

/// A line, as far as it is read again.
#[derive(Deserialize)]
struct Line {
    time: String,
    event: String,
    act: Option<String>,
    outcome: Option<String>,
}

/// A run that is being recorded. There is one at a time for a data folder; the system takes the
/// permission back from a dead process.
#[derive(Debug)]
pub(crate) struct Running {
    path: PathBuf,
    file: File,
    past: Past,
    run: String,
}

impl Record {
    /// The record of the data folder `data`; nothing is made before the first run.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self { path: data.join("actions.jsonl") }
    }

    /// What earlier runs did to each item of a plan.
    ///
    /// # Errors
    ///
    /// When the record is there and cannot be read.
    pub fn standings(&self, proposal: &Proposal) -> Result<Vec<Standing>, RecordError> {
        let past = match File::open(&self.path) {
            Ok(file) => Past::read(file).map_err(|source| self.failed(source))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Past::default(),
            Err(error) => return Err(self.failed(error)),
        };
        Ok(proposal.items().iter().map(|item| past.of(proposal, item)).collect())
    }

    /// The length of the record, and the numbers of the lines, from 1, that nothing can be read of. A line that is
    /// cut off is none of them: a process was killed, and what it would have begun was not sent.
    ///
    /// # Errors
    ///
    /// When the record is there and cannot be read.
    pub fn damage(&self) -> Result<(u64, Vec<usize>), RecordError> {
        match File::open(&self.path) {
            Ok(file) => unreadable(file).map_err(|source| self.failed(source)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((0, Vec::new())),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a run: the plan is on the disk before this returns.
    pub(crate) fn begin(
        &self,
        proposal: &Proposal,
        by: &str,
        now: Timestamp,
    ) -> Result<Running, RecordError> {
        let mut file = self.open().map_err(|source| self.failed(source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RecordError::Busy),
            Err(TryLockError::Error(source)) => return Err(self.failed(source)),
        }
        let past = mend(&mut file).and_then(|()| Past::read(&file));
        let past = past.map_err(|source| self.failed(source))?;
        let run = format!("{}-{}", now.as_microsecond(), proposal.id());
        let mut running = Running { path: self.path.clone(), file, past, run };
        running.write(planned(proposal, by), now)?;
        Ok(running)
    }

    fn open(&self) -> io::Result<File> {
        let folder = self.path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder)?;
        let is_new = !self.path.exists();
        let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        if is_new {
            File::open(folder)?.sync_all()?;
        }
        Ok(file)
    }

    fn failed(&self, source: io::Error) -> RecordError {
        RecordError::Io { path: self.path.clone(), source }
    }
}

impl Running {
    /// What earlier runs did to an item. The run itself holds the record, so nobody changes that meanwhile.
    pub(crate) fn standing(&self, proposal: &Proposal, item: &Item) -> Standing {
        self.past.of(proposal, item)
    }

    /// These items are about to be acted on; it is on the disk before this returns.
    pub(crate) fn begun(
        &mut self,
        proposal: &Proposal,
        items: &[Item],
        now: Timestamp,
    ) -> Result<(), RecordError> {
        let acts = items.iter().map(|item| proposal.act(item).to_string());
        let lines = acts.map(|act| json!({"event": "begun", "act": act}));
        self.write_all(lines.collect(), now)
    }

    /// How that ended.
    pub(crate) fn ended(
        &mut self,
        proposal: &Proposal,
        items: &[Item],
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), RecordError> {
        let line = |item: &Item| {
            json!({
                "event": "ended",
                "act": proposal.act(item).to_string(),
                "outcome": outcome.as_str(),
                "said": outcome.said(),
            })
        };
        self.write_all(items.iter().map(line).collect(), now)
    }

    /// The run is over.
    pub(crate) fn finished(&mut self, report: &Report, now: Timestamp) -> Result<(), RecordError> {
        let counts = ["done", "not done", "not known", "not begun"].map(|name| report.count(name));
        let [done, not_done, not_known, not_begun] = counts;
        let counts = json!({
            "event": "finished", "done": done, "notDone": not_done, "notKnown": not_known,
            "notBegun": not_begun, "ended": report.ended,
        });
        self.write(counts, now)
    }

    fn write(&mut self, line: Value, now: Timestamp) -> Result<(), RecordError> {
        self.write_all(vec![line], now)
    }

    fn write_all(&mut self, lines: Vec<Value>, now: Timestamp) -> Result<(), RecordError> {
        let mut text = String::new();
        for mut line in lines {
            if let Some(line) = line.as_object_mut() {
                line.insert("time".into(), now.to_string().into());
                line.insert("run".into(), self.run.as_str().into());
            }
            text.push_str(&line.to_string());
            text.push('\n');
        }
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| RecordError::Io { path: self.path.clone(), source })
    }
}

fn planned(proposal: &Proposal, by: &str) -> Value {
    let item = |item: &Item| {
        json!({
            "act": proposal.act(item).to_string(), "at": item.at, "id": item.id,
            "owner": item.owner, "message": item.message,
        })
    };
    json!({
        "event": "planned",
        "plan": proposal.id().to_string(),
        "verb": proposal.verb().as_str(),
        "source": proposal.source(),
        "place": proposal.place(),
        "by": by,
        "arguments": proposal.arguments(),
        "items": proposal.items().iter().map(item).collect::<Vec<_>>(),
    })
}

fn unreadable(file: impl io::Read) -> io::Result<(u64, Vec<usize>)> {
    let (mut bytes, mut lines) = (0, Vec::new());
    for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let line = line?;
        bytes += line.len() as u64 + 1;
        let read: Result<Line, _> = serde_json::from_slice(&line);
        if read.is_err_and(|error| !error.is_eof()) {
            lines.push(number);
        }
    }
    Ok((bytes, lines))
}

/// A process that was killed may have left half a line. What follows begins on a line of its own. The file is
/// at its beginning then.
fn mend(file: &mut File) -> io::Result<()> {
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    file.rewind()
}

impl Past {
    /// Half a line was never on the disk as a whole: what it would have begun was not sent.
    fn read(file: impl io::Read) -> io::Result<Self> {
        let mut past = Self::default();
        for line in BufReader::new(file).split(b'\n') {
            if let Ok(line) = serde_json::from_slice(&line?) {
                past.take(line);
            }
        }
        Ok(past)
    }

    fn take(&mut self, line: Line) {
        let Some(id) = line.act else { return };
        let act = self.0.entry(id).or_default();
        // Whatever its time, it happened.
        let time = line.time.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        match (line.event.as_str(), line.outcome.as_deref()) {
            ("begun", _) => act.open = Some(time),
            ("ended", Some("done")) => {
                *act = Act { settled: Some(Standing::Done(time)), open: None };
            }
            ("ended", Some("not done")) => act.open = None,
            ("ended", _) => {
                act.open = None;
                act.settled = act.settled.or(Some(Standing::NotKnown(time)));
            }
            _ => {}
        }
    }

    fn of(&self, proposal: &Proposal, item: &Item) -> Standing {
        let Some(act) = self.0.get(&proposal.act(item).to_string()) else { return Standing::New };
        let open = act.open.map(Standing::NotKnown);
        act.settled.or(open).unwrap_or(Standing::New)
    }
}
