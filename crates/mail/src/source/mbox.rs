//! Mailbox files: messages one after the other, each behind a line that starts with `From `.

use std::io::{self, BufRead, Cursor, Read as _};

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
    /// What ended the reading before the end of the file.
    pub(super) fault: Option<io::Error>,
}

impl<R: BufRead> Parts<R> {
    pub(super) const fn new(reader: R, max: usize) -> Self {
        Self {
            reader: Rewound { again: Cursor::new(Vec::new()), reader },
            max,
            at: 0,
            line_end: None,
            starts_line: true,
            next: None,
            in_headers: false,
            lies: 0,
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
        let mut may_begin = self.next.is_none();
        loop {
            let starts_line = self.starts_line;
            let line = self.line()?;
            let Some(end) = line.last() else { return Ok(self.next.take()) };
            self.starts_line = self.line_end.is_some_and(|line_end| line_end == *end);
            // The first line of the file begins a message, however it goes on.
            if may_begin && (is_envelope(&line) || (self.next.is_none() && is_from(&line))) {
                let begun = Part { offset: self.at, envelope: line, ..Part::default() };
                self.in_headers = true;
                if let Some(done) = self.next.replace(begun) {
                    return Ok(Some(done));
                }
                may_begin = false;
                continue;
            }
            may_begin = starts_line && is_blank(&line);
            self.keep(&line);
            if may_begin && self.in_headers {
                self.in_headers = false;
                may_begin = self.take_declared()? || may_begin;
            }
        }
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
                break line.is_empty() || is_envelope(line);
            }
        };
        self.reader.rewind(ahead);
        Ok(is_end)
    }
}

/// Bytes of blank lines that may lie between two messages.
const BLANK_BYTES: usize = 16;

/// A reader of which some can be read again.
struct Rewound<R> {
    again: Cursor<Vec<u8>>,
    reader: R,
}

impl<R> Rewound<R> {
    /// Puts back what was read last.
    fn rewind(&mut self, mut bytes: Vec<u8>) {
        let at = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
        bytes.extend_from_slice(self.again.get_ref().get(at..).unwrap_or_default());
        self.again = Cursor::new(bytes);
    }
}

impl<R: BufRead> io::Read for Rewound<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.again.read(buffer)? {
            0 => self.reader.read(buffer),
            read => Ok(read),
        }
    }
}

impl<R: BufRead> BufRead for Rewound<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.again.fill_buf()?.is_empty() {
            true => self.reader.fill_buf(),
            false => self.again.fill_buf(),
        }
    }

    fn consume(&mut self, bytes: usize) {
        match self.again.fill_buf() {
            Ok([_, ..]) => self.again.consume(bytes),
            Ok([]) | Err(_) => self.reader.consume(bytes),
        }
    }
}

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

fn is_from(line: &[u8]) -> bool {
    line.starts_with(b"From ")
}

/// `From address … 10:00 … 1994`: a sender, a time and a year.
fn is_envelope(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let text = String::from_utf8_lossy(rest);
    let is_year = |digits: &str| digits.len() == 4;
    text.starts_with(|c: char| !c.is_whitespace())
        && text.contains(is_time_start(&text))
        && text.split(|c: char| !c.is_ascii_digit()).any(is_year)
}

/// Finds a colon between a digit and two digits.
fn is_time_start(text: &str) -> impl FnMut(char) -> bool + '_ {
    let mut at = 0;
    move |c| {
        let here = at;
        at += c.len_utf8();
        let before = here.checked_sub(1).and_then(|before| text.as_bytes().get(before));
        let after = text.as_bytes().get(here + 1..here + 3).unwrap_or_default();
        c == ':'
            && before.is_some_and(u8::is_ascii_digit)
            && after.len() == 2
            && after.iter().all(u8::is_ascii_digit)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(u64, &str)]) {
        let mut parts = Parts::new(text.as_bytes(), usize::MAX);
        let mut found = Vec::new();
        while let Some(part) = parts.next() {
            let part = part.trimmed();
            found.push((part.offset, String::from_utf8(part.bytes).unwrap()));
        }
        let found: Vec<_> = found.iter().map(|(offset, text)| (*offset, text.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn messages() {
        check("", &[]);
        check(&format!("{FROM}A: 1\n\nx\n"), &[(34, "A: 1\n\nx\n")]);
        check(
            &format!("{FROM}A: 1\n\nx\n\n{FROM}B: 2\n\ny"),
            &[(34, "A: 1\n\nx\n"), (77, "B: 2\n\ny")],
        );
        // Without a blank line before it, or without a date, it is text.
        check(&format!("{FROM}A: 1\n\nx\n{FROM}y\n"), &[(34, &format!("A: 1\n\nx\n{FROM}y\n"))]);
        check(
            &format!("{FROM}A: 1\n\nx\n\nFrom here on: 5\n"),
            &[(34, "A: 1\n\nx\n\nFrom here on: 5\n")],
        );
        check(&format!("{FROM}A: 1\n\n>From x\n"), &[(34, "A: 1\n\n>From x\n")]);
        // The first line begins a message whatever it says, and the last one has a blank line too.
        check(
            &format!("From me\nA: 1\n\n{FROM}B: 2\n\ny\n\n"),
            &[(8, "A: 1\n"), (48, "B: 2\n\ny\n")],
        );
        // A long line is one line.
        let long = format!("{FROM}A: {}\n{FROM}", "x".repeat(100_000));
        check(&long, &[(34, long.get(34..).unwrap())]);
        let crlf = FROM.replace('\n', "\r\n");
        check(
            &format!("{crlf}A: 1\r\n\r\nx\r\n\r\n{crlf}B: 2\r\n"),
            &[(35, "A: 1\r\n\r\nx\r\n"), (83, "B: 2\r\n")],
        );
    }

    const FROM: &str = "From a@b Sat Jan  1 10:00:00 1994\n";

    #[test]
    fn lengths_that_are_true() {
        // The text holds what would begin a message, as mboxcl2 leaves it.
        let text = format!("x\n\n{FROM}y\n");
        let one = format!("Content-Length: {}\n\n{text}", text.len());
        let next = 34 + one.len() as u64 + 35;
        check(&format!("{FROM}{one}\n{FROM}B: 2\n"), &[(34, &one), (next, "B: 2\n")]);
        check(&format!("{FROM}{one}"), &[(34, &one)]);
    }

    #[test]
    fn lengths_that_lie() {
        for length in ["1", "9", "40", "9999", "-1", "18446744073709551615", "x"] {
            let one = format!("content-length: {length}\n\nx\n");
            let next = 34 + one.len() as u64 + 35;
            check(&format!("{FROM}{one}\n{FROM}B: 2\n\ny\n"), &[(34, &one), (next, "B: 2\n\ny\n")]);
        }
        // Many of them neither hang nor lose anything.
        let one = format!("{FROM}Content-Length: 90000\n\nx\n\n");
        let text = one.repeat(2_000);
        let mut parts = Parts::new(text.as_bytes(), usize::MAX);
        assert_eq!(std::iter::from_fn(|| parts.next()).count(), 2_000);
        assert_eq!(parts.lies, MAX_LIES);
    }

    #[test]
    fn lines_of_old_macs() {
        let cr = FROM.replace('\n', "\r");
        check(
            &format!("{cr}A: 1\r\rx\r\r{cr}B: 2\r\ry\r"),
            &[(34, "A: 1\r\rx\r"), (77, "B: 2\r\ry\r")],
        );
    }

    #[test]
    fn what_was_read_before_a_fault_is_kept() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("cable pulled"))
            }
        }
        let text = format!("{FROM}A: 1\n\nx\n\n{FROM}B: 2\n");
        let reader = io::BufReader::new(io::Read::chain(text.as_bytes(), Broken));
        let mut parts = Parts::new(reader, usize::MAX);
        assert_eq!(parts.next().unwrap().bytes, b"A: 1\n\nx\n\n");
        assert_eq!(parts.next().unwrap().bytes, b"B: 2\n");
        assert!(parts.next().is_none() && parts.fault.is_some());
    }

    #[test]
    fn long_messages_are_cut() {
        let text = format!("From a 10:00 1994\n{}", "x".repeat(100));
        let part = Parts::new(text.as_bytes(), 10).next().unwrap();
        assert_eq!((part.bytes.as_slice(), part.is_cut), (&b"xxxxxxxxxx"[..], true));
    }
}
