//! Mailbox files: messages one after the other, each behind a line that starts with `From `.

use std::io::{self, BufRead, Read as _};

/// A message of a mailbox file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Where the message begins in the file, behind its `From ` line.
    pub(super) offset: u64,
    /// The `From ` line.
    pub(super) envelope: Vec<u8>,
    /// The message, without the blank line before the next one.
    pub(super) bytes: Vec<u8>,
}

/// Bytes of a line that are read at once; nobody's memory is filled by a file without line ends.
const MAX_LINE: u64 = 64 << 10;

/// Splits a mailbox file that is read line by line; messages over `max` bytes are cut there.
pub(super) struct Parts<R> {
    lines: R,
    max: usize,
    at: u64,
    /// What was read last ended a line.
    starts_line: bool,
    /// The message that has begun.
    next: Option<Part>,
}

impl<R: BufRead> Parts<R> {
    pub(super) const fn new(lines: R, max: usize) -> Self {
        Self { lines, max, at: 0, starts_line: true, next: None }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        self.at += u64::try_from(line.len()).unwrap_or(u64::MAX);
        Ok(line)
    }

    /// The next message; nothing at the end of the file. What follows the last message is left in
    /// it: [`Part::trimmed`] removes its blank line.
    pub(super) fn next(&mut self) -> io::Result<Option<Part>> {
        let mut may_begin = self.next.is_none();
        loop {
            let starts_line = self.starts_line;
            let line = self.line()?;
            if line.is_empty() {
                return Ok(self.next.take());
            }
            self.starts_line = line.ends_with(b"\n");
            // The first line of the file begins a message, however it goes on.
            if may_begin && (is_envelope(&line) || (self.next.is_none() && is_from(&line))) {
                let begun = Part { offset: self.at, envelope: line, bytes: Vec::new() };
                if let Some(done) = self.next.replace(begun) {
                    return Ok(Some(done));
                }
                may_begin = false;
                continue;
            }
            may_begin = starts_line && matches!(line.as_slice(), b"\n" | b"\r\n");
            if let Some(part) = &mut self.next {
                let room = self.max.saturating_sub(part.bytes.len()).min(line.len());
                part.bytes.extend_from_slice(line.get(..room).unwrap_or_default());
            }
        }
    }
}

impl Part {
    /// The message without the blank line that a mailbox file puts after it.
    pub(super) fn trimmed(mut self) -> Self {
        remove_blank_line(&mut self.bytes);
        self
    }
}

fn is_from(line: &[u8]) -> bool {
    line.starts_with(b"From ")
}

/// `From address … 10:00:00 … 1994`: a sender, a time and a year.
fn is_envelope(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let text = String::from_utf8_lossy(rest);
    let Some(time) = text.find(is_time_start(&text)) else { return false };
    let after = text.get(time..).unwrap_or_default();
    let starts_well = text.starts_with(|c: char| !c.is_whitespace());
    starts_well && after.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() >= 4)
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
    for (end, blank) in [(&b"\r\n\r\n"[..], 2), (b"\n\n", 1)] {
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
        while let Some(part) = parts.next().unwrap() {
            let part = part.trimmed();
            found.push((part.offset, String::from_utf8(part.bytes).unwrap()));
        }
        let found: Vec<_> = found.iter().map(|(offset, text)| (*offset, text.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn messages() {
        const FROM: &str = "From a@b Sat Jan  1 10:00:00 1994\n";
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

    #[test]
    fn long_messages_are_cut() {
        let text = format!("From a 10:00 1994\n{}", "x".repeat(100));
        let part = Parts::new(text.as_bytes(), 10).next().unwrap().unwrap();
        assert_eq!(part.bytes, b"xxxxxxxxxx");
    }
}
