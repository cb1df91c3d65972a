//! Lines, and the headers among them.

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

/// Lines with their ends. Every byte of every message is looked at here, so a fast search does it.
pub(super) fn lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', raw).map(|end| end + 1).chain([raw.len()]);
    let mut start = 0;
    ends.map(move |end| raw.get(std::mem::replace(&mut start, end)..end).unwrap_or_default())
        .filter(|line| !line.is_empty())
}

pub(super) fn starts_with(line: &[u8], start: &[u8]) -> bool {
    line.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// Where the headers end: at the first empty line, or before it at a line that is no header and has
/// no well-known header after it.
pub(super) fn end(raw: &[u8]) -> usize {
    let mut at = 0;
    let mut text_from = None;
    for line in lines(raw) {
        if is_blank(line) {
            break;
        }
        match name(line) {
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
pub(super) fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    name.iter().all(u8::is_ascii_graphic).then_some(name)
}

fn is_known(name: &[u8]) -> bool {
    KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether this is the empty line behind headers.
pub(super) fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}
