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
use crate::outlook;
use crate::outlook::{OutlookItem, Properties, Value};

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

/// An open file.
struct Mailbox {
    form: Form,
    /// The number that the categories have in it.
    keywords: Option<u16>,
}

/// The two forms of the file: since Outlook 2003, and before.
enum Form {
    Unicode(Rc<UnicodeStore>),
    Ansi(Rc<AnsiStore>),
}

impl Form {
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
}

impl Mailbox {
    fn open(file: &File) -> io::Result<Self> {
        let form = Form::open(file)?;
        // Without the map of names everything else is there.
        let keywords = guarded(|| keywords(form.store().as_ref())).flatten();
        Ok(Self { form, keywords })
    }

    fn item(&self, id: &EntryId) -> io::Result<OutlookItem> {
        match &self.form {
            Form::Unicode(store) => {
                let message = UnicodeMessage::read(Rc::clone(store), id, None)?;
                let files = attachment_nodes(message.as_ref())
                    .map(|node| UnicodeAttachment::read(Rc::clone(&message), node, None));
                let files = files.flatten().map(|file| self.file(file.as_ref()));
                Ok(self.opened(message.as_ref(), files.collect()))
            }
            Form::Ansi(store) => {
                let message = AnsiMessage::read(Rc::clone(store), id, None)?;
                let files = attachment_nodes(message.as_ref())
                    .map(|node| AnsiAttachment::read(Rc::clone(&message), node, None));
                let files = files.flatten().map(|file| self.file(file.as_ref()));
                Ok(self.opened(message.as_ref(), files.collect()))
            }
        }
    }

    fn opened(&self, message: &dyn Message, attachments: Vec<outlook::File>) -> OutlookItem {
        let mut properties = Properties::default();
        for (number, value) in message.properties().iter() {
            insert(&mut properties, *number, value);
            if self.keywords == Some(*number) {
                texts(value).into_iter().for_each(|text| properties.add_category(text));
            }
        }
        let code_page = properties.code_page();
        let table = message.recipient_table().into_iter();
        let mut recipients: Vec<_> = table.flat_map(|table| recipients(table.as_ref())).collect();
        recipients.iter_mut().for_each(|one| one.set_code_page(code_page));
        OutlookItem { properties, recipients, attachments, is_partial: false }
    }

    fn file(&self, attachment: &dyn Attachment) -> outlook::File {
        const CONTENT: u16 = 0x3701;
        let mut properties = Properties::default();
        let others = attachment.properties().iter().filter(|(number, _)| **number != CONTENT);
        others.for_each(|(number, value)| insert(&mut properties, *number, value));
        let (mut content, mut size, mut item) = (None, None, None);
        match attachment.data() {
            Some(AttachmentData::Binary(bytes)) => {
                content = Some(bytes.buffer().to_vec());
                size = Some(bytes.buffer().len() as u64);
            }
            Some(AttachmentData::Message(message)) => {
                item = Some(Box::new(self.opened(message.as_ref(), Vec::new())));
            }
            None => {}
        }
        outlook::File { properties, size, content, item }
    }
}

/// The number of the categories, from the two streams of the map of names that tell it.
fn keywords(store: &dyn Store) -> Option<u16> {
    const ENTRIES: u16 = 3;
    const NAMES: u16 = 4;
    let map = store.named_property_map().ok()?;
    let bytes = |number| match map.properties().get(number)? {
        PropertyValue::Binary(bytes) => Some(bytes.buffer()),
        _ => None,
    };
    outlook::keywords(bytes(ENTRIES)?, bytes(NAMES)?)
}

/// The walk through the folders of a file.
struct Folders<'r, 's> {
    reading: &'r mut Reading<'s>,
    entry: &'r Entry,
    seen: HashSet<u32>,
}

impl Folders<'_, '_> {
    fn all(mut self, mailbox: &Mailbox) -> Result<(), Fault> {
        let store = mailbox.form.store();
        let properties = store.properties();
        let top = properties.ipm_sub_tree_entry_id();
        let top = top.or_else(|_| properties.make_entry_id(NID_ROOT_FOLDER))?;
        self.folder(mailbox, store.open_folder(&top)?.as_ref(), &mut Vec::new());
        Ok(())
    }

    /// The messages of a folder and of those below it; `names` is its path.
    fn folder(&mut self, mailbox: &Mailbox, folder: &dyn Folder, names: &mut Vec<String>) {
        for (node, listed) in messages(folder) {
            if self.reading.budget.is_spent() {
                return;
            }
            self.message(mailbox, node, listed, names);
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

    /// The message as it is, else what its folder lists of it: the library opens no item without a
    /// table of recipients, as some contacts are.
    fn message(
        &mut self,
        mailbox: &Mailbox,
        node: NodeId,
        listed: impl FnOnce() -> Option<Properties>,
        names: &[String],
    ) {
        let place = self.place(names, node);
        let id = mailbox.form.store().properties().make_entry_id(node);
        let item = id.and_then(|id| mailbox.item(&id));
        let item = item.or_else(|error| match error.raw_os_error() {
            None => listed().and_then(listed_item).ok_or(error),
            // What the system refused is tried again by the next run.
            Some(_) => Err(error),
        });
        match item {
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
    let store = mailbox.form.store();
    store.open_folder(&store.properties().make_entry_id(node)?)
}

/// The messages of a folder, each with what the folder lists of it.
fn messages(
    folder: &dyn Folder,
) -> impl Iterator<Item = (NodeId, impl FnOnce() -> Option<Properties>)> {
    folder.contents_table().into_iter().flat_map(|table| {
        let listed = move |row| move || properties(table.as_ref(), row);
        table.rows_matrix().map(move |row| (NodeId::from(u32::from(row.id())), listed(row)))
    })
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

/// An item of which there is no more than its folder lists.
fn listed_item(properties: Properties) -> Option<OutlookItem> {
    let item = OutlookItem { properties, is_partial: true, ..OutlookItem::default() };
    outlook::has_class(&item).then_some(item)
}

fn recipients(table: &dyn TableContext) -> Vec<Properties> {
    table.rows_matrix().filter_map(|row| properties(table, row)).collect()
}

/// What a row of a table says.
fn properties(table: &dyn TableContext, row: &TableRowData) -> Option<Properties> {
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

/// The texts of a property that has many.
fn texts(value: &PropertyValue) -> Vec<Value> {
    match value {
        PropertyValue::MultipleString8(texts) => {
            texts.iter().map(|text| Value::Narrow(text.buffer().to_vec())).collect()
        }
        PropertyValue::MultipleUnicode(texts) => {
            texts.iter().map(|text| Value::Text(String::from_utf16_lossy(text.buffer()))).collect()
        }
        _ => Vec::new(),
    }
}
