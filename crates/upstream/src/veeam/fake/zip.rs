//! A ZIP of saved items, stored as they are.

use super::mail::BackedUp;

/// The items as files named by their subjects, the last one first: their order says nothing.
pub(super) fn of(items: &[&BackedUp]) -> Vec<u8> {
    let (mut files, mut list) = (Vec::new(), Vec::new());
    for (number, item) in items.iter().rev().enumerate() {
        let name = format!("{} ({number}).msg", item.subject.replace('/', "_"));
        let at = long(files.len());
        let entry = entry(&name, &item.msg);
        files.extend([b"PK\x03\x04", entry.as_slice(), name.as_bytes(), &item.msg].concat());
        // Made by version 2.0; no comment, the first disk, no attributes.
        let tail = [[0; 10].as_slice(), &at].concat();
        list.extend([b"PK\x01\x02\x14\0", entry.as_slice(), &tail, name.as_bytes()].concat());
    }
    let count = short(items.len());
    let end = [[0; 4].as_slice(), &count, &count, &long(list.len()), &long(files.len()), &[0; 2]];
    [files, list, b"PK\x05\x06".to_vec(), end.concat()].concat()
}

/// What a local header and the directory have in common, from the version on.
fn entry(name: &str, bytes: &[u8]) -> Vec<u8> {
    let size = long(bytes.len());
    let head = [20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0x58];
    [&head, long_of(checksum(bytes)).as_slice(), &size, &size, &short(name.len()), &[0, 0]].concat()
}

fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

fn long(size: usize) -> [u8; 4] {
    long_of(u32::try_from(size).unwrap_or(u32::MAX))
}

fn long_of(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

fn short(size: usize) -> [u8; 2] {
    u16::try_from(size).unwrap_or(u16::MAX).to_le_bytes()
}
