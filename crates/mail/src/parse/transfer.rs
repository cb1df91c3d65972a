//! Transfer encodings, read however broken they are.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::{
    quoted_printable_decode, quoted_printable_decode_char,
};

use super::uuencode;
use super::value::Value;

/// How the bytes of a part are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transfer {
    Plain,
    QuotedPrintable,
    Base64,
    Uuencode,
}

impl Transfer {
    /// What a `Content-Transfer-Encoding` header says; comments, quotes and parameters do not belong
    /// there, and are met there.
    pub(crate) fn named(name: Option<&str>) -> Self {
        let word = Value::read(name.unwrap_or_default().as_bytes()).word;
        Self::of(&word).unwrap_or(Self::Plain)
    }

    /// The encoding of that name in lower case.
    pub(super) fn of(word: &str) -> Option<Self> {
        let word = word.split(',').next().unwrap_or_default();
        let letters: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        Some(match letters.as_str() {
            "quotedprintable" => Self::QuotedPrintable,
            "base64" => Self::Base64,
            "xuuencode" | "uuencode" | "xuue" | "uue" => Self::Uuencode,
            "7bit" | "8bit" | "binary" => Self::Plain,
            _ => return None,
        })
    }

    /// Its name, where the MIME library knows it and it is not plain.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Uuencode => None,
            Self::QuotedPrintable => Some("quoted-printable"),
            Self::Base64 => Some("base64"),
        }
    }

    /// The bytes that were meant.
    pub(crate) fn decode(self, raw: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Plain => Cow::Borrowed(raw),
            Self::QuotedPrintable => {
                Cow::Owned(quoted_printable_decode(raw).unwrap_or_else(|| unquote(raw)))
            }
            Self::Base64 => match base64_decode(raw).or_else(|| base64_lines(raw)) {
                Some(bytes) => Cow::Owned(bytes),
                None => Cow::Borrowed(raw),
            },
            Self::Uuencode => match uuencode::first(raw) {
                Some(file) => Cow::Owned(file.bytes),
                None => Cow::Borrowed(raw),
            },
        }
    }
}

/// The letters of base64 without what broke them, up to a line of other text: lists and servers
/// write below it. Nothing where there is none: then the text is not encoded at all.
fn base64_lines(raw: &[u8]) -> Option<Vec<u8>> {
    let is_text = |line: &&[u8]| {
        let foreign = line.iter().filter(|byte| !is_base64(**byte)).count();
        foreign * 16 > line.len()
    };
    let lines = raw.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.skip_while(is_text).take_while(|line| !is_text(line));
    let whole: Vec<u8> = lines.flatten().copied().filter(|byte| is_base64(*byte)).collect();
    base64_decode(&whole).filter(|bytes| !bytes.is_empty())
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Quoted-printable where a `=` that begins nothing stands for itself.
fn unquote(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'=' {
            out.push(*first);
        } else if let Some(next_line) = soft_break(after) {
            rest = next_line;
        } else if let [high, low, tail @ ..] = after
            && let Some(byte) = quoted_printable_decode_char(*high, *low)
        {
            out.push(byte);
            rest = tail;
        } else {
            out.push(b'=');
        }
    }
    out
}

/// What follows a line break that is not meant.
fn soft_break(after: &[u8]) -> Option<&[u8]> {
    let blanks = after.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))?;
    after.get(blanks..)?.strip_prefix(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_base64_was_lost() {
        for (transfer, raw, expected) in [
            (Transfer::Plain, &b"a=20"[..], &b"a=20"[..]),
            (Transfer::QuotedPrintable, b"a=20b=\nc", b"a bc"),
            (Transfer::QuotedPrintable, b"a=b =\r\n=3D==", b"a=b ==="),
            (Transfer::Base64, b"aGVs\nbG8=\n", b"hello"),
            (Transfer::Base64, b"aGVs\nbG8=\n--\nThe list: x\n", b"hello"),
            (Transfer::Base64, b"junk!\naGVsbG8!gd29ybGQ=\n--b--\nword\n", b"hello world"),
            (Transfer::Base64, b"not encoded, in truth", b"not encoded, in truth"),
            (Transfer::Base64, b"", b""),
        ] {
            assert_eq!(*transfer.decode(raw), *expected, "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn names_of_encodings() {
        for (name, transfer) in [
            (" BASE64", Transfer::Base64),
            ("base64 (a comment)", Transfer::Base64),
            ("(a comment) \"base64\"", Transfer::Base64),
            ("base64; charset=utf-8", Transfer::Base64),
            ("base64, 7bit", Transfer::Base64),
            ("quoted_printable", Transfer::QuotedPrintable),
            ("Quoted Printable;", Transfer::QuotedPrintable),
            ("x-uuencode", Transfer::Uuencode),
            ("8bit", Transfer::Plain),
            ("", Transfer::Plain),
        ] {
            assert_eq!(Transfer::named(Some(name)), transfer, "{name}");
        }
    }
}
