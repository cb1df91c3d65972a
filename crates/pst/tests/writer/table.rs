//! Tables.

use postern_pst::{Layout, Property, Value};

use super::disk::Disk;
use super::heap::{Heap, LONGEST, Node, coded, slot};

/// Number and type of a column.
pub(super) type Column = (u16, u16);

/// The number and the version of a row, which stand first (MS-PST, 2.3.4.4.1).
const OWN: [Column; 2] = [(0x67f2, 0x0003), (0x67f3, 0x0003)];

/// Where the columns of a row stand: the widest first, then the bits that say which are there.
struct Rows {
    columns: Vec<(Column, usize)>,
    /// Where the columns of 8 and 4 bytes end, those of two, those of one, and the row.
    ends: [usize; 4],
}

const fn width(kind: u16) -> usize {
    match kind {
        0x0014 | 0x0040 => 8,
        0x000b => 1,
        _ => 4,
    }
}

impl Rows {
    fn new(columns: &[Column]) -> Self {
        let mut placed = vec![(OWN[0], 0), (OWN[1], 4)];
        let mut at = 8;
        let mut ends = [0; 4];
        for (size, end) in [(8, 0), (4, 0), (2, 1), (1, 2)] {
            for column in columns.iter().filter(|column| width(column.1) == size) {
                placed.push((*column, at));
                at += size;
            }
            ends[end] = at;
        }
        ends[3] = at + placed.len().div_ceil(8);
        Self { columns: placed, ends }
    }

    fn length(&self) -> usize {
        self.ends[3]
    }

    fn has(&self, row: &mut [u8], bit: usize) {
        row[self.ends[2] + bit / 8] |= 0x80 >> (bit % 8);
    }
}

/// A table: each row with its number.
pub(super) fn table(disk: &mut Disk, columns: &[Column], rows: &[(u32, Vec<Property>)]) -> Node {
    let (mut heap, mut inner, form) = (Heap::new(disk), Vec::new(), Rows::new(columns));
    let mut matrix = Vec::new();
    for (id, properties) in rows {
        matrix.push(row(disk, &mut (&mut heap, &mut inner), &form, *id, properties));
    }
    let place = put_rows(disk, (&mut heap, &mut inner), form.length(), &matrix);
    let index = index(disk.form.layout, &mut heap, rows.iter().map(|(id, _)| *id));
    let root = heap.put(&head(&form, index, place));
    Node { data: disk.pieces(&heap.pages(0x7c, root)), inner }
}

/// Where values go that do not fit into a row.
type Values<'v> = (&'v mut Heap, &'v mut Vec<(u32, u64, u64)>);

fn row(
    disk: &mut Disk,
    values: &mut Values<'_>,
    form: &Rows,
    id: u32,
    properties: &[Property],
) -> Vec<u8> {
    let mut row = vec![0; form.length()];
    let own = [(OWN[0].0, i64::from(id)), (OWN[1].0, 1)];
    let own = own.map(|(number, value)| Property { number, value: Value::Integer(value) });
    for (bit, ((number, kind), at)) in form.columns.iter().enumerate() {
        let found = own.iter().chain(properties).find(|one| one.number == *number);
        let Some((found, bytes)) = found.map(|property| coded(&property.value)) else { continue };
        assert_eq!(found, *kind, "a column has one type");
        let cell = match kind {
            0x0014 | 0x0040 | 0x000b => bytes,
            _ => slot(disk, values.0, values.1, *kind, &bytes).to_le_bytes().to_vec(),
        };
        row[*at..at + cell.len()].copy_from_slice(&cell);
        form.has(&mut row, bit);
    }
    row
}

/// In the heap, or in blocks of their own. No row crosses the end of a block, and all blocks but the last
/// are filled up.
fn put_rows(disk: &mut Disk, (heap, inner): Values<'_>, length: usize, rows: &[Vec<u8>]) -> u32 {
    const NODE: u32 = 0x1f;
    match rows.len() * length {
        0 => 0,
        whole if whole <= LONGEST => heap.put(&rows.concat()),
        _ => {
            let room = disk.room();
            let mut pieces: Vec<_> = rows.chunks(room / length).map(<[_]>::concat).collect();
            let last = pieces.len() - 1;
            pieces[..last].iter_mut().for_each(|piece| piece.resize(room, 0));
            inner.push((NODE, disk.pieces(&pieces), 0));
            NODE
        }
    }
}

/// The tree that leads from the number of a row to its place.
fn index(layout: Layout, heap: &mut Heap, ids: impl Iterator<Item = u32>) -> u32 {
    let width: u8 = if layout == Layout::Ansi { 2 } else { 4 };
    let mut rows: Vec<_> = ids.zip(0_u32..).collect();
    rows.sort_unstable();
    let record =
        |(id, at): (u32, u32)| [&id.to_le_bytes()[..], &at.to_le_bytes()[..width.into()]].concat();
    heap.tree(4, width, &rows.into_iter().map(record).collect::<Vec<_>>())
}

fn head(form: &Rows, index: u32, place: u32) -> Vec<u8> {
    let short = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let mut head = vec![0x7c, u8::try_from(form.columns.len()).unwrap()];
    form.ends.iter().for_each(|end| head.extend(short(*end)));
    [index, place, 0].iter().for_each(|word| head.extend(word.to_le_bytes()));
    let mut columns: Vec<_> = form.columns.iter().enumerate().collect();
    columns.sort_by_key(|(_, (column, _))| *column);
    for (bit, ((number, kind), at)) in columns {
        head.extend(kind.to_le_bytes());
        head.extend(number.to_le_bytes());
        head.extend(short(*at));
        head.extend([u8::try_from(width(*kind)).unwrap(), u8::try_from(bit).unwrap()]);
    }
    head
}
