//! The text of rich text (RTF 1.9.1), as items hold it.

use std::borrow::Cow;

use crate::parse::charset;

/// Bytes of rich text that are unpacked.
const MOST: usize = 64 << 20;

/// Bytes before packed rich text (MS-OXRTFCP).
const HEAD: usize = 16;

/// A reference of two bytes stands for so many at most, and eight of them share a byte.
const BEST_RATIO: usize = 9;

/// Rich text as items pack it (MS-OXRTFCP).
pub(super) fn unpacked(bytes: &[u8]) -> Option<String> {
    // The library takes the stated length for true.
    let stated =
        bytes.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes)?;
    let stated = usize::try_from(stated).ok()?;
    let content = bytes.len().checked_sub(HEAD)?;
    let is_packed = bytes.get(8..12) == Some(b"LZFu");
    let possible = if is_packed { content.saturating_mul(BEST_RATIO) } else { content };
    (stated <= possible.min(MOST)).then(|| compressed_rtf::decompress_rtf(bytes).ok())?
}

/// Groups that hold no text of the document.
const SILENT: [&str; 15] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "footer",
    "listtable",
    "listoverridetable",
    "rsidtbl",
    "themedata",
    "datastore",
    "xmlnstbl",
    "filetbl",
];

/// The text of a document; HTML that was wrapped in it (MS-OXRTFEX) loses its tags with the control
/// words.
pub(super) fn to_text(rtf: &str) -> String {
    let mut reader = Reader { out: Out::default(), groups: vec![Group::default()] };
    let mut rest = rtf;
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
        match first {
            '{' => reader.open(),
            '}' => reader.close(),
            '\\' => rest = reader.control(rest),
            '\r' | '\n' => {}
            other => reader.text(other),
        }
    }
    reader.out.finish()
}

/// What holds until the end of a group.
#[derive(Clone, Copy)]
struct Group {
    is_silent: bool,
    /// Characters that stand in for a Unicode one, for programs that know none.
    fallback: u32,
}

impl Default for Group {
    fn default() -> Self {
        Self { is_silent: false, fallback: 1 }
    }
}

/// Groups in one another that are kept apart; deeper ones end with the last of these.
const MAX_GROUPS: usize = 1_000;

struct Reader {
    out: Out,
    groups: Vec<Group>,
}

impl Reader {
    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "there is a last one")]
        &mut self.groups[last]
    }

    fn open(&mut self) {
        let group = *self.group();
        if self.groups.len() < MAX_GROUPS {
            self.groups.push(group);
        }
    }

    fn close(&mut self) {
        self.groups.pop();
        self.out.skip = 0;
    }

    fn text(&mut self, c: char) {
        if !self.group().is_silent {
            self.out.char(c);
        }
    }

    /// Takes what follows a backslash, and gives back what is left.
    fn control<'t>(&mut self, text: &'t str) -> &'t str {
        let (word, number, rest) = control_word(text);
        match (word, number) {
            ("'", _) => {
                let (digits, rest) =
                    text.get(1..).unwrap_or_default().split_at_checked(2).unwrap_or_default();
                if let (Ok(byte), false) = (u8::from_str_radix(digits, 16), self.group().is_silent)
                {
                    self.out.byte(byte);
                }
                return rest;
            }
            ("*", _) => self.group().is_silent = true,
            ("par" | "line" | "row" | "sect" | "page", _) => self.text('\n'),
            ("tab" | "cell", _) => self.text('\t'),
            ("~", _) => self.text(' '),
            ("\\" | "{" | "}", _) => self.text(word.chars().next().unwrap_or_default()),
            ("lquote" | "rquote", _) => self.text('\''),
            ("ldblquote" | "rdblquote", _) => self.text('"'),
            ("emdash" | "endash", _) => self.text('–'),
            ("bullet", _) => self.text('•'),
            ("htmlrtf", number) => self.group().is_silent = number != Some(0),
            ("ansicpg", Some(page)) => self.out.code_page = u16::try_from(page).unwrap_or_default(),
            ("uc", Some(count)) => self.group().fallback = u32::try_from(count).unwrap_or_default(),
            ("u", Some(code)) => self.unicode(code),
            (word, _) if SILENT.contains(&word) => self.group().is_silent = true,
            _ => {}
        }
        rest
    }

    /// A UTF-16 unit, which may be written as a negative number.
    fn unicode(&mut self, code: i32) {
        let Group { is_silent, fallback } = *self.group();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "16 bits are meant"
        )]
        let unit = code as u16;
        if !is_silent {
            self.out.unit(unit);
            self.out.skip = fallback;
        }
    }
}

/// A word of letters with a number behind it, or a single sign; one blank after it belongs to it.
fn control_word(text: &str) -> (&str, Option<i32>, &str) {
    let length = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    if length == 0 {
        let sign = text.chars().next().map_or(0, char::len_utf8);
        let (sign, rest) = text.split_at_checked(sign).unwrap_or_default();
        return (sign, None, rest);
    }
    let (word, rest) = text.split_at_checked(length).unwrap_or_default();
    let is_digit = |(at, c): (usize, char)| !(c.is_ascii_digit() || (at == 0 && c == '-'));
    let digits = rest.char_indices().find(|one| is_digit(*one)).map_or(rest.len(), |(at, _)| at);
    let (number, rest) = rest.split_at_checked(digits).unwrap_or_default();
    (word, number.parse().ok(), rest.strip_prefix(' ').unwrap_or(rest))
}

/// Text in the making: bytes of a code page and units of UTF-16 come in pieces.
#[derive(Default)]
struct Out {
    text: String,
    bytes: Vec<u8>,
    units: Vec<u16>,
    code_page: u16,
    /// Characters that stand in for the Unicode one before them.
    skip: u32,
}

impl Out {
    fn char(&mut self, c: char) {
        if !self.is_skipped() {
            self.flush();
            self.text.push(c);
        }
    }

    fn byte(&mut self, byte: u8) {
        if !self.is_skipped() {
            self.flush_units();
            self.bytes.push(byte);
        }
    }

    fn unit(&mut self, unit: u16) {
        self.flush_bytes();
        self.units.push(unit);
    }

    fn is_skipped(&mut self) -> bool {
        let is_skipped = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        is_skipped
    }

    fn flush(&mut self) {
        self.flush_bytes();
        self.flush_units();
    }

    fn flush_bytes(&mut self) {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            let text = match super::properties::charset_name(self.code_page) {
                Some(name) => charset::declared(&bytes, &name),
                None => Cow::Owned(encoding_rs::WINDOWS_1252.decode(&bytes).0.into_owned()),
            };
            self.text.push_str(&text);
        }
    }

    fn flush_units(&mut self) {
        let units = std::mem::take(&mut self.units);
        self.text.push_str(&String::from_utf16_lossy(&units));
    }

    fn finish(mut self) -> String {
        self.flush();
        self.text.trim().replace('\0', "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (rtf, expected) in [
            (r"{\rtf1\ansi{\fonttbl\f0 Arial;}\pard Hello\par world\'85}", "Hello\nworld…"),
            (r"{\rtf1\ansicpg1251 \'cf\'f0\u233?\u-10179?\u-8704?x}", "Прé😀x"),
            (r"{\rtf1 a{\*\generator x;}b\{c\}\\ d\~e}", "ab{c}\\ d e"),
            (r"{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf \par\htmlrtf0 text}", "text"),
            (r"{\rtf1\uc0 \u8364 5}", "€5"),
            ("{\\rtf1 line\r\nbreak}", "linebreak"),
            ("}}}\\", ""),
            ("", ""),
        ] {
            assert_eq!(to_text(rtf), expected, "{rtf}");
        }
        assert_eq!(to_text(&"{".repeat(100_000)), "");
    }

    #[test]
    fn packed_texts() {
        let rtf = r"{\rtf1\ansi hello hello hello}";
        let packed = compressed_rtf::compress_rtf(rtf).unwrap();
        assert_eq!(unpacked(&packed).as_deref(), Some(rtf));
        // Neither short ones nor ones that lie about their length are a panic.
        for length in 0..packed.len() {
            unpacked(&packed[..length]);
        }
        let mut lying = packed;
        lying[4..8].fill(0xff);
        assert_eq!(unpacked(&lying), None);
        let mut plain = b"\0\0\0\0\xff\0\0\0MELA\0\0\0\0text".to_vec();
        plain[0] = 16;
        assert_eq!(unpacked(&plain), None);
    }
}
