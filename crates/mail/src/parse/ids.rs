//! Ids of messages and what they tell of conversations (RFC 5322, 3.6.4).

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::{HeaderName, Message};
use postern_query::THREAD_INDEX;

use super::{date, headers, words};

/// `Message-ID` with its angle brackets, however it was written.
pub(crate) fn message_id(message: &Message<'_>) -> Option<String> {
    ids_of(message, &HeaderName::MessageId).into_iter().next()
}

/// What all messages of a conversation share: a digest of the first id of `References`, else of
/// `In-Reply-To`, else of the message's own. Some answers of Outlook have only a `Thread-Index`.
pub(crate) fn conversation_id(message: &Message<'_>) -> Option<String> {
    let first = |name| ids_of(message, name).into_iter().next();
    let answered = first(&HeaderName::References).or_else(|| first(&HeaderName::InReplyTo));
    let own = || first(&HeaderName::MessageId);
    let id = match answered.is_none().then(|| thread(message)).flatten() {
        Some(thread) if thread.is_answer => Some(thread.id),
        Some(thread) => own().or(Some(thread.id)),
        None => answered.or_else(own),
    };
    id.map(|id| super::id_of(id.as_bytes()))
}

/// The ids of `References` and `In-Reply-To`, each once. Without any, the `Thread-Index`: all messages of a
/// conversation share it.
pub(crate) fn references(message: &Message<'_>) -> Vec<String> {
    let names = [HeaderName::References, HeaderName::InReplyTo];
    let mut seen = HashSet::new();
    let all = names.iter().flat_map(|name| ids_of(message, name));
    let found: Vec<String> = all.filter(|id| seen.insert(id.clone())).collect();
    if found.is_empty() {
        thread(message).map(|thread| thread.id).into_iter().collect()
    } else {
        found
    }
}

fn ids_of(message: &Message<'_>, name: &HeaderName<'static>) -> Vec<String> {
    headers::text(message, name).map(|text| ids(&text)).unwrap_or_default()
}

/// The ids of a header. Where none stands between angle brackets, its words, if all of them can be ids.
fn ids(text: &str) -> Vec<String> {
    let text = match text.contains("=?") {
        true => Cow::Owned(words::decode(text.as_bytes())),
        false => Cow::Borrowed(text),
    };
    let found: Vec<String> = bracketed(&text).collect();
    if found.is_empty() { bare(&text) } else { found }
}

/// Every `<…>` in one pass. One with blanks inside is an id where it has an `@`: long ones were folded.
fn bracketed(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut start = None;
    let all = text.char_indices().filter_map(move |(at, c)| match c {
        '<' => {
            start = Some(at + 1);
            None
        }
        '>' => start.take().and_then(|start| text.get(start..at)),
        _ => None,
    });
    all.filter_map(|inner| {
        let is_id = inner.contains('@') || !inner.trim().contains(char::is_whitespace);
        let inner: String = inner.split_whitespace().collect();
        (is_id && !inner.is_empty()).then(|| format!("<{inner}>"))
    })
}

fn bare(text: &str) -> Vec<String> {
    let plain = date::without_comments(text);
    let marks = |c: char| "<>,;\"'".contains(c);
    let all =
        plain.split(|c: char| c.is_whitespace() || c == ',').map(|word| word.trim_matches(marks));
    let all: Vec<&str> = all.filter(|word| !word.is_empty()).collect();
    let are_ids =
        plain.split_whitespace().count() == 1 || all.iter().all(|word| word.contains('@'));
    all.into_iter().filter(|_| are_ids).map(|word| format!("<{word}>")).collect()
}

/// Bytes of a `Thread-Index` that all messages of a conversation share (MS-OXOMSG, 2.2.1.3). Each answer
/// adds some.
const SHARED: usize = 22;

struct Thread {
    id: String,
    is_answer: bool,
}

fn thread(message: &Message<'_>) -> Option<Thread> {
    let text = headers::text(message, &HeaderName::from("Thread-Index"))?;
    let letters: String = text.split_whitespace().collect();
    let bytes = base64_decode(letters.as_bytes())?;
    let shared: String = bytes.get(..SHARED)?.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Thread { id: format!("{THREAD_INDEX}{shared}>"), is_answer: bytes.len() > SHARED })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_query::Place;

    #[test]
    fn ids_of_headers() {
        for (text, expected) in [
            ("<a@b> <c@d>", "<a@b> <c@d>"),
            ("<a@b><c@d>", "<a@b> <c@d>"),
            ("your message of <monday morning> <c@d>", "<c@d>"),
            ("<<a@b><c@d>>", "<a@b> <c@d>"),
            ("< a@b >", "<a@b>"),
            ("<long-id @x.org>", "<long-id@x.org>"),
            ("<a@b> (a comment)", "<a@b>"),
            ("(a comment) <a@b>", "<a@b>"),
            ("a@b", "<a@b>"),
            ("a@b (a comment)", "<a@b>"),
            ("a@b c@d", "<a@b> <c@d>"),
            ("a@b,c@d", "<a@b> <c@d>"),
            ("\"a@b\"", "<a@b>"),
            ("<a@b", "<a@b>"),
            ("a@b>", "<a@b>"),
            ("4f7711aa90cc", "<4f7711aa90cc>"),
            ("=?us-ascii?q?=3Ca=40b=3E?=", "<a@b>"),
            ("=?utf-8?q?a=40b?=", "<a@b>"),
            ("Your message of Monday", ""),
            ("none <>", ""),
            ("", ""),
        ] {
            assert_eq!(ids(text).join(" "), expected, "{text}");
        }
    }

    /// A value of nothing but brackets took time by the square of its length.
    #[test]
    fn brackets_were_a_hang() {
        assert_eq!(bracketed(&"<".repeat(1_000_000)).count(), 0);
        assert_eq!(ids(&"<a ".repeat(300_000)).len(), 0);
        assert_eq!(ids(&"(".repeat(300_000)).len(), 0);
    }

    #[test]
    fn answers_with_a_thread_index_alone() {
        let read = |raw: &str| crate::parse(raw.as_bytes(), &Place::default());
        let index = |bytes: usize| {
            let letters = "AQHZAAECAwQFBgcICQoLDA0ODxAREg==";
            let more = "AQHZAAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
            format!("Thread-Index: {}\n", if bytes == 22 { letters } else { more })
        };
        let root = read(&format!("Message-ID: <root@x>\n{}\n", index(22)));
        let answer = read(&format!("Message-ID: <answer@x>\n{}\n", index(27)));
        let named = read(&format!("Message-ID: <b@x>\nIn-Reply-To: <root@x>\n{}\n", index(27)));
        let alone = read(&format!("{}\n", index(22)));
        assert_eq!(root.references, answer.references, "one conversation, by what both refer to");
        assert_eq!(root.conversation_id, Some(crate::id_of(b"<root@x>")));
        assert_eq!(answer.conversation_id, alone.conversation_id);
        assert_eq!(
            (named.references, named.conversation_id),
            (vec!["<root@x>".to_owned()], root.conversation_id)
        );
        assert_eq!(read("Thread-Index: AQHZ\n\n").conversation_id, None);
    }
}
