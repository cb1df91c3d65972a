//! Heaps, and properties in them.

use postern_pst::{Layout, Property, Value};

use super::disk::Disk;

/// Bytes of the longest value in a heap.
pub(super) const LONGEST: usize = 3580;

/// A heap, page by page; each page is what was allocated on it.
pub(super) struct Heap {
    layout: Layout,
    room: usize,
    pages: Vec<Vec<Vec<u8>>>,
    used: usize,
}

impl Heap {
    pub(super) fn new(disk: &Disk) -> Self {
        // Heaps have small pages in every form, so that they are of several pages now and then.
        Self {
            layout: disk.form.layout,
            room: disk.room().min(8176),
            pages: vec![Vec::new()],
            used: 12 + 6,
        }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> u32 {
        assert!(bytes.len() <= LONGEST);
        if self.used + bytes.len() + 2 > self.room {
            self.pages.push(Vec::new());
            self.used = if Self::has_bitmap(self.pages.len() - 1) { 66 + 6 } else { 2 + 6 };
        }
        let page = self.pages.last_mut().unwrap();
        page.push(bytes.to_vec());
        self.used += bytes.len() + 2;
        let (number, block) = (page.len(), self.pages.len() - 1);
        let shift = if self.layout == Layout::Large { 19 } else { 16 };
        u32::try_from((block << shift) | (number << 5)).unwrap()
    }

    const fn has_bitmap(page: usize) -> bool {
        page >= 8 && (page - 8).is_multiple_of(128)
    }

    /// The pages as they are written.
    pub(super) fn pages(self, client: u8, root: u32) -> Vec<Vec<u8>> {
        let mut pages = Vec::new();
        for (number, values) in self.pages.iter().enumerate() {
            let mut bytes = vec![0, 0];
            if number == 0 {
                bytes.extend([0xec, client]);
                bytes.extend(root.to_le_bytes());
                bytes.extend([0; 4]);
            } else if Self::has_bitmap(number) {
                bytes.extend([0; 64]);
            }
            let mut places = vec![u16::try_from(bytes.len()).unwrap()];
            for value in values {
                bytes.extend(value);
                places.push(u16::try_from(bytes.len()).unwrap());
            }
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            let map = u16::try_from(bytes.len()).unwrap();
            bytes[..2].copy_from_slice(&map.to_le_bytes());
            bytes.extend(u16::try_from(values.len()).unwrap().to_le_bytes());
            // Values without bytes are told to be free by some writers, and not by others (MS-PST, 2.3.1.5).
            bytes.extend([0, 0]);
            places.iter().for_each(|place| bytes.extend(place.to_le_bytes()));
            pages.push(bytes);
        }
        pages
    }

    /// A tree: its records have keys of that length, and are in order.
    pub(super) fn tree(&mut self, key: u8, entry: u8, records: &[Vec<u8>]) -> u32 {
        let width = usize::from(key) + usize::from(entry);
        let mut level = 0;
        let mut ids = self.branches(
            usize::from(key),
            &records.chunks(LONGEST / width).map(<[_]>::to_vec).collect::<Vec<_>>(),
        );
        while ids.len() > 1 {
            let above: Vec<_> =
                ids.iter().map(|(key, id)| [&key[..], &id.to_le_bytes()].concat()).collect();
            let parts: Vec<_> =
                above.chunks(LONGEST / (usize::from(key) + 4)).map(<[_]>::to_vec).collect();
            ids = self.branches(usize::from(key), &parts);
            level += 1;
        }
        let root = ids.first().map_or(0, |(_, id)| *id);
        let mut head = vec![0xb5, key, entry, level];
        head.extend(root.to_le_bytes());
        self.put(&head)
    }

    fn branches(&mut self, key: usize, parts: &[Vec<Vec<u8>>]) -> Vec<(Vec<u8>, u32)> {
        parts.iter().map(|part| (part[0][..key].to_vec(), self.put(&part.concat()))).collect()
    }
}

/// What a node is made of: the block of its data, and the nodes inside of it.
pub(super) struct Node {
    pub(super) data: u64,
    pub(super) inner: Vec<(u32, u64, u64)>,
}

/// The type of a value, and its bytes.
pub(super) fn coded(value: &Value) -> (u16, Vec<u8>) {
    match value {
        Value::Integer(number) => match i32::try_from(*number) {
            Ok(number) => (0x0003, number.to_le_bytes().to_vec()),
            Err(_) => (0x0014, number.to_le_bytes().to_vec()),
        },
        Value::Float(number) => (0x0005, number.to_le_bytes().to_vec()),
        Value::Flag(flag) => (0x000b, vec![u8::from(*flag)]),
        Value::Time(time) => (0x0040, time.to_le_bytes().to_vec()),
        Value::Text(text) => (0x001f, text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Value::Narrow(text) => (0x001e, text.clone()),
        Value::Bytes(bytes) => (0x0102, bytes.clone()),
        Value::Guid(guid) => (0x0048, guid.to_vec()),
        Value::Object { node, length } => {
            (0x000d, [node.to_le_bytes(), length.to_le_bytes()].concat())
        }
        Value::Many(values) => many(values),
        Value::TooLong(_) | Value::Lost(_) | Value::Unknown(_) => {
            unreachable!("such values are only read")
        }
    }
}

fn many(values: &[Value]) -> (u16, Vec<u8>) {
    let coded: Vec<_> = values.iter().map(coded).collect();
    let kind = coded.first().map_or(0x0003, |(kind, _)| *kind);
    if !matches!(kind, 0x001e | 0x001f | 0x0102) {
        return (0x1000 | kind, coded.into_iter().flat_map(|(_, bytes)| bytes).collect());
    }
    let mut bytes = u32::try_from(coded.len()).unwrap().to_le_bytes().to_vec();
    let mut place = 4 + 4 * coded.len();
    for (_, value) in &coded {
        bytes.extend(u32::try_from(place).unwrap().to_le_bytes());
        place += value.len();
    }
    bytes.extend(coded.into_iter().flat_map(|(_, value)| value));
    (0x1000 | kind, bytes)
}

/// Puts a value where it belongs: into the heap, or into a node of its own.
pub(super) fn slot(
    disk: &mut Disk,
    heap: &mut Heap,
    inner: &mut Vec<(u32, u64, u64)>,
    kind: u16,
    bytes: &[u8],
) -> u32 {
    match kind {
        0x0003 | 0x000b => {
            let mut four = [0; 4];
            four[..bytes.len()].copy_from_slice(bytes);
            u32::from_le_bytes(four)
        }
        _ if bytes.is_empty() => 0,
        _ if bytes.len() <= LONGEST => heap.put(bytes),
        _ => {
            // The kind of such nodes is 0x1f.
            let node = 0x3f + 0x20 * u32::try_from(inner.len()).unwrap();
            inner.push((node, disk.data(bytes), 0));
            node
        }
    }
}

pub(super) fn properties(
    disk: &mut Disk,
    properties: &[Property],
    inner: Vec<(u32, u64, u64)>,
) -> Node {
    let (mut heap, mut inner) = (Heap::new(disk), inner);
    let mut records = Vec::new();
    let mut sorted: Vec<_> = properties.iter().collect();
    sorted.sort_by_key(|property| property.number);
    for property in sorted {
        let (kind, bytes) = coded(&property.value);
        let slot = slot(disk, &mut heap, &mut inner, kind, &bytes);
        records.push(
            [&property.number.to_le_bytes()[..], &kind.to_le_bytes(), &slot.to_le_bytes()].concat(),
        );
    }
    let root = heap.tree(2, 6, &records);
    let data = disk.pieces(&heap.pages(0xbc, root));
    Node { data, inner }
}
