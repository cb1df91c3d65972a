//! Values of properties (MS-OXCDATA, 2.11.1; MS-PST, 2.3.3.4).

use crate::bytes::Bytes as _;
use crate::error::Fault;

/// A property.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its number, such as 0x0037 for the subject (MS-OXPROPS).
    pub number: u16,
    /// Its value.
    pub value: Value,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Whole numbers of 16, 32 and 64 bits, money in 1/10,000, and error codes.
    Integer(i64),
    /// Numbers with a point, and dates of OLE in days since 1899-12-30.
    Float(f64),
    /// Yes or no.
    Flag(bool),
    /// 100-nanosecond intervals since 1601, in UTC.
    Time(i64),
    /// Unicode text.
    Text(String),
    /// Text in a code page, which another property names.
    Narrow(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A GUID, as it stands there.
    Guid([u8; 16]),
    /// An object: the node that it is, inside of the node of the property.
    Object {
        /// The number of the node.
        node: u32,
        /// Its bytes, as the file says.
        length: u32,
    },
    /// Many values of one type.
    Many(Vec<Self>),
    /// More bytes than were asked for: so many.
    TooLong(u64),
    /// It cannot be read, for this reason.
    Lost(&'static str),
    /// Of a type that is not known, by its number.
    Unknown(u16),
}

/// Set in the type of a property that has many values.
const MANY: u16 = 0x1000;

/// Where the value of a property is.
pub(super) enum Slot {
    /// In the slot.
    Here(Value),
    /// It has no bytes.
    Nowhere,
    /// In the heap.
    Heap(u32),
    /// In a node inside.
    Node(u32),
}

impl Slot {
    pub(super) fn new(kind: u16, slot: u32) -> Self {
        let bytes = slot.to_le_bytes();
        match kind {
            // What fits in four bytes stands there.
            0x0001 | 0x0002 | 0x0003 | 0x0004 | 0x000a | 0x000b => {
                Self::Here(Value::fixed(kind, &bytes).unwrap_or(Value::Unknown(kind)))
            }
            _ if slot == 0 => Self::Nowhere,
            // The lowest five bits of the id of a heap are zero.
            _ if slot & 0x1f == 0 => Self::Heap(slot),
            _ => Self::Node(slot),
        }
    }
}

impl Value {
    /// The value in these bytes.
    pub(super) fn read(kind: u16, bytes: &[u8]) -> Result<Self, Fault> {
        const SHORT: Fault = Fault::Damaged("a value is shorter than its type");
        match kind {
            0x001e => Ok(Self::Narrow(bytes.to_vec())),
            0x001f => Ok(Self::Text(wide(bytes))),
            0x0102 | 0x00fb | 0x00fd | 0x00fe => Ok(Self::Bytes(bytes.to_vec())),
            0x000d => object(bytes).ok_or(SHORT),
            _ if kind & MANY != 0 => Self::many(kind & !MANY, bytes).ok_or(SHORT),
            _ => Self::fixed(kind, bytes).ok_or(SHORT),
        }
    }

    /// A value of fixed length; nothing where the bytes are too few.
    pub(super) fn fixed(kind: u16, bytes: &[u8]) -> Option<Self> {
        let float = |bits| f64::from_bits(bits);
        Some(match kind {
            0x0001 => Self::Bytes(Vec::new()),
            0x0002 => Self::Integer(bytes.u16_at(0)?.cast_signed().into()),
            0x0003 | 0x000a => Self::Integer(bytes.u32_at(0)?.cast_signed().into()),
            0x0004 => Self::Float(f32::from_bits(bytes.u32_at(0)?).into()),
            0x0005 | 0x0007 => Self::Float(float(bytes.u64_at(0)?)),
            0x0006 | 0x0014 => Self::Integer(bytes.u64_at(0)?.cast_signed()),
            0x000b => Self::Flag(bytes.u8_at(0)? != 0),
            0x0040 => Self::Time(bytes.u64_at(0)?.cast_signed()),
            0x0048 => Self::Guid(bytes.part(0, 16)?.try_into().ok()?),
            _ => Self::Unknown(kind),
        })
    }

    /// Values of fixed length stand one after the other; the others after a list of where each begins.
    fn many(kind: u16, bytes: &[u8]) -> Option<Self> {
        let width = match kind {
            0x0002 => 2,
            0x0003 | 0x0004 => 4,
            0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => 8,
            0x0048 => 16,
            0x001e | 0x001f | 0x0102 => return Self::many_parts(kind, bytes),
            _ => return Some(Self::Unknown(kind | MANY)),
        };
        bytes
            .chunks_exact(width)
            .map(|value| Self::fixed(kind, value))
            .collect::<Option<_>>()
            .map(Self::Many)
    }

    fn many_parts(kind: u16, bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::Many(Vec::new()));
        }
        let count = bytes.u32_at(0)? as usize;
        let start = |number: usize| Some(bytes.u32_at(4 + 4 * number)? as usize);
        let mut values = Vec::new();
        // Each begins where the one before it ends, so that no byte is read twice.
        let mut from = (count > 0).then(|| start(0)).flatten().unwrap_or(bytes.len());
        for number in 1..=count {
            let to = if number == count { bytes.len() } else { start(number)? };
            values.push(Self::read(kind, bytes.get(from..to)?).ok()?);
            from = to;
        }
        Some(Self::Many(values))
    }
}

fn object(bytes: &[u8]) -> Option<Value> {
    Some(Value::Object { node: bytes.u32_at(0)?, length: bytes.u32_at(4)? })
}

/// Text in UTF-16.
fn wide(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).filter_map(|unit| unit.u16_at(0));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
