//! A table context: rows of properties (MS-PST, 2.3.4).

use std::cell::RefCell;
use std::io::{Read, Seek};
use std::rc::Rc;

use super::node::Inner;
use super::pages::{Client, Heap};
use super::properties::kept;
use super::value::{Property, Value};
use crate::bytes::Bytes as _;
use crate::error::Fault;

const MARK: u8 = 0x7c;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
struct Column {
    kind: u16,
    number: u16,
    at: usize,
    width: usize,
    /// The bit that says whether a row has it.
    bit: usize,
}

/// A table.
pub(crate) struct Table<'n, 'd, R> {
    node: &'n Inner<'d, R>,
    heap: Heap<'d, R>,
    head: Head,
    /// The number of each row, and where the row stands.
    index: Vec<(u32, usize)>,
    /// Some numbers could not be read.
    pub(crate) is_partial: bool,
}

/// The head of a table.
struct Head {
    columns: Vec<Column>,
    /// Where the bits of a row begin that say which columns it has, and where it ends.
    bits: usize,
    width: usize,
    index: u32,
    rows: u32,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let count = usize::from((bytes.u8_at(0)? == MARK).then(|| bytes.u8_at(1))??);
        let columns = (0..count).map(|number| {
            let column = bytes.part(22 + 8 * number, 8)?;
            Some(Column {
                kind: column.u16_at(0)?,
                number: column.u16_at(2)?,
                at: column.u16_at(4)?.into(),
                width: column.u8_at(6)?.into(),
                bit: column.u8_at(7)?.into(),
            })
        });
        let columns = columns.collect::<Option<_>>()?;
        let (bits, width) = (bytes.u16_at(6)?.into(), usize::from(bytes.u16_at(8)?));
        let (index, rows) = (bytes.u32_at(10)?, bytes.u32_at(14)?);
        (width > 0).then_some(Self { columns, bits, width, index, rows })
    }
}

impl<'n, 'd, R: Read + Seek> Table<'n, 'd, R> {
    pub(super) fn open(node: &'n Inner<'d, R>) -> Result<Self, Fault> {
        const NONE: Fault = Fault::Damaged("a table has no head");
        let heap = Heap::open(node.disk, node.data, Client::Table)?;
        let head = Head::read(&heap.get(heap.root)?).ok_or(NONE)?;
        let entries = heap.tree(head.index)?;
        let place = |entry: &[u8]| entry.u32_at(0).or_else(|| entry.u16_at(0).map(u32::from));
        let row = |(key, entry): (&[u8], &[u8])| Some((key.u32_at(0)?, place(entry)? as usize));
        let index = entries.iter().filter_map(row).collect();
        Ok(Self { node, heap, head, index, is_partial: entries.is_partial })
    }

    /// The numbers of its rows: for rows of folders, messages and attachments, the nodes.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.index.iter().map(|(id, _)| *id)
    }

    /// The properties of each row; nothing for a row that cannot be read.
    pub(crate) fn rows(&self) -> Result<Vec<Option<Vec<Property>>>, Fault> {
        let matrix = Matrix::new(self.node, &self.heap, &self.head)?;
        let row = |at| matrix.row(at)?.map(|row| self.properties(&row)).transpose();
        self.index.iter().map(|(_, at)| row(*at)).collect()
    }

    /// The properties of one row.
    pub(crate) fn row(&self, id: u32) -> Result<Option<Vec<Property>>, Fault> {
        let Some((_, at)) = self.index.iter().find(|(row, _)| *row == id) else { return Ok(None) };
        let matrix = Matrix::new(self.node, &self.heap, &self.head)?;
        matrix.row(*at)?.map(|row| self.properties(&row)).transpose()
    }

    fn properties(&self, row: &[u8]) -> Result<Vec<Property>, Fault> {
        let bits = self.head.bits;
        let has = |bit: usize| {
            row.u8_at(bits + bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0)
        };
        let mut properties = Vec::new();
        for column in self.head.columns.iter().filter(|column| has(column.bit)) {
            let Some(cell) = row.part(column.at, column.width) else { continue };
            let value = if column.is_fixed() {
                Value::read(column.kind, cell)
            } else if let Some(slot) = cell.u32_at(0) {
                self.node.value(&self.heap, column.kind, slot)
            } else {
                continue;
            };
            properties.push(Property { number: column.number, value: kept(value)? });
        }
        Ok(properties)
    }
}

impl Column {
    /// Whether the value stands in the row.
    const fn is_fixed(&self) -> bool {
        matches!(
            (self.kind, self.width),
            (0x0002 | 0x0003 | 0x0004 | 0x000a | 0x000b, _)
                | (0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040, 8)
        )
    }
}

/// The rows of a table, in the heap or in blocks of their own. No row crosses the end of a block.
struct Matrix<'m, 'd, R> {
    node: &'m Inner<'d, R>,
    width: usize,
    place: Place,
    last: RefCell<Option<(usize, Rc<Vec<u8>>)>>,
}

enum Place {
    Here(Vec<u8>),
    Blocks { blocks: Vec<u64>, rows: usize },
}

impl<'m, 'd, R: Read + Seek> Matrix<'m, 'd, R> {
    fn new(node: &'m Inner<'d, R>, heap: &Heap<'_, R>, head: &Head) -> Result<Self, Fault> {
        let place = match head.rows {
            0 => Place::Here(Vec::new()),
            id if id & 0x1f == 0 => Place::Here(heap.get(id)?),
            id => {
                const LOST: Fault = Fault::Damaged("the rows of a table are lost");
                let sub = node.subnodes.get(id).ok_or(LOST)?;
                let blocks = node.disk.leaves(sub.data)?.blocks;
                // All blocks but the last are as full as the first.
                let first = blocks.first().map(|first| node.disk.block(*first)).transpose()?;
                let rows = first.map_or(0, |block| block.bytes.len() / head.width);
                Place::Blocks { blocks, rows: rows.max(1) }
            }
        };
        Ok(Self { node, width: head.width, place, last: RefCell::default() })
    }

    fn row(&self, number: usize) -> Result<Option<Vec<u8>>, Fault> {
        let (bytes, at) = match &self.place {
            Place::Here(bytes) => return Ok(self.cut(bytes, number)),
            Place::Blocks { blocks, rows } => (self.block(blocks, number / rows)?, number % rows),
        };
        Ok(bytes.and_then(|bytes| self.cut(&bytes, at)))
    }

    fn cut(&self, bytes: &[u8], number: usize) -> Option<Vec<u8>> {
        bytes.part(number.checked_mul(self.width)?, self.width).map(<[u8]>::to_vec)
    }

    /// The block of that number; the last one that was asked for is kept.
    fn block(&self, blocks: &[u64], number: usize) -> Result<Option<Rc<Vec<u8>>>, Fault> {
        if let Some((last, bytes)) = &*self.last.borrow()
            && *last == number
        {
            return Ok(Some(Rc::clone(bytes)));
        }
        let Some(id) = blocks.get(number) else { return Ok(None) };
        let bytes = match self.node.disk.block(*id) {
            Err(Fault::Damaged(_)) => return Ok(None),
            block => Rc::new(block?.bytes),
        };
        *self.last.borrow_mut() = Some((number, Rc::clone(&bytes)));
        Ok(Some(bytes))
    }
}
