//! Reading files and parsing what is in them, before it is written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

use postern_query::Message;

use super::room::{Room, Taken};
use crate::index::SameId;
use crate::mail::contents::{AttachmentText, Contents};
use crate::source::{self, Content, Item, PlaceRule, SourceFile, Unreadable};

/// Bytes of messages on their way from file to index.
const BYTES_IN_FLIGHT: usize = 64 << 20;

/// A message or the end of a file on its way.
pub(super) struct Work {
    pub(super) sequence: u64,
    pub(super) file: usize,
    pub(super) event: Event,
    /// Held until the message is written.
    _room: Taken,
}

pub(super) enum Event {
    Found(Item),
    Parsed {
        message: Box<Message>,
        part: String,
        same_id: SameId,
    },
    Unreadable(Unreadable),
    /// The file was read to its end.
    End,
}

impl Event {
    /// Bytes that it keeps in memory.
    fn bytes(&self) -> usize {
        match self {
            Self::Found(item) => item.bytes(),
            Self::Parsed { message, .. } => message.body.as_ref().map_or(0, String::len),
            Self::Unreadable(_) | Self::End => 0,
        }
    }
}

pub(super) fn read_files(
    files: &[SourceFile],
    rule: &PlaceRule,
    work: &SyncSender<Work>,
    stop: &AtomicBool,
) {
    let mut sequence = 0;
    let room = Room::new(BYTES_IN_FLIGHT);
    let mut send = |file, event: Event| {
        let taken = room.take(event.bytes());
        // The receivers are gone only when the run has ended, and then nothing is missed.
        work.send(Work { sequence, file, event, _room: taken }).unwrap_or_default();
        sequence += 1;
    };
    for (number, file) in files.iter().enumerate() {
        source::read(file, rule, stop, &mut |item| send(number, event(item)));
        // A file that was left in the middle is not done.
        if stop.load(Ordering::Relaxed) {
            return;
        }
        send(number, Event::End);
    }
}

fn event(item: Result<Item, Unreadable>) -> Event {
    match item {
        Ok(Item { part, content: Content::Document(message), .. }) => {
            Event::Parsed { message, part, same_id: SameId::Replaces }
        }
        Ok(item) => Event::Found(item),
        Err(fault) => Event::Unreadable(fault),
    }
}

pub(super) fn parse_all(
    to_parse: &Mutex<Receiver<Work>>,
    parsed: &SyncSender<Work>,
    attachments: &AttachmentText,
) {
    let mut contents = Contents::new(attachments);
    loop {
        let next = to_parse.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut work) = next else { return };
        if let Event::Found(item) = work.event {
            let part = item.part.clone();
            let message = Box::new(item.read(&mut contents));
            work.event = Event::Parsed { message, part, same_id: SameId::Keeps };
        }
        if parsed.send(work).is_err() {
            return;
        }
    }
}
