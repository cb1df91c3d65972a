//! A property context: the properties of a thing (MS-PST, 2.3.3).

use std::io::{Read, Seek};

use super::node::Inner;
use super::pages::Heap;
use super::value::{Property, Value};
use crate::bytes::Bytes as _;
use crate::error::Fault;

/// Reads every property. One whose value cannot be read is [`Value::Lost`].
pub(super) fn read<R: Read + Seek>(
    node: &Inner<'_, R>,
    heap: &Heap<'_, R>,
) -> Result<Vec<Property>, Fault> {
    let entries = heap.tree(heap.root)?;
    if entries.is_partial {
        node.disk.set_damaged();
    }
    let mut properties = Vec::new();
    for (key, entry) in entries.iter() {
        let read = || Some((key.u16_at(0)?, entry.u16_at(0)?, entry.u32_at(2)?));
        let Some((number, kind, slot)) = read() else { continue };
        properties.push(Property { number, value: kept(node.value(heap, kind, slot))? });
    }
    Ok(properties)
}

/// What is damaged is lost, what the system refuses is a fault of all.
pub(super) fn kept(value: Result<Value, Fault>) -> Result<Value, Fault> {
    match value {
        Err(Fault::Damaged(reason)) => Ok(Value::Lost(reason)),
        other => other,
    }
}
