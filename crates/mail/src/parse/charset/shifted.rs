//! Charsets that the libraries do not read: those whose letters of two bytes stand between marks, and that
//! of Emacs.

use std::borrow::Cow;

use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, ISO_8859_14, ISO_8859_15, WINDOWS_874, WINDOWS_1252, WINDOWS_1254,
};

const ESCAPE: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;

/// The reader of a charset of that name in lower case.
pub(super) fn reader(name: &str) -> Option<fn(&[u8]) -> String> {
    Some(match name {
        "hz-gb-2312" | "hz" | "hz-gb2312" => hz,
        "iso-2022-kr" | "csiso2022kr" => korean,
        "iso-2022-cn" | "iso-2022-cn-ext" => chinese,
        "emacs-mule" | "x-emacs-mule" | "mule" | "x-mule" | "emacs-internal" => emacs,
        _ => return None,
    })
}

/// Text of seven bits that says by its escapes to be Korean (RFC 1557), whatever it is called.
pub(super) fn is_korean(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\x1b$)C").is_some()
}

/// Western text as Emacs keeps it: each letter beyond ASCII behind the same byte, which is a letter in
/// no other charset that mail is written in.
pub(super) fn is_western_emacs(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut is_any = false;
    while let Some(at) = rest.iter().position(|byte| !byte.is_ascii()) {
        match rest.get(at..).unwrap_or_default() {
            [0x81, 0xc0..=0xff, after @ ..] => (rest, is_any) = (after, true),
            _ => return false,
        }
    }
    is_any
}

/// `~{` and `~}` round Chinese (RFC 1843).
fn hz(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut rest, mut is_wide) = (bytes, false);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after.first()) {
            (b'~', Some(b'{')) if !is_wide => is_wide = true,
            (b'~', Some(b'}')) if is_wide => is_wide = false,
            (b'~', Some(b'~')) if !is_wide => out.push(b'~'),
            (b'~', Some(b'\n')) if !is_wide => {}
            // A line ends Chinese, too.
            _ => {
                is_wide &= *first != b'\n';
                out.push(if is_wide && first.is_ascii_graphic() { first | 0x80 } else { *first });
                continue;
            }
        }
        rest = after.get(1..).unwrap_or_default();
    }
    decoded(GBK, &out).into_owned()
}

/// Korean between shifts (RFC 1557).
fn korean(bytes: &[u8]) -> String {
    shifted(bytes, EUC_KR)
}

/// Chinese between shifts (RFC 1922), the letters of GB 2312 of it.
fn chinese(bytes: &[u8]) -> String {
    shifted(bytes, GBK)
}

fn shifted(bytes: &[u8], encoding: &'static Encoding) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut is_wide, mut rest) = (false, bytes);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match *first {
            SHIFT_OUT => is_wide = true,
            SHIFT_IN => is_wide = false,
            // `ESC $ ) C` says which letters are meant.
            ESCAPE if after.starts_with(b"$") => rest = after.get(3..).unwrap_or_default(),
            byte => {
                is_wide &= byte != b'\n';
                out.push(if is_wide && byte.is_ascii_graphic() { byte | 0x80 } else { byte });
            }
        }
    }
    decoded(encoding, &out).into_owned()
}

fn decoded<'b>(encoding: &'static Encoding, bytes: &'b [u8]) -> Cow<'b, str> {
    encoding.decode_without_bom_handling(bytes).0
}

/// The charset of Emacs (`emacs-mule`): a byte that names a charset before the one or two of each letter.
fn emacs(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let plain = rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(plain).unwrap_or_default();
        out.push_str(&String::from_utf8_lossy(text));
        let Some((leading, after)) = after.split_first() else { break };
        let letter = letter(*leading).and_then(|(encoding, length)| {
            let letter =
                after.get(..length).filter(|letter| letter.iter().all(|byte| *byte >= 0xa0))?;
            Some((decoded(encoding, letter), length))
        });
        match letter {
            Some((letter, length)) => {
                out.push_str(&letter);
                rest = after.get(length..).unwrap_or_default();
            }
            None => {
                out.push(char::REPLACEMENT_CHARACTER);
                rest = after;
            }
        }
    }
    out
}

/// The charset that a leading byte names, and how many bytes its letters have.
const fn letter(leading: u8) -> Option<(&'static Encoding, usize)> {
    Some(match leading {
        0x81 => (WINDOWS_1252, 1),
        0x82 => (ISO_8859_2, 1),
        0x83 => (ISO_8859_3, 1),
        0x84 => (ISO_8859_4, 1),
        0x85 => (WINDOWS_874, 1),
        0x86 => (ISO_8859_7, 1),
        0x87 => (ISO_8859_6, 1),
        0x88 => (ISO_8859_8, 1),
        0x8c => (ISO_8859_5, 1),
        0x8d => (WINDOWS_1254, 1),
        0x8e => (ISO_8859_15, 1),
        0x8f => (ISO_8859_14, 1),
        0x91 => (GBK, 2),
        0x90 | 0x92 => (EUC_JP, 2),
        0x93 => (EUC_KR, 2),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_seven_bits_and_of_emacs() {
        for (name, bytes, text) in [
            ("hz-gb-2312", &b"This ~{VPND~} ~~ ~\nend"[..], "This 中文 ~ end"),
            ("hz-gb-2312", b"~{VPND\nplain", "中文\nplain"),
            ("hz-gb-2312", b"~{V", "\u{fffd}"),
            ("iso-2022-kr", b"\x1b$)CA \x0eGQ1[\x0f b\n", "A 한글 b\n"),
            ("iso-2022-kr", b"\x0eGQ1[\nplain", "한글\nplain"),
            ("iso-2022-cn", b"\x1b$)A\x0eVPND\x0f.", "中文."),
            ("emacs-mule", b"caf\x81\xe9", "café"),
            ("emacs-mule", b"\x92\xc6\xfc\x92\xcb\xdc \x91\xd6\xd0 \x93\xc7\xd1", "日本 中 한"),
            ("emacs-mule", b"\x8c\xbf\x8c\xe0 \xff\x81", "Пр \u{fffd}\u{fffd}"),
        ] {
            assert_eq!(reader(name).unwrap()(bytes), text, "{}", bytes.escape_ascii());
        }
        assert!(reader("utf-8").is_none());
    }

    #[test]
    fn bytes_of_emacs_by_themselves() {
        for (bytes, expected) in [
            (&b"caf\x81\xe9 na\x81\xefve"[..], true),
            (b"caf\xe9", false),
            (b"caf\x81\xe9 na\xefve", false),
            (b"\x82\xb1\x82\xf1", false),
            (b"\x81\x40", false),
            (b"plain", false),
        ] {
            assert_eq!(is_western_emacs(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
