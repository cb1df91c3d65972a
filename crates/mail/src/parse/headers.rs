//! Header values: text, dates, people, ids.

use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use mail_parser::{Header, HeaderName, HeaderValue, Message, MessageParser};
use postern_query::Recipient;

use super::charset::guessed;
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
        .header_address(HeaderName::From)
        .header_address(HeaderName::To)
        .header_address(HeaderName::Cc)
        .header_address(HeaderName::Bcc)
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
pub(crate) fn people(message: &Message<'_>, name: HeaderName<'static>) -> Vec<Recipient> {
    let values = message.header_values(name).filter_map(HeaderValue::as_address);
    let people = values.flat_map(|list| list.iter()).map(|found| {
        let address = found.address().map(|address| bare(&one_line(address)));
        let name = found.name().map(|name| one_line(&words::decode(name.as_bytes())));
        person(name.filter(|name| !name.is_empty()), address.filter(|address| !address.is_empty()))
    });
    people.filter(|person| person.name.is_some() || person.address.is_some()).collect()
}

/// An address without the brackets around it, the route before it, and what was typed behind it.
fn bare(address: &str) -> String {
    let address = address.trim_matches(['<', '>', ')', ' ']);
    let address = match address.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        _ => address,
    };
    let first = address.split_whitespace().next().unwrap_or_default();
    let is_whole = first.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    match address.rsplit_once('@') {
        Some(_) if is_whole => first.to_owned(),
        Some((user, host)) => format!("{}@{}", user.trim(), host.replace(' ', "")),
        None => address.to_owned(),
    }
}

/// A single word without an address is a user of the sender's own machine, and `ann at x.org (Ann)`
/// is how archives hide addresses from collectors.
fn person(name: Option<String>, address: Option<String>) -> Recipient {
    let name = match (name, address) {
        // The MIME library takes a quoted user for a name.
        (Some(user), Some(host)) if host.starts_with('@') => {
            return Recipient { name: None, address: Some(format!("\"{user}\"{host}")) };
        }
        (name, Some(address)) => return Recipient { name, address: Some(address) },
        (Some(name), None) => name,
        (None, None) => return Recipient::default(),
    };
    if !name.contains(char::is_whitespace) {
        return Recipient { name: None, address: Some(name) };
    }
    match hidden(&name) {
        Some((user, name)) => Recipient { name, address: Some(user) },
        None => Recipient { name: Some(name), address: None },
    }
}

/// User and name of `user at host (name)`.
fn hidden(text: &str) -> Option<(String, Option<String>)> {
    let (user, rest) = text.split_once(" at ")?;
    let (host, name) = match rest.split_once(" (") {
        Some((host, name)) => (host, name.strip_suffix(')')),
        None => (rest, None),
    };
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    (is_word(user) && is_word(host)).then(|| (user.to_owned(), name.map(str::to_owned)))
}

/// The bare addresses of `Delivered-To`, each once; list servers write words before them.
pub(crate) fn delivered_to(message: &Message<'_>) -> Vec<String> {
    let name = HeaderName::from("Delivered-To");
    let headers = message.headers().iter().filter(|header| header.name == name);
    let mut found: Vec<String> = Vec::new();
    for header in headers.take(MAX_DELIVERIES) {
        let value = guessed(bytes(header, message.raw_message()));
        let word = value.split_whitespace().rfind(|word| word.contains('@'));
        let address = word.map(|word| word.trim_matches(['<', '>', ';', ',']).to_owned());
        found.extend(address.filter(|address| !found.contains(address)));
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
    let headers = message.headers().iter().filter(|header| header.name == HeaderName::Received);
    headers.filter_map(|header| {
        let value = one_line(&guessed(bytes(header, message.raw_message())));
        date::parse(value.rsplit_once(';')?.1)
    })
}

// ---- ids ----

/// What all messages of a conversation share: a digest of the first id of `References`, else of
/// `In-Reply-To`, else of the message's own.
pub(crate) fn conversation_id(message: &Message<'_>) -> Option<String> {
    [HeaderName::References, HeaderName::InReplyTo, HeaderName::MessageId]
        .into_iter()
        .find_map(|name| ids(&text(message, &name)?).next().map(str::to_owned))
        .map(|id| super::id_of(id.as_bytes()))
}

/// The ids of `References` and `In-Reply-To`, each once.
pub(crate) fn references(message: &Message<'_>) -> Vec<String> {
    let values = [HeaderName::References, HeaderName::InReplyTo].map(|name| text(message, &name));
    let mut seen = HashSet::new();
    let all = values.iter().flatten().flat_map(|value| ids(value));
    all.filter(|id| seen.insert(*id)).map(str::to_owned).collect()
}

/// Every `<…>` without white space inside, in one pass.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let mut start = None;
    text.char_indices().filter_map(move |(at, c)| match c {
        '<' => {
            start = Some(at);
            None
        }
        '>' => start.take().and_then(|start| text.get(start..=at)).filter(|id| id.len() > 2),
        _ => {
            start = start.filter(|_| !c.is_whitespace());
            None
        }
    })
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

/// `Keywords`, each between commas.
pub(crate) fn categories(message: &Message<'_>) -> Vec<String> {
    let raw = message.raw_message();
    let all = message.headers().iter().filter(|header| header.name == HeaderName::Keywords);
    all.flat_map(|header| {
        let text = one_line(&words::decode(bytes(header, raw)));
        text.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>()
    })
    .filter(|word| !word.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_query::Place;

    #[test]
    fn ids_of_headers() {
        let read = |text| ids(text).collect::<Vec<_>>().join(" ");
        assert_eq!(read("<a@b> <c@d>"), "<a@b> <c@d>");
        assert_eq!(read("your message of <monday morning> <c@d>"), "<c@d>");
        assert_eq!(read("<<a@b><c@d>>"), "<a@b> <c@d>");
        assert_eq!(read("none <> <open"), "");
    }

    /// A value of nothing but brackets took time by the square of its length.
    #[test]
    fn brackets_were_a_hang() {
        assert_eq!(ids(&"<".repeat(1_000_000)).count(), 0);
        assert_eq!(ids(&"<a ".repeat(300_000)).count(), 0);
    }

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
    fn people_without_addresses() {
        let read = |name: &str| {
            let person = person(Some(name.to_owned()), None);
            (person.name.unwrap_or_default(), person.address.unwrap_or_default())
        };
        let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        assert_eq!(read("gnu"), pair("", "gnu"));
        assert_eq!(read("ann at x.org (Ann Lee)"), pair("Ann Lee", "ann"));
        assert_eq!(read("ann at x.org"), pair("", "ann"));
        assert_eq!(read("James Bond 007"), pair("James Bond 007", ""));
        assert_eq!(read("meet me at noon today"), pair("meet me at noon today", ""));
    }

    #[test]
    fn addresses_were_kept_with_what_is_around_them() {
        let read = |to: &str| {
            let found = crate::parse(format!("To: {to}\n\n").as_bytes(), &Place::default());
            let people = found.to_recipients.into_iter();
            people.map(|one| (one.name.unwrap_or_default(), one.address.unwrap())).next().unwrap()
        };
        for (to, name, address) in [
            ("Ann Lee <ann@x.org>", "Ann Lee", "ann@x.org"),
            ("\"ann lee\"@x.org", "", "\"ann lee\"@x.org"),
            ("Ann <@a.org,@b.org:ann@x.org>", "Ann", "ann@x.org"),
            ("list@x.org )", "", "list@x.org"),
            ("ann@x.org +1-510-484)", "", "ann@x.org"),
            ("Ann <ann@x . org>", "Ann", "ann@x.org"),
            ("Undisclosed Recipients@x.org", "", "Undisclosed Recipients@x.org"),
        ] {
            assert_eq!(read(to), (name.to_owned(), address.to_owned()), "{to}");
        }
    }

    #[test]
    fn lines() {
        assert_eq!(one_line("a\r\n b\n\tc\0"), "a b c");
    }
}
