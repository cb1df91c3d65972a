//! Raw bytes as the MIME library can read them: what senders and archives break most often, mended.

use std::borrow::Cow;
use std::ops::Range;

use encoding_rs::Encoding;

use super::charset;
use super::words::word_length;
use crate::kind;

/// Headers that no text begins a line with by chance.
const KNOWN: [&[u8]; 14] = [
    b"from",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"message-id",
    b"received",
    b"references",
    b"in-reply-to",
    b"reply-to",
    b"return-path",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
];

/// Multiparts, and messages in them, that are taken apart. The MIME library looks for the end of each
/// up to the end of the message, so thousands that never end would take minutes.
const MAX_MULTIPARTS: usize = 200;

/// The message without its envelope, its headers in UTF-8 and closed by an empty line.
pub(crate) fn readable(raw: &[u8]) -> Cow<'_, [u8]> {
    if is_of_old_mac(raw) {
        let lines: Vec<u8> =
            raw.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
        return Cow::Owned(readable(&lines).into_owned());
    }
    match with_readable_types(without_envelope(raw)) {
        Cow::Borrowed(raw) => with_sound_headers(raw),
        Cow::Owned(raw) => Cow::Owned(with_sound_headers(&raw).into_owned()),
    }
}

/// Whether a line that is no header stands before the first empty line.
pub(crate) fn has_foreign_line(raw: &[u8]) -> bool {
    let is_header = |line: &[u8]| {
        line.starts_with(b" ") || line.starts_with(b"\t") || header_name(line).is_some()
    };
    let head = lines(without_envelope(raw)).take_while(|line| !matches!(*line, b"\n" | b"\r\n"));
    !is_of_old_mac(raw) && { head }.any(|line| !is_header(line))
}

/// Whether this is the type of a multipart that is not taken apart, as there are too many.
pub(crate) fn is_left_whole(media_type: &str) -> bool {
    media_type.starts_with("xultipart/") || media_type.starts_with("xessage/")
}

/// Lines that end with CR alone.
fn is_of_old_mac(raw: &[u8]) -> bool {
    memchr::memchr(b'\n', raw).is_none() && memchr::memchr(b'\r', raw).is_some()
}

fn with_sound_headers(raw: &[u8]) -> Cow<'_, [u8]> {
    let end = headers_end(raw);
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

/// The message where every multipart after the first two hundred is some unknown type of the same
/// length, and where parameters are on one line with their values.
fn with_readable_types(raw: &[u8]) -> Cow<'_, [u8]> {
    let surplus = multiparts(raw).skip(MAX_MULTIPARTS).map(|at| (at..at + 1, b'x'));
    let breaks = broken_parameters(raw).map(|range| (range, b' '));
    surplus.chain(breaks).fold(Cow::Borrowed(raw), |mut out, (range, with)| {
        if let Some(bytes) = out.to_mut().get_mut(range) {
            bytes.fill(with);
        }
        out
    })
}

/// Where `multipart` or `message/` stands in headers of the content type.
fn multiparts(raw: &[u8]) -> impl Iterator<Item = usize> {
    type_lines(raw).filter_map(|(start, line)| {
        let is = |rest: &[u8]| starts_with(rest, b"multipart") || starts_with(rest, b"message/");
        let at = (0..line.len()).find(|at| line.get(*at..).is_some_and(is))?;
        Some(start + at)
    })
}

/// The line ends between `boundary=` and its value.
fn broken_parameters(raw: &[u8]) -> impl Iterator<Item = Range<usize>> {
    type_lines(raw).filter_map(|(start, line)| {
        let text = line.trim_ascii_end();
        let end = start + line.len();
        let is_folded = raw.get(end).is_some_and(|next| matches!(next, b' ' | b'\t'));
        (text.ends_with(b"=") && is_folded).then(|| start + text.len()..end)
    })
}

/// The lines of headers of the content type, folded ones too, and where they begin.
fn type_lines(raw: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let (mut at, mut in_type) = (0, false);
    lines(raw).filter_map(move |line| {
        let start = at;
        at += line.len();
        in_type = starts_with(line, b"content-type")
            || (in_type && matches!(line.first(), Some(b' ' | b'\t')));
        in_type.then_some((start, line))
    })
}

/// Lines with their ends. Every byte of every message is looked at here, so a fast search does it.
fn lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', raw).map(|end| end + 1).chain([raw.len()]);
    let mut start = 0;
    ends.map(move |end| raw.get(std::mem::replace(&mut start, end)..end).unwrap_or_default())
        .filter(|line| !line.is_empty())
}

fn starts_with(line: &[u8], start: &[u8]) -> bool {
    line.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// Where the headers end: at the first empty line, or before it at a line that is no header and has
/// no well-known header after it.
fn headers_end(raw: &[u8]) -> usize {
    let mut at = 0;
    let mut text_from = None;
    for line in lines(raw) {
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        match header_name(line) {
            Some(name) if is_known(name) => text_from = None,
            Some(_) => {}
            None if line.starts_with(b" ") || line.starts_with(b"\t") => {}
            None => text_from = text_from.or(Some(at)),
        }
        at += line.len();
    }
    text_from.unwrap_or(at)
}

/// The name of a header line, without the white space that some write before the colon.
fn header_name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    name.iter().all(u8::is_ascii_graphic).then_some(name)
}

fn is_known(name: &[u8]) -> bool {
    KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known))
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
            (b"Content-Type: a/b; c=\r\n\t\"d\"\n\nx", b"Content-Type: a/b; c=  \t\"d\"\n\nx"),
            (b"A: 1\r\rx\ry", b"A: 1\n\nx\ny"),
            (b"no header\nat all", b"\nno header\nat all"),
            (b"", b"\n"),
        ] {
            assert_eq!(
                readable(raw).escape_ascii().to_string(),
                expected.escape_ascii().to_string()
            );
        }
    }

    /// Each of these multiparts ends at the end of the message, as far as the MIME library knows.
    #[test]
    fn multiparts_without_end_were_a_hang() {
        let mut raw = b"Content-Type: multipart/mixed; boundary=b

"
        .to_vec();
        raw.extend(
            b"--b
Content-Type:
 multipart/mixed; boundary=c

"
            .repeat(20_000),
        );
        assert_eq!(multiparts(&readable(&raw)).count(), MAX_MULTIPARTS);
        assert!(parse(&raw, &Place::default()).body.is_some());
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
