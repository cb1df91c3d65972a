//! What kind of item a message is, whether it is signed or encrypted, and the marks of mail programs.

use mail_parser::{HeaderName, Message, MessagePart};

use super::{body, headers};

/// `meeting`, `note`, `task`, `contact`, `report` or `email`.
pub(crate) fn kind(message: &Message<'_>) -> &'static str {
    let has_part = |name: &str| types(message).any(|kind| kind == name);
    match declared_kind(message) {
        Some(kind) => kind,
        None if has_part("text/calendar") => "meeting",
        None if has_part("multipart/report") => "report",
        None => "email",
    }
}

/// What Exchange writes of items that are no messages, and Apple of its notes.
fn declared_kind(message: &Message<'_>) -> Option<&'static str> {
    let class = header(message, "Content-Class").to_ascii_lowercase();
    Some(match class.rsplit(':').next().unwrap_or_default() {
        "calendarmessage" | "appointment" => "meeting",
        "task" => "task",
        "contact" | "person" => "contact",
        "note" => "note",
        "dsn" | "mdn" | "reportmessage" => "report",
        _ if header(message, "X-Uniform-Type-Identifier") == "com.apple.mail-note" => "note",
        _ => return None,
    })
}

/// A signature around the message, in it, or beside it.
pub(crate) fn is_signed(message: &Message<'_>, body: &str) -> bool {
    let is_signed = |part: &MessagePart<'_>| match body::declared_type(part).as_deref() {
        Some(
            "multipart/signed"
            | "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature",
        ) => true,
        Some("application/pkcs7-mime" | "application/x-pkcs7-mime") => {
            smime_type(message, part).as_deref() == Some("signed-data")
                || holds_signed(message, part)
        }
        Some(kind) => kind == "application/octet-stream" && holds_signed(message, part),
        None => false,
    };
    message.parts.iter().any(is_signed) || has_armour(body, "SIGNED MESSAGE")
}

/// Content that only its readers can read. S/MIME that does not say what it is, is that.
pub(crate) fn is_encrypted(message: &Message<'_>, body: &str) -> bool {
    let is_encrypted = |part: &MessagePart<'_>| match body::declared_type(part).as_deref() {
        Some("multipart/encrypted" | "application/pgp-encrypted") => true,
        Some("application/pkcs7-mime" | "application/x-pkcs7-mime") => {
            matches!(
                smime_type(message, part).as_deref(),
                None | Some("enveloped-data" | "authenveloped-data")
            ) && !holds_signed(message, part)
        }
        Some(_) | None => false,
    };
    message.parts.iter().any(is_encrypted) || has_armour(body, "MESSAGE")
}

/// A line `-----BEGIN PGP …-----`, not a quoted one.
fn has_armour(body: &str, what: &str) -> bool {
    const BEGIN: &str = "-----BEGIN PGP ";
    // A search for the whole mark is many times as fast as looking at every line.
    body.match_indices(BEGIN).any(|(at, _)| {
        let (before, line) = body.split_at_checked(at).unwrap_or_default();
        let line = line.lines().next().unwrap_or_default().trim_end();
        let inner = line.strip_prefix(BEGIN).and_then(|line| line.strip_suffix("-----"));
        inner == Some(what) && (before.is_empty() || before.ends_with('\n'))
    })
}

/// What is in it counts for more than what it says.
fn holds_signed(message: &Message<'_>, part: &MessagePart<'_>) -> bool {
    body::signed_content(part, &body::content_type(part), message.raw_message()).is_some()
}

fn smime_type(message: &Message<'_>, part: &MessagePart<'_>) -> Option<String> {
    let kind = body::parameter(part, "smime-type", message.raw_message())?;
    Some(kind.to_ascii_lowercase())
}

fn types(message: &Message<'_>) -> impl Iterator<Item = String> {
    message.parts.iter().filter_map(body::declared_type)
}

/// Flagged in a mailbox file, or by Outlook; without a mark it is not known.
pub(crate) fn is_flagged(message: &Message<'_>) -> Option<bool> {
    let is_marked = header(message, "X-Status").contains('F');
    (is_marked || !header(message, "X-Message-Flag").is_empty()).then_some(true)
}

/// Answered in a mailbox file; without a mark it is not known.
pub(crate) fn is_replied(message: &Message<'_>) -> Option<bool> {
    header(message, "X-Status").contains('A').then_some(true)
}

/// A draft in a mailbox file, where `D` is for deleted ones, or of Outlook.
pub(crate) fn is_draft(message: &Message<'_>) -> Option<bool> {
    let is_marked = header(message, "X-Status").contains('T');
    (is_marked || header(message, "X-Unsent") == "1").then_some(true)
}

fn header(message: &Message<'_>, name: &'static str) -> String {
    headers::text(message, &HeaderName::from(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use postern_query::Place;

    #[test]
    fn kinds() {
        for (head, kind) in [
            ("", "email"),
            ("Content-Class: urn:content-classes:message", "email"),
            ("content-class: urn:content-classes:calendarmessage", "meeting"),
            ("Content-Class: urn:content-classes:task", "task"),
            ("Content-Class: urn:content-classes:person", "contact"),
            ("X-Uniform-Type-Identifier: com.apple.mail-note", "note"),
            ("Content-Type: text/calendar; method=REQUEST", "meeting"),
            ("Content-Type: multipart/report; boundary=b", "report"),
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: TEXT/Calendar\n\nx\n--b--",
                "meeting",
            ),
        ] {
            let message = parse(format!("A: 1\n{head}\n\nx").as_bytes(), &Place::default());
            assert_eq!(message.kind.as_deref(), Some(kind), "{head}");
        }
    }

    #[test]
    fn signatures_and_encryption() {
        for (text, is_signed, is_encrypted) in [
            ("Content-Type: text/plain\n\nx", false, false),
            ("Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--", true, false),
            ("Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nx", true, false),
            ("Content-Type: application/pkcs7-mime; smime-type=Enveloped-Data\n\nx", false, true),
            ("Content-Type: application/x-pkcs7-mime; name=smime.p7m\n\nx", false, true),
            ("Content-Type: application/pkcs7-mime; smime-type=certs-only\n\nx", false, false),
            ("Content-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--", false, true),
            ("A: 1\n\n-----BEGIN PGP SIGNED MESSAGE-----\nx", true, false),
            ("A: 1\n\nx\n-----BEGIN PGP MESSAGE-----\nx", false, true),
            ("A: 1\n\n> -----BEGIN PGP MESSAGE-----\nx", false, false),
        ] {
            let message = parse(text.as_bytes(), &Place::default());
            assert_eq!(
                (message.is_signed, message.is_encrypted),
                (Some(is_signed), Some(is_encrypted)),
                "{text}"
            );
        }
    }

    /// Signed-data with its lengths left open, and a text in two pieces.
    #[test]
    fn opaque_signatures_are_opened() {
        let inner = "MIAGCSqGSIb3DQEHAqCAMIACAQExADCABgkqhkiG9w0BBwGggCSABA1TdWJqZWN0OiB5CgpoBARlbGxvAAAAAAAAAAAAAAAA";
        for kind in [
            "application/pkcs7-mime; smime-type=signed-data",
            "application/x-pkcs7-mime; name=smime.p7m",
            "application/pkcs7-mime; smime-type=enveloped-data",
            "application/octet-stream; name=smime.p7m",
        ] {
            let head =
                format!("Subject: x\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n");
            let message = parse(format!("{head}{inner}\n").as_bytes(), &Place::default());
            assert_eq!(message.body.as_deref().map(str::trim), Some("hello"), "{kind}");
            let marks = (message.is_signed, message.is_encrypted, message.has_attachments);
            assert_eq!(marks, (Some(true), Some(false), Some(false)), "{kind}");
            assert_eq!(message.subject.as_deref(), Some("x"), "{kind}");
        }
    }

    #[test]
    fn marks_of_mail_programs() {
        let yes = Some(true);
        for (head, is_flagged, is_replied, is_draft) in [
            ("", None, None, None),
            ("X-Status: AF", yes, yes, None),
            ("X-Status: D", None, None, None),
            ("x-status: T", None, None, yes),
            ("X-Message-Flag: Follow up", yes, None, None),
            ("X-Unsent: 1", None, None, yes),
        ] {
            let message = parse(format!("A: 1\n{head}\n\nx").as_bytes(), &Place::default());
            let marks =
                (message.place().is_flagged, message.place().is_replied, message.place().is_draft);
            assert_eq!(marks, (is_flagged, is_replied, is_draft), "{head}");
        }
    }
}
