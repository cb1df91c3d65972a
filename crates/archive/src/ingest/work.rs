//! Reading files and parsing what is in them, before it is written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use postern_query::Message;

use super::Ingest;
use super::room::Room;
use postern_local_index::write::SameId;
use postern_mail::contents::{AttachmentText, Contents};
use postern_mail::source;
use postern_mail::source::{Content, Item, SourceFile, Unreadable};

/// Bytes of messages on their way from file to index.
const BYTES_IN_FLIGHT: usize = 16 << 20;

/// Events that travel together; handing over each by itself would cost more than reading it.
const BATCH: usize = 64;

/// Bytes after which a batch leaves before it is full.
const BATCH_BYTES: usize = 256 << 10;

/// Messages and ends of files on their way, each with the number of its file.
pub(super) struct Work {
    pub(super) sequence: u64,
    pub(super) events: Vec<(usize, Event)>,
    /// A [`Taken`], held until the messages are written.
    pub(super) room: postern_local_index::write::Room,
}

pub(super) enum Event {
    Found(Item),
    Parsed {
        message: Box<Message>,
        part: String,
        same_id: SameId,
        /// Its bytes, where they are kept elsewhere too.
        original: Option<Vec<u8>>,
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
            Self::Parsed { message, original, .. } => {
                let bytes = original.as_ref().map_or(0, Vec::len);
                bytes + message.body.as_ref().map_or(0, String::len)
            }
            Self::Unreadable(_) | Self::End => 0,
        }
    }
}

pub(super) fn read_files(
    files: &[SourceFile],
    ingest: &Ingest,
    work: &SyncSender<Work>,
    stop: &AtomicBool,
) {
    let mut outbox = Outbox {
        events: Vec::new(),
        bytes: 0,
        sequence: 0,
        room: Room::new(BYTES_IN_FLIGHT),
        work,
    };
    for (number, file) in files.iter().enumerate() {
        let read = if ingest.files { source::read_documents } else { source::read };
        read(file, &ingest.place, stop, &mut |item| outbox.put(number, event(item)));
        // A file that was left in the middle is not done.
        if stop.load(Ordering::Relaxed) {
            break;
        }
        outbox.put(number, Event::End);
    }
    outbox.send();
}

/// Where events wait for a batch to be full.
struct Outbox<'w> {
    events: Vec<(usize, Event)>,
    bytes: usize,
    sequence: u64,
    room: Arc<Room>,
    work: &'w SyncSender<Work>,
}

impl Outbox<'_> {
    fn put(&mut self, file: usize, event: Event) {
        self.bytes += event.bytes();
        self.events.push((file, event));
        if self.events.len() >= BATCH || self.bytes >= BATCH_BYTES {
            self.send();
        }
    }

    fn send(&mut self) {
        let room = self.room.take(std::mem::take(&mut self.bytes));
        let events = std::mem::replace(&mut self.events, Vec::with_capacity(BATCH));
        let work = Work { sequence: self.sequence, events, room: Arc::new(room) };
        // The receivers are gone only when the run has ended, and then nothing is missed.
        self.work.send(work).unwrap_or_default();
        self.sequence += 1;
    }
}

fn event(item: Result<Item, Unreadable>) -> Event {
    match item {
        Ok(Item { part, content: Content::Document(message), .. }) => {
            Event::Parsed { message, part, same_id: SameId::Replaces, original: None }
        }
        Ok(item) => Event::Found(item),
        Err(fault) => Event::Unreadable(fault),
    }
}

/// A file keeps its id when it changes.
const fn same_id(content: &Content) -> SameId {
    match content {
        Content::Document(_) | Content::File(..) => SameId::Replaces,
        Content::Raw(_) | Content::Item(_) => SameId::Keeps,
    }
}

/// How messages are parsed.
#[derive(Clone, Copy)]
pub(super) struct Parse<'p> {
    pub(super) attachments: &'p AttachmentText,
    pub(super) keeps_originals: bool,
}

impl Parse<'_> {
    pub(super) fn all(self, to_parse: &Mutex<Receiver<Work>>, parsed: &SyncSender<Work>) {
        let mut contents = Contents::new(self.attachments);
        loop {
            let next = to_parse.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(mut work) = next else { return };
            for (_, event) in &mut work.events {
                // The end of a file stands in while the message is read.
                *event = match std::mem::replace(event, Event::End) {
                    Event::Found(item) => self.one(item, &mut contents),
                    other => other,
                };
            }
            if parsed.send(work).is_err() {
                return;
            }
        }
    }

    fn one(self, item: Item, contents: &mut Contents) -> Event {
        let (part, same_id) = (item.part.clone(), same_id(&item.content));
        let original = match &item.content {
            Content::Raw(bytes) if self.keeps_originals => Some(bytes.clone()),
            Content::File(_, bytes) if self.keeps_originals => bytes.clone(),
            Content::Raw(_) | Content::File(..) | Content::Item(_) | Content::Document(_) => None,
        };
        let message = Box::new(item.read(contents));
        Event::Parsed { message, part, same_id, original }
    }
}
