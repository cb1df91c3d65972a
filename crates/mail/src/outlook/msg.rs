//! `.msg` files: compound files with a storage for each item, recipient and attachment (MS-OXMSG).

use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};

use cfb::CompoundFile;

use super::properties::{Properties, Value};
use super::{File, MAX_DEPTH, OutlookItem};
use crate::contents::MAX_BYTES;

/// Every compound file begins with it.
const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The properties of fixed length of a storage.
const FIXED: &str = "__properties_version1.0";
/// What is known of properties with names.
const NAMES: &str = "/__nameid_version1.0";
/// Every other property has a stream named so, with its number and type.
const STREAM: &str = "__substg1.0_";
/// Bytes that the file spends on the name of a stream or storage.
const ENTRY_BYTES: u64 = 128;
/// The content of an attachment.
const CONTENT: u16 = 0x3701;

/// Whether the compound file is an item of Outlook; many other programs write such files.
pub(crate) fn is_item(raw: &[u8]) -> bool {
    open(raw).is_some()
}

/// The item of the file.
pub(super) fn read(raw: &[u8]) -> Option<OutlookItem> {
    // No more is read than the file can hold, however often its streams share their bytes.
    let left = 2 * raw.len() as u64;
    let mut storages = Storages { file: open(raw)?, left, keywords: None };
    storages.keywords = storages.keywords();
    Some(storages.item(Path::new("/"), 0))
}

/// The properties of the outermost item, without those of its recipients and attachments.
pub(super) fn properties(raw: &[u8]) -> Option<Properties> {
    let mut storages = Storages { file: open(raw)?, left: 2 * raw.len() as u64, keywords: None };
    let children = storages.children(Path::new("/"));
    Some(storages.properties(&children, 32))
}

/// Whether the file is an item that can be read to the end of each of its streams.
pub(super) fn is_whole(raw: &[u8]) -> bool {
    let Some(mut file) = open(raw) else { return false };
    let streams: Vec<_> = file.walk().filter(cfb::Entry::is_stream).collect();
    let total = streams.iter().fold(0_u64, |total, one| total.saturating_add(one.len()));
    // Streams that shared their bytes could be read for ever.
    total <= raw.len() as u64
        && streams.iter().all(|one| {
            let read =
                file.open_stream(one.path()).and_then(|mut it| io::copy(&mut it, &mut io::sink()));
            read.is_ok_and(|read| read == one.len())
        })
}

fn open(raw: &[u8]) -> Option<CompoundFile<Cursor<&[u8]>>> {
    let file = raw.starts_with(MAGIC).then(|| CompoundFile::open(Cursor::new(raw)).ok())??;
    file.is_stream(Path::new("/").join(FIXED)).then_some(file)
}

/// The storages of a file.
struct Storages<'r> {
    file: CompoundFile<Cursor<&'r [u8]>>,
    /// Bytes that may still be read.
    left: u64,
    /// The number that the categories have in this file.
    keywords: Option<u16>,
}

/// A child of a storage.
struct Child {
    name: String,
    path: PathBuf,
    length: u64,
    is_stream: bool,
}

impl Storages<'_> {
    fn keywords(&mut self) -> Option<u16> {
        let children = self.children(Path::new(NAMES));
        let mut content = |stream: &str| {
            let child = children.iter().find(|child| child.name == stream)?;
            Some(self.content(child))
        };
        super::keywords(&content("__substg1.0_00030102")?, &content("__substg1.0_00040102")?)
    }

    fn item(&mut self, storage: &Path, depth: u8) -> OutlookItem {
        let children = self.children(storage);
        // The items in others are written with a shorter head than the outermost one.
        let properties = self.properties(&children, if depth == 0 { 32 } else { 24 });
        let code_page = properties.code_page();
        let mut item = OutlookItem { properties, ..OutlookItem::default() };
        for child in children.iter().filter(|child| !child.is_stream) {
            if child.name.starts_with("__recip_version1.0_") {
                let children = self.children(&child.path);
                let mut recipient = self.properties(&children, 8);
                recipient.set_code_page(code_page);
                item.recipients.push(recipient);
            } else if child.name.starts_with("__attach_version1.0_") {
                item.attachments.push(self.attachment(&child.path, code_page, depth));
            }
        }
        item
    }

    fn attachment(&mut self, storage: &Path, code_page: u16, depth: u8) -> File {
        let children = self.children(storage);
        let mut properties = self.properties(&children, 8);
        properties.set_code_page(code_page);
        let content = children.iter().find(|child| number_and_type(child).0 == CONTENT);
        let inner = content.filter(|content| !content.is_stream && depth < MAX_DEPTH);
        let inner = inner.filter(|content| self.file.is_stream(content.path.join(FIXED)));
        let stream = content.filter(|content| content.is_stream);
        let is_short = |stream: &&Child| stream.length <= MAX_BYTES as u64;
        File {
            properties,
            size: stream.map(|content| content.length),
            content: stream.filter(is_short).map(|content| self.content(content)),
            item: inner.map(|inner| Box::new(self.item(&inner.path, depth + 1))),
        }
    }

    fn children(&mut self, storage: &Path) -> Vec<Child> {
        let Ok(entries) = self.file.read_storage(storage) else { return Vec::new() };
        let child = |entry: cfb::Entry| Child {
            name: entry.name().to_owned(),
            path: entry.path().to_path_buf(),
            length: entry.len(),
            is_stream: entry.is_stream(),
        };
        // Nor is any child looked at time and again.
        let room = usize::try_from(self.left / ENTRY_BYTES).unwrap_or(usize::MAX);
        let children: Vec<_> = entries.take(room).map(child).collect();
        self.left = self.left.saturating_sub(children.len() as u64 * ENTRY_BYTES);
        children
    }

    fn properties(&mut self, children: &[Child], head: usize) -> Properties {
        let mut properties = Properties::default();
        for child in children.iter().filter(|child| child.is_stream) {
            if child.name == FIXED {
                let bytes = self.content(child);
                fixed(bytes.get(head..).unwrap_or_default(), &mut properties);
            } else if let (number, Some(kind)) = number_and_type(child)
                && number != CONTENT
            {
                let bytes = self.content(child);
                if let Some(value) = variable(kind, bytes) {
                    properties.insert(number, value);
                }
            } else if let (number, Some(kind)) = (number_and_type(child).0, kind_of_many(child))
                && self.keywords == Some(number)
            {
                let bytes = self.content(child);
                variable(kind, bytes).into_iter().for_each(|text| properties.add_category(text));
            }
        }
        properties
    }

    /// The bytes of a stream, as far as they can be read.
    fn content(&mut self, child: &Child) -> Vec<u8> {
        let mut bytes = Vec::new();
        if child.length <= self.left
            && let Ok(stream) = self.file.open_stream(&child.path)
        {
            // What breaks off is kept as far as it goes.
            stream.take(child.length).read_to_end(&mut bytes).unwrap_or_default();
            self.left -= child.length;
        }
        bytes
    }
}

/// The number and the type in the name of a stream or storage.
fn number_and_type(child: &Child) -> (u16, Option<u16>) {
    let digits = child.name.strip_prefix(STREAM).unwrap_or_default();
    let half = |range| digits.get(range).and_then(|half| u16::from_str_radix(half, 16).ok());
    // Longer names belong to properties with many values.
    let kind = half(4..8).filter(|_| digits.len() == 8);
    (half(0..4).unwrap_or_default(), kind)
}

/// The type of each value, where a stream holds one of the texts of a property (`…8003101F-00000000`).
fn kind_of_many(child: &Child) -> Option<u16> {
    let digits = child.name.strip_prefix(STREAM)?;
    match (digits.get(4..8)?, digits.get(8..9)?) {
        ("101E", "-") => Some(0x001e),
        ("101F", "-") => Some(0x001f),
        _ => None,
    }
}

/// Entries of 16 bytes: type, number, flags, value.
fn fixed(bytes: &[u8], properties: &mut Properties) {
    for entry in bytes.chunks_exact(16) {
        let two = |at: usize| entry.get(at..at + 2).and_then(|two| two.try_into().ok());
        let (Some(kind), Some(number)) = (two(0).map(u16::from_le_bytes), two(2)) else { continue };
        let value: [u8; 8] =
            entry.get(8..).and_then(|value| value.try_into().ok()).unwrap_or_default();
        if let Some(value) = Value::fixed(kind, value) {
            properties.insert(u16::from_le_bytes(number), value);
        }
    }
}

fn variable(kind: u16, bytes: Vec<u8>) -> Option<Value> {
    match kind {
        0x001e => Some(Value::Narrow(bytes)),
        0x001f => Some(Value::wide(&bytes)),
        0x0102 => Some(Value::Bytes(bytes)),
        _ => None,
    }
}

impl Value {
    /// The value of a property of fixed length, from its bytes.
    pub(super) fn fixed(kind: u16, bytes: [u8; 8]) -> Option<Self> {
        let whole = i64::from_le_bytes(bytes);
        let [a, b, c, d, ..] = bytes;
        Some(match kind {
            0x0002 => Self::Number(i16::from_le_bytes([a, b]).into()),
            0x0003 => Self::Number(i32::from_le_bytes([a, b, c, d]).into()),
            0x000b => Self::Number(i64::from(a != 0)),
            0x0014 => Self::Number(whole),
            0x0040 => Self::Time(whole),
            _ => return None,
        })
    }

    /// Text in UTF-16, as everything of Windows writes it.
    pub(super) fn wide(bytes: &[u8]) -> Self {
        let text = encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0;
        Self::Text(text.trim_end_matches('\0').to_owned())
    }
}
