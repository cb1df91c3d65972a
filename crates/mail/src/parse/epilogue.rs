//! What stands behind the end of a multipart. A standard program shows none of it (RFC 2046, 5.1.1), and
//! lists, filters and broken programs write text there.

use mail_parser::{Message, MessagePart, PartType};
use memchr::memmem;

use super::{body, charset};

/// Multiparts in one another that are looked at.
const MAX_AROUND: usize = 8;

/// The texts behind the ends of multiparts.
pub(super) fn texts(message: &Message<'_>) -> Vec<String> {
    let behind = message.parts.iter().enumerate().filter_map(|(number, part)| {
        let bytes = behind(message, number, part)?.trim_ascii();
        let start = bytes.get(..crate::MAX_TEXT).unwrap_or(bytes);
        let text = body::clean(&charset::guessed(start));
        text.contains(char::is_alphanumeric).then_some(text)
    });
    behind.collect()
}

/// The bytes behind the line that closes a multipart, up to where the one around it goes on.
fn behind<'m>(message: &'m Message<'_>, number: usize, part: &MessagePart<'_>) -> Option<&'m [u8]> {
    let raw = message.raw_message();
    let last = message.parts.get(index(*inside(part).last()?))?;
    let close = format!("--{}--", boundary(part, raw)?);
    let rest = raw.get(index(last.offset_end)..)?;
    let line = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    let behind = line.strip_prefix(close.as_bytes())?;
    let goes_on = |around: &MessagePart<'_>| {
        memmem::find(behind, format!("\n--{}", boundary(around, raw)?).as_bytes())
    };
    let end = around(message, number).filter_map(goes_on).min();
    behind.get(..end.unwrap_or(behind.len()))
}

/// The multiparts around a part, the nearest first.
fn around<'m>(
    message: &'m Message<'_>,
    number: usize,
) -> impl Iterator<Item = &'m MessagePart<'m>> {
    let above = move |number: &usize| {
        let before = message.parts.get(..*number)?;
        before.iter().rposition(|part| inside(part).iter().any(|inner| index(*inner) == *number))
    };
    std::iter::successors(above(&number), above)
        .take(MAX_AROUND)
        .filter_map(|number| message.parts.get(number))
}

fn inside<'p>(part: &'p MessagePart<'_>) -> &'p [u32] {
    if let PartType::Multipart(inner) = &part.body { inner } else { &[] }
}

fn boundary(part: &MessagePart<'_>, raw: &[u8]) -> Option<String> {
    body::parameter(part, "boundary", raw)
}

fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use postern_query::Place;

    #[test]
    fn text_behind_the_end_was_lost() {
        let inner = "--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n";
        for (text, body) in [
            ("--a\n\none\n--a--\n", "one"),
            ("--a\n\none\n--a--\n  \n--\n", "one"),
            ("--a\n\none\n--a--\nfooter\n", "one\nfooter"),
            ("--a\n\none\n--a--footer\n", "one\nfooter"),
            ("--a\r\n\r\none\r\n--a--\r\nfoot\r\ner", "one\nfoot\ner"),
            ("--a\n\n--a--\nfooter\n", "\nfooter"),
            ("--a\n\none\n--a--\ncaf\u{e9}\n", "one\ncaf\u{e9}"),
            (&format!("{inner}\n--a--\n"), "one"),
            (&format!("{inner}between\n--a\n\ntwo\n--a--\nend"), "one\ntwo\nbetween\nend"),
            (&format!("{inner}between"), "one\nbetween"),
        ] {
            let raw = format!("Content-Type: multipart/mixed; boundary=a\n\n{text}");
            let message = parse(raw.as_bytes(), &Place::default());
            let found = message.body.unwrap();
            let lines = |text: &str| -> Vec<String> {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                lines.map(str::to_owned).collect()
            };
            let mut expected = lines(body);
            let mut found_lines = lines(&found);
            expected.sort_unstable();
            found_lines.sort_unstable();
            assert_eq!(found_lines, expected, "{text}");
            let is_marked = message.damage.is_some_and(|damage| damage.contains("after the end"));
            assert_eq!(
                is_marked,
                body.contains("foot") || body.contains("caf") || body.contains("between"),
                "{text}"
            );
        }
    }
}
