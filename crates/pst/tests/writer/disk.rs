//! Blocks, pages, trees and the head.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use postern_pst::Layout;

use super::{Cipher, Form};

/// The lists of blocks and nodes that the trees are made of at the end.
pub(super) struct Disk {
    pub(super) form: Form,
    out: Vec<u8>,
    blocks: Vec<(u64, u64, u16)>,
    nodes: Vec<[u64; 4]>,
    next: u64,
}

impl Disk {
    pub(super) fn new(form: Form) -> Self {
        Self { form, out: vec![0; 0x4400], blocks: Vec::new(), nodes: Vec::new(), next: 4 }
    }

    pub(super) fn word(&self, out: &mut Vec<u8>, value: u64) {
        match self.form.layout {
            Layout::Ansi => out.extend(u32::try_from(value).unwrap().to_le_bytes()),
            Layout::Unicode | Layout::Large => out.extend(value.to_le_bytes()),
        }
    }

    fn trailer(&self) -> usize {
        match self.form.layout {
            Layout::Ansi => 12,
            Layout::Unicode => 16,
            Layout::Large => 24,
        }
    }

    /// Bytes of the data of a full block.
    pub(super) fn room(&self) -> usize {
        match self.form.layout {
            Layout::Ansi | Layout::Unicode => 8192 - self.trailer(),
            // As many as fit into the two bytes that tell the length, and into a heap's places.
            Layout::Large => 65_536 - 512,
        }
    }

    pub(super) fn block(&mut self, data: &[u8], is_internal: bool) -> u64 {
        let id = self.next | if is_internal { 2 } else { 0 };
        self.next += 4;
        let mut bytes = data.to_vec();
        if !is_internal {
            encode(self.form.cipher, &mut bytes, id);
        }
        let inflated = u16::try_from(bytes.len()).unwrap();
        if self.form.deflate {
            let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
            deflated.write_all(&bytes).unwrap();
            let deflated = deflated.finish().unwrap();
            if deflated.len() < bytes.len() {
                bytes = deflated;
            }
        }
        let step = if self.form.layout == Layout::Large { 512 } else { 64 };
        self.align(step);
        let place = self.out.len() as u64;
        let length = u16::try_from(bytes.len()).unwrap();
        let sum = checksum(&bytes);
        let whole = (bytes.len() + self.trailer()).next_multiple_of(step);
        bytes.resize(whole - self.trailer(), 0);
        bytes.extend(length.to_le_bytes());
        bytes.extend(signature(place, id).to_le_bytes());
        if self.form.layout == Layout::Ansi {
            self.word(&mut bytes, id);
            bytes.extend(sum.to_le_bytes());
        } else {
            bytes.extend(sum.to_le_bytes());
            self.word(&mut bytes, id);
        }
        if self.form.layout == Layout::Large {
            bytes.extend([0, 0]);
            bytes.extend(inflated.to_le_bytes());
            bytes.extend([0; 4]);
        }
        assert_eq!(bytes.len(), whole);
        self.out.extend(bytes);
        self.blocks.push((id, place, length));
        id
    }

    fn align(&mut self, step: usize) {
        self.out.resize(self.out.len().next_multiple_of(step), 0);
    }

    /// Data of any length.
    pub(super) fn data(&mut self, bytes: &[u8]) -> u64 {
        if bytes.is_empty() {
            return 0;
        }
        let room = self.room();
        let pieces: Vec<_> = bytes.chunks(room).map(<[u8]>::to_vec).collect();
        self.pieces(&pieces)
    }

    /// Data in blocks as they are given.
    pub(super) fn pieces(&mut self, pieces: &[Vec<u8>]) -> u64 {
        let total: usize = pieces.iter().map(Vec::len).sum();
        let ids: Vec<_> = pieces.iter().map(|piece| self.block(piece, false)).collect();
        match ids.as_slice() {
            [] => 0,
            [one] => *one,
            // Lists are kept short, so that small files have lists of lists too.
            many if many.len() <= 500 => self.list(1, total, many),
            many => {
                let lists: Vec<_> = many
                    .chunks(500)
                    .map(|ids| self.list(1, ids.len() * self.room(), ids))
                    .collect();
                self.list(2, total, &lists)
            }
        }
    }

    fn list(&mut self, level: u8, total: usize, ids: &[u64]) -> u64 {
        let mut bytes = vec![1, level];
        bytes.extend(u16::try_from(ids.len()).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(total).unwrap().to_le_bytes());
        ids.iter().for_each(|id| self.word(&mut bytes, *id));
        self.block(&bytes, true)
    }

    /// The block that lists nodes inside of a node.
    pub(super) fn subnodes(&mut self, nodes: &mut [(u32, u64, u64)]) -> u64 {
        nodes.sort_unstable();
        match nodes.len() {
            0 => 0,
            1..=100 => self.leaf(nodes),
            _ => {
                let lists: Vec<_> =
                    nodes.chunks(100).map(|part| (part[0].0, self.leaf(part))).collect();
                let mut bytes = self.head(1, lists.len());
                for (first, list) in lists {
                    self.word(&mut bytes, first.into());
                    self.word(&mut bytes, list);
                }
                self.block(&bytes, true)
            }
        }
    }

    fn leaf(&mut self, nodes: &[(u32, u64, u64)]) -> u64 {
        let mut bytes = self.head(0, nodes.len());
        for (node, data, subnodes) in nodes {
            for word in [u64::from(*node), *data, *subnodes] {
                self.word(&mut bytes, word);
            }
        }
        self.block(&bytes, true)
    }

    fn head(&self, level: u8, count: usize) -> Vec<u8> {
        let mut bytes = vec![2, level];
        bytes.extend(u16::try_from(count).unwrap().to_le_bytes());
        if self.form.layout != Layout::Ansi {
            bytes.extend([0; 4]);
        }
        bytes
    }

    pub(super) fn node(&mut self, node: u32, data: u64, subnodes: u64, parent: u32) {
        self.nodes.push([node.into(), data, subnodes, parent.into()]);
    }

    /// Writes the trees and the head.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.nodes.sort_unstable();
        self.blocks.sort_unstable();
        let nodes: Vec<_> = self.nodes.clone().iter().map(|entry| self.node_entry(entry)).collect();
        let nodes = self.tree(0x81, nodes);
        let blocks: Vec<_> =
            self.blocks.clone().iter().map(|entry| self.block_entry(*entry)).collect();
        let blocks = self.tree(0x80, blocks);
        self.align(4096);
        self.write_head(nodes, blocks);
        self.out
    }

    fn node_entry(&self, [node, data, subnodes, parent]: &[u64; 4]) -> (u64, Vec<u8>) {
        let mut bytes = Vec::new();
        [node, data, subnodes].iter().for_each(|word| self.word(&mut bytes, **word));
        self.word(&mut bytes, *parent);
        (*node, bytes)
    }

    fn block_entry(&self, (id, place, length): (u64, u64, u16)) -> (u64, Vec<u8>) {
        let mut bytes = Vec::new();
        self.word(&mut bytes, id);
        self.word(&mut bytes, place);
        bytes.extend(length.to_le_bytes());
        bytes.extend(2_u16.to_le_bytes());
        if self.form.layout != Layout::Ansi {
            bytes.extend([0; 4]);
        }
        (id, bytes)
    }

    /// Pages up to the one that all hang on: its id and its place.
    fn tree(&mut self, kind: u8, entries: Vec<(u64, Vec<u8>)>) -> (u64, u64) {
        let mut level = 0;
        let mut entries = entries;
        loop {
            let width = entries[0].1.len();
            let most = self.page_room() / width;
            let mut above = Vec::new();
            let mut only = (0, 0);
            for part in entries.chunks(most) {
                only = self.page(kind, level, width, part);
                let mut entry = Vec::new();
                [part[0].0, only.0, only.1].iter().for_each(|word| self.word(&mut entry, *word));
                above.push((part[0].0, entry));
            }
            if above.len() == 1 {
                return only;
            }
            (entries, level) = (above, level + 1);
        }
    }

    const fn page_room(&self) -> usize {
        match self.form.layout {
            Layout::Ansi => 496,
            Layout::Unicode => 488,
            Layout::Large => 4056,
        }
    }

    fn page(
        &mut self,
        kind: u8,
        level: u8,
        width: usize,
        entries: &[(u64, Vec<u8>)],
    ) -> (u64, u64) {
        let id = self.next;
        self.next += 4;
        let mut bytes: Vec<u8> = entries.iter().flat_map(|(_, entry)| entry.clone()).collect();
        bytes.resize(self.page_room(), 0);
        let (count, most) = (entries.len(), self.page_room() / width);
        let large = self.form.layout == Layout::Large;
        for number in [count, most] {
            let number = u16::try_from(number).unwrap().to_le_bytes();
            bytes.extend(&number[..if large { 2 } else { 1 }]);
        }
        bytes.extend([u8::try_from(width).unwrap(), level]);
        bytes.resize(
            bytes.len()
                + match self.form.layout {
                    Layout::Ansi => 0,
                    Layout::Unicode => 4,
                    Layout::Large => 10,
                },
            0,
        );
        let sum = checksum(&bytes);
        self.align(if large { 4096 } else { 512 });
        let place = self.out.len() as u64;
        bytes.extend([kind, kind]);
        bytes.extend(signature(place, id).to_le_bytes());
        if self.form.layout == Layout::Ansi {
            self.word(&mut bytes, id);
            bytes.extend(sum.to_le_bytes());
        } else {
            bytes.extend(sum.to_le_bytes());
            self.word(&mut bytes, id);
        }
        if large {
            bytes.extend([0; 8]);
        }
        assert_eq!(bytes.len(), if large { 4096 } else { 512 });
        self.out.extend(bytes);
        (id, place)
    }

    fn write_head(&mut self, nodes: (u64, u64), blocks: (u64, u64)) {
        let unicode = self.form.layout != Layout::Ansi;
        let version: u16 = match self.form.layout {
            Layout::Ansi => 14,
            Layout::Unicode => 23,
            Layout::Large => 36,
        };
        let mut head = vec![0; if unicode { 564 } else { 512 }];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"!BDN");
        put(8, if self.form.is_ost { b"SO" } else { b"SM" });
        put(10, &version.to_le_bytes());
        put(12, &19_u16.to_le_bytes());
        put(14, &[1, 1]);
        let length = self.out.len() as u64;
        if unicode {
            put(184, &length.to_le_bytes());
            for (at, word) in [(216, nodes.0), (224, nodes.1), (232, blocks.0), (240, blocks.1)] {
                put(at, &word.to_le_bytes());
            }
            put(248, &[2]);
            put(512, &[0x80, self.cipher_number()]);
            put(516, &self.next.to_le_bytes());
            put(32, &self.next.to_le_bytes());
        } else {
            let short = |word: u64| u32::try_from(word).unwrap().to_le_bytes();
            put(168, &short(length));
            for (at, word) in [(184, nodes.0), (188, nodes.1), (192, blocks.0), (196, blocks.1)] {
                put(at, &short(word));
            }
            put(200, &[2]);
            put(460, &[0x80, self.cipher_number()]);
            put(24, &short(self.next));
            put(28, &short(self.next));
        }
        let partial = checksum(&head[8..8 + 471]);
        head[4..8].copy_from_slice(&partial.to_le_bytes());
        if unicode {
            let full = checksum(&head[8..8 + 516]);
            head[524..528].copy_from_slice(&full.to_le_bytes());
        }
        self.out[..head.len()].copy_from_slice(&head);
    }

    const fn cipher_number(&self) -> u8 {
        match self.form.cipher {
            Cipher::None => 0,
            Cipher::Permute => 1,
            Cipher::Cyclic => 2,
        }
    }
}

/// MS-PST, 5.5.
fn signature(place: u64, id: u64) -> u16 {
    let mixed = u32::try_from((place ^ id) & 0xffff_ffff).unwrap();
    u16::try_from((mixed >> 16) ^ (mixed & 0xffff)).unwrap()
}

/// MS-PST, 5.3, bit by bit.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

fn encode(cipher: Cipher, data: &mut [u8], id: u64) {
    match cipher {
        Cipher::None => {}
        Cipher::Permute => data.iter_mut().for_each(|byte| *byte = FIRST[usize::from(*byte)]),
        Cipher::Cyclic => {
            let id = u32::try_from(id & 0xffff_ffff).unwrap();
            let mut key = u16::try_from((id ^ (id >> 16)) & 0xffff).unwrap();
            for byte in data {
                let (low, high) = (key.to_le_bytes()[0], key.to_le_bytes()[1]);
                let mut value = FIRST[usize::from(byte.wrapping_add(low))].wrapping_add(high);
                value = SECOND[usize::from(value)].wrapping_sub(high);
                let value = FIRST.iter().position(|one| *one == value).unwrap();
                *byte = u8::try_from(value).unwrap().wrapping_sub(low);
                key = key.wrapping_add(1);
            }
        }
    }
}

/// The first 256 bytes of `mpbbCrypt`.
#[rustfmt::skip]
const FIRST: [u8; 256] = [
    0x41, 0x36, 0x13, 0x62, 0xa8, 0x21, 0x6e, 0xbb, 0xf4, 0x16, 0xcc, 0x04, 0x7f, 0x64, 0xe8, 0x5d,
    0x1e, 0xf2, 0xcb, 0x2a, 0x74, 0xc5, 0x5e, 0x35, 0xd2, 0x95, 0x47, 0x9e, 0x96, 0x2d, 0x9a, 0x88,
    0x4c, 0x7d, 0x84, 0x3f, 0xdb, 0xac, 0x31, 0xb6, 0x48, 0x5f, 0xf6, 0xc4, 0xd8, 0x39, 0x8b, 0xe7,
    0x23, 0x3b, 0x38, 0x8e, 0xc8, 0xc1, 0xdf, 0x25, 0xb1, 0x20, 0xa5, 0x46, 0x60, 0x4e, 0x9c, 0xfb,
    0xaa, 0xd3, 0x56, 0x51, 0x45, 0x7c, 0x55, 0x00, 0x07, 0xc9, 0x2b, 0x9d, 0x85, 0x9b, 0x09, 0xa0,
    0x8f, 0xad, 0xb3, 0x0f, 0x63, 0xab, 0x89, 0x4b, 0xd7, 0xa7, 0x15, 0x5a, 0x71, 0x66, 0x42, 0xbf,
    0x26, 0x4a, 0x6b, 0x98, 0xfa, 0xea, 0x77, 0x53, 0xb2, 0x70, 0x05, 0x2c, 0xfd, 0x59, 0x3a, 0x86,
    0x7e, 0xce, 0x06, 0xeb, 0x82, 0x78, 0x57, 0xc7, 0x8d, 0x43, 0xaf, 0xb4, 0x1c, 0xd4, 0x5b, 0xcd,
    0xe2, 0xe9, 0x27, 0x4f, 0xc3, 0x08, 0x72, 0x80, 0xcf, 0xb0, 0xef, 0xf5, 0x28, 0x6d, 0xbe, 0x30,
    0x4d, 0x34, 0x92, 0xd5, 0x0e, 0x3c, 0x22, 0x32, 0xe5, 0xe4, 0xf9, 0x9f, 0xc2, 0xd1, 0x0a, 0x81,
    0x12, 0xe1, 0xee, 0x91, 0x83, 0x76, 0xe3, 0x97, 0xe6, 0x61, 0x8a, 0x17, 0x79, 0xa4, 0xb7, 0xdc,
    0x90, 0x7a, 0x5c, 0x8c, 0x02, 0xa6, 0xca, 0x69, 0xde, 0x50, 0x1a, 0x11, 0x93, 0xb9, 0x52, 0x87,
    0x58, 0xfc, 0xed, 0x1d, 0x37, 0x49, 0x1b, 0x6a, 0xe0, 0x29, 0x33, 0x99, 0xbd, 0x6c, 0xd9, 0x94,
    0xf3, 0x40, 0x54, 0x6f, 0xf0, 0xc6, 0x73, 0xb8, 0xd6, 0x3e, 0x65, 0x18, 0x44, 0x1f, 0xdd, 0x67,
    0x10, 0xf1, 0x0c, 0x19, 0xec, 0xae, 0x03, 0xa1, 0x14, 0x7b, 0xa9, 0x0b, 0xff, 0xf8, 0xa3, 0xc0,
    0xa2, 0x01, 0xf7, 0x2e, 0xbc, 0x24, 0x68, 0x75, 0x0d, 0xfe, 0xba, 0x2f, 0xb5, 0xd0, 0xda, 0x3d,
];

/// The second 256 bytes of `mpbbCrypt`.
#[rustfmt::skip]
const SECOND: [u8; 256] = [
    0x14, 0x53, 0x0f, 0x56, 0xb3, 0xc8, 0x7a, 0x9c, 0xeb, 0x65, 0x48, 0x17, 0x16, 0x15, 0x9f, 0x02,
    0xcc, 0x54, 0x7c, 0x83, 0x00, 0x0d, 0x0c, 0x0b, 0xa2, 0x62, 0xa8, 0x76, 0xdb, 0xd9, 0xed, 0xc7,
    0xc5, 0xa4, 0xdc, 0xac, 0x85, 0x74, 0xd6, 0xd0, 0xa7, 0x9b, 0xae, 0x9a, 0x96, 0x71, 0x66, 0xc3,
    0x63, 0x99, 0xb8, 0xdd, 0x73, 0x92, 0x8e, 0x84, 0x7d, 0xa5, 0x5e, 0xd1, 0x5d, 0x93, 0xb1, 0x57,
    0x51, 0x50, 0x80, 0x89, 0x52, 0x94, 0x4f, 0x4e, 0x0a, 0x6b, 0xbc, 0x8d, 0x7f, 0x6e, 0x47, 0x46,
    0x41, 0x40, 0x44, 0x01, 0x11, 0xcb, 0x03, 0x3f, 0xf7, 0xf4, 0xe1, 0xa9, 0x8f, 0x3c, 0x3a, 0xf9,
    0xfb, 0xf0, 0x19, 0x30, 0x82, 0x09, 0x2e, 0xc9, 0x9d, 0xa0, 0x86, 0x49, 0xee, 0x6f, 0x4d, 0x6d,
    0xc4, 0x2d, 0x81, 0x34, 0x25, 0x87, 0x1b, 0x88, 0xaa, 0xfc, 0x06, 0xa1, 0x12, 0x38, 0xfd, 0x4c,
    0x42, 0x72, 0x64, 0x13, 0x37, 0x24, 0x6a, 0x75, 0x77, 0x43, 0xff, 0xe6, 0xb4, 0x4b, 0x36, 0x5c,
    0xe4, 0xd8, 0x35, 0x3d, 0x45, 0xb9, 0x2c, 0xec, 0xb7, 0x31, 0x2b, 0x29, 0x07, 0x68, 0xa3, 0x0e,
    0x69, 0x7b, 0x18, 0x9e, 0x21, 0x39, 0xbe, 0x28, 0x1a, 0x5b, 0x78, 0xf5, 0x23, 0xca, 0x2a, 0xb0,
    0xaf, 0x3e, 0xfe, 0x04, 0x8c, 0xe7, 0xe5, 0x98, 0x32, 0x95, 0xd3, 0xf6, 0x4a, 0xe8, 0xa6, 0xea,
    0xe9, 0xf3, 0xd5, 0x2f, 0x70, 0x20, 0xf2, 0x1f, 0x05, 0x67, 0xad, 0x55, 0x10, 0xce, 0xcd, 0xe3,
    0x27, 0x3b, 0xda, 0xba, 0xd7, 0xc2, 0x26, 0xd4, 0x91, 0x1d, 0xd2, 0x1c, 0x22, 0x33, 0xf8, 0xfa,
    0xf1, 0x5a, 0xef, 0xcf, 0x90, 0xb6, 0x8b, 0xb5, 0xbd, 0xc0, 0xbf, 0x08, 0x97, 0x1e, 0x6c, 0xe2,
    0x61, 0xe0, 0xc6, 0xc1, 0x59, 0xab, 0xbb, 0x58, 0xde, 0x5f, 0xdf, 0x60, 0x79, 0x7e, 0xb2, 0x8a,
];
