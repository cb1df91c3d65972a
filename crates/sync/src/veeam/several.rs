//! Several messages in one ZIP, and which is which.
//!
//! Names and order of the files are the server's affair. A message is told by its subject, its sender and
//! its times; two that cannot be told apart are left out.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};

use bytes::Bytes;
use jiff::Timestamp;
use postern_archive::ToFetch;
use postern_mail::{Outline, outline};
use zip::ZipArchive;

use super::listed::Listed;

/// Bytes that the files of a ZIP may have in all; what is longer is fetched singly. Several ZIPs are unpacked at
/// the same time.
const MOST_BYTES: u64 = 64 << 20;

/// A file of the ZIP.
struct Saved {
    outline: Outline,
    bytes: Vec<u8>,
}

/// What a ZIP has.
pub(super) struct Packed {
    /// Its name, with folders or without.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The messages of a ZIP, in the order of the items; nothing for an item that none of them surely is.
pub(super) async fn matched(zip: Bytes, items: &[ToFetch]) -> Vec<Option<Vec<u8>>> {
    let (items, count) = (items.to_vec(), items.len());
    let work = tokio::task::spawn_blocking(move || {
        let files = unpacked(&zip, items.len(), MOST_BYTES);
        drop(zip);
        // One that was cut off is not whole.
        let saved =
            |file: Packed| Some(Saved { outline: outline(&file.bytes)?, bytes: file.bytes });
        assigned(files.into_iter().filter_map(saved).collect(), &items)
    });
    work.await.unwrap_or_else(|_| vec![None; count])
}

/// The first files of a ZIP, `most` of them at most. What they unpack to ends after `left` bytes in all, whatever
/// the ZIP says of their sizes.
pub(super) fn unpacked(zip: &[u8], most: usize, mut left: u64) -> Vec<Packed> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(zip)) else { return Vec::new() };
    let mut files = Vec::new();
    for at in 0..archive.len().min(most) {
        let Ok(file) = archive.by_index(at) else { continue };
        let name = file.name().map(Cow::into_owned).unwrap_or_default();
        let mut bytes = Vec::new();
        let whole = file.take(left).read_to_end(&mut bytes);
        left = left.saturating_sub(bytes.len() as u64);
        if whole.is_ok() {
            files.push(Packed { name, bytes });
        }
    }
    files
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
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

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
            newest: None,
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

    /// A ZIP of these files, and where the size of the first one stands in its local header and in the directory.
    fn zipped(files: &[Vec<u8>]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (at, bytes) in files.iter().enumerate() {
            zip.start_file(format!("{at}.msg"), SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn lengths(zip: &[u8], most: usize, left: u64) -> Vec<usize> {
        unpacked(zip, most, left).iter().map(|file| file.bytes.len()).collect()
    }

    /// However little a ZIP weighs, no more comes out of it than is allowed for all of its files.
    #[test]
    fn a_zip_bomb_unpacks_to_no_more_than_is_allowed() {
        let bomb = zipped(&vec![vec![0; 1 << 20]; 8]);
        assert!(bomb.len() < 1 << 16, "it is a bomb");
        for (most, left, expected) in [
            (8, 3 << 20, vec![1 << 20, 1 << 20, 1 << 20, 0, 0, 0, 0, 0]),
            (8, (1 << 20) + 5, vec![1 << 20, 5, 0, 0, 0, 0, 0, 0]),
            (2, 64 << 20, vec![1 << 20, 1 << 20]),
            (8, 0, vec![0; 8]),
        ] {
            assert_eq!(lengths(&bomb, most, left), expected, "{most} files, {left} bytes");
        }
    }

    /// A file that is longer or shorter than the ZIP says is not believed, and the others are read.
    #[test]
    fn a_zip_that_lies_about_sizes_brings_no_more_and_takes_nothing_along() {
        let honest = zipped(&[vec![b'a'; 1_000], vec![b'b'; 1_000]]);
        let size = 1_000_u32.to_le_bytes();
        let places: Vec<_> =
            (0..honest.len() - 3).filter(|at| honest[*at..at + 4] == size).collect();
        for said in [0_u32, 1, 999, 1_001, u32::MAX - 1] {
            let mut lying = honest.clone();
            for at in &places {
                lying[*at..at + 4].copy_from_slice(&said.to_le_bytes());
            }
            let read = unpacked(&lying, 2, 1_500);
            let all: usize = read.iter().map(|file| file.bytes.len()).sum();
            assert!(all <= 1_500, "{said}: {all} bytes");
        }
    }

    #[tokio::test]
    async fn what_is_no_zip_has_nothing_in_it() {
        for bytes in [&b""[..], b"PK\x03\x04", b"<html>"] {
            let items = [item("1", "offer", "Ann", 10)];
            assert_eq!(matched(Bytes::from_static(bytes), &items).await, [None]);
        }
    }
}
