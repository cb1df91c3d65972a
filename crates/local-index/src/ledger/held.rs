//! The keys under which messages are held.
//!
//! What a file holds lies under the number of the file, the id and the place in the file; who holds an
//! id, under the id and the number. The form of an id says where it ends, so that none is the beginning
//! of another.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use postern_query::Place;

/// Number of a file; files are numbered in the order in which they were found.
pub type FileNumber = u32;

/// Bytes of a number.
const NUMBER: usize = size_of::<FileNumber>();

/// Stands before mailbox and folder in a place.
const HOME: char = '\0';

/// Begins the form of an id of 32 hex digits: the 16 bytes that they spell.
const DIGEST: u8 = 0;
/// Begins the form of any other id: its length in two bytes, and itself.
const TEXT: u8 = 1;

/// The form of an id in keys.
pub(crate) fn id_form(id: &str) -> Vec<u8> {
    if let Some(digest) = digest(id.as_bytes()) {
        return [&[DIGEST][..], &digest].concat();
    }
    let length = u16::try_from(id.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[TEXT][..], &length, id.as_bytes()].concat()
}

/// The 16 bytes that 32 hex digits in lower case spell.
fn digest(id: &[u8]) -> Option<[u8; 16]> {
    let mut digest = [0; 16];
    let (pairs, rest) = id.as_chunks::<2>();
    if pairs.len() != digest.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = hex(*high)? << 4 | hex(*low)?;
    }
    Some(digest)
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The key of a message of a file.
pub(crate) fn held(number: FileNumber, form: &[u8], place: &str) -> Vec<u8> {
    [&number.to_be_bytes()[..], form, place.as_bytes()].concat()
}

/// The place of a message as keys have it: with mailbox and folder where these have to be kept.
pub(crate) fn with_home<'p>(place: &'p str, home: Option<[&str; 2]>) -> Cow<'p, str> {
    match home {
        // A place may hold anything, and must read back.
        None if !place.contains(HOME) => Cow::Borrowed(place),
        home => {
            let [mailbox, folder] = home.unwrap_or_default().map(|name| name.replace(HOME, " "));
            Cow::Owned(format!("{place}{HOME}{mailbox}{HOME}{folder}"))
        }
    }
}

/// The place that keys have, and mailbox and folder.
pub(crate) fn split_home(text: &str) -> (&str, Option<Place>) {
    let mut parts = text.rsplitn(3, HOME);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(folder), Some(mailbox), Some(place)) => {
            let home = Place { mailbox: mailbox.to_owned(), folder: folder.to_owned() };
            (place, (home != Place::default()).then_some(home))
        }
        _ => (text, None),
    }
}

/// The key of a file that holds an id.
pub(crate) fn holder(form: &[u8], number: FileNumber) -> Vec<u8> {
    [form, &number.to_be_bytes()].concat()
}

/// The keys of all files that hold an id.
pub(crate) fn holders(form: &[u8]) -> RangeInclusive<Vec<u8>> {
    holder(form, FileNumber::MIN)..=holder(form, FileNumber::MAX)
}

/// The number in the key of a holder.
pub(crate) fn number_of(holder: &[u8]) -> FileNumber {
    holder.last_chunk().map_or(0, |number| FileNumber::from_be_bytes(*number))
}

/// Number, form of the id and place in the key of a message.
pub(crate) fn parts(held: &[u8]) -> Option<(FileNumber, &[u8], &str)> {
    let (number, rest) = held.split_first_chunk::<NUMBER>()?;
    let length = match *rest.first()? {
        DIGEST => 1 + 16,
        _ => 3 + usize::from(u16::from_be_bytes(*rest.get(1..)?.first_chunk()?)),
    };
    let (form, place) = rest.split_at_checked(length)?;
    Some((FileNumber::from_be_bytes(*number), form, std::str::from_utf8(place).ok()?))
}

/// The id of that form.
pub(crate) fn id_of(form: &[u8]) -> String {
    match form.split_first() {
        Some((&DIGEST, digest)) => {
            let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
            digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
        }
        _ => String::from_utf8_lossy(form.get(3..).unwrap_or_default()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back() {
        let home = |mailbox: &str, folder: &str| {
            Some(Place { mailbox: mailbox.to_owned(), folder: folder.to_owned() })
        };
        for (place, names, expected) in [
            ("a!1", None, None),
            ("", Some(["ann", "Sent"]), home("ann", "Sent")),
            ("a!1", Some(["ann", ""]), home("ann", "")),
            ("a\0b\0c", None, None),
            ("a\0b", Some(["a\0", "b"]), home("a ", "b")),
        ] {
            assert_eq!(split_home(&with_home(place, names)), (place, expected), "{place:?}");
        }
    }

    #[test]
    fn keys_read_back() {
        let digest = "00ff17a90123456789abcdef01234567";
        for id in
            [digest, &digest.to_uppercase(), digest.trim_end_matches('7'), "x", &"é".repeat(512)]
        {
            let form = id_form(id);
            assert_eq!(id_of(&form), id);
            let key = held(7, &form, "a!1");
            assert_eq!(parts(&key), Some((7, form.as_slice(), "a!1")));
            assert_eq!(number_of(&holder(&form, 9)), 9);
            assert!(holders(&form).contains(&holder(&form, u32::MAX)));
        }
        assert!(!holders(&id_form("a")).contains(&holder(&id_form("ab"), 1)));
        for damaged in [&b""[..], b"\0\0\0\x01", b"\0\0\0\x01\0x", b"\0\0\0\x01\x01\0\x05ab"] {
            assert_eq!(parts(damaged), None);
        }
    }
}
