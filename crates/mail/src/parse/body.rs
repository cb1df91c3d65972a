//! The parts of a message: its text, and the files that came with it.

use crate::MAX_TEXT;
use std::borrow::Cow;

use mail_parser::{Encoding, HeaderName, MessagePart, MimeHeaders as _, PartType};
use postern_query::Attachment;

use super::role::{self, Role};
use super::transfer::Transfer;
use super::value::Value;
use super::{charset, epilogue, flowed, headers, signed, uuencode};
use crate::contents::{Attached, Contents, Reading};
use crate::quoted::Marked;
use crate::{html, outlook};

/// What the parts of a message are.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) text: Marked,
    pub(crate) attachments: Vec<Attachment>,
    /// Parts that are neither, where there is something to say of them.
    pub(crate) other_parts: Vec<Attachment>,
}

/// The text of a message and what came with it. An attached message is one attachment: nothing inside
/// of it is ours.
pub(crate) fn of(parsed: &mail_parser::Message<'_>, contents: &mut Contents) -> Body {
    let raw = parsed.raw_message();
    let (mut plain, mut rich, mut wrapped) = (Vec::new(), Vec::new(), Vec::new());
    let mut other_text = Vec::new();
    let mut body = Body::default();
    for (part, role) in parsed.parts.iter().zip(role::roles(parsed)) {
        let kind = content_type(part);
        if let Some((text, files)) = opened(part, &kind, raw, contents) {
            wrapped.push(text);
            body.attachments.extend(files);
            continue;
        }
        match role {
            Some(Role::File(name)) => {
                body.attachments.push(attachment(part, name, kind, raw, contents));
            }
            Some(Role::Plain) => {
                let (text, files) = plain_text(part, raw);
                plain.push(text.into());
                body.attachments.extend(files.into_iter().map(|file| file_in_text(file, contents)));
            }
            Some(Role::Rich) => rich.push(html::to_marked(&text(part, raw))),
            None if matches!(part.body, PartType::Multipart(_)) => {}
            None => {
                other_text.extend(unknown_text(part, &kind, raw).map(Marked::from));
                let other = attachment(part, file_name(part, raw), kind, raw, contents);
                let says_something = other.text.is_some() || other.unread.is_some();
                body.other_parts.extend(says_something.then_some(other));
            }
        }
    }
    let mut bodies = [plain, rich, wrapped, other_text].into_iter().map(Marked::join);
    body.text = bodies.find(|body| !body.is_blank()).unwrap_or_default();
    for text in epilogue::texts(parsed) {
        body.text.text.push('\n');
        body.text.text.push_str(&text);
    }
    body
}

/// A text, and the files in uuencode that stood in it.
fn plain_text(part: &MessagePart<'_>, raw: &[u8]) -> (String, Vec<uuencode::File>) {
    let bytes = bytes(part, raw);
    let files = uuencode::files(&bytes);
    let text = clean(&shown(part, uuencode::without(bytes, &files), raw));
    let delsp = parameter(part, "delsp", raw);
    let deletes = delsp.is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
    (if deletes { flowed::without_breaks(&text) } else { text }, files)
}

/// The files in uuencode that stand in a text.
pub(super) fn files_in_text(part: &MessagePart<'_>, raw: &[u8]) -> Vec<uuencode::File> {
    uuencode::files(&bytes(part, raw))
}

fn file_in_text(file: uuencode::File, contents: &mut Contents) -> Attachment {
    let name = file.name.as_deref().unwrap_or_default();
    let (bytes, media_type) = (file.bytes.as_slice(), uuencode::MEDIA_TYPE);
    let Reading { text, unread, .. } =
        contents.read(&Attached { bytes, name, media_type, charset: "" });
    let size = i64::try_from(bytes.len()).ok();
    Attachment { name: file.name, content_type: Some(media_type.to_owned()), size, text, unread }
}

/// Text of a kind that is not known is shown as text (RFC 2046, 4.1.4). Calendars, cards and pages for some
/// programs alone stay out.
fn unknown_text(part: &MessagePart<'_>, kind: &str, raw: &[u8]) -> Option<String> {
    let is_text = file_name(part, raw).is_none() && is_shown_as_text(kind);
    let text = is_text.then(|| clean(&text(part, raw)))?;
    let has_marks = matches!(kind, "text/enriched" | "text/richtext");
    Some(if has_marks { flowed::without_marks(&text) } else { text })
}

/// Whether a kind of text is shown as it is.
pub(super) fn is_shown_as_text(kind: &str) -> bool {
    const OTHERS: [&str; 7] =
        ["calendar", "x-amp-html", "vcard", "x-vcard", "directory", "rtf", "css"];
    kind.strip_prefix("text/").is_some_and(|subtype| !OTHERS.contains(&subtype))
}

/// What a part in TNEF (`winmail.dat`), or a signed message in PKCS #7 (`smime.p7m`), holds in its place.
pub(crate) fn opened(
    part: &MessagePart<'_>,
    kind: &str,
    raw: &[u8],
    contents: &mut Contents,
) -> Option<(Marked, Vec<Attachment>)> {
    if matches!(part.body, PartType::Multipart(_)) {
        return None;
    }
    if let Some(content) = signed_content(part, kind, raw) {
        let message = contents.wrapped(&content)?;
        let text = Marked { text: message.body.unwrap_or_default(), marks: message.passages };
        return Some((text, message.attachments));
    }
    let is_wrapped = matches!(kind, "application/ms-tnef" | "application/vnd.ms-tnef");
    let is_named =
        || file_name(part, raw).is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"));
    (is_wrapped || is_named()).then(|| outlook::opened(&bytes(part, raw), contents))?
}

/// What is signed in a part of S/MIME, whether it says so or not (RFC 8551, 3.2.2 and 3.5).
pub(crate) fn signed_content(part: &MessagePart<'_>, kind: &str, raw: &[u8]) -> Option<Vec<u8>> {
    let is_smime = matches!(kind, "application/pkcs7-mime" | "application/x-pkcs7-mime");
    let is_named = || {
        kind == "application/octet-stream"
            && file_name(part, raw).is_some_and(|name| name.to_ascii_lowercase().ends_with(".p7m"))
    };
    (is_smime || is_named()).then(|| signed::content(&bytes(part, raw)))?
}

/// Text as it is kept: one kind of line ends, and no NUL.
pub(crate) fn clean(text: &str) -> String {
    // Most text is clean, and looking for one byte is fast.
    if memchr::memchr2(b'\r', b'\0', text.as_bytes()).is_none() {
        return text.to_owned();
    }
    text.replace("\r\n", "\n").replace('\0', "")
}

fn attachment(
    part: &MessagePart<'_>,
    name: Option<String>,
    kind: String,
    raw: &[u8],
    contents: &mut Contents,
) -> Attachment {
    let bytes = file_bytes(part, raw);
    let Reading { text, unread, .. } = match part.body {
        PartType::Message(_) => {
            contents.mail(&Transfer::named(part.content_transfer_encoding()).decode(&bytes))
        }
        _ => {
            let charset = &declared_charset(part, raw);
            let name = name.as_deref().unwrap_or_default();
            contents.read(&Attached { bytes: &bytes, name, media_type: &kind, charset })
        }
    };
    let size = i64::try_from(bytes.len()).ok();
    Attachment { name, content_type: Some(kind), size, text, unread }
}

/// The bytes of a part that is a file.
pub(crate) fn file_bytes<'r>(part: &'r MessagePart<'_>, raw: &'r [u8]) -> Cow<'r, [u8]> {
    match &part.body {
        // What the library decoded from base64 is as good as ours.
        PartType::Binary(bytes) | PartType::InlineBinary(bytes)
            if part.encoding == Encoding::Base64 =>
        {
            Cow::Borrowed(bytes)
        }
        _ => bytes(part, raw),
    }
}

/// The media type in lower case; what is not declared, or not whole, is plain text (RFC 2045, 5.2),
/// and so is a multipart without parts.
pub(crate) fn content_type(part: &MessagePart<'_>) -> String {
    let is_message = matches!(part.body, PartType::Message(_));
    let default = if is_message { "message/rfc822" } else { "text/plain" };
    let declared = declared_type(part).filter(|kind| !kind.starts_with("multipart/"));
    declared.unwrap_or_else(|| default.to_owned())
}

/// The media type as it is declared, in lower case.
pub(crate) fn declared_type(part: &MessagePart<'_>) -> Option<String> {
    let value = part.content_type()?;
    Some(format!("{}/{}", value.ctype(), value.subtype()?).to_ascii_lowercase())
}

/// The name of the file that a part is.
pub(super) fn file_name(part: &MessagePart<'_>, raw: &[u8]) -> Option<String> {
    let disposition = value(part, &HeaderName::ContentDisposition, raw);
    let name = disposition.and_then(|value| value.text("filename"));
    name.or_else(|| parameter(part, "name", raw))
}

/// The same of a part that is a file: in uuencode, the file may have a name of its own.
pub(super) fn name_of_file(part: &MessagePart<'_>, raw: &[u8]) -> Option<String> {
    let is_uuencode = || Transfer::named(part.content_transfer_encoding()) == Transfer::Uuencode;
    let own = || is_uuencode().then(|| uuencode::first(encoded(part, raw)))??.name;
    file_name(part, raw).or_else(own)
}

/// A parameter of the content type.
pub(super) fn parameter(part: &MessagePart<'_>, name: &str, raw: &[u8]) -> Option<String> {
    value(part, &HeaderName::ContentType, raw)?.text(name)
}

/// The value of a MIME header, read from the message itself.
pub(super) fn value(
    part: &MessagePart<'_>,
    name: &HeaderName<'static>,
    raw: &[u8],
) -> Option<Value> {
    let header = part.headers.iter().rfind(|header| header.name == *name)?;
    Some(Value::read(headers::bytes(header, raw)))
}

/// The bytes of a part as the message has them.
fn encoded<'r>(part: &MessagePart<'_>, raw: &'r [u8]) -> &'r [u8] {
    let index = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    raw.get(index(part.offset_body)..index(part.offset_end)).unwrap_or_default()
}

/// The bytes of a part without their transfer encoding.
pub(crate) fn bytes<'r>(part: &MessagePart<'_>, raw: &'r [u8]) -> Cow<'r, [u8]> {
    let raw = encoded(part, raw);
    match part.body {
        PartType::Message(_) => Cow::Borrowed(raw),
        _ => Transfer::named(part.content_transfer_encoding()).decode(raw),
    }
}

fn declared_charset(part: &MessagePart<'_>, raw: &[u8]) -> String {
    parameter(part, "charset", raw).unwrap_or_default()
}

/// The text of a part, from its bytes: the MIME library believes every charset and gives up on broken
/// encodings.
pub(crate) fn text<'r>(part: &MessagePart<'_>, raw: &'r [u8]) -> Cow<'r, str> {
    shown(part, bytes(part, raw), raw)
}

/// The bytes of a part as text.
fn shown<'b>(part: &MessagePart<'_>, bytes: Cow<'b, [u8]>, raw: &[u8]) -> Cow<'b, str> {
    match bytes {
        Cow::Borrowed(bytes) => in_charset(part, bytes.get(..MAX_TEXT).unwrap_or(bytes), raw),
        Cow::Owned(mut bytes) => {
            bytes.truncate(MAX_TEXT);
            Cow::Owned(in_charset(part, &bytes, raw).into_owned())
        }
    }
}

/// Bytes as text in the charset that the part names, or the page itself.
fn in_charset<'b>(part: &MessagePart<'_>, bytes: &'b [u8], raw: &[u8]) -> Cow<'b, str> {
    let mut declared = declared_charset(part, raw);
    if declared.is_empty() && content_type(part) == "text/html" {
        declared = charset::of_page(bytes).unwrap_or_default();
    }
    charset::declared(bytes, &declared)
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use postern_query::Place;

    #[track_caller]
    fn check(raw: &[u8], body: &str) {
        assert_eq!(parse(raw, &Place::default()).body.as_deref(), Some(body));
    }

    #[test]
    fn charsets_that_are_missing_or_wrong() {
        check(b"A: 1\n\nna\xefve", "naïve");
        check("A: 1\n\nnaïve".as_bytes(), "naïve");
        check("Content-Type: text/plain; charset=us-ascii\n\nnaïve".as_bytes(), "naïve");
        check(b"Content-Type: text/plain; charset=utf-8\n\nna\xefve", "naïve");
        check(b"Content-Type: text/plain; charset=default_charset\n\nna\xefve", "naïve");
        check(b"Content-Type: text/plain; charset=iso-8859-1\n\n\x93na\xefve\x94", "“naïve”");
        check(b"Content-Type: text/plain; charset=koi8-r\n\n\xf0\xd2", "Пр");
        check(
            b"Content-Type: text/html\n\n<meta http-equiv=Content-Type content=\"text/html; charset=ISO-8859-2\"><p>\xb9",
            "š",
        );
        check(b"Content-Type: text/html\n\n<meta charset='koi8-r'><p>\xf0\xd2", "Пр");
        check(
            b"Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n//5oAGkA",
            "hi",
        );
    }

    #[test]
    fn parts_that_are_broken() {
        // No closing boundary, and a footer below the base64.
        let open = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\
            Content-Transfer-Encoding: base64\n\nPHA+aGVsbG8=\n";
        check(open, "hello");
        check(b"Content-Transfer-Encoding: base64\n\naGVsbG8=\n--\nA list: b@c\n", "hello");
        check(b"Content-Transfer-Encoding: quoted-printable\n\na=20b =zz", "a b =zz");
        check(b"Content-Type: multipart/mixed; boundary=none\n\nwords", "words");
        check(b"Content-Type: text\n\nwords", "words");
        check(b"Subject: x\nwords straight away\n\nmore", "words straight away\n\nmore");
        check(b"no header at all", "no header at all");
    }

    #[test]
    fn texts_of_other_kinds() {
        check(b"Content-Type: text/enriched\n\n<bold>The</bold> offer <<5", "The offer <5");
        check(b"Content-Type: text/markdown\n\n# words", "# words");
        check(b"Content-Type: text/plain; format=flowed; delsp=yes\n\nmoor \ning", "mooring");
        let with = |kind: &str| {
            format!(
                "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: {kind}\n\nother\n\
                --b\nContent-Type: text/plain\n\nplain\n--b--\n"
            )
        };
        check(with("text/x-unknown").as_bytes(), "plain");
        check(b"Content-Type: text/calendar\n\nwords", "");
    }

    #[test]
    fn names_of_files() {
        for (header, name) in [
            (&b"attachment; filename=\"caf\xe9.pdf\""[..], "café.pdf"),
            ("attachment; filename=\"café.pdf\"".as_bytes(), "café.pdf"),
            (b"attachment; filename*=iso-8859-1''caf%E9.pdf", "café.pdf"),
            (b"attachment; filename=\"=?iso-8859-1?q?caf=E9.pdf?=\"", "café.pdf"),
            (b"attachment; filename*0=\"=?utf-8?B?Y2Fmw\"; filename*1=\"6kucGRm?=\"", "café.pdf"),
        ] {
            let raw = [
                b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: ",
                header,
                b"\nContent-Type: application/pdf\n\nx\n--b--\n",
            ]
            .concat();
            let found = parse(&raw, &Place::default()).attachments;
            assert_eq!(found[0].name.as_deref(), Some(name), "{}", header.escape_ascii());
        }
    }
}
