//! Items of Outlook and Exchange, which are sets of properties (MS-OXPROPS), to messages.
//!
//! They come as `.msg` files ([`msg`]), as TNEF ([`tnef`]) and out of a mail store.

mod fields;
mod msg;
mod people;
mod properties;
mod rtf;
#[cfg(test)]
mod tests;
mod tnef;

use postern_query::{Attachment, Message};

use super::{Place, id_of};

pub(crate) use msg::is_item;
pub(crate) use properties::{Properties, Value};

/// Items in one another that are read.
const MAX_DEPTH: u8 = 8;

/// An item with what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Item {
    pub(crate) properties: Properties,
    pub(crate) recipients: Vec<Properties>,
    pub(crate) attachments: Vec<File>,
}

/// An attachment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct File {
    pub(crate) properties: Properties,
    /// Bytes of its content.
    pub(crate) size: Option<u64>,
    /// The item that it is.
    pub(crate) item: Option<Box<Item>>,
}

/// The message in the bytes of a `.msg` file or of TNEF; nothing for any other bytes.
pub(super) fn parse(raw: &[u8], place: &Place) -> Option<Message> {
    let item = msg::read(raw).or_else(|| tnef::read(raw))?;
    let mut message = fields::message(&item, place);
    message.id = id_of(raw);
    message.size = i64::try_from(raw.len()).ok();
    Some(message)
}

/// Whether these are the bytes of an item, and not of an internet message.
pub(crate) fn is_outlook(raw: &[u8]) -> bool {
    msg::is_item(raw) || tnef::read(raw).is_some()
}

/// The message that an item of a mail store is.
pub(crate) fn message(item: &Item, place: &Place) -> Message {
    fields::message(item, place)
}

/// The text and the attachments that a part `winmail.dat` of a message holds.
pub(super) fn opened(raw: &[u8]) -> Option<(String, Vec<Attachment>)> {
    let item = tnef::read(raw)?;
    Some((fields::body(&item), fields::attachments(&item)))
}
