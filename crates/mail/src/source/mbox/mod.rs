//! Mailbox files: messages one after the other, each behind a line that starts with `From `.

mod envelope;
mod rewound;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, Read as _};

use crate::kind::BYTE_ORDER_MARK;
use envelope::{Headers, is_envelope, is_from, is_patch};
use rewound::Rewound;

/// A message of a mailbox file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Where the message begins in the file, behind its `From ` line.
    pub(super) offset: u64,
    /// The `From ` line.
    pub(super) envelope: Vec<u8>,
    /// The message, without the blank line before the next one.
    pub(super) bytes: Vec<u8>,
    /// Whether the message goes on behind these.
    pub(super) is_cut: bool,
}

/// Bytes of a line that are read at once; nobody's memory is filled by a file without line ends.
const MAX_LINE: u64 = 64 << 10;

/// Wrong lengths of messages, after which no further one of the file is believed: each costs reading
/// its message twice.
const MAX_LIES: u32 = 16;

/// Splits a mailbox file that is read line by line; messages over `max` bytes are cut there.
///
/// A line `From …` begins a message where header lines follow it. Without a date, or without an empty line
/// before it, two must follow, and one of them must be of those that nearly every message has.
///
/// The dialects differ in how they keep a line of text that starts with `From ` from looking like
/// the start of a message. `mboxo` and `mboxrd` write `>` before it, and the message is taken as it is
/// written. `mboxcl` and `mboxcl2` say in `Content-Length` how long the text is; that is believed
/// where a message, or the end of the file, follows there.
pub(super) struct Parts<R> {
    reader: Rewound<R>,
    max: usize,
    at: u64,
    /// What ends a line: LF, or CR in files of old Macs.
    line_end: Option<u8>,
    /// What was read last ended a line.
    starts_line: bool,
    /// The message that has begun.
    next: Option<Part>,
    /// Still in the headers of it.
    in_headers: bool,
    lies: u32,
    /// The message that has begun is a patch of git, so what begins the next patch begins a message.
    is_patch: bool,
    /// What ended the reading before the end of the file.
    pub(super) fault: Option<io::Error>,
}

impl<R: BufRead> Parts<R> {
    pub(super) const fn new(reader: R, max: usize) -> Self {
        Self {
            reader: Rewound::new(reader),
            max,
            at: 0,
            line_end: None,
            starts_line: true,
            next: None,
            in_headers: false,
            lies: 0,
            is_patch: false,
            fault: None,
        }
    }

    /// The next message; nothing at the end of the file or at a fault. What follows the last message
    /// is left in it: [`Part::trimmed`] removes its blank line.
    pub(super) fn next(&mut self) -> Option<Part> {
        self.read().unwrap_or_else(|error| {
            self.fault = Some(error);
            self.next.take()
        })
    }

    fn read(&mut self) -> io::Result<Option<Part>> {
        let (mut is_apart, mut before) = (self.next.is_none(), Before::default());
        loop {
            let starts_line = self.starts_line;
            let line = self.line()?;
            let Some(end) = line.last() else { return Ok(self.rest_of(before)) };
            self.starts_line = self.line_end.is_some_and(|line_end| line_end == *end);
            if starts_line && self.begins(&line, is_apart)? {
                if let Some(done) = self.begin(std::mem::take(&mut before), line) {
                    return Ok(Some(done));
                }
                is_apart = false;
                continue;
            }
            if self.next.is_none() {
                before.add(&line, self.max);
                continue;
            }
            is_apart = starts_line && line.trim_ascii().is_empty();
            self.keep(&line);
            if starts_line && is_blank(&line) && self.in_headers {
                self.in_headers = false;
                is_apart = self.take_declared()? || is_apart;
            }
        }
    }

    /// The last message; a file in which none begins is one.
    fn rest_of(&mut self, before: Before) -> Option<Part> {
        let Before { bytes, is_cut } = before;
        let all = (!bytes.is_empty()).then(|| Part { bytes, is_cut, ..Part::default() });
        self.next.take().or(all)
    }

    /// Begins a message behind that line, and hands over the one before it.
    fn begin(&mut self, before: Before, line: Vec<u8>) -> Option<Part> {
        self.in_headers = true;
        self.is_patch = is_patch(&line);
        let Before { bytes, is_cut } = before;
        let envelope = if bytes.is_empty() { line } else { [bytes, line].concat() };
        self.next.replace(Part { offset: self.at, envelope, is_cut, ..Part::default() })
    }

    /// Whether a message begins behind the line. The first one does, however the line goes on.
    fn begins(&mut self, line: &[u8], is_apart: bool) -> io::Result<bool> {
        if self.next.is_none() {
            return Ok(is_from(line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)));
        }
        if !is_from(line) || (is_patch(line) && !self.is_patch) {
            return Ok(false);
        }
        self.headers_follow(is_apart && is_envelope(line))
    }

    /// Whether header lines come next: one, or two with one among them that most messages have.
    fn headers_follow(&mut self, one_is_enough: bool) -> io::Result<bool> {
        let end = self.line_end.unwrap_or(b'\n');
        let (mut ahead, mut late, mut seen) = (Vec::new(), None, Headers::default());
        let is_head = loop {
            let start = ahead.len();
            let read = self.reader.by_ref().take(MAX_LINE).read_until(end, &mut ahead);
            late = read.err().or(late);
            let line = ahead.get(start..).unwrap_or_default();
            if late.is_some() || start > AHEAD || !seen.go_on(line) {
                break false;
            }
            if seen.count > 0 && (one_is_enough || (seen.count > 1 && seen.has_known)) {
                break true;
            }
        };
        self.reader.rewind(ahead);
        self.reader.late = late;
        Ok(is_head)
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let end = match self.line_end {
            Some(end) => end,
            None => *self.line_end.insert(line_end(self.reader.fill_buf()?)),
        };
        let mut line = Vec::new();
        self.reader.by_ref().take(MAX_LINE).read_until(end, &mut line)?;
        self.at += u64::try_from(line.len()).unwrap_or(u64::MAX);
        Ok(line)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if let Some(part) = &mut self.next {
            let room = self.max.saturating_sub(part.bytes.len()).min(bytes.len());
            part.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
            part.is_cut |= room < bytes.len();
        }
    }

    /// Takes the text of the message as long as it says that it is, if that is true.
    fn take_declared(&mut self) -> io::Result<bool> {
        let declared = self.next.as_ref().and_then(|part| content_length(&part.bytes));
        let Some(length) = declared.filter(|length| *length <= self.max && self.lies < MAX_LIES)
        else {
            return Ok(false);
        };
        let mut text = Vec::new();
        self.reader.by_ref().take(length as u64).read_to_end(&mut text)?;
        if text.len() == length && self.ends_message()? {
            self.at += length as u64;
            self.keep(&text);
            return Ok(true);
        }
        self.lies += 1;
        self.reader.rewind(text);
        Ok(false)
    }

    /// Whether nothing but blank lines lies before the next message or the end of the file.
    fn ends_message(&mut self) -> io::Result<bool> {
        let end = self.line_end.unwrap_or(b'\n');
        let mut ahead = Vec::new();
        let is_end = loop {
            let start = ahead.len();
            self.reader.by_ref().take(MAX_LINE).read_until(end, &mut ahead)?;
            let line = ahead.get(start..).unwrap_or_default();
            if line.is_empty() || !is_blank(line) || start > BLANK_BYTES {
                let is_bare = is_from(line) && !is_envelope(line);
                break line.is_empty()
                    || is_envelope(line)
                    || (is_bare && self.headers_follow(false)?);
            }
        };
        self.reader.rewind(ahead);
        Ok(is_end)
    }
}

/// What lies before the first message. It belongs to the `From ` line of that one.
#[derive(Debug, Default)]
struct Before {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Before {
    fn add(&mut self, line: &[u8], max: usize) {
        let room = max.saturating_sub(self.bytes.len()).min(line.len());
        self.bytes.extend_from_slice(line.get(..room).unwrap_or_default());
        self.is_cut |= room < line.len();
    }
}

/// Bytes of blank lines that may lie between two messages.
const BLANK_BYTES: usize = 16;

/// Bytes behind a `From ` line that are searched for header lines.
const AHEAD: usize = 16 << 10;

impl Part {
    /// The message without the blank line that a mailbox file puts after it.
    pub(super) fn trimmed(mut self) -> Self {
        remove_blank_line(&mut self.bytes);
        self
    }

    /// The message with its `From ` line, as the file has it.
    pub(super) fn whole(self) -> Self {
        let mut bytes = self.envelope;
        bytes.extend_from_slice(&self.bytes);
        Self { bytes, is_cut: self.is_cut, ..Self::default() }
    }
}

/// CR where the start of a file has no LF.
fn line_end(start: &[u8]) -> u8 {
    if start.contains(&b'\r') && !start.contains(&b'\n') { b'\r' } else { b'\n' }
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n" | b"\r")
}

/// The length of the text, as the headers say it.
fn content_length(headers: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let value = headers.split(|byte| matches!(byte, b'\n' | b'\r')).find_map(|line| {
        let name = line.get(..NAME.len())?;
        name.eq_ignore_ascii_case(NAME).then(|| line.get(NAME.len()..)).flatten()
    })?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// The blank line that a mailbox file puts after each message belongs to none.
fn remove_blank_line(bytes: &mut Vec<u8>) {
    for (end, blank) in [(&b"\r\n\r\n"[..], 2), (b"\n\n", 1), (b"\r\r", 1)] {
        if bytes.ends_with(end) {
            bytes.truncate(bytes.len() - blank);
            return;
        }
    }
}
