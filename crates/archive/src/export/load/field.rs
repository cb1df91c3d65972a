//! How a load file of Concordance is written: fields, rows and the signs between them.

use std::borrow::Cow;
use std::io::{self, Write};

/// Stands between two fields.
const BETWEEN: char = '\u{14}';
/// Stands around each field.
const AROUND: char = '\u{fe}';
/// Stands for the end of a line in a field.
const LINE: char = '\u{ae}';

/// How many fields a row has.
pub(super) const COUNT: usize = 37;

/// What the fields are called.
pub(super) const NAMES: [&str; COUNT] = [
    "BEGDOC",
    "ENDDOC",
    "BEGATTACH",
    "ENDATTACH",
    "PARENTDOC",
    "ATTACHCOUNT",
    "RECORDTYPE",
    "CUSTODIAN",
    "ALLCUSTODIANS",
    "FOLDER",
    "ALLPATHS",
    "FROM",
    "TO",
    "CC",
    "BCC",
    "SUBJECT",
    "DATESENT",
    "TIMESENT",
    "DATERECEIVED",
    "TIMERECEIVED",
    "DATECREATED",
    "DATEMODIFIED",
    "TIMEZONE",
    "FILENAME",
    "FILEEXT",
    "FILESIZE",
    "MIMETYPE",
    "MESSAGEID",
    "CONVERSATIONID",
    "REFERENCES",
    "POSTERNID",
    "MIH",
    "MD5",
    "SHA256",
    "EXCEPTION",
    "NATIVEPATH",
    "TEXTPATH",
];

/// Writes one row.
pub(super) fn write<T: AsRef<str>>(out: &mut impl Write, row: &[T; COUNT]) -> io::Result<()> {
    for (number, field) in row.iter().enumerate() {
        if number > 0 {
            write!(out, "{BETWEEN}")?;
        }
        write!(out, "{AROUND}{}{AROUND}", plain(field.as_ref()))?;
    }
    out.write_all(b"\r\n")
}

/// A text that no reader takes for the end of a field or of a row. The format has no way to write its own signs:
/// `þ` becomes `Þ`, `®` becomes `(R)`, and whatever else shows nothing a blank.
fn plain(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| c.is_control() || matches!(c, AROUND | LINE | '\u{2028}' | '\u{2029}');
    if !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => plain.push(LINE),
            AROUND => plain.push('Þ'),
            LINE => plain.push_str("(R)"),
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signs_of_the_format_are_no_text() {
        for (text, expected) in [
            ("lease", "lease"),
            ("a\r\nb\nc\rd", "a\u{ae}b\u{ae}c\u{ae}d"),
            ("\u{fe}orn \u{14}, \u{ae}", "\u{de}orn  , (R)"),
            ("\u{fe}\u{14}\u{fe}", "\u{de} \u{de}"),
            ("a\u{2028}b\u{85}c\0\t\u{7f}", "a\u{ae}b\u{ae}c   "),
            ("\"it's; a\\b/c\"", "\"it's; a\\b/c\""),
            ("日本 \u{202e}é", "日本 \u{202e}é"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    proptest! {
        /// Whoever splits at the signs finds as many fields and rows as were written.
        #[test]
        fn a_row_has_its_fields(texts in proptest::collection::vec("[a\u{14}\u{fe}\u{ae}\r\n\u{2028}\u{0}\"]{0,8}", COUNT)) {
            let (mut out, row): (_, [String; COUNT]) = (Vec::new(), texts.try_into().unwrap());
            write(&mut out, &row).unwrap();
            let text = String::from_utf8(out).unwrap();
            prop_assert_eq!(text.lines().count(), 1);
            let inner = text.strip_prefix('\u{fe}').unwrap().strip_suffix("\u{fe}\r\n").unwrap();
            prop_assert_eq!(inner.split('\u{14}').count(), COUNT);
            prop_assert_eq!(inner.matches('\u{fe}').count(), 2 * (COUNT - 1));
        }
    }
}
