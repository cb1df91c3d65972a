//! What a file holds, told by its first bytes.

/// What some editors put before UTF-8 text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a file holds, as far as its start can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Empty,
    /// One JSON object a line.
    Documents,
    /// Starts with a `From ` line: a mailbox file, or one message out of one.
    Envelope,
    /// A message of Apple Mail (`.emlx`): a line with its length, the message, a property list.
    Apple,
    Message,
    /// A compound file (MS-CFB): an Outlook message, or an old Office document.
    Compound,
    /// The transport form of an Outlook message (MS-OXTNEF): `winmail.dat`.
    Tnef,
    /// An Outlook data file (MS-PST).
    DataFile,
    /// Gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstandard,
    Zip,
    Tar,
    /// Bzip2.
    Bzip2,
    /// The format of XZ Utils.
    Xz,
    SevenZip,
    Rar,
    /// Packed in a way that is not read.
    Foreign(&'static str),
    Other,
}

impl Kind {
    /// Whether it holds other files.
    pub(super) const fn is_layer(self) -> bool {
        matches!(
            self,
            Self::Gzip | Self::Zstandard | Self::Bzip2 | Self::Xz | Self::Zip | Self::Tar
        )
    }
}

const MAGIC: [(&[u8], Kind); 14] = [
    (b"!BDN", Kind::DataFile),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Compound),
    (b"\x78\x9f\x3e\x22", Kind::Tnef),
    (b"\x1f\x8b\x08", Kind::Gzip),
    (b"\x28\xb5\x2f\xfd", Kind::Zstandard),
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"BZh", Kind::Bzip2),
    (b"\xfd7zXZ\0", Kind::Xz),
    (b"LZIP", Kind::Foreign("lzip")),
    (b"7z\xbc\xaf\x27\x1c", Kind::SevenZip),
    (b"Rar!\x1a\x07", Kind::Rar),
    (b"\x1f\x9d", Kind::Foreign("compress")),
    (b"\x04\x22\x4d\x18", Kind::Foreign("LZ4")),
];

/// What a file with these bytes at its start holds.
pub(crate) fn kind(start: &[u8]) -> Kind {
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
        return *kind;
    }
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let text = start.trim_ascii_start();
    if text.is_empty() {
        return Kind::Empty;
    }
    if is_tar(start) {
        return Kind::Tar;
    }
    if text.starts_with(b"{") {
        return Kind::Documents;
    }
    let text = without_blank_lines(start);
    if text.starts_with(b"From ") {
        return Kind::Envelope;
    }
    if is_apple(start) {
        return Kind::Apple;
    }
    let is_mail = lines(start).take(40).any(is_header);
    if is_mail { Kind::Message } else { Kind::Other }
}

/// The text from its first line that is not empty or of blanks.
pub(crate) fn without_blank_lines(text: &[u8]) -> &[u8] {
    let first = text.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(text.len());
    let before = text.get(..first).unwrap_or_default();
    let line =
        before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
    text.get(line..).unwrap_or_default()
}

/// Whether the first line is a number, and the one behind it a header.
fn is_apple(start: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b'\n', start) else { return false };
    let (line, rest) = start.split_at_checked(end + 1).unwrap_or_default();
    let length = line.trim_ascii();
    !length.is_empty()
        && length.iter().all(u8::is_ascii_digit)
        && lines(rest).next().is_some_and(|line| is_header(line) || line.starts_with(b"From "))
}

/// Lines, whichever of LF, CRLF and CR ends them.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r'))
}

/// `Name: value`, the name of printable characters without white space.
pub(crate) fn is_header(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    let rest = line.get(colon + 1..).unwrap_or_default();
    let named = !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    named && !rest.starts_with(b"//") && !rest.starts_with(b":")
}

/// The first block of a tar file holds the sum of its bytes in octal, with blanks in place of the sum
/// itself; that is true of old ones without any name, too.
fn is_tar(start: &[u8]) -> bool {
    let Some((header, sum)) = start.get(..512).zip(start.get(148..156)) else { return false };
    let digits = sum.split(|byte| matches!(byte, 0 | b' ')).find(|part| !part.is_empty());
    let stated = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    let stated = stated.and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let total = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    stated == Some(total(header) - total(sum) + 8 * u32::from(b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (start, expected) in [
            (&b""[..], Kind::Empty),
            (b" \r\n", Kind::Empty),
            (b"Subject: x\n\ny", Kind::Message),
            (b"Subject: x\r\ry", Kind::Message),
            (b"From a@b Sat Jan  1 10:00:00 1994\n", Kind::Envelope),
            (b"\xef\xbb\xbf{\"id\":1}", Kind::Documents),
            (b"\xef\xbb\xbf\n \r\nFrom a\n", Kind::Envelope),
            (b"12      \nSubject: x\n\ny", Kind::Apple),
            (b"12\n\nSubject: x\n\ny", Kind::Message),
            (b"see http://x.com\n", Kind::Other),
            (b"%PDF-1.7\n1 0 obj", Kind::Other),
            (b"BZh9", Kind::Bzip2),
            (b"LZIP", Kind::Foreign("lzip")),
            (b"PK\x03\x04", Kind::Zip),
        ] {
            assert_eq!(kind(start), expected, "{}", start.escape_ascii());
        }
    }

    #[test]
    fn tar_by_its_sum() {
        let mut header = tar::Header::new_old();
        header.set_path("a").unwrap();
        header.set_cksum();
        assert_eq!(kind(header.as_bytes()), Kind::Tar);
        header.as_mut_bytes()[0] = b'b';
        assert_eq!(kind(header.as_bytes()), Kind::Other);
    }
}
