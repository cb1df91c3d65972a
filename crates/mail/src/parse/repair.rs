//! Raw bytes as the MIME library can read them: what senders and archives break most often, mended.

use std::borrow::Cow;

use encoding_rs::Encoding;
use mail_parser::Message;

use super::head::{self, is_blank, lines};
use super::structure::{self, Boundaries, Gap, Kind};
use super::words::word_length;
use super::{charset, headers};
use crate::kind;

/// A message mended, and its structure as the MIME library is shown it.
pub(super) struct Readable<'r> {
    text: Cow<'r, [u8]>,
    shown: Option<Vec<u8>>,
    /// Whether text stood among the headers of a part.
    pub(super) has_text_in_heads: bool,
    /// Whether a multipart ended only with the one around it.
    pub(super) has_open_multiparts: bool,
}

impl<'r> Readable<'r> {
    pub(super) fn of(raw: &'r [u8]) -> Self {
        let text = mended(raw);
        let boundaries = Boundaries::of(&text);
        let gaps = structure::gaps(&text, &boundaries);
        let is = |is_it: fn(&Kind) -> bool| gaps.iter().any(|gap| is_it(&gap.kind));
        let has_text_in_heads = is(|kind| *kind == Kind::HeadBeforeText);
        let has_open_multiparts = is(|kind| matches!(kind, Kind::End(_)));
        let text = if gaps.is_empty() { text } else { Cow::Owned(filled(&text, &gaps)) };
        let shown = match structure::shown(&text, &boundaries) {
            Cow::Borrowed(_) => None,
            Cow::Owned(shown) => Some(shown),
        };
        Self { text, shown, has_text_in_heads, has_open_multiparts }
    }

    /// The message taken apart; nothing where the MIME library gives up.
    pub(super) fn parse(&self) -> Option<Message<'_>> {
        let mut message = headers::parse(self.shown.as_deref().unwrap_or(&self.text))?;
        message.raw_message = Cow::Borrowed(&self.text);
        Some(message)
    }
}

/// The message without its envelope, its headers in UTF-8 and closed by an empty line.
fn mended(raw: &[u8]) -> Cow<'_, [u8]> {
    if is_of_old_mac(raw) {
        let lines: Vec<u8> =
            raw.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
        return Cow::Owned(mended(&lines).into_owned());
    }
    with_sound_headers(without_envelope(raw))
}

/// The message with the lines that are missing in it.
fn filled(text: &[u8], gaps: &[Gap]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + gaps.len());
    let mut done = 0;
    for gap in gaps {
        out.extend_from_slice(text.get(done..gap.at).unwrap_or_default());
        out.extend(gap.kind.line());
        done = gap.at;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    out
}

/// Whether a line that is no header stands before the first empty line.
pub(super) fn has_foreign_line(raw: &[u8]) -> bool {
    let is_header = |line: &[u8]| {
        line.starts_with(b" ") || line.starts_with(b"\t") || head::name(line).is_some()
    };
    let head = lines(without_envelope(raw)).take_while(|line| !is_blank(line));
    !is_of_old_mac(raw) && { head }.any(|line| !is_header(line))
}

/// Lines that end with CR alone.
fn is_of_old_mac(raw: &[u8]) -> bool {
    memchr::memchr(b'\n', raw).is_none() && memchr::memchr(b'\r', raw).is_some()
}

fn with_sound_headers(raw: &[u8]) -> Cow<'_, [u8]> {
    let end = head::end(raw);
    let (head, rest) = raw.split_at_checked(end).unwrap_or((raw, &[]));
    let is_closed = head.ends_with(b"\n") && matches!(rest, [b'\n', ..] | [b'\r', b'\n', ..]);
    if is_closed && std::str::from_utf8(head).is_ok() {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len() + 64);
    // One line is too short to tell a charset; the others and the text below are in the same.
    let charset = charset::guess(raw);
    lines(head).for_each(|line| utf8_line(line, charset, &mut out));
    if !is_closed {
        let is_line = head.is_empty() || head.ends_with(b"\n");
        out.extend_from_slice(if is_line { b"\n" } else { b"\n\n" });
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// The message without a byte order mark, empty lines and the `From ` line of a mailbox file before
/// it; many single files keep that line.
fn without_envelope(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    let start = raw.iter().position(|byte| !matches!(byte, b'\n' | b'\r')).unwrap_or(raw.len());
    let raw = without_blanks(raw.get(start..).unwrap_or_default());
    if !raw.starts_with(b"From ") && !raw.starts_with(b">From ") {
        return raw;
    }
    let line = raw.iter().position(|byte| *byte == b'\n').map_or(raw.len(), |end| end + 1);
    without_blanks(raw.get(line..).unwrap_or_default())
}

/// The message without lines of blanks before its headers: only an empty line ends those (RFC 5322, 2.1).
fn without_blanks(raw: &[u8]) -> &[u8] {
    if !matches!(raw, [b' ' | b'\t', ..]) {
        return raw;
    }
    let rest = kind::without_blank_lines(raw);
    let line = lines(rest).next().unwrap_or_default();
    if kind::is_header(line) || line.starts_with(b"From ") { rest } else { raw }
}

/// A header line as UTF-8; the bytes of an encoded word are in the charset that the word names.
fn utf8_line(line: &[u8], charset: &'static Encoding, out: &mut Vec<u8>) {
    let mut rest = line;
    while !rest.is_empty() {
        let word = word_length(rest);
        let length = word.unwrap_or_else(|| {
            let next = rest.windows(2).skip(1).position(|pair| pair == b"=?");
            next.map_or(rest.len(), |next| next + 1)
        });
        let (now, later) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        match word {
            Some(_) => out.extend_from_slice(now),
            None => out.extend_from_slice(charset::utf8_or(now, || charset).as_bytes()),
        }
        rest = later;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use postern_query::Place;

    #[test]
    fn mended_messages() {
        for (raw, expected) in [
            (&b"A: 1\n\nx"[..], &b"A: 1\n\nx"[..]),
            (b"A: 1\r\n\r\nx", b"A: 1\r\n\r\nx"),
            (b"From a Sat Jan 1\nA: 1\n\nx", b"A: 1\n\nx"),
            (b"\n\r\n>From a\nA: 1\n\nx", b"A: 1\n\nx"),
            (b"\xef\xbb\xbfA: 1\n\nx", b"A: 1\n\nx"),
            (b"   \r\n\t\nA: 1\n\nx", b"A: 1\n\nx"),
            (b" \nFrom a\n \nA: 1\n\nx", b"A: 1\n\nx"),
            (b"A: 1", b"A: 1\n\n"),
            (b"A: 1\n", b"A: 1\n\n"),
            // Text straight after the headers is text.
            (b"A: 1\ntext here\nmore\n\nlast", b"A: 1\n\ntext here\nmore\n\nlast"),
            // A broken line among headers is not the end of them.
            (b"A: 1\nbroken\nSubject: x\n\ny", b"A: 1\nbroken\nSubject: x\n\ny"),
            (b"A: 1\n folded: yes\n\ny", b"A: 1\n folded: yes\n\ny"),
            (b"A: \xe9\n\n\xe9", b"A: \xc3\xa9\n\n\xe9"),
            (b"A: =?x?q?\xe9?= \xe9\n\n", b"A: =?x?q?\xe9?= \xc3\xa9\n\n"),
            (b"A: 1\r\rx\ry", b"A: 1\n\nx\ny"),
            (b"no header\nat all", b"\nno header\nat all"),
            (b"", b"\n"),
        ] {
            assert_eq!(mended(raw).escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
    }

    /// Each message in another was a call in a call when it was thrown away.
    #[test]
    fn messages_in_messages_were_an_overflow() {
        let raw = b"Content-Type: message/rfc822\n\n".repeat(300_000);
        assert!(parse(&raw, &Place::default()).body.is_some());
    }

    #[test]
    fn short_headers_are_read_like_the_text() {
        let text = b"\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea \xe4\xe5\xeb\xe0? ";
        let raw = [b"Subject: \xce\xed\n\n", text.as_slice()].concat();
        assert_eq!(parse(&raw, &Place::default()).subject.as_deref(), Some("Он"));
    }
}
