//! Outlook data files (`.pst`, `.ost`; MS-PST), through the library of those who made the format.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use outlook_pst::ltp::prop_context::PropertyValue;
use outlook_pst::ltp::table_context::{TableContext, TableRowData};
use outlook_pst::messaging::attachment::{
    AnsiAttachment, Attachment, AttachmentData, UnicodeAttachment,
};
use outlook_pst::messaging::folder::Folder;
use outlook_pst::messaging::message::{AnsiMessage, Message, UnicodeMessage};
use outlook_pst::messaging::store::{AnsiStore, EntryId, Store, UnicodeStore};
use outlook_pst::ndb::node_id::{NID_ROOT_FOLDER, NodeId};
use outlook_pst::{AnsiPstFile, UnicodePstFile};

use super::read::{Content, Entry, Fault, Reading};
use crate::guard::guarded;
use crate::mail::outlook::{self, Item, Properties, Value};

/// Folders in one another that are read.
const MAX_DEPTH: usize = 64;

/// Hands over every message of the file. The library is not made for damaged files; where it gives
/// up, what was read until then is kept.
pub(super) fn read(reading: &mut Reading<'_>, entry: &Entry, file: &File) -> Result<(), Fault> {
    let run = || Folders { reading, entry, seen: HashSet::new() }.all(&Mailbox::open(file)?);
    let outcome = guarded(run);
    let lost = || Fault::Failed("it is damaged, and was read only in part".to_owned());
    outcome.unwrap_or_else(|| Err(lost()))
}

/// The two forms of the file: since Outlook 2003, and before.
enum Mailbox {
    Unicode(Rc<UnicodeStore>),
    Ansi(Rc<AnsiStore>),
}

impl Mailbox {
    fn open(file: &File) -> io::Result<Self> {
        let copy = || file.try_clone().map(Box::new);
        if let Ok(file) = UnicodePstFile::read_from(copy()?) {
            return Ok(Self::Unicode(UnicodeStore::read(Rc::new(file))?));
        }
        Ok(Self::Ansi(AnsiStore::read(Rc::new(AnsiPstFile::read_from(copy()?)?))?))
    }

    fn store(&self) -> Rc<dyn Store> {
        match self {
            Self::Unicode(store) => Rc::clone(store) as Rc<dyn Store>,
            Self::Ansi(store) => Rc::clone(store) as Rc<dyn Store>,
        }
    }

    fn item(&self, id: &EntryId) -> io::Result<Item> {
        match self {
            Self::Unicode(store) => {
                let message = UnicodeMessage::read(Rc::clone(store), id, None)?;
                let files = attachment_nodes(message.as_ref())
                    .map(|node| UnicodeAttachment::read(Rc::clone(&message), node, None));
                Ok(item(message.as_ref(), files.flatten().map(|file| self::file(file.as_ref()))))
            }
            Self::Ansi(store) => {
                let message = AnsiMessage::read(Rc::clone(store), id, None)?;
                let files = attachment_nodes(message.as_ref())
                    .map(|node| AnsiAttachment::read(Rc::clone(&message), node, None));
                Ok(item(message.as_ref(), files.flatten().map(|file| self::file(file.as_ref()))))
            }
        }
    }
}

/// The walk through the folders of a file.
struct Folders<'r, 's> {
    reading: &'r mut Reading<'s>,
    entry: &'r Entry,
    seen: HashSet<u32>,
}

impl Folders<'_, '_> {
    fn all(mut self, mailbox: &Mailbox) -> Result<(), Fault> {
        let store = mailbox.store();
        let properties = store.properties();
        let top = properties.ipm_sub_tree_entry_id();
        let top = top.or_else(|_| properties.make_entry_id(NID_ROOT_FOLDER))?;
        self.folder(mailbox, store.open_folder(&top)?.as_ref(), &mut Vec::new());
        Ok(())
    }

    /// The messages of a folder and of those below it; `names` is its path.
    fn folder(&mut self, mailbox: &Mailbox, folder: &dyn Folder, names: &mut Vec<String>) {
        for node in nodes(folder.contents_table()) {
            if self.reading.budget.is_spent() {
                return;
            }
            self.message(mailbox, node, names);
        }
        for node in nodes(folder.hierarchy_table()) {
            // Damaged files have folders that lie in themselves.
            if names.len() >= MAX_DEPTH || !self.seen.insert(node.into()) {
                continue;
            }
            match open_folder(mailbox, node) {
                Ok(below) => {
                    names.push(below.properties().display_name().unwrap_or_default());
                    self.folder(mailbox, below.as_ref(), names);
                    names.pop();
                }
                Err(error) => self.reading.fail(&self.place(names, node), error.into()),
            }
        }
    }

    fn message(&mut self, mailbox: &Mailbox, node: NodeId, names: &[String]) {
        let place = self.place(names, node);
        let id = mailbox.store().properties().make_entry_id(node);
        match id.and_then(|id| mailbox.item(&id)) {
            Ok(item) => {
                self.reading.give(&place, "", Content::Item(Box::new(item)));
            }
            Err(error) => self.reading.fail(&place, error.into()),
        }
    }

    /// A message as if the file were a folder: below its folders, under its number.
    fn place(&self, names: &[String], node: NodeId) -> Entry {
        let number = u32::from(node).to_string();
        let name: Vec<_> =
            names.iter().chain([&number]).map(|name| name.replace('/', "_")).collect();
        let mut member = super::archive::member(self.reading, self.entry, &name.join("/"));
        Arc::make_mut(&mut member.home).is_delivered = false;
        member
    }
}

fn open_folder(mailbox: &Mailbox, node: NodeId) -> io::Result<Rc<dyn Folder>> {
    let store = mailbox.store();
    store.open_folder(&store.properties().make_entry_id(node)?)
}

/// The nodes that a table has rows for.
fn nodes(table: Option<&Rc<dyn TableContext>>) -> Vec<NodeId> {
    let Some(table) = table else { return Vec::new() };
    table.rows_matrix().map(|row| NodeId::from(u32::from(row.id()))).collect()
}

fn attachment_nodes(message: &dyn Message) -> impl Iterator<Item = NodeId> {
    nodes(message.attachment_table()).into_iter()
}

// ---- to items ----

fn item(message: &dyn Message, files: impl Iterator<Item = outlook::File>) -> Item {
    let mut properties = Properties::default();
    for (number, value) in message.properties().iter() {
        insert(&mut properties, *number, value);
    }
    let code_page = properties.code_page();
    let rows = message.recipient_table().into_iter().flat_map(|table| recipients(table.as_ref()));
    let mut recipients: Vec<_> = rows.collect();
    recipients.iter_mut().for_each(|one| one.set_code_page(code_page));
    Item { properties, recipients, attachments: files.collect() }
}

fn recipients(table: &dyn TableContext) -> Vec<Properties> {
    table.rows_matrix().filter_map(|row| recipient(table, row)).collect()
}

fn recipient(table: &dyn TableContext, row: &TableRowData) -> Option<Properties> {
    let context = table.context();
    let mut properties = Properties::default();
    for (column, value) in context.columns().iter().zip(row.columns(context).ok()?) {
        let value = value.and_then(|value| table.read_column(&value, column.prop_type()).ok());
        if let Some(value) = value {
            insert(&mut properties, column.prop_id(), &value);
        }
    }
    Some(properties)
}

fn file(attachment: &dyn Attachment) -> outlook::File {
    const CONTENT: u16 = 0x3701;
    let mut properties = Properties::default();
    for (number, value) in attachment.properties().iter().filter(|(number, _)| **number != CONTENT)
    {
        insert(&mut properties, *number, value);
    }
    let mut content = None;
    let (size, inner) = match attachment.data() {
        Some(AttachmentData::Binary(bytes)) => {
            content = Some(bytes.buffer().to_vec());
            (Some(bytes.buffer().len() as u64), None)
        }
        Some(AttachmentData::Message(message)) => {
            (None, Some(Box::new(item(message.as_ref(), std::iter::empty()))))
        }
        None => (None, None),
    };
    outlook::File { properties, size, content, item: inner }
}

fn insert(properties: &mut Properties, number: u16, value: &PropertyValue) {
    let value = match value {
        PropertyValue::Integer16(value) => Value::Number((*value).into()),
        PropertyValue::Integer32(value) => Value::Number((*value).into()),
        PropertyValue::Integer64(value) => Value::Number(*value),
        PropertyValue::Boolean(value) => Value::Number((*value).into()),
        PropertyValue::Time(value) => Value::Time(*value),
        PropertyValue::String8(value) => Value::Narrow(value.buffer().to_vec()),
        PropertyValue::Unicode(value) => Value::Text(String::from_utf16_lossy(value.buffer())),
        PropertyValue::Binary(value) => Value::Bytes(value.buffer().to_vec()),
        _ => return,
    };
    properties.insert(number, value);
}
