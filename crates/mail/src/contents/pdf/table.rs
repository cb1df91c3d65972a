//! A file whose table of objects is missing or wrong gets a new one, as viewers make it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use memchr::memmem;

/// Bytes that the head of an object, `12 0 `, takes at most.
const HEAD: usize = 32;
/// Numbers of objects end here (ISO 32000-1, annex C).
const MAX_NUMBER: u32 = 8_388_607;
/// Bytes of one value of the trailer.
const MAX_VALUE: usize = 4 << 10;

/// Places of objects by their numbers; of two with one number the later one, as edits are appended.
type Objects = BTreeMap<u32, (usize, u32)>;

/// The file with a table of what lies in it, which is the one that counts, as it is the last.
pub(super) fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let objects = objects(bytes);
    let root = value_of(bytes, b"/Root").or_else(|| catalog(bytes, &objects))?;
    let mut trailer = [b"/Root ".as_slice(), &root].concat();
    for name in [b"/Encrypt".as_slice(), b"/ID", b"/Info"] {
        if let Some(value) = value_of(bytes, name) {
            trailer.extend([name, b" ", &value].concat());
        }
    }
    let size = objects.last_key_value().map_or(0, |(number, _)| number + 1);
    let start = bytes.len() + 1;
    let (table, size) = (table(&objects), format!("trailer\n<</Size {size} "));
    let end = format!(">>\nstartxref\n{start}\n%%EOF\n");
    Some([bytes, b"\n", table.as_bytes(), size.as_bytes(), &trailer, end.as_bytes()].concat())
}

/// The objects between streams, whose bytes may look like any.
fn objects(bytes: &[u8]) -> Objects {
    let (mut objects, mut is_stream) = (Objects::new(), false);
    let mut streams = memmem::find_iter(bytes, b"stream").peekable();
    for place in memmem::find_iter(bytes, b"obj") {
        while let Some(mark) = streams.next_if(|mark| *mark < place) {
            let before = bytes.get(..mark).unwrap_or_default();
            let is_begin = matches!(bytes.get(mark + 6), Some(b'\r' | b'\n'));
            is_stream = !before.ends_with(b"end") && (is_stream || is_begin);
        }
        let head = bytes.get(..place).and_then(head);
        if let Some((number, generation, start)) = head.filter(|_| !is_stream) {
            objects.insert(number, (start, generation));
        }
    }
    objects
}

/// The number and generation of an object before the word `obj`, and where they begin.
fn head(before: &[u8]) -> Option<(u32, u32, usize)> {
    let tail = before.get(before.len().saturating_sub(HEAD)..)?;
    let (tail_left, generation) = last_number(tail)?;
    let (tail_left, number) = last_number(tail_left)?;
    let start = before.len() - tail.len() + tail_left.len();
    (number <= MAX_NUMBER && generation <= 65_535).then_some((number, generation, start))
}

/// The number that the text ends with before white space, and what comes before it.
fn last_number(text: &[u8]) -> Option<(&[u8], u32)> {
    let trimmed = text.trim_ascii_end();
    let start = trimmed.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    let (rest, digits) = trimmed.split_at_checked(start)?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (trimmed.len() < text.len()).then_some((rest, number))
}

/// Sections of numbers that follow each other (7.5.4).
fn table(objects: &Objects) -> String {
    let mut table = "xref\n0 1\n0000000000 65535 f \n".to_owned();
    let all: Vec<_> = objects.iter().filter(|(number, _)| **number > 0).collect();
    for run in all.chunk_by(|one, next| *one.0 + 1 == *next.0) {
        let first = run.first().map_or(0, |(number, _)| **number);
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{first} {}", run.len());
        for (_, (place, generation)) in run {
            let _ = writeln!(table, "{place:010} {generation:05} n ");
        }
    }
    table
}

/// The last value of that name which is no plain number or name; those that tell what is encrypted and where
/// the document begins lie outside of packed streams.
fn value_of(bytes: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let values = memmem::rfind_iter(bytes, name).map(|at| bytes.get(at + name.len()..));
    values.take(1_000).find_map(|rest| value(rest?.trim_ascii_start()).map(<[u8]>::to_vec))
}

/// A reference, a list or a dictionary at the beginning.
fn value(text: &[u8]) -> Option<&[u8]> {
    let text = text.get(..MAX_VALUE).unwrap_or(text);
    if text.first()?.is_ascii_digit() {
        let end = memchr::memchr(b'R', text.get(..HEAD).unwrap_or(text))?;
        let (_, rest) = last_number(text.get(..end)?)?;
        return (rest < 65_536).then(|| text.get(..=end)).flatten();
    }
    let (mut depth, mut words, mut is_escaped) = (0_usize, 0_usize, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if words > 0 => is_escaped = true,
            b'(' => words += 1,
            b')' => words = words.checked_sub(1)?,
            b'[' | b'<' if words == 0 => depth += 1,
            b']' | b'>' if words == 0 => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then(|| text.get(..=at)).flatten();
        }
    }
    None
}

/// A reference to the object that says it is the catalog.
fn catalog(bytes: &[u8], objects: &Objects) -> Option<Vec<u8>> {
    let mark = memmem::rfind(bytes, b"/Catalog")?;
    let before = objects.iter().filter(|(_, (place, _))| *place < mark);
    let (number, (_, generation)) = before.max_by_key(|(_, (place, _))| *place)?;
    Some(format!("{number} {generation} R").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_by_their_heads() {
        for (file, expected) in [
            ("1 0 obj <<>> endobj\n12 3 obj", vec![(1, (0, 0)), (12, (20, 3))]),
            ("1 0 obj 1 endobj 1 0 obj 2", vec![(1, (17, 0))]),
            ("%PDF-1.4\r5\n0\tobj", vec![(5, (9, 0))]),
            // What lies in a stream is none, and what only looks like a stream is none.
            ("1 0 obj stream\n2 0 obj endstream 3 0 obj", vec![(1, (0, 0)), (3, (33, 0))]),
            ("1 0 obj /streams 2 0 obj", vec![(1, (0, 0)), (2, (17, 0))]),
            ("0 obj endobj 9999999 0 obj 1 99999 obj", vec![]),
        ] {
            let found: Vec<_> = objects(file.as_bytes()).into_iter().collect();
            assert_eq!(found, expected, "{file}");
        }
    }

    #[test]
    fn values_of_a_trailer() {
        for (text, expected) in [
            ("/Root 1 0 R /Size 3", Some("1 0 R")),
            ("/Root 1 0 R /Root  22  1 R>>", Some("22  1 R")),
            ("/Root[(a]\\)) <00>]/Size", Some("[(a]\\)) <00>]")),
            ("/Root<</V 1/O(>)>>/ID", Some("<</V 1/O(>)>>")),
            ("/Root 7", None),
            ("/Root /Name", None),
            ("/Root <<<", None),
            ("/Root", None),
        ] {
            let found = value_of(text.as_bytes(), b"/Root");
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn a_table_behind_the_file() {
        let file = "1 0 obj<</Type/Catalog>>endobj 3 0 obj 2 endobj";
        let expected = "\nxref\n0 1\n0000000000 65535 f \n1 1\n0000000000 00000 n \n\
            3 1\n0000000031 00000 n \ntrailer\n<</Size 4 /Root 1 0 R>>\nstartxref\n48\n%%EOF\n";
        let mended = String::from_utf8(mended(file.as_bytes()).unwrap()).unwrap();
        assert_eq!(mended, format!("{file}{expected}"));
        assert_eq!(super::mended(b"%PDF-1.4 1 0 obj 2 endobj"), None, "there is no root");
    }
}
