//! The text of attachments, which the operator `contents:` finds.
//!
//! What a file is, its content tells; its declared type is a hint. What our own readers take apart
//! (text, HTML, rich text, calendars, mail) is read on the spot. All else goes through libraries that
//! a hostile file may send round in circles, make grow or break; a process of its own reads it
//! ([`work`]), which is killed when it takes too long, and missed by nobody.

mod about;
mod archives;
mod compound;
mod fault;
mod frame;
mod kind;
mod little;
mod office;
mod pdf;
mod plain;
mod process;
mod sheet;
mod slides;
mod text;
mod word;
mod worker;
mod xml;
mod zipped;

#[cfg(test)]
mod old_office_tests;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use postern_query::Message;
use serde::{Deserialize, Serialize};

use super::{html, outlook, parse};
use crate::parse::nested;
pub(crate) use about::About;
use fault::Fault;
use kind::{Kind, Packed, Simple};
use process::Process;
use text::Text;

pub(crate) use kind::SNIFF;
pub use worker::work;

/// Bytes of the largest attachment that is read, and of the largest file in it.
pub(crate) const MAX_BYTES: usize = 64 << 20;
/// Bytes of text that are kept of one attachment.
const MAX_TEXT: usize = 4 << 20;
/// Bytes of text that are kept of all attachments of a message.
const MAX_MESSAGE_TEXT: usize = 8 << 20;
/// How long one attachment may take.
const MAX_TIME: Duration = Duration::from_secs(10);
/// How long all attachments of a message may take.
const MAX_MESSAGE_TIME: Duration = Duration::from_secs(60);
/// Messages and archives in one another that are read.
const MAX_DEPTH: u8 = 4;
/// Bytes that what is packed in one attachment may unpack to.
const MAX_UNPACKED: u64 = 256 << 20;

const TOO_LONG: Fault = Fault::TooLarge("more than 64 MiB");

/// Which attachments are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AttachmentText {
    /// None.
    Off,
    /// Text, HTML, rich text, calendars and mail: what is safe to read in this process.
    #[default]
    Simple,
    /// Documents, sheets and archives too.
    All(Worker),
}

/// How a process is started that calls [`work`], for the formats that are not safe to read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The program.
    pub program: PathBuf,
    /// What it is given.
    pub arguments: Vec<OsString>,
}

/// Reads the text of attachments. Each thread has its own, and each has at most one worker.
///
/// ```
/// use postern_mail::contents::{AttachmentText, Contents};
/// use postern_mail::parse_with;
/// use postern_query::Place;
///
/// let raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/csv; name=a.csv\n\n1,paid\n--b--\n";
/// let text = |which| {
///     let message = parse_with(raw, &Place::default(), &mut Contents::new(which));
///     message.attachments.first().and_then(|file| file.text.clone())
/// };
/// assert_eq!(text(&AttachmentText::Simple).as_deref().map(str::trim), Some("1,paid"));
/// assert_eq!(text(&AttachmentText::Off), None);
/// ```
#[derive(Debug)]
pub struct Contents {
    engine: Engine,
    depth: u8,
    /// Bytes of text that the message may still have.
    text_left: usize,
    /// When the message has taken long enough.
    deadline: Instant,
    /// Bytes that may still be unpacked.
    unpacked_left: u64,
}

/// Who reads what is not safe to read.
#[derive(Debug)]
enum Engine {
    /// Nothing is read at all.
    Off,
    Nobody,
    Process(Box<Process>),
    /// This process, which is there to be killed.
    Here,
}

/// A file that came with a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attached<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) name: &'b str,
    /// As it was declared, in lower case.
    pub(super) media_type: &'b str,
    pub(super) charset: &'b str,
}

/// What was read of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reading {
    /// Its text.
    pub(super) text: Option<String>,
    /// Why there is not all of it.
    pub(super) unread: Option<String>,
    /// What it says of itself.
    #[serde(default)]
    pub(super) about: About,
}

/// Whether there may be text in a file that begins so.
pub(crate) fn may_have_text(name: &str, start: &[u8]) -> bool {
    kind::of(&Attached { bytes: start, name, ..Attached::default() }) != Kind::Silent
}

/// The reason for a file that is too long to be read.
pub(crate) fn too_long() -> String {
    TOO_LONG.to_string()
}

impl Default for Contents {
    fn default() -> Self {
        Self::new(&AttachmentText::default())
    }
}

impl Contents {
    /// A reader of these attachments.
    #[must_use]
    pub fn new(which: &AttachmentText) -> Self {
        Self::with(match which {
            AttachmentText::Off => Engine::Off,
            AttachmentText::Simple => Engine::Nobody,
            AttachmentText::All(worker) => Engine::Process(Box::new(Process::new(worker.clone()))),
        })
    }

    fn with(engine: Engine) -> Self {
        Self {
            engine,
            depth: 0,
            text_left: MAX_MESSAGE_TEXT,
            deadline: Instant::now() + MAX_MESSAGE_TIME,
            unpacked_left: MAX_UNPACKED,
        }
    }

    /// Another message begins, with all the time and room there is.
    pub(super) fn begin(&mut self) {
        self.text_left = MAX_MESSAGE_TEXT;
        self.deadline = Instant::now() + MAX_MESSAGE_TIME;
    }

    /// The text of a file.
    pub(super) fn read(&mut self, file: &Attached<'_>) -> Reading {
        if matches!(self.engine, Engine::Off) {
            return Reading::default();
        }
        let mut out = Text::new(self.text_left.min(MAX_TEXT));
        let outcome = self.read_into(file, &mut out);
        let reading = out.finish(outcome);
        self.text_left -= reading.text.as_ref().map_or(0, String::len).min(self.text_left);
        reading
    }

    fn read_into(&mut self, file: &Attached<'_>, out: &mut Text) -> Result<(), Fault> {
        let kind = kind::of(file);
        if kind != Kind::Silent && file.bytes.len() > MAX_BYTES {
            return Err(TOO_LONG);
        }
        if kind != Kind::Silent && out.left() == 0 {
            return Err(Fault::TooLarge("the message has too many attachments with text"));
        }
        match kind {
            Kind::Silent => Ok(()),
            Kind::Foreign(name) => Err(Fault::NotSupported(name)),
            Kind::Mislabelled => Err(Fault::Damaged("it is not what its type says".into())),
            Kind::Simple(kind) => self.simple(kind, file, out),
            Kind::Packed(kind) => self.packed(kind, file, out),
        }
    }

    fn simple(&mut self, kind: Simple, file: &Attached<'_>, out: &mut Text) -> Result<(), Fault> {
        match kind {
            Simple::Text => out.push(&plain::text(file)),
            Simple::Html => {
                let page = plain::text(file);
                let (title, author) = html::about(&page);
                out.about = About::new(&title, &author);
                out.push(&html::to_text(&page));
            }
            Simple::Rich => out.push(&outlook::rich_text(file.bytes)),
            Simple::Calendar => plain::calendar(&plain::text(file), out),
            Simple::Mail => {
                let Reading { text, unread, .. } = self.mail(file.bytes);
                out.push(&text.unwrap_or_default());
                return unread.map_or(Ok(()), |reason| Err(Fault::Inside(reason)));
            }
        }
        Ok(())
    }

    fn packed(&mut self, kind: Packed, file: &Attached<'_>, out: &mut Text) -> Result<(), Fault> {
        match &mut self.engine {
            Engine::Off | Engine::Nobody => Ok(()),
            Engine::Process(process) => {
                let left = self.deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Fault::TooSlow("the message has too many slow attachments"));
                }
                process.read(file, left.min(MAX_TIME), out)
            }
            Engine::Here => {
                let run = || match kind {
                    Packed::Pdf => pdf::read(file.bytes, out),
                    Packed::Zip => zipped::read(file.bytes, self, out),
                    Packed::Members(packing) => archives::read(packing, file, self, out),
                    Packed::Compound => compound::read(file.bytes, out),
                };
                let outcome = catch_unwind(AssertUnwindSafe(run));
                outcome.unwrap_or_else(|_| Err(Fault::Damaged("its reader gave up on it".into())))
            }
        }
    }

    /// The text of a message that lies in another one.
    pub(super) fn mail(&mut self, raw: &[u8]) -> Reading {
        if matches!(self.engine, Engine::Off) || self.depth >= MAX_DEPTH {
            return Reading::default();
        }
        self.depth += 1;
        let message = parse::inner(raw, self);
        self.depth -= 1;
        self.of_message(&message)
    }

    /// A message that is the content of the one around it, such as a signed one; they may not lie in one
    /// another without end.
    pub(super) fn wrapped(&mut self, raw: &[u8]) -> Option<Message> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let message = parse::inner(raw, self);
        self.depth -= 1;
        Some(message)
    }

    /// The text of a message that was read already.
    pub(super) fn of_message(&self, message: &Message) -> Reading {
        if matches!(self.engine, Engine::Off) {
            return Reading::default();
        }
        let unread = message.files().find_map(|file| {
            let reason = file.unread.as_deref()?;
            Some(format!("{}: {reason}", file.name.as_deref().unwrap_or_default()))
        });
        Reading { text: Some(nested::text(message)), unread, ..Reading::default() }
    }
}
