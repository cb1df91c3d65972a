//! Small indexes for tests.

use std::path::Path;

use jiff::Timestamp;
use postern_query::{Message, Place};

use crate::ledger::{Occurrence, Source};
use crate::search::Index;
use crate::write::{Options, SameId, Writer};

/// A time at which every test commits.
pub(crate) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// One thread, little memory.
pub(crate) fn small() -> Options {
    Options { memory_bytes: 16 << 20, threads: 1, rebuild: false }
}

/// A writer of a small index.
pub(crate) fn writer(data: &Path) -> Writer {
    Writer::open(data, &small()).unwrap()
}

/// The file of that name as it is at that time.
pub(crate) fn source(path: &str, modified: i64) -> Source {
    Source { path: path.into(), length: 1, modified }
}

/// A part of a file in which a message lies.
pub(crate) fn occurrence(path: &str, part: &str) -> Occurrence {
    Occurrence { path: path.into(), part: part.into(), home: None }
}

/// A place without marks.
pub(crate) fn place(mailbox: &str, folder: &str) -> Place {
    Place { mailbox: Some(mailbox.to_owned()), folder: Some(folder.to_owned()), ..Place::NOWHERE }
}

/// Writes each part in a commit of its own, a later message with the same id in the place of an
/// earlier one, and opens the index.
pub(crate) fn index_of(data: &Path, parts: &[Vec<Message>]) -> Index {
    let mut writer = writer(data);
    for (number, part) in parts.iter().enumerate() {
        let path = format!("part-{number}");
        for message in part {
            writer.add(&occurrence(&path, ""), message, SameId::Replaces).unwrap();
        }
        writer.record(&source(&path, 0), Vec::new()).unwrap();
        writer.commit(NOW).unwrap();
    }
    drop(writer);
    Index::open(data).unwrap()
}
