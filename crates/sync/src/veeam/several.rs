//! Several messages in one ZIP, and which is which.
//!
//! Names and order of the files are the server's affair. A message is told by its subject, its sender and
//! its times; two that cannot be told apart are left out.

use std::io::{Cursor, Read as _};

use bytes::Bytes;
use jiff::Timestamp;
use postern_archive::ToFetch;
use postern_mail::{Outline, outline};
use zip::ZipArchive;

use super::listed::Listed;

/// Bytes that the files of a ZIP may have in all; what is longer is fetched singly.
const MOST_BYTES: u64 = 256 << 20;

/// A file of the ZIP.
struct Saved {
    outline: Outline,
    bytes: Vec<u8>,
}

/// The messages of a ZIP, in the order of the items; nothing for an item that none of them surely is.
pub(super) async fn matched(zip: Bytes, items: &[ToFetch]) -> Vec<Option<Vec<u8>>> {
    let (items, count) = (items.to_vec(), items.len());
    let work = tokio::task::spawn_blocking(move || {
        let saved = unpacked(&zip, items.len());
        drop(zip);
        assigned(saved, &items)
    });
    work.await.unwrap_or_else(|_| vec![None; count])
}

fn unpacked(zip: &Bytes, most: usize) -> Vec<Saved> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(zip)) else { return Vec::new() };
    let (mut left, mut saved) = (MOST_BYTES, Vec::new());
    for at in 0..archive.len().min(most) {
        let Ok(file) = archive.by_index(at) else { continue };
        let mut bytes = Vec::new();
        if file.take(left).read_to_end(&mut bytes).is_err() {
            continue;
        }
        left = left.saturating_sub(bytes.len() as u64);
        // One that was cut off is not whole.
        if let Some(outline) = outline(&bytes) {
            saved.push(Saved { outline, bytes });
        }
    }
    saved
}

fn assigned(saved: Vec<Saved>, items: &[ToFetch]) -> Vec<Option<Vec<u8>>> {
    let keys: Vec<_> = items.iter().map(Key::of).collect();
    let fits = |at: usize, one: &Saved| keys.get(at).is_some_and(|key| key.fits(&one.outline));
    let mut found = vec![None; items.len()];
    let mut is_taken = vec![false; saved.len()];
    let mut of = Vec::new();
    for at in 0..items.len() {
        let fitting: Vec<_> = (0..saved.len())
            .filter(|number| saved.get(*number).is_some_and(|one| fits(at, one)))
            .collect();
        let only = match fitting.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let rivals = |one: &Saved| (0..items.len()).filter(|other| fits(*other, one)).count();
        of.push(only.filter(|number| saved.get(*number).is_some_and(|one| rivals(one) == 1)));
    }
    let mut bytes: Vec<_> = saved.into_iter().map(|one| Some(one.bytes)).collect();
    for (place, number) in found.iter_mut().zip(of) {
        let Some(number) = number else { continue };
        let (Some(taken), Some(bytes)) = (is_taken.get_mut(number), bytes.get_mut(number)) else {
            continue;
        };
        if !std::mem::replace(taken, true) {
            *place = bytes.take();
        }
    }
    found
}

/// What is listed of an item.
struct Key {
    subject: String,
    from: Option<String>,
    sent: Option<Timestamp>,
    received: Option<Timestamp>,
}

impl Key {
    fn of(item: &ToFetch) -> Self {
        let listed = item.listed.as_deref().and_then(Listed::read).unwrap_or_default();
        Self {
            subject: folded(item.name.as_deref()),
            from: listed.from.map(|from| folded(Some(&from))).filter(|from| !from.is_empty()),
            sent: listed.sent,
            received: item.created,
        }
    }

    /// Whether the message may be the item. What one of both does not say is no contradiction.
    fn fits(&self, outline: &Outline) -> bool {
        self.subject == folded(outline.subject.as_deref())
            && is_same_second(self.sent, outline.sent)
            && is_same_second(self.received, outline.received)
            && self.from.as_deref().is_none_or(|from| is_by(from, outline))
    }
}

fn is_same_second(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    let second = |time: Timestamp| time.as_millisecond().div_euclid(1_000);
    one.zip(other).is_none_or(|(one, other)| second(one) == second(other))
}

/// Servers list a sender by name, by address, or by both.
fn is_by(from: &str, outline: &Outline) -> bool {
    let known = [outline.from_name.as_deref(), outline.from_address.as_deref()];
    let mut known = known.into_iter().flatten().map(|text| folded(Some(text))).peekable();
    known.peek().is_none() || known.any(|text| !text.is_empty() && from.contains(&text))
}

/// Text without regard to case and to how its words are spaced.
fn folded(text: Option<&str>) -> String {
    let words: Vec<_> = text.unwrap_or_default().split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn item(id: &str, subject: &str, from: &str, second: i64) -> ToFetch {
        let sent = Timestamp::from_second(second).unwrap();
        ToFetch {
            id: id.into(),
            fragment: None,
            path: "Inbox".into(),
            name: Some(subject.into()),
            created: at(second),
            listed: Some(format!(r#"{{"from":"{from}","sent":"{sent}","digest":""}}"#)),
            first: None,
        }
    }

    fn saved(bytes: &str, subject: &str, name: &str, second: i64) -> Saved {
        let outline = Outline {
            subject: Some(subject.into()),
            from_name: Some(name.into()),
            from_address: Some(format!("{name}@x.com").to_lowercase()),
            sent: at(second),
            received: at(second),
        };
        Saved { outline, bytes: bytes.into() }
    }

    fn told(saved: Vec<Saved>, items: &[ToFetch]) -> Vec<Option<String>> {
        let found = assigned(saved, items).into_iter();
        found.map(|one| one.map(|bytes| String::from_utf8(bytes).unwrap())).collect()
    }

    #[test]
    fn each_is_told_by_subject_sender_and_time() {
        let items = [
            item("1", "offer", "Ann", 10),
            item("2", "Offer ", "bob@x.com", 10),
            item("3", "offer", "Ann <ann@x.com>", 11),
        ];
        let files = vec![
            saved("c", "offer", "Ann", 11),
            saved("b", "offer", "Bob", 10),
            saved("a", "offer", "Ann", 10),
        ];
        assert_eq!(told(files, &items), ["a", "b", "c"].map(|one| Some(one.to_owned())));
    }

    #[test]
    fn what_cannot_be_told_apart_or_is_nobodys_is_left_out() {
        let twins = [item("1", "offer", "Ann", 10), item("2", "offer", "Ann", 10)];
        let both = || vec![saved("a", "offer", "Ann", 10), saved("b", "offer", "Ann", 10)];
        assert_eq!(told(both(), &twins), [None, None]);
        let one = vec![saved("a", "offer", "Ann", 10)];
        assert_eq!(told(one, &twins), [None, None], "it may be either");
        assert_eq!(told(both(), &twins[..1]), [None], "either may be it");
        let other = vec![saved("a", "offer", "Eve", 10), saved("b", "order", "Ann", 10)];
        assert_eq!(told(other, &twins[..1]), [None]);
    }

    #[tokio::test]
    async fn what_is_no_zip_has_nothing_in_it() {
        for bytes in [&b""[..], b"PK\x03\x04", b"<html>"] {
            let items = [item("1", "offer", "Ann", 10)];
            assert_eq!(matched(Bytes::from_static(bytes), &items).await, [None]);
        }
    }
}
