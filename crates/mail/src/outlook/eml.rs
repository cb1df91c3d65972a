//! An internet message made of an item: what a program gets that reads EML and no MSG.
//!
//! It says that it was made (`X-Postern-Made-From`): its bytes are not those that were sent.

use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;
use postern_query::{Message, Place, Recipient};

use super::{Contents, File, MAX_DEPTH, OutlookItem, fields, msg};
use crate::contents::AttachmentText;
use crate::id_of;

/// The header that says what a message was made of.
const MADE_FROM: &str = "X-Postern-Made-From";
const MSG: &str = "application/vnd.ms-outlook";
const CONTENT_ID: u16 = 0x3712;

/// A header and its value.
type Named = (std::borrow::Cow<'static, str>, HeaderType<'static>);

/// An internet message with what a `.msg` file says, marked as made; nothing for other bytes.
///
/// The headers that came with the message stand as they were. Its text, recipients and files are those of
/// the item.
///
/// ```
/// assert_eq!(postern_mail::eml_of(b"Subject: sent as it is\r\n\r\n"), None);
/// ```
#[must_use]
pub fn eml_of(raw: &[u8]) -> Option<Vec<u8>> {
    let item = msg::read(raw)?;
    let from = format!("{MSG}; id={}", id_of(raw));
    Some(composed(&item, &from, 0))
}

fn composed(item: &OutlookItem, from: &str, depth: u8) -> Vec<u8> {
    let mut contents = Contents::new(&AttachmentText::Off);
    let message = fields::message(item, &Place::default(), &mut contents);
    let kept = kept_headers(item);
    let mut out = kept.clone().into_bytes();
    if let Some(whole) = fields::signed(item) {
        out.extend(format!("{MADE_FROM}: {from}\r\nMIME-Version: 1.0\r\n").into_bytes());
        out.extend_from_slice(&whole);
        return out;
    }
    let mut part = mixed(item, depth);
    let mut headers = made(&message, &kept);
    headers.push((MADE_FROM.into(), Raw::new(from.to_owned()).into()));
    headers.push(("MIME-Version".into(), Raw::new("1.0").into()));
    headers.append(&mut part.headers);
    part.headers = headers;
    part.write_part(&mut out);
    out
}

/// The headers that came with the item, without those of a body that is not there.
fn kept_headers(item: &OutlookItem) -> String {
    let text = item.properties.text(fields::HEADERS).unwrap_or_default();
    let (mut kept, mut is_kept) = (String::new(), false);
    for line in text.trim_start().lines().take_while(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split_once(':').map(|(name, _)| name.trim().to_ascii_lowercase());
            let is_own = |name: &String| {
                name.starts_with("content-") || name == "mime-version" || name.contains(' ')
            };
            is_kept = name.is_some_and(|name| !is_own(&name));
        }
        if is_kept {
            // A tab begins the rest of a folded line.
            kept.extend(line.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }));
            kept.push_str("\r\n");
        }
    }
    kept
}

/// The headers that the item has values for and that did not come with it.
fn made(message: &Message, kept: &str) -> Vec<Named> {
    let has = |name: &str| {
        let mut lines = kept.lines().filter_map(|line| line.split_once(':'));
        lines.any(|(found, _)| found.trim().eq_ignore_ascii_case(name))
    };
    let mut all: Vec<Named> = Vec::new();
    let mut add = |name: &'static str, value: Option<HeaderType<'static>>| {
        if let Some(value) = value.filter(|_| !has(name)) {
            all.push((name.into(), value));
        }
    };
    let sender =
        Recipient { name: message.from_name.clone(), address: message.from_address.clone() };
    add("From", people(&[sender]));
    add("To", people(&message.to_recipients));
    add("Cc", people(&message.cc_recipients));
    add("Bcc", people(&message.bcc_recipients));
    add("Subject", message.subject.clone().map(|subject| Text::new(one_line(&subject)).into()));
    let date = message.sent.or(message.received);
    add("Date", date.map(|date| Date::new(date.as_second()).into()));
    let raw = |text: &String| Raw::new(one_line(text)).into();
    add("Message-ID", message.internet_message_id.as_ref().map(raw));
    let references: Vec<_> = message.written_references().collect();
    let references = Some(references.join(" ")).filter(|text| !text.is_empty());
    add("References", references.as_ref().map(raw));
    let importance = message.importance.as_ref().filter(|importance| *importance != "normal");
    add("Importance", importance.map(raw));
    let categories = Some(message.categories.join(", ")).filter(|text| !text.is_empty());
    add("Keywords", categories.map(|text| Text::new(one_line(&text)).into()));
    all
}

/// A line that no value can end.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn people(people: &[Recipient]) -> Option<HeaderType<'static>> {
    let person = |one: &Recipient| {
        let name = one.name.as_deref().map(one_line);
        let address = one.address.as_deref().map(one_line)?;
        let is_whole = address.contains('@') && !address.contains([' ', '<', '>', ',', ';']);
        // What is no address on the internet is a name there.
        let name = if is_whole { name } else { Some(name.unwrap_or_else(|| address.clone())) };
        let address = if is_whole { address } else { String::new() };
        Some(Address::new_address(name, address))
    };
    let all: Vec<_> = people.iter().filter_map(person).collect();
    (!all.is_empty()).then(|| Address::new_list(all).into())
}

/// A part of that type with others in it. Where they are cut depends on nothing but the message.
fn multipart(kind: &'static str, number: u8, parts: Vec<MimePart<'static>>) -> MimePart<'static> {
    let boundary = format!("=_postern_{kind}_{number}").replace('/', "_");
    MimePart::new(ContentType::new(kind).attribute("boundary", boundary), parts)
}

fn mixed(item: &OutlookItem, depth: u8) -> MimePart<'static> {
    let text = text(item, depth);
    let files = item.attachments.iter().filter_map(|file| part(file, depth));
    let parts: Vec<_> = std::iter::once(text.clone()).chain(files).collect();
    if parts.len() == 1 { text } else { multipart("multipart/mixed", depth, parts) }
}

fn text(item: &OutlookItem, depth: u8) -> MimePart<'static> {
    let plain = MimePart::new("text/plain", fields::body(item).text);
    match item.properties.text(fields::HTML).filter(|html| !html.trim().is_empty()) {
        None => plain,
        Some(html) => {
            let rich = MimePart::new("text/html", html);
            multipart("multipart/alternative", depth, vec![plain, rich])
        }
    }
}

fn part(file: &File, depth: u8) -> Option<MimePart<'static>> {
    let properties = &file.properties;
    let names = [fields::LONG_NAME, fields::SHORT_NAME, fields::DISPLAY_NAME];
    let name = names.iter().find_map(|name| properties.text(*name)).map(|name| one_line(&name));
    if let Some(inner) = &file.item {
        let whole = (depth < MAX_DEPTH).then(|| composed(inner, MSG, depth + 1))?;
        let part = MimePart::new("message/rfc822", whole).transfer_encoding("8bit");
        let subject = || inner.properties.text(fields::SUBJECT).map(fields::without_mark);
        let name = name.or_else(subject).map(|name| one_line(&name));
        return Some(part.attachment(name.unwrap_or_else(|| "message".to_owned())));
    }
    let kind = properties.text(fields::MEDIA_TYPE).map(|kind| one_line(&kind));
    let is_one = |kind: &String| kind.contains('/') && !kind.contains([' ', ';', '"']);
    let kind = kind.filter(is_one).unwrap_or_else(|| "application/octet-stream".to_owned());
    let part = MimePart::new(kind, file.content.clone().unwrap_or_default());
    let name = name.unwrap_or_else(|| "attachment".to_owned());
    if !fields::is_inline(file) {
        return Some(part.attachment(name));
    }
    // What is shown inside the text is named by it.
    Some(part.inline().cid(one_line(&properties.text(CONTENT_ID).unwrap_or(name))))
}
