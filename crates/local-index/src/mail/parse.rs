//! One raw message to a [`Message`]. This file and [`headers`] alone know the MIME library.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, HeaderName, MessagePart, MimeHeaders as _, PartType};
use postern_query::{Attachment, Message};

use super::{Place, headers, html, id_of};

/// Reads a message; whatever cannot be read is missing in it.
///
/// ```
/// use postern_local_index::mail::{parse, Place};
///
/// let raw = b"From: Ann <ann@contoso.com>\nSubject: =?utf-8?q?caf=C3=A9?=\n\nHello";
/// let message = parse(raw, &Place::default());
/// assert_eq!(message.from_address.as_deref(), Some("ann@contoso.com"));
/// assert_eq!(message.subject.as_deref(), Some("café"));
/// assert_eq!(message.body.as_deref(), Some("Hello"));
/// ```
#[must_use]
pub fn parse(raw: &[u8], place: &Place) -> Message {
    let mut message = Message {
        id: id_of(raw),
        size: i64::try_from(raw.len()).ok(),
        mailbox: Some(place.mailbox.clone()),
        folder: Some(place.folder.clone()),
        ..Message::default()
    };
    let readable = with_utf8_headers(without_envelope(raw));
    if let Some(parsed) = headers::parser().parse(readable.as_ref()) {
        fill(&mut message, &parsed);
    }
    message
}

fn fill(message: &mut Message, parsed: &mail_parser::Message<'_>) {
    let sender = headers::people(parsed, HeaderName::From).into_iter().next().unwrap_or_default();
    (message.from_address, message.from_name) = (sender.address, sender.name);
    message.to_recipients = recipients(parsed, HeaderName::To);
    message.cc_recipients = recipients(parsed, HeaderName::Cc);
    message.bcc_recipients = recipients(parsed, HeaderName::Bcc);
    message.subject = headers::text(parsed, HeaderName::Subject);
    message.internet_message_id =
        headers::text(parsed, HeaderName::MessageId).filter(|id| !id.is_empty());
    message.conversation_id = headers::conversation_id(parsed);
    message.received = headers::received(parsed);
    message.sent = headers::sent(parsed);
    message.importance = Some(headers::importance(parsed));
    message.is_read = headers::is_read(parsed);
    message.categories = headers::categories(parsed);
    let (body, attachments) = body_and_attachments(parsed);
    message.body = Some(body);
    message.has_attachments = Some(!attachments.is_empty());
    message.attachments = attachments;
}

/// Recipients that mail can be sent to.
fn recipients(
    parsed: &mail_parser::Message<'_>,
    name: HeaderName<'static>,
) -> Vec<postern_query::Recipient> {
    headers::people(parsed, name).into_iter().filter(|person| person.address.is_some()).collect()
}

// ---- before parsing ----

/// The message without the `From ` line of a mailbox file, which many single files keep.
fn without_envelope(raw: &[u8]) -> &[u8] {
    if !raw.starts_with(b"From ") {
        return raw;
    }
    let line = raw.iter().position(|byte| *byte == b'\n').map_or(raw.len(), |end| end + 1);
    raw.get(line..).unwrap_or_default()
}

/// Headers with undeclared 8-bit text as UTF-8: each line that is not, is taken for Windows-1252.
fn with_utf8_headers(raw: &[u8]) -> Cow<'_, [u8]> {
    let end = headers_end(raw);
    let (head, rest) = raw.split_at_checked(end).unwrap_or((raw, &[]));
    if std::str::from_utf8(head).is_ok() {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len() + 64);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        // Raw bytes inside of encoded words are in the charset that the word names.
        if line.windows(2).any(|pair| pair == b"=?") {
            out.extend_from_slice(line);
        } else {
            out.extend_from_slice(utf8_or_windows_1252(line).as_bytes());
        }
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Where the first empty line begins.
fn headers_end(raw: &[u8]) -> usize {
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            return at;
        }
        at += line.len();
    }
    at
}

fn utf8_or_windows_1252(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

// ---- parts ----

/// The text of the message and the files that came with it.
fn body_and_attachments(parsed: &mail_parser::Message<'_>) -> (String, Vec<Attachment>) {
    let (mut plain, mut rich, mut attachments) = (Vec::new(), Vec::new(), Vec::new());
    for part in &parsed.parts {
        if matches!(part.body, PartType::Multipart(_)) {
            continue;
        }
        let disposition =
            part.content_disposition().map(|value| value.ctype().to_ascii_lowercase());
        match part.attachment_name().map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) if disposition.as_deref() != Some("inline") => {
                attachments.push(attachment(part, name, &parsed.raw_message));
            }
            None if disposition.as_deref() == Some("attachment") => {}
            Some(_) | None => match &part.body {
                PartType::Html(_) => rich.push(html::to_text(&text(part, &parsed.raw_message))),
                PartType::Text(_) if is_plain(part) => {
                    plain.push(clean(&text(part, &parsed.raw_message)));
                }
                PartType::Text(_)
                | PartType::Binary(_)
                | PartType::InlineBinary(_)
                | PartType::Message(_)
                | PartType::Multipart(_) => {}
            },
        }
    }
    let body = plain.join("\n");
    let body = if body.trim().is_empty() && !rich.is_empty() { rich.join("\n") } else { body };
    (body, attachments)
}

fn attachment(part: &MessagePart<'_>, name: &str, raw: &[u8]) -> Attachment {
    Attachment {
        name: Some(name.replace('\0', "")),
        content_type: Some(content_type(part)),
        size: i64::try_from(decoded_length(part, raw)).ok(),
        text: None,
    }
}

/// The media type in lower case; what is not declared, or not whole, is plain text (RFC 2045, 5.2).
fn content_type(part: &MessagePart<'_>) -> String {
    let declared = part.content_type().and_then(|value| {
        Some(format!("{}/{}", value.ctype(), value.subtype()?).to_ascii_lowercase())
    });
    declared.unwrap_or_else(|| "text/plain".to_owned())
}

fn is_plain(part: &MessagePart<'_>) -> bool {
    content_type(part) == "text/plain"
}

fn raw_of<'r>(part: &MessagePart<'_>, raw: &'r [u8]) -> &'r [u8] {
    let index = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    raw.get(index(part.offset_body)..index(part.offset_end)).unwrap_or_default()
}

/// The bytes of a part without its transfer encoding.
fn decoded<'r>(part: &MessagePart<'_>, raw: &'r [u8]) -> Cow<'r, [u8]> {
    let raw = raw_of(part, raw);
    match part.encoding {
        Encoding::None => Cow::Borrowed(raw),
        Encoding::QuotedPrintable => {
            quoted_printable_decode(raw).map_or(Cow::Borrowed(raw), Cow::Owned)
        }
        Encoding::Base64 => base64_decode(raw).map_or(Cow::Borrowed(raw), Cow::Owned),
    }
}

fn decoded_length(part: &MessagePart<'_>, raw: &[u8]) -> usize {
    match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.len(),
        PartType::Text(_) | PartType::Html(_) | PartType::Message(_) | PartType::Multipart(_) => {
            decoded(part, raw).len()
        }
    }
}

/// The text of a part. Where its charset is not declared and it is not UTF-8, it is taken for
/// Windows-1252, of which Latin-1 and ASCII are parts.
fn text<'p>(part: &'p MessagePart<'_>, raw: &[u8]) -> Cow<'p, str> {
    let (PartType::Text(text) | PartType::Html(text)) = &part.body else {
        return Cow::Borrowed("");
    };
    let declared = part.content_type().is_some_and(|value| value.has_attribute("charset"));
    if text.contains(char::REPLACEMENT_CHARACTER) && !declared {
        return Cow::Owned(utf8_or_windows_1252(&decoded(part, raw)).into_owned());
    }
    Cow::Borrowed(text)
}

fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\0', "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str) -> Message {
        parse(raw.as_bytes(), &Place { mailbox: "ann".into(), folder: "Inbox".into() })
    }

    #[test]
    fn headers_of_a_message() {
        let message = read(
            "Received: from a by b; Mon, 1 Jan 2024 10:00:05 +0000\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\
             From: =?utf-8?q?Zo=C3=AB?= <Zoe@X.com>\r\nTo: \"O'Brien, Conor\" <c@x.com>,\r\n b@y.com\r\nCc: Group: d@z.com;\r\n\
             Subject: long\r\n subject\r\nMessage-ID: <m@x>\r\nReferences: <root@x> <mid@x>\r\nImportance: High\r\n\
             Keywords: Red, to do\r\nStatus: RO\r\n\r\nbody\r\ntext",
        );
        assert_eq!(message.received.unwrap().to_string(), "2024-01-01T10:00:05Z");
        assert_eq!(message.sent.unwrap().to_string(), "2024-01-01T10:00:00Z");
        assert_eq!(
            (message.from_name.as_deref(), message.from_address.as_deref()),
            (Some("Zoë"), Some("Zoe@X.com"))
        );
        let to: Vec<_> = message
            .to_recipients
            .iter()
            .map(|to| (to.name.as_deref(), to.address.as_deref()))
            .collect();
        assert_eq!(to, [(Some("O'Brien, Conor"), Some("c@x.com")), (None, Some("b@y.com"))]);
        assert_eq!(message.cc_recipients[0].address.as_deref(), Some("d@z.com"));
        assert_eq!(message.subject.as_deref(), Some("long subject"));
        assert_eq!(message.internet_message_id.as_deref(), Some("<m@x>"));
        assert_eq!(message.conversation_id, Some(id_of(b"<root@x>")));
        assert_eq!(message.importance.as_deref(), Some("high"));
        assert_eq!(message.categories, ["Red", "to do"]);
        assert_eq!(message.is_read, Some(true));
        assert_eq!(message.body.as_deref(), Some("body\ntext"));
    }

    const MIXED: &str = "Content-Type: multipart/mixed; boundary=b\n\n\
        --b\nContent-Type: multipart/alternative; boundary=c\n\n\
        --c\nContent-Type: text/plain\n\nplain\n--c\nContent-Type: text/html\n\n<p>rich\n--c--\n\
        --b\nContent-Type: image/png; name=logo.png\nContent-Disposition: inline\n\nxx\n\
        --b\nContent-Type: application/PDF\nContent-Disposition: attachment; filename*=utf-8''caf%C3%A9.pdf\n\
        Content-Transfer-Encoding: base64\n\naGVsbG8=\n\
        --b\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=inner.eml\n\n\
        Subject: inner\n\ninside\n--b--\n";

    #[test]
    fn parts_of_a_message() {
        let message = read(MIXED);
        assert_eq!(message.body.as_deref().map(str::trim), Some("plain"));
        let files: Vec<_> = message
            .attachments
            .iter()
            .map(|file| (file.name.as_deref().unwrap(), file.content_type.as_deref().unwrap()))
            .collect();
        assert_eq!(files, [("café.pdf", "application/pdf"), ("inner.eml", "message/rfc822")]);
        assert_eq!(message.attachments[0].size, Some(5));
        assert_eq!(message.has_attachments, Some(true));
        assert_eq!(read("Content-Type: text/html\n\n<p>only").body.as_deref(), Some("only"));
    }

    #[test]
    fn undeclared_bytes() {
        let message =
            parse(b"Subject: caf\xe9\nFrom: Zo\xeb <z@x.com>\n\nna\xefve", &Place::default());
        assert_eq!(message.subject.as_deref(), Some("café"));
        assert_eq!(message.from_name.as_deref(), Some("Zoë"));
        assert_eq!(message.body.as_deref(), Some("naïve"));
        assert_eq!(read("Subject: café\n\nnaïve").body.as_deref(), Some("naïve"));
    }

    #[test]
    fn messages_with_hardly_anything() {
        let message = read("From a@b Sat Jan  1 10:00:00 1994\nSubject: x\n\ny");
        assert_eq!((message.subject.as_deref(), message.body.as_deref()), (Some("x"), Some("y")));
        let empty = read("");
        assert_eq!((empty.size, empty.subject, empty.received), (Some(0), None, None));
        assert_eq!(read("Subject:\n\n").subject.as_deref(), Some(""));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

        /// No bytes make the reader fail, and every message keeps its identity.
        #[test]
        fn any_bytes_are_a_message(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(parse(&bytes, &Place::default()).id, id_of(&bytes));
        }

        /// Nor does a message that is cut off or changed anywhere.
        #[test]
        fn broken_messages_are_read(at in 0..MIXED.len(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut bytes = MIXED.as_bytes().to_vec();
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            prop_assert!(parse(&bytes, &Place::default()).has_attachments.is_some() || bytes.is_empty());
        }
    }
}
