//! The store, its folders and the items.

use std::collections::BTreeMap;

use postern_pst::{Content, Item, Property, Value};

use super::disk::Disk;
use super::heap::{Node, coded, properties};
use super::table::{Column, table};
use super::{Form, Placed, node};

const ROOT: u32 = 0x122;
const TOP: u32 = 0x8022;
const FIRST_FOLDER: u32 = 0x8042;

fn property(number: u16, value: Value) -> Property {
    Property { number, value }
}

fn text(number: u16, text: &str) -> Property {
    property(number, Value::Text(text.to_owned()))
}

pub(super) struct Store {
    disk: Disk,
}

impl Store {
    pub(super) fn new(form: Form) -> Self {
        Self { disk: Disk::new(form) }
    }

    pub(super) fn write(mut self, items: &[Placed]) -> Vec<u8> {
        self.store();
        self.names();
        let mut paths: BTreeMap<Vec<String>, u32> = BTreeMap::new();
        for (path, _) in items {
            for length in 1..=path.len() {
                let next = FIRST_FOLDER + 0x20 * u32::try_from(paths.len()).unwrap();
                paths.entry(path[..length].to_vec()).or_insert(next);
            }
        }
        let of = |path: &[String]| paths.get(path).copied().unwrap_or(TOP);
        let children = |around: u32| {
            let inside = paths.iter().filter(|(path, _)| of(&path[..path.len() - 1]) == around);
            inside.map(|(path, node)| (*node, path.last().unwrap().clone())).collect::<Vec<_>>()
        };
        self.folder(ROOT, ROOT, "", &[(TOP, "Top of Outlook data file".into())], &[]);
        let numbered: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(place, (path, item))| (of(path), node(place), item))
            .collect();
        let inside = |folder: u32| {
            let inside = numbered.iter().filter(move |(of, ..)| *of == folder);
            inside.map(|(_, node, item)| (*node, *item)).collect::<Vec<_>>()
        };
        self.folder(TOP, ROOT, "Top of Outlook data file", &children(TOP), &inside(TOP));
        for (path, folder) in &paths {
            let around = of(&path[..path.len() - 1]);
            self.folder(
                *folder,
                around,
                path.last().unwrap(),
                &children(*folder),
                &inside(*folder),
            );
        }
        for (folder, node, item) in &numbered {
            let inner = self.item(item);
            self.put(*node, inner, *folder);
        }
        self.disk.finish()
    }

    fn put(&mut self, node: u32, made: Node, parent: u32) {
        let mut inner = made.inner;
        let subnodes = self.disk.subnodes(&mut inner);
        self.disk.node(node, made.data, subnodes, parent);
    }

    fn store(&mut self) {
        let guid = [7; 16];
        let entry = [&[0; 4][..], &guid, &TOP.to_le_bytes()].concat();
        let password = i64::from(self.disk.form.password.cast_signed());
        let all = [
            property(0x0ff9, Value::Bytes(guid.to_vec())),
            text(0x3001, "Archive"),
            property(0x35df, Value::Integer(0x89)),
            property(0x35e0, Value::Bytes(entry)),
            property(0x67ff, Value::Integer(password)),
        ];
        let made = properties(&mut self.disk, &all, Vec::new());
        self.put(0x21, made, 0);
    }

    /// One name: that of the categories, as the number 0x8000.
    fn names(&mut self) {
        let name: Vec<u8> = "Keywords".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let names = [&u32::try_from(name.len()).unwrap().to_le_bytes()[..], &name].concat();
        let entry = [0, 0, 0, 0, 5, 0, 0, 0];
        let all = [
            property(0x0001, Value::Integer(251)),
            // A set that nobody uses, because other readers want one.
            property(0x0002, Value::Bytes(vec![9; 16])),
            property(0x0003, Value::Bytes(entry.to_vec())),
            property(0x0004, Value::Bytes(names)),
        ];
        let made = properties(&mut self.disk, &all, Vec::new());
        self.put(0x61, made, 0);
    }

    fn folder(
        &mut self,
        folder: u32,
        parent: u32,
        name: &str,
        folders: &[(u32, String)],
        items: &[(u32, &Item)],
    ) {
        let all = [
            text(0x3001, name),
            property(0x3602, Value::Integer(i64::try_from(items.len()).unwrap())),
            property(0x3603, Value::Integer(0)),
            property(0x360a, Value::Flag(!folders.is_empty())),
        ];
        let made = properties(&mut self.disk, &all, Vec::new());
        self.put(folder, made, parent);
        let rows: Vec<_> =
            folders.iter().map(|(node, name)| (*node, vec![text(0x3001, name)])).collect();
        let made = table(&mut self.disk, &[(0x3001, 0x001f)], &rows);
        self.put((folder & !0x1f) | 0x0d, made, 0);
        let columns: [Column; 3] = [(0x001a, 0x001f), (0x0037, 0x001f), (0x0e06, 0x0040)];
        let told = |item: &Item| {
            let is_told = |one: &&Property| columns.contains(&(one.number, coded(&one.value).0));
            item.properties.iter().filter(is_told).cloned().collect()
        };
        let rows: Vec<_> = items.iter().map(|(node, item)| (*node, told(item))).collect();
        let made = table(&mut self.disk, &columns, &rows);
        self.put((folder & !0x1f) | 0x0e, made, 0);
        let made = table(&mut self.disk, &[(0x001a, 0x001f)], &[]);
        self.put((folder & !0x1f) | 0x0f, made, 0);
    }

    fn item(&mut self, item: &Item) -> Node {
        let mut inner = Vec::new();
        if !item.recipients.is_empty() {
            let mut columns: Vec<Column> = item
                .recipients
                .iter()
                .flatten()
                .map(|one| (one.number, coded(&one.value).0))
                .collect();
            columns.sort_unstable();
            columns.dedup();
            let rows: Vec<_> = (0..).zip(item.recipients.iter().cloned()).collect();
            let made = table(&mut self.disk, &columns, &rows);
            inner.push(self.inner(0x692, made));
        }
        let mut rows = Vec::new();
        for (number, attachment) in (0..).zip(&item.attachments) {
            let node = 0x8025 + 0x20 * number;
            let made = self.attachment(attachment);
            inner.push(self.inner(node, made));
            rows.push((node, vec![property(0x0e20, Value::Integer(1))]));
        }
        if !rows.is_empty() {
            let made = table(&mut self.disk, &[(0x0e20, 0x0003)], &rows);
            inner.push(self.inner(0x671, made));
        }
        properties(&mut self.disk, &item.properties, inner)
    }

    fn inner(&mut self, node: u32, made: Node) -> (u32, u64, u64) {
        let mut inner = made.inner;
        let subnodes = self.disk.subnodes(&mut inner);
        (node, made.data, subnodes)
    }

    fn attachment(&mut self, attachment: &postern_pst::Attachment) -> Node {
        const INSIDE: u32 = 0x0104;
        let mut all = attachment.properties.clone();
        let mut inner = Vec::new();
        match &attachment.content {
            Content::Bytes(bytes) => all.push(property(0x3701, Value::Bytes(bytes.clone()))),
            Content::Item(item) => {
                let made = self.item(item);
                inner.push(self.inner(INSIDE, made));
                all.push(property(0x3701, Value::Object { node: INSIDE, length: 1 }));
            }
            Content::Ole(bytes) => {
                inner.push((INSIDE, self.disk.data(bytes), 0));
                all.push(property(0x3701, Value::Object { node: INSIDE, length: 1 }));
            }
            Content::None => {}
            Content::TooLong(_) | Content::Lost(_) => unreachable!("such content is only read"),
        }
        properties(&mut self.disk, &all, inner)
    }
}
