//! What the parts of a message are to its reader: the text, or files.

use std::collections::HashSet;

use mail_parser::{HeaderName, Message, MessagePart, PartType};

use super::value::without_percents;
use super::{body, headers};

/// What a part is to the reader of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A file, of that name where it has one.
    File(Option<String>),
    /// Text.
    Plain,
    /// Text in HTML.
    Rich,
}

/// What each part is, if anything.
pub(crate) fn roles(message: &Message<'_>) -> Vec<Option<Role>> {
    let raw = message.raw_message();
    let mut roles: Vec<_> = message.parts.iter().map(|part| declared(part, raw)).collect();
    let around = Around::of(message);
    let mut links = None;
    for (number, part) in message.parts.iter().enumerate() {
        let is_open = roles.get(number).is_some_and(Option::is_none);
        if !is_open || !around.may_be_file(number, part, raw) {
            continue;
        }
        let links = links.get_or_insert_with(|| Links::of(message, &roles));
        if !links.lead_to(part, raw)
            && let Some(role) = roles.get_mut(number)
        {
            *role = Some(Role::File(body::name_of_file(part, raw)));
        }
    }
    roles
}

/// What a part is by its own headers.
fn declared(part: &MessagePart<'_>, raw: &[u8]) -> Option<Role> {
    if is_multipart(part) {
        return None;
    }
    let disposition = disposition(part, raw);
    match body::file_name(part, raw) {
        Some(name) if disposition != "inline" => Some(Role::File(Some(name))),
        // With or without a name (RFC 2183, 2.3).
        None if disposition == "attachment" => Some(Role::File(body::name_of_file(part, raw))),
        Some(_) | None => match body::content_type(part).as_str() {
            "text/plain" => Some(Role::Plain),
            "text/html" => Some(Role::Rich),
            _ => None,
        },
    }
}

const fn is_multipart(part: &MessagePart<'_>) -> bool {
    matches!(part.body, PartType::Multipart(_))
}

/// `attachment`, `inline`, or something else.
pub(super) fn disposition(part: &MessagePart<'_>, raw: &[u8]) -> String {
    body::value(part, &HeaderName::ContentDisposition, raw)
        .map_or_else(String::new, |value| value.word)
}

/// The multipart around each part, and which of its parts it is.
struct Around(Vec<Option<(String, usize)>>);

impl Around {
    fn of(message: &Message<'_>) -> Self {
        let mut around = vec![None; message.parts.len()];
        for part in &message.parts {
            let PartType::Multipart(inner) = &part.body else { continue };
            let kind = body::declared_type(part).unwrap_or_default();
            for (place, number) in inner.iter().enumerate() {
                let number = usize::try_from(*number).unwrap_or(usize::MAX);
                if let Some(around) = around.get_mut(number) {
                    *around = Some((kind.clone(), place));
                }
            }
        }
        Self(around)
    }

    /// Whether a part can be a file that says nothing of it: neither a text, nor an alternative of one, nor
    /// a signature or a report.
    fn may_be_file(&self, number: usize, part: &MessagePart<'_>, raw: &[u8]) -> bool {
        let kind = body::content_type(part);
        let around = self.0.get(number).and_then(Option::as_ref);
        let is_about_mail = around.is_some_and(|(around, place)| match around.as_str() {
            "multipart/alternative" | "multipart/report" | "multipart/encrypted" => true,
            "multipart/signed" => *place > 0,
            _ => false,
        });
        let has_name = || body::file_name(part, raw).is_some();
        let is_text = kind.starts_with("text/") && !has_name();
        let is_shown = is_text && (around.is_none() || body::is_shown_as_text(&kind));
        let has_content = || has_name() || !body::bytes(part, raw).trim_ascii().is_empty();
        !is_multipart(part) && !is_about_mail && !is_shown && !is_of_mail(&kind) && has_content()
    }
}

/// Types that mail itself is made of.
fn is_of_mail(kind: &str) -> bool {
    const OWN: [&str; 14] = [
        "application/pgp-signature",
        "application/pgp-encrypted",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/applefile",
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/global-disposition-notification",
        "message/feedback-report",
        "text/rfc822-headers",
        "message/partial",
    ];
    OWN.contains(&kind)
}

/// What the HTML of a message refers to.
struct Links(HashSet<String>);

impl Links {
    fn of(message: &Message<'_>, roles: &[Option<Role>]) -> Self {
        let mut links = HashSet::new();
        for (part, role) in message.parts.iter().zip(roles) {
            if matches!(role, Some(Role::Rich)) {
                links_in(&body::text(part, message.raw_message()), &mut links);
            }
        }
        Self(links)
    }

    /// Whether the part is shown where the HTML refers to it (RFC 2392, RFC 2557).
    fn lead_to(&self, part: &MessagePart<'_>, raw: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let is_link = |link: String| self.0.contains(&link);
        named(part, &HeaderName::ContentId, raw).is_some_and(|id| is_link(format!("cid:{id}")))
            || named(part, &HeaderName::ContentLocation, raw).is_some_and(is_link)
    }
}

/// What a part is called by such a header.
fn named(part: &MessagePart<'_>, name: &HeaderName<'static>, raw: &[u8]) -> Option<String> {
    let header = part.headers.iter().rfind(|header| header.name == *name)?;
    let value = String::from_utf8_lossy(headers::bytes(header, raw));
    Some(value.trim().trim_matches(['<', '>', '"']).trim().to_owned())
}

/// Whether `cid:` and this id lead to a part (RFC 2392).
pub(super) fn has_id(part: &MessagePart<'_>, id: &str, raw: &[u8]) -> bool {
    named(part, &HeaderName::ContentId, raw).is_some_and(|known| known == id)
}

/// All that may be a link in HTML.
fn links_in(html: &str, links: &mut HashSet<String>) {
    for word in html.split(|c: char| c.is_whitespace() || "\"'()<>".contains(c)) {
        // An attribute without quotes.
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        for link in [word, value] {
            let scheme = link.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:"));
            let id = scheme.and_then(|_| link.get(4..));
            links.extend(id.map(|id| {
                format!("cid:{}", String::from_utf8_lossy(&without_percents(id.as_bytes())))
            }));
            links.extend((id.is_none() && link.contains(['.', '/', ':'])).then(|| link.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use postern_query::Place;

    fn parts(kind: &str, parts: &[&str]) -> String {
        let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
        format!("Content-Type: multipart/{kind}; boundary=b\n\n{parts}--b--\n")
    }

    const TEXT: &str = "Content-Type: text/plain\n\ntext";

    /// RFC 2183, 2.3, and what other programs show as a file.
    #[test]
    fn files_without_a_name_or_shown_inside_were_none() {
        let one = |kind: &str| Vec::from([kind.to_owned()]);
        for (part, found) in [
            ("Content-Type: text/plain\nContent-Disposition: attachment\n\nx", one("text/plain")),
            ("Content-Type: message/rfc822\n\nSubject: x\n\ny", one("message/rfc822")),
            (
                "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: inline\n\nx",
                one("application/pdf a.pdf"),
            ),
            ("Content-Type: image/png\n\nx", one("image/png")),
            ("Content-Type: text/calendar\n\nx", one("text/calendar")),
            (
                "Content-Type: text/csv; name=a.csv\nContent-Disposition: inline\n\nx",
                one("text/csv a.csv"),
            ),
            // Text that is shown, and parts that mail is made of.
            ("Content-Type: text/x-diff\n\nx", vec![]),
            ("Content-Type: text/plain; name=a.txt\nContent-Disposition: inline\n\nx", vec![]),
            ("Content-Type: application/pgp-signature\n\nx", vec![]),
            ("Content-Type: message/delivery-status\n\nx", vec![]),
            ("Content-Type: image/png\n\n\n", vec![]),
            (
                "Content-Type: application/pgp-signature\nContent-Disposition: attachment\n\nx",
                one("application/pgp-signature"),
            ),
        ] {
            let message = parse(parts("mixed", &[TEXT, part]).as_bytes(), &Place::default());
            let files = message.attachments.iter().map(|file| {
                let all = [file.content_type.as_deref(), file.name.as_deref()];
                all.into_iter().flatten().collect::<Vec<_>>().join(" ")
            });
            assert_eq!(files.collect::<Vec<_>>(), found, "{part}");
            assert_eq!(message.has_attachments, Some(!found.is_empty()), "{part}");
        }
    }

    #[test]
    fn parts_around_a_part_decide() {
        let pdf = "Content-Type: application/pdf\n\nx";
        let html = |link: &str| format!("Content-Type: text/html\n\n<img src={link}>");
        let image = "Content-Type: image/png\nContent-ID: <a@b>\nContent-Location: x/y.png\n\nx";
        let count = |raw: String| parse(raw.as_bytes(), &Place::default()).attachments.len();
        for (raw, expected) in [
            (parts("mixed", &[TEXT, pdf]), 1),
            (parts("alternative", &[TEXT, pdf]), 0),
            (parts("signed", &[TEXT, pdf]), 0),
            (parts("report", &[TEXT, pdf]), 0),
            (parts("encrypted", &[pdf, pdf]), 0),
            (parts("digest", &["\nSubject: x\n\ny", "\nSubject: z\n\ny"]), 2),
            (parts("related", &[TEXT, image]), 1),
            (parts("related", &[&html("\"cid:a@b\""), image]), 0),
            (parts("related", &[&html("CID:a%40b"), image]), 0),
            (parts("related", &[&html("'x/y.png'"), image]), 0),
            (parts("related", &[&html("cid:c@d"), image]), 1),
            ("Content-Type: application/pdf\n\nx".to_owned(), 1),
            ("Content-Type: text/calendar\n\nx".to_owned(), 0),
            ("Content-Type: application/pkcs7-mime\n\nx".to_owned(), 0),
        ] {
            assert_eq!(count(raw.clone()), expected, "{raw}");
        }
    }
}
