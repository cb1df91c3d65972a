//! The properties of an item to the fields of a message (MS-OXCMSG).

use std::borrow::Cow;
use std::fmt::Write as _;

use postern_query::{Attachment, Message};

use super::properties::Properties;
use super::{File, OutlookItem, people, rtf};
use crate::contents::{Attached, Contents, Reading};
use crate::parse::body::clean;
use crate::parse::{inner, signed as pkcs7};
use crate::quoted::Marked;
use crate::{html, id_of, parse};
use postern_query::Place;

const CLASS: u16 = 0x001a;
const IMPORTANCE: u16 = 0x0017;
pub(super) const SUBJECT: u16 = 0x0037;
pub(super) const SUBMITTED: u16 = 0x0039;
pub(super) const HEADERS: u16 = 0x007d;
pub(super) const DELIVERED: u16 = 0x0e06;
const FLAGS: u16 = 0x0e07;
const SIZE: u16 = 0x0e08;
const BODY: u16 = 0x1000;
const RTF: u16 = 0x1009;
pub(super) const HTML: u16 = 0x1013;
const MESSAGE_ID: u16 = 0x1035;
const REFERENCES: u16 = 0x1039;
const IN_REPLY_TO: u16 = 0x1042;
const LAST_VERB: u16 = 0x1081;
const FLAG_STATUS: u16 = 0x1090;

pub(super) const DISPLAY_NAME: u16 = 0x3001;
pub(super) const SHORT_NAME: u16 = 0x3704;
pub(super) const LONG_NAME: u16 = 0x3707;
pub(super) const MEDIA_TYPE: u16 = 0x370e;
const ATTACHMENT_FLAGS: u16 = 0x3714;
const ATTACHMENT_SIZE: u16 = 0x0e20;
const HIDDEN: u16 = 0x7ffe;

/// What tells two items of a mail store apart that have no bytes of their own.
const IDENTITY: [u16; 10] =
    [CLASS, SUBJECT, SUBMITTED, HEADERS, DELIVERED, BODY, RTF, HTML, MESSAGE_ID, 0x0c1f];

/// The message that the item is.
pub(super) fn message(item: &OutlookItem, place: &Place, contents: &mut Contents) -> Message {
    let properties = &item.properties;
    let mut message = of_headers(properties, place);
    message.id = identity(item);
    message.size = properties.number(SIZE);
    message.subject = properties.text(SUBJECT).map(without_mark).or(message.subject);
    message.sent = properties.time(SUBMITTED).or(message.sent);
    message.received = properties.time(DELIVERED).or(message.received).or(message.sent);
    message.importance = importance(properties).or(message.importance);
    people::fill(&mut message, item);
    marks(&mut message, properties);
    if matches!(signed(item), Some(Cow::Owned(_))) {
        // What is in PKCS #7 here is signed, and nothing hides it.
        (message.is_signed, message.is_encrypted) = (Some(true), Some(false));
    }
    message.categories = properties.categories();
    match signed(item).map(|entity| inner(&entity, contents)) {
        Some(entity) => {
            (message.body, message.passages) = (entity.body, entity.passages);
            let own = body(item);
            if !own.text.is_empty() || message.body.is_none() {
                own.fill(&mut message);
            }
            (message.attachments, message.other_parts) = (entity.attachments, entity.other_parts);
        }
        None => {
            body(item).fill(&mut message);
            message.attachments = attachments(item, contents);
        }
    }
    message.has_attachments = Some(!message.attachments.is_empty());
    message.damage = item.damage.clone();
    message
}

/// What a signed item holds: its text and files as they were signed, in the one file that it has.
///
/// The file is the entity itself, or the entity in PKCS #7 (MS-OXOSMIME, 2.1.3).
pub(super) fn signed(item: &OutlookItem) -> Option<Cow<'_, [u8]>> {
    let class = class(&item.properties)?;
    let [only] = item.attachments.as_slice() else { return None };
    let content = only.content.as_deref()?;
    if !class.starts_with("ipm.note.smime") {
        return None;
    }
    let is_entity = content.get(..13)?.eq_ignore_ascii_case(b"content-type:");
    if is_entity { Some(Cow::Borrowed(content)) } else { pkcs7::content(content).map(Cow::Owned) }
}

/// What the headers say that came with the item, and those of its own making.
fn of_headers(properties: &Properties, place: &Place) -> Message {
    let mut text = properties.text(HEADERS).unwrap_or_default().trim_end().to_owned();
    let has = |text: &str, name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.any(|(found, _)| found.eq_ignore_ascii_case(name))
    };
    for (name, number) in
        [("Message-ID", MESSAGE_ID), ("References", REFERENCES), ("In-Reply-To", IN_REPLY_TO)]
    {
        if let Some(value) = properties.text(number).filter(|_| !has(&text, name)) {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{name}: {}", value.replace(['\r', '\n'], " "));
        }
    }
    let head = text.trim_start();
    // The parts that they announce are not there.
    let kept = unfolded_without(head, "content-");
    parse(format!("{kept}\n\n").as_bytes(), place)
}

/// The headers without those whose names begin so.
fn unfolded_without(head: &str, start: &str) -> String {
    let mut is_kept = true;
    let lines = head.lines().filter(|line| {
        if !line.starts_with([' ', '\t']) {
            let name = line.get(..start.len()).unwrap_or_default();
            is_kept = !name.eq_ignore_ascii_case(start);
        }
        is_kept
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn identity(item: &OutlookItem) -> String {
    if item.damage.is_some() {
        // What tells one from another may be its row in the folder alone.
        return id_of(item.properties.whole_digest().as_bytes());
    }
    let people: Vec<_> = item.recipients.iter().map(|one| one.digest(&[0x3003, 0x3001])).collect();
    let files: Vec<_> = item
        .attachments
        .iter()
        .map(|file| (file.properties.digest(&[LONG_NAME, SHORT_NAME]), file.size))
        .collect();
    id_of(format!("{}{people:?}{files:?}", item.properties.digest(&IDENTITY)).as_bytes())
}

/// A subject may begin with a mark and the length of its `RE: `.
pub(super) fn without_mark(subject: String) -> String {
    match subject.strip_prefix('\u{1}') {
        Some(rest) => rest.chars().skip(1).collect(),
        None => subject,
    }
}

fn importance(properties: &Properties) -> Option<String> {
    let name = match properties.number(IMPORTANCE)? {
        0 => "low",
        2 => "high",
        _ => "normal",
    };
    Some(name.to_owned())
}

fn marks(message: &mut Message, properties: &Properties) {
    /// Reply to the sender, and to all (MS-OXOMSG, `PidTagLastVerbExecuted`).
    const REPLY_VERBS: [i64; 2] = [102, 103];
    const READ: i64 = 1;
    const UNSENT: i64 = 8;
    let place = message.place_mut();
    if let Some(flags) = properties.number(FLAGS) {
        place.is_read = Some(flags & READ != 0);
        place.is_draft = Some(flags & UNSENT != 0);
    }
    // Only the last thing that was done is kept, so a forwarded item may have been answered before.
    let is_answer = |verb: i64| REPLY_VERBS.contains(&verb).then_some(true);
    place.is_replied = properties.number(LAST_VERB).and_then(is_answer);
    place.is_flagged = properties.number(FLAG_STATUS).map(|status| status == 2);
    let class = class(properties).unwrap_or_default();
    message.kind = Some(kind(&class).to_owned());
    let is_signed = class.starts_with("ipm.note.smime.multipartsigned");
    message.is_signed = Some(is_signed || message.is_signed == Some(true));
    message.is_encrypted = Some(class == "ipm.note.smime" || message.is_encrypted == Some(true));
}

/// The class of an item, in lower case.
pub(super) fn class(properties: &Properties) -> Option<String> {
    properties.text(CLASS).map(|class| class.to_ascii_lowercase())
}

/// The kind of item, from its class.
fn kind(class: &str) -> &'static str {
    let is = |start: &str| class.starts_with(start);
    if is("ipm.appointment") || is("ipm.schedule.meeting") {
        "meeting"
    } else if is("ipm.task") {
        "task"
    } else if is("ipm.contact") || is("ipm.distlist") {
        "contact"
    } else if is("ipm.stickynote") {
        "note"
    } else if is("report.") {
        "report"
    } else {
        "email"
    }
}

/// The plain text, else that of the HTML, else that of the rich text.
pub(super) fn body(item: &OutlookItem) -> Marked {
    let is_text = |text: &Marked| !text.is_blank();
    let properties = &item.properties;
    let plain = properties.text(BODY).map(|text| clean(&text).into()).filter(is_text);
    let html = || properties.text(HTML).map(|text| html::to_marked(&text)).filter(is_text);
    let rich = || properties.bytes(RTF).and_then(rtf::unpacked).map(|text| rtf::to_text(&text));
    plain.or_else(html).or_else(|| rich().map(Marked::from)).unwrap_or_default()
}

/// The attachments that are not shown inside the text.
pub(super) fn attachments(item: &OutlookItem, contents: &mut Contents) -> Vec<Attachment> {
    let files = item.attachments.iter().filter(|file| !is_inline(file));
    files.filter_map(|file| attachment(file, contents)).collect()
}

pub(super) fn is_inline(file: &File) -> bool {
    const SHOWN: i64 = 4;
    file.properties.number(HIDDEN) == Some(1)
        || file.properties.number(ATTACHMENT_FLAGS).is_some_and(|flags| flags & SHOWN != 0)
}

fn attachment(file: &File, contents: &mut Contents) -> Option<Attachment> {
    let properties = &file.properties;
    let inner = file.item.as_ref().map(|item| message(item, &Place::default(), contents));
    let name = [LONG_NAME, SHORT_NAME, DISPLAY_NAME].iter().find_map(|name| properties.text(*name));
    let name = name.or_else(|| inner.as_ref()?.subject.clone())?;
    let stated = properties.number(ATTACHMENT_SIZE);
    let media_type = match inner {
        Some(_) => "message/rfc822".to_owned(),
        None => properties.text(MEDIA_TYPE).unwrap_or_default().to_ascii_lowercase(),
    };
    let Reading { text, unread, .. } = match &inner {
        Some(message) => contents.of_message(message),
        None => {
            let bytes = file.content.as_deref().unwrap_or_default();
            contents.read(&Attached { bytes, name: &name, media_type: &media_type, charset: "" })
        }
    };
    let is_typed = !media_type.is_empty();
    Some(Attachment {
        name: Some(name),
        content_type: Some(if is_typed { media_type } else { "application/octet-stream".into() }),
        size: file.size.and_then(|size| i64::try_from(size).ok()).or(stated),
        text,
        unread,
    })
}
