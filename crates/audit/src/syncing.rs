//! The thread that brings to the disk what was written and signed, and sends heads elsewhere.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use crate::error::AuditError;
use crate::shared::{Done, Shared, Warn};
use crate::witness::Witness;

/// What was written and signed, and who waits until it is on the disk.
pub(crate) struct Written {
    pub(crate) file: io::Result<File>,
    pub(crate) head: String,
    pub(crate) waiting: Vec<Done>,
}

pub(crate) struct Syncing {
    pub(crate) shared: Arc<Shared>,
    pub(crate) place: PathBuf,
    pub(crate) witnesses: Vec<Box<dyn Witness>>,
    pub(crate) warn: Warn,
}

impl Syncing {
    /// Works until nothing is written any more.
    pub(crate) fn run(mut self, from_writer: &Receiver<Written>) {
        while let Ok(first) = from_writer.recv() {
            let written = from_writer.try_iter().fold(first, Written::and);
            let synced = written.file.and_then(|file| file.sync_data());
            let synced = synced.map_err(|error| AuditError::io(&self.place, error));
            self.shared.set_fault(synced.clone().err());
            let is_there = synced.is_ok();
            written.waiting.into_iter().for_each(|done| done(synced.clone()));
            if is_there {
                self.tell(&written.head);
            }
        }
    }

    fn tell(&mut self, head: &str) {
        for witness in &mut self.witnesses {
            if let Err(error) = witness.keep(head) {
                (self.warn)(&format!("a head of the audit log cannot be sent: {error}"));
            }
        }
    }
}

impl Written {
    /// What was written last, and all who wait. A segment is on the disk before another one begins.
    fn and(mut self, mut next: Self) -> Self {
        self.waiting.append(&mut next.waiting);
        Self { waiting: self.waiting, ..next }
    }
}
