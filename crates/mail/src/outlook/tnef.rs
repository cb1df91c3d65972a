//! TNEF, the transport form of items: attributes one after the other (MS-OXTNEF).

use super::properties::{Properties, Value};
use super::{File, MAX_DEPTH, OutlookItem, names};

const MAGIC: &[u8] = b"\x78\x9f\x3e\x22";

const SUBJECT: u16 = 0x0037;
const BODY: u16 = 0x1000;
const CONTENT: u16 = 0x3701;
const SHORT_NAME: u16 = 0x3704;

/// Recipients and properties that are read of one set.
const MOST: u32 = 100_000;

/// The item that the bytes hold; what breaks off is kept as far as it goes.
pub(super) fn read(raw: &[u8]) -> Option<OutlookItem> {
    read_within(raw, 0)
}

fn read_within(raw: &[u8], depth: u8) -> Option<OutlookItem> {
    let mut attributes = Bytes(raw.strip_prefix(MAGIC)?);
    attributes.take(2)?;
    let mut item = OutlookItem::default();
    // Reads until the bytes end, wherever that is.
    while attribute(&mut attributes, &mut item, depth).is_some() {}
    for recipient in &mut item.recipients {
        recipient.set_code_page(item.properties.code_page());
    }
    for file in &mut item.attachments {
        file.properties.set_code_page(item.properties.code_page());
    }
    Some(item)
}

/// Level, id, length, content, check sum.
fn attribute(bytes: &mut Bytes<'_>, item: &mut OutlookItem, depth: u8) -> Option<()> {
    bytes.take(1)?;
    let id = bytes.u32()?;
    let length = bytes.u32()?;
    let content = bytes.take(length)?;
    bytes.take(2)?;
    match id {
        // The code page comes first.
        0x0006_9007 => item.properties.set_code_page(Bytes(content).u16()?),
        0x0001_8004 => item.properties.insert(SUBJECT, Value::Narrow(content.to_vec())),
        0x0002_800c => item.properties.insert(BODY, Value::Narrow(content.to_vec())),
        0x0006_9003 => drop(properties(&mut Bytes(content), &mut item.properties, depth)),
        0x0006_9004 => recipients(&mut Bytes(content), item),
        0x0006_9002 => item.attachments.push(File::default()),
        0x0001_8010 => {
            let name = Value::Narrow(content.to_vec());
            item.attachments.last_mut()?.properties.insert(SHORT_NAME, name);
        }
        0x0006_800f => {
            let file = item.attachments.last_mut()?;
            file.size = Some(content.len() as u64);
            file.content = Some(content.to_vec());
        }
        0x0006_9005 => {
            let file = item.attachments.last_mut()?;
            let inner = properties(&mut Bytes(content), &mut file.properties, depth);
            file.item = file.item.take().or(inner);
        }
        _ => {}
    }
    Some(())
}

fn recipients(bytes: &mut Bytes<'_>, item: &mut OutlookItem) {
    let rows = bytes.u32().unwrap_or_default().min(MOST);
    for _ in 0..rows {
        if bytes.0.is_empty() {
            return;
        }
        let mut recipient = Properties::default();
        properties(bytes, &mut recipient, MAX_DEPTH);
        item.recipients.push(recipient);
    }
}

/// A number of properties; the item in them, which is the content of an attachment.
fn properties(bytes: &mut Bytes<'_>, into: &mut Properties, depth: u8) -> Option<Box<OutlookItem>> {
    let mut inner = None;
    let count = bytes.u32().unwrap_or_default().min(MOST);
    for _ in 0..count {
        let Some((number, value)) = property(bytes) else { break };
        match value {
            Found::Value(value) => into.insert(number, value),
            Found::Categories(texts) => texts.into_iter().for_each(|one| into.add_category(one)),
            Found::Object(content) if number == CONTENT && depth < MAX_DEPTH => {
                inner = read_within(content, depth + 1).map(Box::new);
            }
            Found::Object(_) | Found::Nothing => {}
        }
    }
    inner
}

enum Found<'b> {
    Value(Value),
    /// An object behind its identifier.
    Object(&'b [u8]),
    Categories(Vec<Value>),
    Nothing,
}

fn property<'b>(bytes: &mut Bytes<'b>) -> Option<(u16, Found<'b>)> {
    const MANY: u16 = 0x1000;
    let kind = bytes.u16()?;
    let number = bytes.u16()?;
    let is_keywords = number >= 0x8000 && is_keywords(bytes)?;
    let is_variable = matches!(kind & !MANY, 0x000d | 0x001e | 0x001f | 0x0102);
    let count = if is_variable || kind & MANY != 0 { bytes.u32()?.min(MOST) } else { 1 };
    let (mut last, mut texts) = (Found::Nothing, Vec::new());
    for _ in 0..count {
        let one =
            if is_variable { variable(kind & !MANY, bytes)? } else { fixed(kind & !MANY, bytes)? };
        match one {
            Found::Value(text) if is_keywords => texts.push(text),
            other => last = other,
        }
    }
    let is_single = kind & MANY == 0 && !is_keywords;
    Some((number, if is_single { last } else { Found::Categories(texts) }))
}

/// Passes the name of a property, which is a set, and a number or a text in it: whether it is that of
/// the categories.
fn is_keywords(bytes: &mut Bytes<'_>) -> Option<bool> {
    let set = bytes.take(16)?;
    Some(match bytes.u32()? {
        0 => bytes.take(4).map(|_| false)?,
        _ => names::is_keywords(bytes.padded()?) && set == names::PUBLIC_STRINGS,
    })
}

fn variable<'b>(kind: u16, bytes: &mut Bytes<'b>) -> Option<Found<'b>> {
    let content = bytes.padded()?;
    Some(match kind {
        0x001e => Found::Value(Value::Narrow(content.to_vec())),
        0x001f => Found::Value(Value::wide(content)),
        0x000d => Found::Object(content.get(16..).unwrap_or_default()),
        _ => Found::Value(Value::Bytes(content.to_vec())),
    })
}

fn fixed<'b>(kind: u16, bytes: &mut Bytes<'b>) -> Option<Found<'b>> {
    let length = match kind {
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => 8,
        0x0048 => 16,
        _ => 4,
    };
    let content = bytes.take(length)?;
    let mut value = [0; 8];
    value.iter_mut().zip(content).for_each(|(to, from)| *to = *from);
    Some(Value::fixed(kind, value).map_or(Found::Nothing, Found::Value))
}

/// Bytes that are read from their start.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, length: u32) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A length and as many bytes, filled up to four.
    fn padded(&mut self) -> Option<&'b [u8]> {
        let length = self.u32()?;
        let taken = self.take(length)?;
        // The last one may lack its filling.
        let filling = (4 - length % 4) % 4;
        self.take(filling.min(u32::try_from(self.0.len()).ok()?))?;
        Some(taken)
    }
}
