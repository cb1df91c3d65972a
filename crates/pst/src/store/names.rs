//! Properties with a name of their own (MS-PST, 2.4.7).

use crate::heap::{Property, Value};

/// The streams of the map that gives names their numbers, as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The GUIDs of the sets, 16 bytes each.
    pub sets: Vec<u8>,
    /// Eight bytes for each name: where it stands or its number, its set, and the number of its property
    /// less 0x8000.
    pub entries: Vec<u8>,
    /// The names: their bytes in four bytes, then UTF-16, filled up to a multiple of four.
    pub names: Vec<u8>,
}

impl Names {
    pub(super) fn of(properties: Vec<Property>) -> Self {
        let mut names = Self::default();
        for property in properties {
            match (property.number, property.value) {
                (2, Value::Bytes(bytes)) => names.sets = bytes,
                (3, Value::Bytes(bytes)) => names.entries = bytes,
                (4, Value::Bytes(bytes)) => names.names = bytes,
                _ => {}
            }
        }
        names
    }
}
