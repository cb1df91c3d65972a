//! Texts, and calendars and cards, which are nearly such.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::Attached;
use super::text::Text;
use crate::parse::body::clean;
use crate::parse::charset;

/// Bytes of a text that are looked at: a letter has four at most.
const MAX_TEXT_BYTES: usize = 4 * super::MAX_TEXT + 4;

/// The text of a file: by its mark, else by its declared charset as far as that can be true.
pub(super) fn text(file: &Attached<'_>) -> String {
    let bytes = file.bytes.get(..MAX_TEXT_BYTES).unwrap_or(file.bytes);
    clean(&match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0,
        None => charset::declared(bytes, file.charset),
    })
}

/// Properties whose values are for people to read, or name them (RFC 5545, RFC 6350).
const WORDS: [&str; 21] = [
    "ADR",
    "ATTENDEE",
    "CATEGORIES",
    "COMMENT",
    "CONTACT",
    "DESCRIPTION",
    "EMAIL",
    "FN",
    "LOCATION",
    "N",
    "NICKNAME",
    "NOTE",
    "ORG",
    "ORGANIZER",
    "RESOURCES",
    "ROLE",
    "SUMMARY",
    "TEL",
    "TITLE",
    "URL",
    "X-WR-CALNAME",
];

/// The words of a calendar or a card, a line for each property.
pub(super) fn calendar(text: &str, out: &mut Text) {
    let unfolded = text.replace("\n ", "").replace("\n\t", "");
    for (name, value) in unfolded.lines().filter_map(property) {
        out.push(&name);
        out.push(&unescaped(value));
        out.push("\n");
    }
}

/// The name of the person (`CN`) and the value of a property with words.
fn property(line: &str) -> Option<(Cow<'_, str>, &str)> {
    let (head, value) = line.split_at_checked(value_start(line)?)?;
    let (name, parameters) = head.trim_end_matches(':').split_once(';').unwrap_or((head, ""));
    let name = name.trim_end_matches(':').rsplit('.').next()?.to_ascii_uppercase();
    let person = parameters.split(';').find_map(|one| one.strip_prefix("CN="));
    let person = person.map(|name| format!("{} ", name.trim_matches('"')));
    WORDS.contains(&name.as_str()).then(|| (person.unwrap_or_default().into(), value))
}

/// Where the value begins: behind the first colon that is not in quotes.
fn value_start(line: &str) -> Option<usize> {
    let mut is_quoted = false;
    let colon = line.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b':' && !is_quoted
    })?;
    Some(colon + 1)
}

/// Text as it was before it was written on one line (RFC 5545, 3.3.11).
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(one) = characters.next() {
        match one {
            '\\' => match characters.next() {
                Some('n' | 'N') => text.push('\n'),
                other => text.extend(other),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_their_charset() {
        for (bytes, charset, expected) in [
            (&b"na\xefve\r\n"[..], "", "naïve\n"),
            (b"\xff\xfeh\0i\0", "", "hi"),
            (b"\xef\xbb\xbfna\xc3\xafve", "iso-8859-1", "naïve"),
            (b"\xf0\xd2", "koi8-r", "Пр"),
        ] {
            let file = Attached { bytes, charset, ..Attached::default() };
            assert_eq!(text(&file), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn calendars_and_cards() {
        for (line, expected) in [
            ("SUMMARY;LANGUAGE=en:Budget\\, \n round two", "Budget, round two\n"),
            ("ATTENDEE;CN=\"Lee: Ann\";RSVP=TRUE:mailto:ann@x.org", "Lee: Ann mailto:ann@x.org\n"),
            ("DESCRIPTION:one\\ntwo\\\\", "one\ntwo\\\n"),
            ("item1.EMAIL;type=work:bob@x.org", "bob@x.org\n"),
            ("DTSTART:20240301T100000Z", ""),
            ("BEGIN:VEVENT", ""),
            ("no colon", ""),
        ] {
            let mut out = Text::new(1_000);
            calendar(line, &mut out);
            let expected = Some(expected.trim()).filter(|text| !text.is_empty());
            assert_eq!(out.finish(Ok(())).text.as_deref(), expected, "{line}");
        }
    }
}
