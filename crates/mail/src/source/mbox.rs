//! Mailbox files: messages one after the other, each behind a line that starts with `From `.

use std::io::{self, BufRead, Cursor, Read as _};

use crate::kind::{BYTE_ORDER_MARK, is_header};

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
            reader: Rewound { again: Cursor::new(Vec::new()), late: None, reader },
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
        let (mut is_apart, mut before) = (self.next.is_none(), Vec::new());
        loop {
            let starts_line = self.starts_line;
            let line = self.line()?;
            let Some(end) = line.last() else { return Ok(self.rest_of(before)) };
            self.starts_line = self.line_end.is_some_and(|line_end| line_end == *end);
            if starts_line && self.begins(&line, is_apart)? {
                if let Some(done) = self.begin([std::mem::take(&mut before), line].concat()) {
                    return Ok(Some(done));
                }
                is_apart = false;
                continue;
            }
            if self.next.is_none() {
                // What lies before the first message belongs to its `From ` line.
                before.extend(line);
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
    fn rest_of(&mut self, before: Vec<u8>) -> Option<Part> {
        let all = (!before.is_empty()).then(|| Part { bytes: before, ..Part::default() });
        self.next.take().or(all)
    }

    /// Begins a message behind that line, and hands over the one before it.
    fn begin(&mut self, envelope: Vec<u8>) -> Option<Part> {
        self.in_headers = true;
        self.is_patch = is_patch(&envelope);
        self.next.replace(Part { offset: self.at, envelope, ..Part::default() })
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

/// Bytes of blank lines that may lie between two messages.
const BLANK_BYTES: usize = 16;

/// Bytes behind a `From ` line that are searched for header lines.
const AHEAD: usize = 16 << 10;

/// The headers of which one stands in nearly every message.
const KNOWN: [&[u8]; 6] =
    [b"from", b"date", b"subject", b"received", b"return-path", b"message-id"];

/// Header lines that were seen one after the other.
#[derive(Debug, Default)]
struct Headers {
    count: u32,
    has_known: bool,
}

impl Headers {
    /// Takes the line; false where it belongs to no headers.
    fn go_on(&mut self, line: &[u8]) -> bool {
        if self.count == 0 && line.starts_with(b">From ") {
            return true;
        }
        if matches!(line, [b' ' | b'\t', ..]) {
            return self.count > 0;
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii_end();
        self.has_known |= KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known));
        self.count += 1;
        is_header(line)
    }
}

/// A reader of which some can be read again.
struct Rewound<R> {
    again: Cursor<Vec<u8>>,
    /// What ended the reading behind that.
    late: Option<io::Error>,
    reader: R,
}

impl<R> Rewound<R> {
    /// Puts back what was read last.
    fn rewind(&mut self, mut bytes: Vec<u8>) {
        let (at, length) = (self.again.position(), bytes.len() as u64);
        let rest = self.rest();
        if at >= length && !rest.is_empty() {
            // It came from here, and is here still.
            self.again.set_position(at - length);
            return;
        }
        bytes.extend_from_slice(rest);
        self.again = Cursor::new(bytes);
    }

    fn rest(&self) -> &[u8] {
        let at = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
        self.again.get_ref().get(at..).unwrap_or_default()
    }
}

impl<R: BufRead> io::Read for Rewound<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match (self.again.read(buffer)?, self.late.take_if(|_| !buffer.is_empty())) {
            (0, Some(late)) => Err(late),
            (0, None) => self.reader.read(buffer),
            (read, late) => {
                self.late = late;
                Ok(read)
            }
        }
    }
}

impl<R: BufRead> BufRead for Rewound<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.rest().is_empty() {
            return self.again.fill_buf();
        }
        match self.late.take() {
            Some(late) => Err(late),
            None => self.reader.fill_buf(),
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

/// What `git format-patch` writes before each patch: a commit, and a date that is always the same.
fn is_patch(line: &[u8]) -> bool {
    let Some((commit, date)) =
        line.strip_prefix(b"From ").and_then(|rest| rest.split_at_checked(40))
    else {
        return false;
    };
    commit.iter().all(u8::is_ascii_hexdigit) && date.starts_with(b" Mon Sep 17 00:00:00 2001")
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
        // Where no header line follows, it is text.
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

    const HEAD: &str = "From: a@b\nSubject: s\n\nx\n\n";

    /// What begins the second of two messages, and the bytes of the first.
    #[test]
    fn separators_of_every_form() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let patch = format!("From {commit} Mon Sep 17 00:00:00 2001\n");
        for (first, before, line, is_one) in [
            (FROM, "", FROM, true),
            (FROM, "", "From \n", true),
            (FROM, "", "From -\n", true),
            (FROM, "", "From a@b\n", true),
            ("From \n", "", "From \n", true),
            (FROM, "y\n", FROM, true),
            (FROM, "y\n", "From \n", true),
            (FROM, "y\n \t\n", FROM, true),
            ("\u{feff}From a@b\n", "", FROM, true),
            ("\n \nFrom a@b\n", "", FROM, true),
            (&patch, "", &patch, true),
            (&patch, "", FROM, true),
            (FROM, "", &patch, false),
            (FROM, "", "From: a@b\n", false),
            (FROM, "", ">From \n", false),
            (FROM, "y", FROM, false),
        ] {
            let text = format!("{first}{HEAD}{before}{line}{HEAD}");
            let mut parts = Parts::new(text.as_bytes(), usize::MAX);
            let found = std::iter::from_fn(|| parts.next()).map(Part::whole).collect::<Vec<_>>();
            assert_eq!(found.len(), 1 + usize::from(is_one), "{text:?}");
            let all: Vec<u8> = found.into_iter().flat_map(|part| part.bytes).collect();
            assert_eq!(String::from_utf8(all).unwrap(), text, "nothing is lost");
        }
    }

    /// What follows a `From ` line behind an empty one, and whether that begins a message.
    #[test]
    fn lines_that_headers_do_not_follow_are_text() {
        for (line, after, is_one) in [
            (FROM, "A: 1\n", true),
            (FROM, ">From c\nA: 1\n", true),
            (FROM, "words\n", false),
            (FROM, "\nA: 1\n", false),
            (FROM, "http://x.org\n", false),
            (FROM, "", false),
            ("From me\n", "A: 1\nB: 2\n", false),
            ("From me\n", "Subject: 1\n\n", false),
            ("From me\n", "A: 1\n folded\nDATE : 2\n", true),
            ("From me\n", "Date: 1\nwords\nSubject: 2\n", false),
        ] {
            let text = format!("{FROM}{HEAD}{line}{after}");
            let mut parts = Parts::new(text.as_bytes(), usize::MAX);
            let count = std::iter::from_fn(|| parts.next()).count();
            assert_eq!(count, 1 + usize::from(is_one), "{line:?} {after:?}");
        }
    }

    /// Looking ahead from each of many lines took time by the square of what lay ahead.
    #[test]
    fn looking_ahead_copies_nothing_twice() {
        let text = format!("{FROM}Content-Length: 900001\n\n{}", "From x\n".repeat(150_000));
        let mut parts = Parts::new(text.as_bytes(), usize::MAX);
        assert_eq!(std::iter::from_fn(|| parts.next()).count(), 1);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// A made mailbox gives back its messages, and any other file loses no byte.
        #[test]
        fn splitting_gives_back_what_was_joined(
            bodies in proptest::collection::vec("[ -~]{0,20}(\n[ -EG-~][ -~]{0,9}){0,3}", 1..9),
            hostile in "(From |Date: |\n|\r|x|: |\u{feff}){0,60}",
        ) {
            let one = |body: &String| format!("From: a@b\nSubject: s\n\nx{body}\n");
            let text: String = bodies.iter().map(|body| format!("{FROM}{}\n", one(body))).collect();
            let mut parts = Parts::new(text.as_bytes(), usize::MAX);
            let found: Vec<_> = std::iter::from_fn(|| parts.next())
                .map(|part| String::from_utf8(part.trimmed().bytes).unwrap()).collect();
            proptest::prop_assert_eq!(found, bodies.iter().map(one).collect::<Vec<_>>());
            let text = format!("From {hostile}");
            let mut parts = Parts::new(text.as_bytes(), usize::MAX);
            let all: Vec<u8> = std::iter::from_fn(|| parts.next()).flat_map(|part| part.whole().bytes).collect();
            proptest::prop_assert_eq!(String::from_utf8(all).unwrap(), text);
        }
    }

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
