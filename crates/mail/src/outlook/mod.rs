//! Items of Outlook and Exchange, which are sets of properties (MS-OXPROPS), to messages.
//!
//! They come as `.msg` files ([`msg`]), as TNEF ([`tnef`]) and out of a mail store.

mod eml;
mod fields;
mod msg;
mod names;
mod outline;
mod people;
mod properties;
mod rtf;
#[cfg(test)]
mod tests;
mod tnef;

use postern_query::{Attachment, Message};

use super::contents::Contents;
use super::id_of;
use crate::parse::charset;
use crate::quoted::Marked;
use postern_query::Place;

pub use eml::eml_of;
pub(crate) use msg::is_item;
pub(crate) use names::keywords;
pub use outline::{Outline, outline};
pub(crate) use properties::{Properties, Value};

/// Items in one another that are read.
const MAX_DEPTH: u8 = 8;

/// An item with what belongs to it, as it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutlookItem {
    pub(crate) properties: Properties,
    pub(crate) recipients: Vec<Properties>,
    pub(crate) attachments: Vec<File>,
    /// What of it could not be read.
    pub(crate) damage: Option<String>,
}

impl OutlookItem {
    /// Bytes of the files in it.
    pub(crate) fn bytes(&self) -> usize {
        self.attachments.iter().filter_map(|file| Some(file.content.as_ref()?.len())).sum()
    }
}

/// An attachment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct File {
    pub(crate) properties: Properties,
    /// How long its content is.
    pub(crate) size: Option<u64>,
    /// Its content, unless that is too long to be read.
    pub(crate) content: Option<Vec<u8>>,
    /// The item that it is.
    pub(crate) item: Option<Box<OutlookItem>>,
}

/// The message in the bytes of a `.msg` file or of TNEF; nothing for any other bytes.
pub(super) fn parse(raw: &[u8], place: &Place, contents: &mut Contents) -> Option<Message> {
    let item = msg::read(raw).or_else(|| tnef::read(raw))?;
    let mut message = fields::message(&item, place, contents);
    message.id = id_of(raw);
    message.size = i64::try_from(raw.len()).ok();
    Some(message)
}

/// Whether it says what kind of item it is.
pub(crate) fn has_class(item: &OutlookItem) -> bool {
    fields::class(&item.properties).is_some()
}

/// Whether these are the bytes of an item, and not of an internet message.
pub(crate) fn is_outlook(raw: &[u8]) -> bool {
    msg::is_item(raw) || tnef::read(raw).is_some()
}

/// The message that an item of a mail store is.
pub(crate) fn message(item: &OutlookItem, place: &Place, contents: &mut Contents) -> Message {
    contents.begin();
    fields::message(item, place, contents)
}

/// The text of a file of rich text.
pub(super) fn rich_text(raw: &[u8]) -> String {
    rtf::to_text(&charset::declared(raw, "windows-1252"))
}

/// The text and the attachments that a part `winmail.dat` of a message holds.
pub(super) fn opened(raw: &[u8], contents: &mut Contents) -> Option<(Marked, Vec<Attachment>)> {
    let item = tnef::read(raw)?;
    Some((fields::body(&item), fields::attachments(&item, contents)))
}
