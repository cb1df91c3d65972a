//! Bytes to text where the charset is not declared, or not to be believed.

mod names;
mod shifted;

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

const ESCAPE: u8 = 0x1b;

/// Bytes of a text that its charset is guessed from.
const SAMPLE: usize = 64 << 10;

/// Letters outside of ASCII that are too few to tell a charset.
const FEW: usize = 4;

/// UTF-8 where it is, else what the letters look like most.
pub(crate) fn guessed(bytes: &[u8]) -> Cow<'_, str> {
    utf8_or(bytes, || guess(bytes))
}

/// UTF-8 where it is, else the other.
pub(crate) fn utf8_or(bytes: &[u8], other: impl Fn() -> &'static Encoding) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_ascii() || !bytes.contains(&ESCAPE) => Cow::Borrowed(text),
        // Japanese and Korean in seven bits are valid UTF-8 too, and begin with an escape.
        Ok(_) if shifted::is_korean(bytes) => read_as("iso-2022-kr", bytes),
        Err(_) if shifted::is_western_emacs(bytes) => read_as("emacs-mule", bytes),
        Ok(_) | Err(_) => other().decode_without_bom_handling(bytes).0,
    }
}

fn read_as<'b>(name: &str, bytes: &'b [u8]) -> Cow<'b, str> {
    names::decode(name, bytes).map_or_else(|| String::from_utf8_lossy(bytes), Cow::Owned)
}

/// The charset of undeclared text; mail may hold Japanese in seven bits, unlike pages.
pub(crate) fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let is_plain = |byte: &u8| byte.is_ascii() && *byte != ESCAPE;
    let start = bytes.iter().position(|byte| !is_plain(byte)).unwrap_or_default();
    // A little before the first letter of interest: what surrounds it is a hint.
    let sample = bytes.get(start.saturating_sub(SAMPLE / 8)..).unwrap_or_default();
    let (sample, rest) = sample.split_at_checked(SAMPLE).unwrap_or((sample, &[]));
    // A single accent can be anything to the detector; words in another script have more letters.
    if (1..FEW).contains(&sample.iter().filter(|byte| !byte.is_ascii()).count()) {
        return encoding_rs::WINDOWS_1252;
    }
    detector.feed(sample, rest.is_empty());
    detector.guess(None, Utf8Detection::Allow)
}

/// Text of a declared charset, as far as that can be true.
pub(crate) fn declared<'t>(bytes: &'t [u8], charset: &str) -> Cow<'t, str> {
    if let Some(text) = marked(bytes) {
        return Cow::Owned(text);
    }
    let charset = names::known(charset);
    if is_ascii(&charset) || cannot_be(&charset, bytes) {
        return guessed(bytes);
    }
    if charset == "utf-8" {
        return mostly(bytes, String::from_utf8_lossy(bytes));
    }
    match names::decode(&charset, bytes) {
        Some(text) => believed(bytes, text),
        None => guessed(bytes),
    }
}

/// The charset that a page names near its beginning; one of two bytes a letter cannot be named so.
pub(crate) fn of_page(bytes: &[u8]) -> Option<String> {
    const START: usize = 2 << 10;
    let start = String::from_utf8_lossy(bytes.get(..START).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, name) = start.split_once("charset=")?;
    let name = name.trim_start_matches(['"', '\'', ' ']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c));
    let name = name.get(..end.unwrap_or(name.len()))?;
    (!name.is_empty() && !name.starts_with("utf-16")).then(|| name.to_owned())
}

/// Text in two bytes a letter that begins with the mark of it.
fn marked(bytes: &[u8]) -> Option<String> {
    let (encoding, _) = Encoding::for_bom(bytes)?;
    (encoding != encoding_rs::UTF_8).then(|| encoding.decode_with_bom_removal(bytes).0.into_owned())
}

/// Whether text cannot be in the charset that it declares: ISO-2022 and UTF-7 have seven bits, text with
/// escapes is ISO-2022, UTF-16 has zeros, and text of one byte a letter is UTF-8 only by a wonder.
fn cannot_be(charset: &str, bytes: &[u8]) -> bool {
    let is_shifted = charset.starts_with("iso-2022-") || charset == "csiso2022jp";
    let is_seven_bits = is_shifted || matches!(charset, "utf-7" | "csutf7");
    let is_two_bytes = ["utf-16", "ucs-2", "unicode", "csunicode", "iso-10646-ucs-2", "csutf16"]
        .iter()
        .any(|start| charset.starts_with(start));
    let is_one_byte =
        is_western(charset) || charset.starts_with("koi") || charset.starts_with("tis");
    (is_seven_bits && !bytes.is_ascii())
        || (!is_seven_bits && is_escaped(bytes))
        || (is_two_bytes && !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok())
        || (is_one_byte && (is_wide_utf8(bytes) || shifted::is_western_emacs(bytes)))
}

/// Text of seven bits with the escapes of ISO-2022.
fn is_escaped(bytes: &[u8]) -> bool {
    let is_escape = |at: usize| matches!(bytes.get(at + 1..), Some([b'$' | b'(', ..]));
    memchr::memchr_iter(ESCAPE, bytes).any(is_escape) && bytes.is_ascii()
}

/// The text as declared, unless it breaks there and is whole in UTF-8, or is long enough for that to be no
/// accident: one letter of two bytes can be both.
fn believed(bytes: &[u8], text: String) -> Cow<'_, str> {
    const NO_ACCIDENT: usize = 3;
    match std::str::from_utf8(bytes) {
        Ok(utf8) if !utf8.is_ascii() => {
            let letters = utf8.chars().filter(|c| !c.is_ascii()).count();
            let is_utf8 = letters >= NO_ACCIDENT || text.contains(char::REPLACEMENT_CHARACTER);
            if is_utf8 { Cow::Borrowed(utf8) } else { Cow::Owned(text) }
        }
        Ok(_) | Err(_) => mostly(bytes, Cow::Owned(text)),
    }
}

/// The text, unless more of it is broken than sound: a few broken letters make no other charset.
fn mostly<'t>(bytes: &'t [u8], text: Cow<'t, str>) -> Cow<'t, str> {
    let broken = text.matches(char::REPLACEMENT_CHARACTER).count();
    if broken == 0 {
        return text;
    }
    let sound = text.chars().filter(|c| !c.is_ascii()).count() - broken;
    if broken > sound { guessed(bytes) } else { text }
}

/// UTF-8 that is not ASCII: text of one byte a letter is so only by a wonder.
fn is_wide_utf8(bytes: &[u8]) -> bool {
    !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok()
}

fn is_western(charset: &str) -> bool {
    ["iso-8859-", "iso8859-", "windows-125", "latin", "cp125"]
        .iter()
        .any(|start| charset.starts_with(start))
}

fn is_ascii(charset: &str) -> bool {
    const NAMES: [&str; 14] = [
        "",
        "ascii",
        "us-ascii",
        "ansi_x3.4-1968",
        "default",
        "unknown-8bit",
        "unknown",
        "x-unknown",
        "none",
        "7bit",
        "8bit",
        "binary",
        "x-user-defined",
        "replacement",
    ];
    NAMES.contains(&charset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undeclared_text_was_always_western() {
        for (bytes, text) in [
            (&b"caf\xe9"[..], "café"),
            ("é".as_bytes(), "é"),
            (b"\xe9 \x93quoted\x94", "é “quoted”"),
            (b"\xf0\xd2\xc9\xd7\xc5\xd4, \xcb\xc1\xcb \xc4\xc5\xcc\xc1?", "Привет, как дела?"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea \xe4\xe5\xeb\xe0?", "Привет, как дела?"),
            (b"\x1b$BF|K\x5c8l\x1b(B", "日本語"),
            (b"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", "こんにちは"),
            (b"\x1b[1mplain", "\x1b[1mplain"),
            ("\x1b[1mé".as_bytes(), "\x1b[1mé"),
        ] {
            assert_eq!(guessed(bytes), text, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn wrong_labels_lost_text() {
        for (charset, bytes, text) in [
            ("utf-8", &b"na\xefve"[..], "naïve"),
            ("utf-8", b"\xc3\xa9\xc3\xa9\xc3", "éé\u{fffd}"),
            ("us-ascii", "naïve".as_bytes(), "naïve"),
            ("iso-8859-1", "naïve".as_bytes(), "naïve"),
            ("iso-8859-1", b"\x93na\xefve\x94", "“naïve”"),
            ("default_charset", b"na\xefve", "naïve"),
            (" KOI8-R ", b"\xf0\xd2", "Пр"),
            ("koi8-r", "Привет".as_bytes(), "Привет"),
            ("iso-2022-jp", "点検".as_bytes(), "点検"),
            ("iso-2022-jp", b"\x1b$BF|K\x5c8l\x1b(B", "日本語"),
            ("gb2312", "中文邮件".as_bytes(), "中文邮件"),
            ("gb2312", b"\xd6\xd0\xce\xc4", "中文"),
            ("euc-kr", "한국어".as_bytes(), "한국어"),
            ("euc-kr", b"\xc7\xd1\xb1\xb9\xbe\xee", "한국어"),
            ("shift_jis", "日本語".as_bytes(), "日本語"),
            ("shift_jis", b"\x82\xb1\x82\xf1", "こん"),
            ("unicode-1-1-utf-7", b"K+APw-che", "Küche"),
            ("cp-850", b"caf\x82", "café"),
            ("Windows1251", b"\xcf\xf0", "Пр"),
            ("\"utf8\"", "é".as_bytes(), "é"),
            ("utf-16", "häfen".as_bytes(), "häfen"),
            ("utf-16", b"h\0i\0", "hi"),
            ("utf-8", b"\xff\xfeh\0i\0", "hi"),
            ("", b"\xfe\xff\0h\0i", "hi"),
            ("utf-8", b"\x1b$BF|K\x5c8l\x1b(B", "日本語"),
            ("shift_jis", b"\x1b$BF|K\x5c8l\x1b(B", "日本語"),
            ("us-ascii", b"\x1b$)C\x0eGQ1[\x0f", "한글"),
            ("iso-8859-1", b"\x1b[1mcaf\xe9", "\x1b[1mcafé"),
            ("hz-gb-2312", b"~{VPND~}", "中文"),
            ("iso-2022-kr", "한글".as_bytes(), "한글"),
            ("iso-8859-1", b"caf\x81\xe9", "café"),
            ("", b"caf\x81\xe9", "café"),
            ("cp437", b"caf\x82", "café"),
            ("big5", b"caf\xe9 d\xe9j\xe0 vu \xe9", "café déjà vu é"),
        ] {
            assert_eq!(declared(bytes, charset), text, "{charset}");
        }
    }
}
