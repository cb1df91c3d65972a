//! Header values: text, dates, people, ids.

use std::sync::LazyLock;

use jiff::Timestamp;
use mail_parser::{Header, HeaderName, Message, MessageParser};
use postern_query::Recipient;

use super::charset::guessed;
use super::people::{self, Role};
use super::{date, words};
use crate::guard::guarded;

/// `Delivered-To` headers that are read; every one is compared with those before it.
const MAX_DELIVERIES: usize = 100;

/// A parser that reads the headers that matter and takes the others for text; it is made once,
/// because making it costs as much as reading a short message.
static PARSER: LazyLock<MessageParser> = LazyLock::new(new_parser);

/// The message as the MIME library takes it apart; nothing where it gives up: a debug assertion of it
/// fails on some damaged multiparts.
pub(crate) fn parse(raw: &[u8]) -> Option<Message<'_>> {
    guarded(|| PARSER.parse(raw)).flatten()
}

fn new_parser() -> MessageParser {
    MessageParser::new()
        .with_mime_headers()
        .header_raw(HeaderName::From)
        .header_raw(HeaderName::To)
        .header_raw(HeaderName::Cc)
        .header_raw(HeaderName::Bcc)
        .header_raw(HeaderName::Received)
        .header_raw(HeaderName::Date)
        .header_raw(HeaderName::MessageId)
        .header_raw(HeaderName::References)
        .header_raw(HeaderName::InReplyTo)
        .default_header_raw()
}

/// The topmost header of that name as one line, as it was typed; empty where it has no value.
pub(crate) fn text(message: &Message<'_>, name: &HeaderName<'static>) -> Option<String> {
    let header = message.headers().iter().find(|header| header.name == *name)?;
    Some(one_line(&guessed(bytes(header, message.raw_message()))))
}

/// The same with its encoded words decoded.
pub(crate) fn decoded(message: &Message<'_>, name: &HeaderName<'static>) -> Option<String> {
    let header = message.headers().iter().find(|header| header.name == *name)?;
    Some(one_line(&words::decode(bytes(header, message.raw_message()))))
}

/// The bytes of a header's value.
pub(crate) fn bytes<'r>(header: &Header<'_>, raw: &'r [u8]) -> &'r [u8] {
    let index = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    raw.get(index(header.offset_start)..index(header.offset_end)).unwrap_or_default()
}

/// Line breaks with the white space after them become one space, and no NUL is kept.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = if out.is_empty() { line } else { line.trim_start() };
        if !out.is_empty() && !line.is_empty() {
            out.push(' ');
        }
        out.extend(line.chars().filter(|c| *c != '\0'));
    }
    out.trim().to_owned()
}

/// The people of all headers of that name, without those that have neither name nor address.
pub(crate) fn people(message: &Message<'_>, name: &HeaderName<'static>) -> Vec<Recipient> {
    let role = if *name == HeaderName::From { Role::Sender } else { Role::Recipient };
    lines(message, name).flat_map(|line| people::read(&line, role)).collect()
}

/// The values of all headers of that name, each as one line.
fn lines(message: &Message<'_>, name: &HeaderName<'static>) -> impl Iterator<Item = String> {
    let raw = message.raw_message();
    let headers = message.headers().iter().filter(move |header| header.name == *name);
    headers.map(|header| one_line(&guessed(bytes(header, raw))))
}

/// The bare addresses of `Delivered-To`, each once; list servers write words before them.
pub(crate) fn delivered_to(message: &Message<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines(message, &HeaderName::from("Delivered-To")).take(MAX_DELIVERIES) {
        let mut people = people::read(&line, Role::Recipient).into_iter().rev();
        let whole = people.find_map(|one| one.address.filter(|address| address.contains('@')));
        found.extend(whole.filter(|address| !found.contains(address)));
    }
    found
}

/// The id of a mailing list, without the phrase before it.
pub(crate) fn list_id(message: &Message<'_>) -> Option<String> {
    let value = text(message, &HeaderName::ListId)?;
    let bare = value.rsplit_once('<').map_or(value.as_str(), |(_, id)| id);
    let bare = bare.split('>').next().unwrap_or_default().trim();
    Some(bare.to_owned()).filter(|id| !id.is_empty())
}

// ---- dates ----

/// The date of the topmost `Received` header that has one, else of `Date`.
pub(crate) fn received(message: &Message<'_>) -> Option<Timestamp> {
    stamps(message).next().or_else(|| date::parse(&text(message, &HeaderName::Date)?))
}

/// The date of the `Date` header; where that cannot be understood, when the first server took it.
pub(crate) fn sent(message: &Message<'_>) -> Option<Timestamp> {
    let typed = text(message, &HeaderName::Date)?;
    date::parse(&typed).or_else(|| stamps(message).last())
}

/// The dates of the `Received` headers, the last server's first.
fn stamps(message: &Message<'_>) -> impl Iterator<Item = Timestamp> {
    lines(message, &HeaderName::Received).filter_map(|line| stamp(&line))
}

/// What stands behind the last semicolon that is none of a comment.
fn stamp(line: &str) -> Option<Timestamp> {
    let behind = |text: &str| date::parse(text.rsplit_once(';')?.1);
    // A comment without end hides the date.
    behind(&date::without_comments(line)).or_else(|| behind(line))
}

// ---- words ----

/// `Importance`, else `X-Priority`, else normal.
pub(crate) fn importance(message: &Message<'_>) -> String {
    let word = text(message, &HeaderName::Importance).unwrap_or_default().to_ascii_lowercase();
    if matches!(word.as_str(), "low" | "normal" | "high") {
        return word;
    }
    let priority = text(message, &HeaderName::from("X-Priority")).unwrap_or_default();
    let word = match priority.as_bytes().first() {
        Some(b'1' | b'2') => "high",
        Some(b'4' | b'5') => "low",
        Some(_) | None => "normal",
    };
    word.to_owned()
}

/// The read mark of mailbox files; without the header it is not known.
pub(crate) fn is_read(message: &Message<'_>) -> Option<bool> {
    text(message, &HeaderName::from("Status")).map(|status| status.contains(['R', 'r']))
}

/// `Keywords`, phrases between commas. One in quotes may hold a comma (RFC 5322, 3.6.5).
pub(crate) fn categories(message: &Message<'_>) -> Vec<String> {
    lines(message, &HeaderName::Keywords).flat_map(|line| people::phrases(&line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_query::Place;

    #[test]
    fn lists_deliveries_and_references() {
        let read = |raw: &str| crate::parse(raw.as_bytes(), &Place::default());
        let message = read(
            "Delivered-To: <Ann@x.com>\nDelivered-To: mailing list l@y.org\nDelivered-To: Ann@x.com\n\
             References: <a@b>\n <c@d>\nIn-Reply-To: <c@d> <e@f>\nList-Id: The \"list\" <l.y.org>\n\n",
        );
        assert_eq!(message.delivered_to, ["Ann@x.com", "l@y.org"]);
        assert_eq!(message.references, ["<a@b>", "<c@d>", "<e@f>"]);
        assert_eq!(message.list_id.as_deref(), Some("l.y.org"));
        assert_eq!(read("List-Id: l.y.org\n\n").list_id.as_deref(), Some("l.y.org"));
        let empty = read("List-Id: <>\nDelivered-To: nobody\n\n");
        assert_eq!((empty.list_id, empty.delivered_to), (None, Vec::new()));
    }

    #[test]
    fn values_of_several_lines() {
        assert_eq!(one_line("a\r\n b\n\tc\0"), "a b c");
    }
}
