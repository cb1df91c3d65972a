//! What is broken in a message that could be read all the same.

use mail_parser::{Message, MessagePart, MimeHeaders as _, PartType};

use super::repair::Readable;
use super::transfer::Transfer;
use super::{body, epilogue, repair, structure};

/// Even the MIME library gave up.
pub(crate) const UNREADABLE: &str = "nothing of its structure could be read; all of it is text";
const HEADERS: &str = "a line among the headers that is none";
const NO_PARTS: &str = "a multipart without parts";
const NO_END: &str = "a multipart that does not end";
const TOO_MANY: &str = "more multiparts than are taken apart";
const BEHIND: &str = "text after the end of its parts";
const ENCODING: &str = "a part that is not encoded as it says";

/// Everything that is broken, each kind once; nothing where the message is sound.
pub(super) fn of(raw: &[u8], readable: &Readable<'_>, parsed: &Message<'_>) -> Option<String> {
    let parts = |is_so: fn(&MessagePart<'_>, &[u8]) -> bool| {
        parsed.parts.iter().any(|part| is_so(part, parsed.raw_message()))
    };
    let has_no_end = readable.has_open_multiparts || parts(has_no_end);
    let kinds = [
        (repair::has_foreign_line(raw) || readable.has_text_in_heads, HEADERS),
        (parts(has_no_parts), NO_PARTS),
        (has_no_end, NO_END),
        (!epilogue::texts(parsed).is_empty(), BEHIND),
        (parts(is_left_whole), TOO_MANY),
        // The last part of a multipart without end is told with it.
        (!has_no_end && parts(is_misencoded), ENCODING),
    ];
    let found: Vec<_> =
        kinds.into_iter().filter_map(|(is_so, kind)| is_so.then_some(kind)).collect();
    (!found.is_empty()).then(|| found.join("; "))
}

fn is_multipart(part: &MessagePart<'_>) -> bool {
    body::declared_type(part).is_some_and(|kind| kind.starts_with("multipart/"))
}

fn has_no_parts(part: &MessagePart<'_>, _: &[u8]) -> bool {
    is_multipart(part) && !matches!(part.body, PartType::Multipart(_))
}

/// Whether the line is missing that closes a multipart (RFC 2046, 5.1.1).
fn has_no_end(part: &MessagePart<'_>, raw: &[u8]) -> bool {
    let boundary = body::parameter(part, "boundary", raw);
    let Some(boundary) = boundary.filter(|_| matches!(part.body, PartType::Multipart(_))) else {
        return false;
    };
    let last = format!("\n--{boundary}--");
    let index = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    // The library may count the last line to the part or not, and the empty line before it.
    let start = index(part.offset_body).saturating_sub(1);
    let end = index(part.offset_end).saturating_add(last.len() + 4).min(raw.len());
    let inside = raw.get(start..end).unwrap_or_default();
    memchr::memmem::find(inside, last.as_bytes()).is_none()
}

fn is_left_whole(part: &MessagePart<'_>, _: &[u8]) -> bool {
    body::declared_type(part).is_some_and(|kind| structure::is_left_whole(&kind))
}

fn is_misencoded(part: &MessagePart<'_>, _: &[u8]) -> bool {
    part.is_encoding_problem
        && Transfer::named(part.content_transfer_encoding()) != Transfer::Plain
        && !is_multipart(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use postern_query::Place;

    /// A debug assertion of the MIME library fails here.
    #[test]
    fn messages_in_messages_that_end_too_early_were_a_panic() {
        let raw =
            b"Content-Type: multipart/mixed; boundary=b\n\n--bContent-Type: message/rfc822\n\n\
            word\nContent-Type: message/rfc822\n\n\n--b--";
        let message = parse(raw, &Place::default());
        assert!(message.body.unwrap().contains("word"));
        if cfg!(debug_assertions) {
            assert_eq!(message.damage.as_deref(), Some(UNREADABLE));
        }
    }

    #[test]
    fn broken_messages_are_marked() {
        let mixed = "Content-Type: multipart/mixed; boundary=b\n\n";
        let many = "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(300);
        for (raw, expected) in [
            ("", None),
            ("A: 1\n\nx", None),
            ("A: 1", None),
            ("From a@x Sat Jan 1\nA: 1\n folded\n\nno: header here", None),
            (&format!("{mixed}--b\n\nx\n--b--\n"), None),
            (&format!("{mixed}--b\n\nx\n--b--"), None),
            (&format!("{}--b\r\n\r\nx\r\n--b--\r\n", mixed.replace('\n', "\r\n")), None),
            ("A: 1\rB: 2\r\rx", None),
            ("Content-Transfer-Encoding: base64\n\naGVs\nbG8=\n", None),
            ("A: 1\nbroken\nSubject: x\n\ny", Some(HEADERS)),
            ("A: 1\ntext at once\n\ny", Some(HEADERS)),
            ("no header at all", Some(HEADERS)),
            (&format!("{mixed}no part"), Some(NO_PARTS)),
            (&format!("{mixed}--b\n\nx\n"), Some(NO_END)),
            (&format!("{mixed}--b\n{mixed}--b\n\nx\n--b--\n"), None),
            (&format!("{mixed}--b\n{}--c\n\nx\n--b--\n", mixed.replace("=b", "=c")), Some(NO_END)),
            ("Content-Transfer-Encoding: base64\n\na!b\n", Some(ENCODING)),
            (
                &format!("x\n{mixed}--b\n\nx"),
                Some("a line among the headers that is none; a multipart that does not end"),
            ),
        ] {
            let message = parse(raw.as_bytes(), &Place::default());
            assert_eq!(message.damage.as_deref(), expected, "{raw}");
        }
        let damage = parse(many.as_bytes(), &Place::default()).damage.unwrap();
        assert!(damage.contains(TOO_MANY), "{damage}");
    }
}
