//! Items: messages, contacts, appointments and all else that a folder holds.

use std::io::{Read, Seek};

use super::node::{self, Kind};
use crate::error::Fault;
use crate::heap::{Inner, Property, Value};

/// Items in one another that are read.
const DEPTH: usize = 8;

const CONTENT: u16 = 0x3701;
const METHOD: u16 = 0x3705;
/// The attachment is an item.
const EMBEDDED: i64 = 5;

/// An item with what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Its properties, by number.
    pub properties: Vec<Property>,
    /// The properties of each recipient.
    pub recipients: Vec<Vec<Property>>,
    /// Its attachments, by their nodes.
    pub attachments: Vec<Attachment>,
    /// What of it could not be read.
    pub lost: Vec<&'static str>,
}

/// An attachment.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Its properties but for its content.
    pub properties: Vec<Property>,
    /// Its content.
    pub content: Content,
}

/// The content of an attachment.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// It has none here, as a link to a file.
    None,
    /// Its bytes.
    Bytes(Vec<u8>),
    /// More bytes than were asked for: so many.
    TooLong(u64),
    /// An item.
    Item(Box<Item>),
    /// An object of OLE: the compound file that it is.
    Ole(Vec<u8>),
    /// It cannot be read, for this reason.
    Lost(&'static str),
}

impl Item {
    /// The item that the node is.
    ///
    /// # Errors
    ///
    /// When its properties cannot be read. What else cannot be read is said in `lost`.
    pub(super) fn read<R: Read + Seek>(node: &Inner<'_, R>) -> Result<Self, Fault> {
        Self::within(node, 0)
    }

    fn within<R: Read + Seek>(node: &Inner<'_, R>, depth: usize) -> Result<Self, Fault> {
        let mut item = Self { properties: node.properties()?, ..Self::default() };
        if node.subnodes.is_partial {
            item.lost.push("a list of what lies in it");
        }
        item.lose("its recipients", |item| item.read_recipients(node))?;
        for (number, _) in
            node.subnodes.iter().filter(|(number, _)| node::kind(*number) == Kind::Attachment)
        {
            item.lose("an attachment", |item| item.read_attachment(node, number, depth))?;
        }
        item.lose("the list of its attachments", |item| item.miss_attachments(node))?;
        if item.properties.iter().any(|property| matches!(property.value, Value::Lost(_))) {
            item.lost.push("a property");
        }
        Ok(item)
    }

    /// Notes what is damaged; what the system refuses is a fault of all.
    fn lose(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        match read(self) {
            Err(Fault::Damaged(_)) => self.lost.push(what),
            other => other?,
        }
        Ok(())
    }

    /// An item without the table has no recipients.
    fn read_recipients<R: Read + Seek>(&mut self, node: &Inner<'_, R>) -> Result<(), Fault> {
        let Some(table) = node.inner(node::RECIPIENTS) else { return Ok(()) };
        let table = table?;
        let table = table.table()?;
        let rows = table.rows()?;
        let is_whole = !table.is_partial && rows.iter().all(Option::is_some);
        self.recipients = rows.into_iter().flatten().collect();
        if is_whole { Ok(()) } else { Err(Fault::Damaged("rows are lost")) }
    }

    fn read_attachment<R: Read + Seek>(
        &mut self,
        node: &Inner<'_, R>,
        number: u32,
        depth: usize,
    ) -> Result<(), Fault> {
        let Some(inner) = node.inner(number) else { return Ok(()) };
        let inner = inner?;
        let mut properties = inner.properties()?;
        let content = properties.extract_if(.., |property| property.number == CONTENT).next();
        let method = properties.iter().find(|property| property.number == METHOD);
        let is_item = method.is_some_and(|method| method.value == Value::Integer(EMBEDDED));
        let content = match content.map(|content| content.value) {
            Some(Value::Bytes(bytes)) => Content::Bytes(bytes),
            Some(Value::TooLong(length)) => Content::TooLong(length),
            Some(Value::Object { node, .. }) => object(&inner, node, is_item, depth)?,
            Some(Value::Lost(reason)) => Content::Lost(reason),
            _ => Content::None,
        };
        if matches!(content, Content::Lost(_)) {
            self.lost.push("the content of an attachment");
        }
        self.attachments.push(Attachment { properties, content });
        Ok(())
    }

    /// Counts the attachments that the table lists and that are not there.
    fn miss_attachments<R: Read + Seek>(&mut self, node: &Inner<'_, R>) -> Result<(), Fault> {
        let Some(table) = node.inner(node::ATTACHMENTS) else { return Ok(()) };
        let table = table?;
        let table = table.table()?;
        let missing = table.ids().filter(|id| node.subnodes.get(*id).is_none()).count();
        self.lost.extend(std::iter::repeat_n("an attachment", missing.min(1)));
        Ok(())
    }
}

/// The content of an attachment that is an object.
fn object<R: Read + Seek>(
    attachment: &Inner<'_, R>,
    node: u32,
    is_item: bool,
    depth: usize,
) -> Result<Content, Fault> {
    if !is_item {
        return Ok(match attachment.bytes(node) {
            Ok(Value::Bytes(bytes)) => Content::Ole(bytes),
            Ok(Value::TooLong(length)) => Content::TooLong(length),
            Err(Fault::Damaged(reason)) => Content::Lost(reason),
            Err(error) => return Err(error),
            Ok(_) => Content::None,
        });
    }
    if depth + 1 >= DEPTH {
        return Ok(Content::Lost("it lies in too many others"));
    }
    let Some(inner) = attachment.inner(node) else { return Ok(Content::Lost("its node is lost")) };
    match inner.and_then(|inner| Item::within(&inner, depth + 1)) {
        Ok(item) => Ok(Content::Item(Box::new(item))),
        Err(Fault::Damaged(reason)) => Ok(Content::Lost(reason)),
        Err(error) => Err(error),
    }
}
