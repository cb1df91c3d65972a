//! Lines that begin messages, and the headers behind them.

use crate::kind::is_header;

pub(super) fn is_from(line: &[u8]) -> bool {
    line.starts_with(b"From ")
}

/// What `git format-patch` writes before each patch: a commit, and a date that is always the same.
pub(super) fn is_patch(line: &[u8]) -> bool {
    let Some((commit, date)) =
        line.strip_prefix(b"From ").and_then(|rest| rest.split_at_checked(40))
    else {
        return false;
    };
    commit.iter().all(u8::is_ascii_hexdigit) && date.starts_with(b" Mon Sep 17 00:00:00 2001")
}

/// `From address … 10:00 … 1994`: a sender, a time and a year.
pub(super) fn is_envelope(line: &[u8]) -> bool {
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

/// The headers of which one stands in nearly every message.
const KNOWN: [&[u8]; 6] =
    [b"from", b"date", b"subject", b"received", b"return-path", b"message-id"];

/// Header lines that were seen one after the other.
#[derive(Debug, Default)]
pub(super) struct Headers {
    pub(super) count: u32,
    pub(super) has_known: bool,
}

impl Headers {
    /// Takes the line; false where it belongs to no headers.
    pub(super) fn go_on(&mut self, line: &[u8]) -> bool {
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
