//! Names of charsets, and who reads each: mail has many ways of writing one.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;
use yore::CodePage;
use yore::code_pages as pages;

use super::shifted;

/// The name of a charset in lower case, as the decoders know it where they do.
pub(super) fn known(charset: &str) -> Cow<'static, str> {
    let charset = charset
        .trim_matches(|c: char| c.is_whitespace() || "\"';".contains(c))
        .to_ascii_lowercase();
    if charset_decoder(charset.as_bytes()).is_some() || shifted::reader(&charset).is_some() {
        return Cow::Owned(charset);
    }
    // `=3D` of a message that was encoded twice.
    let bare = charset.strip_prefix("3d").unwrap_or(&charset).trim_start_matches("x-");
    let key: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    let found = ALIASES.iter().find(|(_, keys)| keys.contains(&&*key));
    let found = found.map(|(name, _)| Cow::Borrowed(*name));
    let is_known = charset_decoder(key.as_bytes()).is_some();
    found.unwrap_or(Cow::Owned(if is_known || code_page(&key).is_some() { key } else { charset }))
}

/// The text of bytes in a charset of that name, as [`known`] gives it.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Option<String> {
    if let Some(read) = shifted::reader(name) {
        return Some(read(bytes));
    }
    if let Some(read) = charset_decoder(name.as_bytes()) {
        return Some(read(bytes));
    }
    let number = code_page(name)?;
    let text = page(number)?.decode_lossy(bytes);
    // This one has the sign of the euro in place of a letter, and is the other but for that.
    Some(if number == 858 { text.replace('ı', "€") } else { text.into_owned() })
}

/// The number of a code page of DOS: `cp437`, `ibm852`, `cspc862latinhebrew`.
fn code_page(key: &str) -> Option<u16> {
    let starts = ["cspc", "cp", "ibm", "oem", "msdos", "dos", "pc"];
    let start = starts.iter().find_map(|start| key.strip_prefix(start)).unwrap_or(key);
    let start = start.strip_prefix('8').map_or(start, |rest| {
        if rest.starts_with("codepage") { rest.trim_start_matches("codepage") } else { start }
    });
    let digits = start.get(..start.find(|c: char| !c.is_ascii_digit()).unwrap_or(start.len()))?;
    let number = digits.trim_start_matches('0').parse().ok()?;
    page(number).map(|_| number)
}

fn page(number: u16) -> Option<&'static dyn CodePage> {
    Some(match number {
        437 => &pages::CP437,
        737 => &pages::CP737,
        850 | 858 => &pages::CP850,
        852 => &pages::CP852,
        855 => &pages::CP855,
        857 => &pages::CP857,
        860 => &pages::CP860,
        861 => &pages::CP861,
        862 => &pages::CP862,
        863 => &pages::CP863,
        864 => &pages::CP864,
        865 => &pages::CP865,
        866 => &pages::CP866,
        869 => &pages::CP869,
        874 => &pages::CP874,
        _ => return None,
    })
}

/// Other names, in letters and digits alone.
const ALIASES: [(&str, &[&str]); 21] = [
    (
        "us-ascii",
        &["iso646us", "ansix341986", "cp367", "ibm367", "isoir6", "csascii", "646", "usascii"],
    ),
    ("utf-7", &["unicode11utf7", "unicode20utf7", "utf7", "cp65000", "windows65000"]),
    (
        "utf-8",
        &[
            "utf8",
            "unicode11utf8",
            "unicode20utf8",
            "cp65001",
            "windows65001",
            "utf8sig",
            "utf8mb4",
        ],
    ),
    ("utf-16le", &["utf16le", "ucs2le", "cp1200"]),
    ("utf-16be", &["utf16be", "ucs2be", "cp1201"]),
    ("windows-1250", &["win1250", "windows1250", "windowscp1250", "ansi1250"]),
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
            "windows28591",
            "cp28591",
            "iso8859",
        ],
    ),
    ("iso-8859-2", &["windows28592", "cp28592"]),
    ("iso-8859-5", &["windows28595", "cp28595"]),
    ("iso-8859-15", &["windows28605", "cp28605", "latin0", "latin15"]),
    ("koi8-r", &["koi8r", "cp20866", "cp878"]),
    ("koi8-u", &["koi8u", "cp21866", "cp1168"]),
    ("macintosh", &["macroman", "cp10000"]),
    (
        "shift_jis",
        &[
            "shiftjis",
            "cp932",
            "windows932",
            "mscp932",
            "cswindows31j",
            "macjapanese",
            "shiftjisx0213",
            "shiftjis2004",
        ],
    ),
    (
        "iso-2022-jp",
        &[
            "iso2022jp",
            "iso2022jp1",
            "iso2022jp2",
            "iso2022jp3",
            "iso2022jpms",
            "iso2022jp2004",
            "jis",
            "jis7",
            "cp50220",
            "cp50221",
            "cp50222",
            "csiso2022jp2",
        ],
    ),
    ("euc-jp", &["eucjp", "ujis", "eucjpms", "eucjpwin", "cp51932", "cp20932"]),
    ("euc-kr", &["cp949", "ms949", "uhc", "euckr", "ksc56011987", "ksc5601", "ksc5861", "cp51949"]),
    (
        "big5",
        &["cp950", "ms950", "windows950", "big5eten", "big52003", "maccchinesetrad", "big5hkscs"],
    ),
    (
        "gb18030",
        &[
            "gb180302000",
            "cp54936",
            "eucc",
            "euccn",
            "gb18030",
            "gb231280",
            "gb23121980",
            "cngb",
            "macchinesesimp",
            "cp51936",
        ],
    ),
    ("iso-2022-kr", &["iso2022kr", "cp50225"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_spelling() {
        for (name, known_as) in [
            ("UTF8", "utf-8"),
            ("3Dutf-8", "utf-8"),
            ("unicode-1-1-utf-7", "utf-7"),
            ("\"Windows1251\";", "windows-1251"),
            ("KOI8R", "koi8-r"),
            ("x-mac-japanese", "shift_jis"),
            ("ISO2022JP", "iso-2022-jp"),
            ("ks_c_5601", "euc-kr"),
            ("cp-850", "cp850"),
            ("ISO 8859-2", "iso88592"),
            ("IBM-437", "ibm437"),
            ("nonsense-9", "nonsense-9"),
        ] {
            assert_eq!(known(name), known_as, "{name}");
        }
    }

    #[test]
    fn code_pages_of_dos() {
        for (name, bytes, text) in [
            ("cp437", &b"caf\x82"[..], "café"),
            ("ibm852", b"\x88\xa2d\xab", "łódź"),
            ("cspc8codepage437", b"\x81", "ü"),
            ("cspc862latinhebrew", b"\x80", "א"),
            ("cp00858", b"\xd5", "€"),
            ("855", b"\xe1", "р"),
        ] {
            assert_eq!(decode(name, bytes).as_deref(), Some(text), "{name}");
        }
        for name in ["cp99999", "cp", "", "latin"] {
            assert_eq!(code_page(name), None, "{name}");
        }
    }
}
