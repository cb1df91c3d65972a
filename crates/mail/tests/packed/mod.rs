//! Files in the format of XZ Utils, written by hand: what they hold is stored as it is.

#![allow(clippy::unwrap_used, reason = "it belongs to the tests")]

/// A file of one stream with one block.
pub(crate) fn xz(content: &[u8]) -> Vec<u8> {
    let mut block = vec![2, 0, 0x21, 1, 22, 0, 0, 0];
    // It has one filter, LZMA2, with 8 MiB of memory.
    block.extend(sum(&block));
    for (number, chunk) in content.chunks(1 << 16).enumerate() {
        let size = u16::try_from(chunk.len() - 1).unwrap().to_be_bytes();
        block.extend([&[if number == 0 { 1 } else { 2 }], &size[..], chunk].concat());
    }
    block.push(0);
    let unpadded = block.len() + 4;
    pad(&mut block);
    block.extend(sum(content));
    let mut index = vec![0, 1];
    number(&mut index, unpadded);
    number(&mut index, content.len());
    pad(&mut index);
    index.extend(sum(&index));
    // The check is a CRC-32; the index is told by its length in words, less one.
    let words = u32::try_from(index.len() / 4 - 1).unwrap().to_le_bytes();
    let tail = [&words[..], &[0, 1]].concat();
    let head = [b"\xfd7zXZ\0\0\x01".as_slice(), &sum(&[0, 1])].concat();
    [head, block, index, sum(&tail).to_vec(), tail, b"YZ".to_vec()].concat()
}

fn sum(bytes: &[u8]) -> [u8; 4] {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum().to_le_bytes()
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// A number in pieces of seven bits.
fn number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
}
