//! A message as it lies in the index: everything but the body, which is a stored field of its own,
//! so that a predicate can be tested without reading it. The text of attachments is not stored.
//!
//! Every hit is read back, so the form is made to be read fast: the fields in one
//! order, lengths before texts, and no names. See [`wire`](crate::format::wire) for the values.

use jiff::Timestamp;
use postern_query::{Attachment, Message, Passage, Place, Recipient, Whose};

use super::wire::{Reader, Writer};

/// The text for everything but the body.
pub(crate) fn to_text(message: &Message) -> String {
    let mut out = Writer::default();
    out.text(Some(&message.id));
    for text in texts(message) {
        out.text(text.as_deref());
    }
    for moment in [message.received, message.sent, message.created, message.modified] {
        out.integer(moment.map(milliseconds));
    }
    out.integer(message.size);
    for flag in flags(message) {
        out.flag(flag);
    }
    for list in [&message.to_recipients, &message.cc_recipients, &message.bcc_recipients] {
        out.list(list, |out, one| out.texts([&one.name, &one.address]));
    }
    for list in [&message.categories, &message.delivered_to, &message.references] {
        out.list(list, |out, one| out.text(Some(one)));
    }
    for list in [&message.attachments, &message.other_parts] {
        out.list(list, |out, one| {
            out.texts([&one.name, &one.content_type]);
            out.integer(one.size);
            out.text(one.unread.as_deref());
        });
    }
    out.list(&message.places, put_place);
    out.list(&message.passages, put_passage);
    out.finish()
}

/// A passage.
fn put_passage(out: &mut Writer, passage: &Passage) {
    out.count(passage.range.start as u64);
    out.count(passage.range.end as u64);
    out.flag(Some(passage.whose == Whose::Quoted));
}

/// A place.
fn put_place(out: &mut Writer, place: &Place) {
    out.texts([&place.mailbox, &place.folder, &place.source]);
    for flag in [place.is_read, place.is_flagged, place.is_replied, place.is_draft] {
        out.flag(flag);
    }
    out.texts([&place.item_id, &place.fragment_id]);
}

/// The message in `text`, without its body; `None` when it is not one of [`to_text`].
pub(crate) fn from_text(text: &str) -> Option<Message> {
    let mut input = Reader::new(text);
    // The fields are read in the order in which they stand here.
    let message = Message {
        id: input.text()??,
        internet_message_id: input.text()?,
        conversation_id: input.text()?,
        subject: input.text()?,
        from_address: input.text()?,
        from_name: input.text()?,
        importance: input.text()?,
        list_id: input.text()?,
        kind: input.text()?,
        damage: input.text()?,
        version: input.text()?,
        newest: input.text()?,
        received: input.integer()?.and_then(instant),
        sent: input.integer()?.and_then(instant),
        created: input.integer()?.and_then(instant),
        modified: input.integer()?.and_then(instant),
        size: input.integer()?,
        has_attachments: input.flag()?,
        is_signed: input.flag()?,
        is_encrypted: input.flag()?,
        to_recipients: input.list(recipient)?,
        cc_recipients: input.list(recipient)?,
        bcc_recipients: input.list(recipient)?,
        categories: input.list(|input| input.text()?)?,
        delivered_to: input.list(|input| input.text()?)?,
        references: input.list(|input| input.text()?)?,
        attachments: input.list(attachment)?,
        other_parts: input.list(attachment)?,
        places: input.list(place)?,
        // A message of format 13 ends here.
        passages: if input.is_at_end() { Vec::new() } else { input.list(passage)? },
        body: None,
    };
    input.is_at_end().then_some(message)
}

const fn texts(message: &Message) -> [&Option<String>; 11] {
    [
        &message.internet_message_id,
        &message.conversation_id,
        &message.subject,
        &message.from_address,
        &message.from_name,
        &message.importance,
        &message.list_id,
        &message.kind,
        &message.damage,
        &message.version,
        &message.newest,
    ]
}

const fn flags(message: &Message) -> [Option<bool>; 3] {
    [message.has_attachments, message.is_signed, message.is_encrypted]
}

fn recipient(input: &mut Reader<'_>) -> Option<Recipient> {
    Some(Recipient { name: input.text()?, address: input.text()? })
}

fn passage(input: &mut Reader<'_>) -> Option<Passage> {
    let mut offset = || usize::try_from(input.count()?).ok();
    let range = offset()?..offset()?;
    let whose = if input.flag()?? { Whose::Quoted } else { Whose::Signature };
    Some(Passage { range, whose })
}

fn place(input: &mut Reader<'_>) -> Option<Place> {
    // The fields are read in the order in which they stand here.
    Some(Place {
        mailbox: input.text()?,
        folder: input.text()?,
        source: input.text()?,
        is_read: input.flag()?,
        is_flagged: input.flag()?,
        is_replied: input.flag()?,
        is_draft: input.flag()?,
        item_id: input.text()?,
        fragment_id: input.text()?,
    })
}

fn attachment(input: &mut Reader<'_>) -> Option<Attachment> {
    let (name, content_type) = (input.text()?, input.text()?);
    let (size, unread) = (input.integer()?, input.text()?);
    Some(Attachment { name, content_type, size, text: None, unread })
}

/// Whole milliseconds, never later than the moment; the columns hold the same number.
pub(crate) fn milliseconds(moment: Timestamp) -> i64 {
    let cut = moment.as_millisecond();
    let early = moment.as_nanosecond() < i128::from(cut) * 1_000_000;
    cut - i64::from(early)
}

/// The moment of that many milliseconds; `None` outside of what a calendar holds.
pub(crate) fn instant(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages() -> Vec<Passage> {
        let quoted = Passage { range: 0..9, whose: Whose::Quoted };
        vec![quoted, Passage { range: 9..1_000_000, whose: Whose::Signature }]
    }

    #[test]
    fn a_message_reads_back_without_its_body() {
        let text = |text: &str| Some(text.to_owned());
        let person = Recipient { name: text("A \"B\""), address: None };
        let place = Place {
            mailbox: text("m"),
            folder: text("f"),
            source: text("s"),
            is_read: Some(true),
            is_flagged: Some(false),
            is_replied: None,
            is_draft: Some(true),
            item_id: text("i"),
            fragment_id: text("r"),
        };
        let message = Message {
            id: "1".into(),
            internet_message_id: text("<a@b>"),
            conversation_id: text("c"),
            subject: text(""),
            body: None,
            from_address: text("a@b"),
            from_name: text("A\u{0}"),
            to_recipients: vec![person.clone(), Recipient::default()],
            cc_recipients: vec![person.clone()],
            bcc_recipients: vec![person],
            received: instant(-1),
            sent: instant(1_700_000_000_123),
            created: instant(0),
            modified: instant(-86_400_000),
            has_attachments: Some(false),
            importance: text("high"),
            categories: vec!["x".into()],
            attachments: vec![Attachment {
                size: Some(-3),
                unread: text("damaged"),
                ..Attachment::default()
            }],
            other_parts: vec![Attachment { content_type: text("a/b"), ..Attachment::default() }],
            size: Some(i64::MAX),
            damage: text("a multipart"),
            delivered_to: vec!["A@b".into()],
            list_id: text("l.example"),
            references: vec!["<p@b>".into(), String::new()],
            kind: text("email"),
            version: text("2.0"),
            newest: text("n"),
            is_signed: Some(false),
            is_encrypted: Some(true),
            places: vec![place, Place::NOWHERE],
            passages: passages(),
        };
        let text = to_text(&message);
        assert_eq!(from_text(&text), Some(message));
        let empty = Message::default();
        assert_eq!(from_text(&to_text(&empty)), Some(empty));
        let reads = |end: &usize| text.get(..*end).and_then(from_text).is_some();
        assert_eq!((0..text.len()).filter(reads).count(), 1, "what format 13 wrote of it");
        assert_eq!(from_text(&format!("{text}\0")), None);
    }

    #[test]
    fn a_message_of_format_13_has_no_passages() {
        let message = Message { id: "1".into(), ..Message::default() };
        let text = to_text(&message);
        assert_eq!(text.strip_suffix('\0').and_then(from_text), Some(message));
    }

    #[test]
    fn a_fraction_of_a_millisecond_is_cut_downwards() {
        for (nanoseconds, expected) in [(1_999_999, 1), (-1, -1), (-1_000_000, -1), (0, 0)] {
            let moment = Timestamp::from_nanosecond(nanoseconds).unwrap();
            assert_eq!(milliseconds(moment), expected);
        }
    }
}
