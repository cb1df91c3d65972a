//! Header values: text, dates, people, ids.

use jiff::Timestamp;
use mail_parser::{HeaderName, HeaderValue, Message, MessageParser};
use postern_query::Recipient;

use super::date;

/// A parser that reads the headers that matter and takes the others for text.
pub(super) fn parser() -> MessageParser {
    MessageParser::new()
        .with_mime_headers()
        .header_address(HeaderName::From)
        .header_address(HeaderName::To)
        .header_address(HeaderName::Cc)
        .header_address(HeaderName::Bcc)
        .header_text(HeaderName::Subject)
        .header_text(HeaderName::Keywords)
        .header_raw(HeaderName::Received)
        .header_raw(HeaderName::Date)
        .header_raw(HeaderName::MessageId)
        .header_raw(HeaderName::References)
        .header_raw(HeaderName::InReplyTo)
        .default_header_raw()
}

/// The topmost header of that name as one line; empty where it has no value.
pub(super) fn text(message: &Message<'_>, name: HeaderName<'static>) -> Option<String> {
    match message.header_values(name).next()? {
        HeaderValue::Text(text) => Some(one_line(text)),
        HeaderValue::TextList(texts) => Some(one_line(&texts.join(", "))),
        HeaderValue::Empty => Some(String::new()),
        HeaderValue::Address(_)
        | HeaderValue::DateTime(_)
        | HeaderValue::ContentType(_)
        | HeaderValue::Received(_) => None,
    }
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
pub(super) fn people(message: &Message<'_>, name: HeaderName<'static>) -> Vec<Recipient> {
    let values = message.header_values(name).filter_map(HeaderValue::as_address);
    let people = values.flat_map(|list| list.iter()).map(|person| Recipient {
        name: person.name().map(one_line).filter(|name| !name.is_empty()),
        address: person.address().map(one_line).filter(|address| !address.is_empty()),
    });
    people.filter(|person| person.name.is_some() || person.address.is_some()).collect()
}

// ---- dates ----

/// The date of the topmost `Received` header, else of `Date`.
pub(super) fn received(message: &Message<'_>) -> Option<Timestamp> {
    let topmost = text(message, HeaderName::Received);
    let stamp = topmost.as_deref().and_then(|value| value.rsplit_once(';')).map(|(_, date)| date);
    stamp.and_then(date::parse).or_else(|| sent(message))
}

/// The date of the `Date` header.
pub(super) fn sent(message: &Message<'_>) -> Option<Timestamp> {
    date::parse(&text(message, HeaderName::Date)?)
}

// ---- ids ----

/// What all messages of a conversation share: a digest of the first id of `References`, else of
/// `In-Reply-To`, else of the message's own.
pub(super) fn conversation_id(message: &Message<'_>) -> Option<String> {
    [HeaderName::References, HeaderName::InReplyTo, HeaderName::MessageId]
        .into_iter()
        .find_map(|name| first_id(&text(message, name)?).map(str::to_owned))
        .map(|id| super::id_of(id.as_bytes()))
}

/// The first `<…>` without white space inside.
fn first_id(text: &str) -> Option<&str> {
    text.match_indices('<').find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let end = rest.find('>')?;
        let id = rest.get(..=end)?;
        let inner = id.get(1..id.len() - 1)?;
        (!inner.is_empty() && !inner.contains(|c: char| c.is_whitespace() || c == '<'))
            .then_some(id)
    })
}

// ---- words ----

/// `Importance`, else `X-Priority`, else normal.
pub(super) fn importance(message: &Message<'_>) -> String {
    let word = text(message, HeaderName::Importance).unwrap_or_default().to_ascii_lowercase();
    if matches!(word.as_str(), "low" | "normal" | "high") {
        return word;
    }
    let priority = text(message, HeaderName::from("X-Priority")).unwrap_or_default();
    let word = match priority.as_bytes().first() {
        Some(b'1' | b'2') => "high",
        Some(b'4' | b'5') => "low",
        Some(_) | None => "normal",
    };
    word.to_owned()
}

/// The read mark of mailbox files; without the header it is not known.
pub(super) fn is_read(message: &Message<'_>) -> Option<bool> {
    text(message, HeaderName::from("Status")).map(|status| status.contains(['R', 'r']))
}

/// `Keywords`, each between commas.
pub(super) fn categories(message: &Message<'_>) -> Vec<String> {
    let all = text(message, HeaderName::Keywords).unwrap_or_default();
    all.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        assert_eq!(first_id("<a@b> <c@d>"), Some("<a@b>"));
        assert_eq!(first_id("your message of <monday morning> <c@d>"), Some("<c@d>"));
        assert_eq!(first_id("<<a@b>"), Some("<a@b>"));
        assert_eq!(first_id("none"), None);
        assert_eq!(first_id("<>"), None);
    }

    #[test]
    fn lines() {
        assert_eq!(one_line("a\r\n b\n\tc\0"), "a b c");
    }
}
