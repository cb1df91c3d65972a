//! Office files of before 2007, written by hand: as little of them as a reader needs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "it belongs to the tests, each of which needs some of it"
)]

use std::io::{Cursor, Write as _};

/// A compound file with these streams.
pub(crate) fn compound<B: AsRef<[u8]>>(streams: &[(&str, B)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        file.create_stream(name).unwrap().write_all(bytes.as_ref()).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// Letters of two bytes.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

// ---- Word (MS-DOC) ----

/// What there is to say of a Word document.
#[derive(Clone, Copy)]
pub(crate) struct Word {
    /// The version of the format: 193 is Word 97, 104 is Word 95.
    pub(crate) version: u16,
    /// Whether it was saved in haste, is encrypted, and has its table in the second place.
    pub(crate) flags: u16,
}

pub(crate) const WORD_97: Word = Word { version: 193, flags: 0x0200 };

/// A document of pieces of letters, each of one byte (Windows-1252) or of two.
pub(crate) fn doc(word: Word, pieces: &[&[u8]], is_wide: &[bool]) -> Vec<u8> {
    let mut stream = vec![0; 0x1aa];
    let (mut places, mut at, mut descriptors) = (vec![0_u32], 0, Vec::new());
    // They lie in the file in another order than in the text.
    for (bytes, is_wide) in pieces.iter().zip(is_wide).rev() {
        let start = u32::try_from(stream.len()).unwrap();
        let place = if *is_wide || word.version < 193 { start } else { 0x4000_0000 | (start * 2) };
        descriptors.push(place);
        stream.extend(*bytes);
    }
    descriptors.reverse();
    for (bytes, is_wide) in pieces.iter().zip(is_wide) {
        at += u32::try_from(bytes.len()).unwrap() / if *is_wide { 2 } else { 1 };
        places.push(at);
    }
    let mut list: Vec<u8> = places.iter().flat_map(|place| place.to_le_bytes()).collect();
    list.extend(
        descriptors.iter().flat_map(|place| [&[0, 0], &place.to_le_bytes()[..], &[0, 0]].concat()),
    );
    // A change of format stands before it.
    let mut table = vec![1, 2, 0, 7, 7, 2];
    table.extend(u32::try_from(list.len()).unwrap().to_le_bytes());
    table.extend(list);
    stream[0..2].copy_from_slice(&0xa5ec_u16.to_le_bytes());
    stream[2..4].copy_from_slice(&word.version.to_le_bytes());
    stream[0x0a..0x0c].copy_from_slice(&word.flags.to_le_bytes());
    let put = |stream: &mut Vec<u8>, at: usize, number: usize| {
        stream[at..at + 4].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
    };
    if word.version >= 193 {
        put(&mut stream, 0x1a6, table.len());
        return compound(&[("/WordDocument", stream), ("/1Table", table)]);
    }
    let end = stream.len();
    put(&mut stream, 0x18, 0x1aa);
    put(&mut stream, 0x1c, end);
    put(&mut stream, 0x160, end);
    put(&mut stream, 0x164, table.len());
    stream.extend(table);
    compound(&[("/WordDocument", stream)])
}

/// A document of Word 97 with one text.
pub(crate) fn simple_doc(text: &str) -> Vec<u8> {
    doc(WORD_97, &[&wide(text)], &[true])
}

// ---- PowerPoint (MS-PPT) ----

/// A record that holds records.
pub(crate) fn container(kind: u16, instance: u16, records: &[Vec<u8>]) -> Vec<u8> {
    record(instance << 4 | 0xf, kind, &records.concat())
}

/// A record with these bytes.
pub(crate) fn atom(kind: u16, bytes: &[u8]) -> Vec<u8> {
    record(0, kind, bytes)
}

fn record(head: u16, kind: u16, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    [&head.to_le_bytes()[..], &kind.to_le_bytes(), &length, bytes].concat()
}

/// A presentation of edits, each of objects with their numbers; a later edit takes the place of a former one.
pub(crate) fn ppt(edits: &[&[(u32, Vec<u8>)]]) -> Vec<u8> {
    let (mut stream, mut last) = (Vec::new(), 0_u32);
    for objects in edits {
        let mut list = Vec::new();
        for (number, object) in *objects {
            list.extend((number | 1 << 20).to_le_bytes());
            list.extend(u32::try_from(stream.len()).unwrap().to_le_bytes());
            stream.extend(object);
        }
        let place = u32::try_from(stream.len()).unwrap();
        stream.extend(atom(0x1772, &list));
        let edit = [0, 3, last, place, 1, 9, 0].map(u32::to_le_bytes).concat();
        last = u32::try_from(stream.len()).unwrap();
        stream.extend(atom(0x0ff5, &edit));
    }
    let user = atom(0x0ff6, &[0x14, 0xe391_c05f, last].map(u32::to_le_bytes).concat());
    compound(&[("/Current User", user), ("/PowerPoint Document", stream)])
}

/// A slide with a text in a box.
pub(crate) fn slide(text: &str) -> Vec<u8> {
    let text = container(0xf00d, 0, &[atom(0x0fa0, &wide(text))]);
    container(0x03ee, 0, &[container(0x040c, 0, &[container(0xf004, 0, &[text])])])
}

/// A presentation of one slide.
pub(crate) fn simple_ppt(text: &str) -> Vec<u8> {
    ppt(&[&[(1, slide(text))]])
}
