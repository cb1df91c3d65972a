//! Bytes to text where the charset is not declared, or not to be believed.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use mail_parser::decoders::charsets::map::charset_decoder;

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
    const ESCAPE: u8 = 0x1b;
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_ascii() || !bytes.contains(&ESCAPE) => Cow::Borrowed(text),
        // Japanese in seven bits is valid UTF-8 too, and begins with an escape.
        Ok(_) | Err(_) => other().decode_without_bom_handling(bytes).0,
    }
}

/// The charset of undeclared text; mail may hold Japanese in seven bits, unlike pages.
pub(crate) fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let is_plain = |byte: &u8| byte.is_ascii() && *byte != 0x1b;
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
    let charset = known_name(charset);
    if charset == "utf-8" {
        return mostly_utf8(bytes);
    }
    match charset_decoder(charset.as_bytes()) {
        _ if is_ascii(&charset) || cannot_be(&charset, bytes) => guessed(bytes),
        Some(decode) => believed(bytes, decode(bytes)),
        None => guessed(bytes),
    }
}

/// The name of a charset that the decoders know: mail has many ways of writing one.
fn known_name(charset: &str) -> Cow<'_, str> {
    let charset = charset
        .trim_matches(|c: char| c.is_whitespace() || "\"';".contains(c))
        .to_ascii_lowercase();
    if charset_decoder(charset.as_bytes()).is_some() {
        return Cow::Owned(charset);
    }
    let key: String =
        charset.trim_start_matches("x-").chars().filter(char::is_ascii_alphanumeric).collect();
    let found = ALIASES.iter().find(|(_, keys)| keys.contains(&&*key));
    let found = found.map(|(name, _)| Cow::Borrowed(*name));
    let plain = charset_decoder(key.as_bytes()).is_some();
    found.unwrap_or(Cow::Owned(if plain { key } else { charset }))
}

/// Other names, in letters and digits alone.
const ALIASES: [(&str, &[&str]); 10] = [
    ("utf-7", &["unicode11utf7", "unicode20utf7", "utf7", "cp65000", "windows65000"]),
    ("utf-8", &["utf8", "unicode11utf8", "cp65001", "windows65001", "utf8sig", "utf8mb4"]),
    ("windows-1251", &["win1251", "windows1251", "windowscp1251", "ansi1251"]),
    (
        "windows-1252",
        &[
            "win1252",
            "windows1252",
            "windowscp1252",
            "ansi",
            "iso88591windows1252",
            "latin1windows1252",
        ],
    ),
    ("windows-1250", &["win1250", "windows1250", "windowscp1250"]),
    ("shift_jis", &["cp932", "windows932", "mscp932", "cswindows31j"]),
    ("euc-kr", &["cp949", "ms949", "uhc", "euckr"]),
    ("euc-jp", &["eucjp", "ujis"]),
    ("big5", &["cp950", "ms950", "windows950"]),
    ("gb18030", &["gb180302000", "cp54936", "eucc", "euccn"]),
];

/// Whether text cannot be in the charset that it declares: ISO-2022 and UTF-7 have seven bits, UTF-16 has
/// zeros, and text of one byte a letter is UTF-8 only by a wonder.
fn cannot_be(charset: &str, bytes: &[u8]) -> bool {
    let is_seven_bits =
        charset.starts_with("iso-2022-") || matches!(charset, "csiso2022jp" | "utf-7" | "csutf7");
    let is_one_byte =
        is_western(charset) || charset.starts_with("koi") || charset.starts_with("tis");
    (is_seven_bits && !bytes.is_ascii()) || (is_one_byte && is_wide_utf8(bytes))
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
        Ok(_) | Err(_) => Cow::Owned(text),
    }
}

/// A few broken characters do not make UTF-8 another charset.
fn mostly_utf8(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    let broken = text.matches(char::REPLACEMENT_CHARACTER).count();
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
    matches!(charset, "" | "ascii" | "us-ascii" | "ansi_x3.4-1968" | "default" | "unknown-8bit")
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
        ] {
            assert_eq!(declared(bytes, charset), text, "{charset}");
        }
    }
}
