//! One raw message to a [`Message`].

pub(crate) mod body;
pub(crate) mod charset;
mod damage;
pub(crate) mod date;
mod epilogue;
mod flowed;
mod head;
pub(crate) mod headers;
mod ids;
mod labels;
pub(crate) mod marks;
pub(crate) mod nested;
pub(crate) mod parts;
mod people;
mod repair;
mod role;
pub(crate) mod seen;
pub(crate) mod signed;
mod structure;
mod transfer;
pub(crate) mod uuencode;
mod value;
mod words;
pub(crate) mod zip_names;

use mail_parser::HeaderName;
use postern_query::{Message, Recipient};

use super::contents::Contents;
use super::{id_of, outlook};
use crate::parse::charset::guessed;
use crate::parse::labels::Labels;
use crate::parse::repair::Readable;
use crate::quoted::Marked;
use postern_query::Place;

/// Reads a message, an item of Outlook (`.msg`) or TNEF; whatever cannot be read is missing in it.
///
/// ```
/// use postern_mail::parse;
/// use postern_query::Place;
///
/// let raw = b"From: Ann <ann@contoso.com>\nSubject: =?utf-8?q?caf=C3=A9?=\n\nHello";
/// let message = parse(raw, &Place::default());
/// assert_eq!(message.from_address.as_deref(), Some("ann@contoso.com"));
/// assert_eq!(message.subject.as_deref(), Some("café"));
/// assert_eq!(message.body.as_deref(), Some("Hello"));
/// ```
#[must_use]
pub fn parse(raw: &[u8], place: &Place) -> Message {
    parse_with(raw, place, &mut Contents::default())
}

/// The same, with a reader for the text of its attachments.
#[must_use]
pub fn parse_with(raw: &[u8], place: &Place, contents: &mut Contents) -> Message {
    contents.begin();
    any_message(raw, place, contents)
}

/// A message that lies in another one.
pub(crate) fn inner(raw: &[u8], contents: &mut Contents) -> Message {
    any_message(raw, &Place::default(), contents)
}

fn any_message(raw: &[u8], place: &Place, contents: &mut Contents) -> Message {
    let item = outlook::parse(raw, place, contents);
    let mut message = item.unwrap_or_else(|| internet_message(raw, place, contents));
    seen::message(&mut message);
    message
}

/// A message as RFC 5322 has it, or anything else.
fn internet_message(raw: &[u8], place: &Place, contents: &mut Contents) -> Message {
    let mut message = Message {
        id: id_of(raw),
        size: i64::try_from(raw.len()).ok(),
        places: vec![place.clone()],
        ..Message::default()
    };
    let readable = Readable::of(raw);
    match readable.parse() {
        Some(parsed) => {
            fill(&mut message, &parsed, contents);
            message.damage = damage::of(raw, &readable, &parsed);
        }
        None => {
            let start = raw.get(..crate::MAX_TEXT).unwrap_or(raw);
            Marked::from(body::clean(guessed(start).trim_start())).fill(&mut message);
            message.damage = (!raw.is_empty()).then(|| damage::UNREADABLE.to_owned());
        }
    }
    message
}

fn fill(message: &mut Message, parsed: &mail_parser::Message<'_>, contents: &mut Contents) {
    let sender = sender(parsed).unwrap_or_default();
    (message.from_address, message.from_name) = (sender.address, sender.name);
    message.to_recipients = recipients(parsed, &HeaderName::To);
    message.cc_recipients = recipients(parsed, &HeaderName::Cc);
    message.bcc_recipients = recipients(parsed, &HeaderName::Bcc);
    message.subject = headers::decoded(parsed, &HeaderName::Subject);
    message.internet_message_id = ids::message_id(parsed);
    message.conversation_id = ids::conversation_id(parsed);
    message.received = headers::received(parsed);
    message.sent = headers::sent(parsed);
    message.importance = Some(headers::importance(parsed));
    message.categories = headers::categories(parsed);
    mark(message.place_mut(), parsed);
    label(message, Labels::of(parsed));
    message.delivered_to = headers::delivered_to(parsed);
    message.list_id = headers::list_id(parsed);
    message.references = ids::references(parsed);
    message.kind = Some(marks::kind(parsed).to_owned());
    let body = body::of(parsed, contents);
    message.is_signed = Some(marks::is_signed(parsed, &body.text.text));
    message.is_encrypted = Some(marks::is_encrypted(parsed, &body.text.text));
    body.text.fill(message);
    message.has_attachments = Some(!body.attachments.is_empty());
    message.attachments = body.attachments;
    message.other_parts = body.other_parts;
}

/// What mail programs wrote into the message.
fn label(message: &mut Message, labels: Labels) {
    labels.mark(message.place_mut());
    if labels.is_important && message.importance.as_deref() == Some("normal") {
        message.importance = Some("high".to_owned());
    }
    message.categories.extend(labels.categories);
}

/// What the message itself says about how it was dealt with.
fn mark(place: &mut Place, parsed: &mail_parser::Message<'_>) {
    place.is_read = headers::is_read(parsed);
    place.is_flagged = marks::is_flagged(parsed);
    place.is_replied = marks::is_replied(parsed);
    place.is_draft = marks::is_draft(parsed);
}

/// The first person of `From` with a whole address, else the first one.
fn sender(parsed: &mail_parser::Message<'_>) -> Option<Recipient> {
    let people = headers::people(parsed, &HeaderName::From);
    let is_whole =
        |person: &Recipient| person.address.as_deref().is_some_and(|address| address.contains('@'));
    people.iter().find(|person| is_whole(person)).or(people.first()).cloned()
}

/// Recipients that mail can be sent to.
fn recipients(parsed: &mail_parser::Message<'_>, name: &HeaderName<'static>) -> Vec<Recipient> {
    headers::people(parsed, name).into_iter().filter(|person| person.address.is_some()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str) -> Message {
        super::parse(
            raw.as_bytes(),
            &Place { mailbox: Some("ann".into()), folder: Some("Inbox".into()), ..Place::NOWHERE },
        )
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
        assert_eq!(message.place().is_read, Some(true));
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
        // Nothing refers to the picture.
        let expected = [
            ("logo.png", "image/png"),
            ("café.pdf", "application/pdf"),
            ("inner.eml", "message/rfc822"),
        ];
        assert_eq!(files, expected);
        assert_eq!(message.attachments[1].size, Some(5));
        assert_eq!(message.attachments[2].text.as_deref(), Some("inner\ninside"));
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
