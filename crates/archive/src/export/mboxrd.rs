//! Messages of a mailbox file.

use std::io::{self, Write};

use postern_query::Message;

/// What a line begins with that could be the one before the next message.
const FROM: &[u8] = b"From ";

/// Writes one message. It quotes each line that looks like the line before the next message, and each line
/// that is quoted already, so that a reader can undo it. It takes pieces of any size.
///
/// A message may begin with such a line of its own, from the mailbox file that it was in. That line is left
/// out: quoted, it would stand before the headers, and mail programs would see none of them.
pub(super) struct Mboxrd<'w, W> {
    out: &'w mut W,
    /// How much of `From ` was read behind the signs that quote a line; nothing within a line.
    matched: Option<usize>,
    ends_line: bool,
    /// Whether nothing was read but a part of the message's own `From `.
    at_start: bool,
    /// Whether the message's own `From ` line is left out now.
    skips: bool,
}

impl<'w, W: Write> Mboxrd<'w, W> {
    pub(super) fn begin(out: &'w mut W, message: &Message) -> io::Result<Self> {
        let date = message.received.or(message.sent).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let date = date.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y");
        writeln!(out, "From postern@localhost {date}")?;
        Ok(Self { out, matched: Some(0), ends_line: false, at_start: true, skips: false })
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let rest = if self.skips { &[] } else { self.start_of_line(part)? };
            self.out.write_all(rest)?;
            self.ends_line = part.ends_with(b"\n") && !self.skips;
            if part.ends_with(b"\n") {
                (self.matched, self.skips) = (Some(0), false);
            }
        }
        Ok(())
    }

    /// Writes what may have to be quoted, as far as it is known, and says what is left.
    fn start_of_line<'p>(&mut self, part: &'p [u8]) -> io::Result<&'p [u8]> {
        for (at, byte) in part.iter().enumerate() {
            let Some(matched) = self.matched else { return Ok(part.get(at..).unwrap_or_default()) };
            let is_from = FROM.get(matched) == Some(byte);
            self.at_start &= is_from;
            if matched == 0 && *byte == b'>' {
                self.out.write_all(b">")?;
            } else if is_from {
                self.matched = Some(matched + 1);
                if matched + 1 == FROM.len() {
                    return self.quote(part.get(at + 1..).unwrap_or_default());
                }
            } else {
                self.out.write_all(FROM.get(..matched).unwrap_or_default())?;
                self.matched = None;
                return Ok(part.get(at..).unwrap_or_default());
            }
        }
        Ok(&[])
    }

    /// Quotes a `From ` that was read, or leaves its line out where the message begins with it.
    fn quote<'p>(&mut self, rest: &'p [u8]) -> io::Result<&'p [u8]> {
        self.matched = None;
        self.skips = std::mem::take(&mut self.at_start);
        if self.skips {
            return Ok(&[]);
        }
        self.out.write_all(b">From ")?;
        Ok(rest)
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(FROM.get(..self.matched.unwrap_or_default()).unwrap_or_default())?;
        self.out.write_all(if self.ends_line { b"\n" } else { b"\n\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first line of a message from a mailbox file became its first header, and Python's `mailbox` read
    /// no headers at all.
    #[test]
    fn the_line_of_the_mailbox_that_a_message_was_in_is_left_out() {
        let raw = b"From ann@x.com Mon Jan  1 00:00:00 2024\r\nSubject: x\r\n\r\nFrom here\r\n";
        for size in 1..=raw.len() {
            let mut out = Vec::new();
            let mut message = Mboxrd::begin(&mut out, &Message::default()).unwrap();
            raw.chunks(size).for_each(|piece| message.write(piece).unwrap());
            message.end().unwrap();
            let written = String::from_utf8(out).unwrap();
            assert!(written.ends_with("1970\nSubject: x\r\n\r\n>From here\r\n\n"), "{written:?}");
        }
    }

    #[test]
    fn mailbox_files_can_be_taken_apart_again() {
        let raw = b"Subject: x\n\nFrom here\n>From there\n> From\nFrom\n>>From z\nend";
        let expected = "From postern@localhost Thu Jan  1 00:00:00 1970\n\
                        Subject: x\n\n>From here\n>>From there\n> From\nFrom\n>>>From z\nend\n\n";
        for size in 1..=raw.len() {
            let mut out = Vec::new();
            let mut message = Mboxrd::begin(&mut out, &Message::default()).unwrap();
            raw.chunks(size).for_each(|piece| message.write(piece).unwrap());
            message.end().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{size}");
        }
        for (raw, end) in
            [(&b""[..], "1970\n\n\n"), (b"Fro", "1970\nFro\n\n"), (b"a\n", "1970\na\n\n")]
        {
            let mut out = Vec::new();
            let mut message = Mboxrd::begin(&mut out, &Message::default()).unwrap();
            message.write(raw).unwrap();
            message.end().unwrap();
            assert!(String::from_utf8(out).unwrap().ends_with(end), "{raw:?}");
        }
    }
}
