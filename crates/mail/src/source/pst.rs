//! Outlook data files (`.pst`, `.ost`; MS-PST).

use std::fs::File;
use std::sync::Arc;

use postern_pst::{
    Attachment, Content as Inside, DataFile, Fault as Damage, OpenError, Options, Property,
};

use super::read::{Content, Entry, Fault, Reading};
use crate::contents::MAX_BYTES;
use crate::outlook;
use crate::outlook::{OutlookItem, Properties, Value};

/// What is said of an item that could not be opened.
const ROW_ONLY: &str = "only what its folder lists of it could be read";
/// What is reported of a file that is damaged in a place that belongs to no message.
const DAMAGED: &str = "the file is damaged: every message that could still be found was taken in; let Outlook's \
                       Inbox Repair tool (scanpst.exe) look at a copy of it";
/// What is told of a file with a password.
const PASSWORD: &str = "the file asks Outlook for a password; it keeps only a checksum of it and is not encrypted \
                        with it, so its messages were read";

/// Hands over every message of the file. A damaged file is read as far as it goes.
pub(super) fn read(reading: &mut Reading<'_>, entry: &Entry, file: &File) -> Result<(), Fault> {
    let options = Options { most: MAX_BYTES, ..Options::default() };
    let file = DataFile::open(file.try_clone()?, options)?;
    if file.has_password() {
        reading.fail(entry, Fault::Note(PASSWORD));
    }
    let names = file.names()?;
    let keywords = outlook::keywords(&names.entries, &names.names);
    let mailbox = Mailbox { file, keywords };
    mailbox.give_all(reading, entry);
    if mailbox.file.is_damaged() { Err(Fault::Failed(DAMAGED.to_owned())) } else { Ok(()) }
}

impl From<OpenError> for Fault {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Io(error) => error.into(),
            OpenError::AddressBook => {
                Self::NotMail("a personal address book, which holds no messages")
            }
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<Damage> for Fault {
    fn from(fault: Damage) -> Self {
        match fault {
            Damage::Io(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// An open file.
struct Mailbox {
    file: DataFile<File>,
    /// The number that the categories have in it.
    keywords: Option<u16>,
}

impl Mailbox {
    fn give_all(&self, reading: &mut Reading<'_>, entry: &Entry) {
        for message in self.file.messages() {
            if reading.budget.is_spent() {
                return;
            }
            let place = place(reading, entry, self.file.folder(&message).path, message.node());
            let item = self.file.item(&message).map(|item| self.item(item));
            self.give(reading, &place, message.folder(), message.node(), item);
        }
        for missing in self.file.missing() {
            let place = place(reading, entry, self.file.path(missing.folder).path, missing.node);
            let lost = Damage::Damaged("its folder lists it, and it is not there");
            self.give(reading, &place, missing.folder, missing.node, Err(lost));
        }
    }

    /// The message as it is, else what its folder lists of it.
    fn give(
        &self,
        reading: &mut Reading<'_>,
        place: &Entry,
        folder: u32,
        node: u32,
        item: Result<OutlookItem, Damage>,
    ) {
        let item = item.or_else(|error| {
            // What the system refused is tried again by the next run.
            let row = if error.is_of_system() {
                None
            } else {
                self.file.row(folder, node).ok().flatten()
            };
            let item = row.map(|row| self.listed(row)).filter(outlook::has_class);
            item.ok_or(error)
        });
        match item {
            Ok(item) => reading.give(place, "", Content::Item(Box::new(item))),
            Err(error) => reading.fail(place, error.into()),
        }
    }

    /// An item of which there is no more than its folder lists.
    fn listed(&self, row: Vec<Property>) -> OutlookItem {
        let properties = self.properties(row);
        OutlookItem { properties, damage: Some(ROW_ONLY.to_owned()), ..OutlookItem::default() }
    }

    fn item(&self, item: postern_pst::Item) -> OutlookItem {
        let properties = self.properties(item.properties);
        let code_page = properties.code_page();
        let recipients = item.recipients.into_iter().map(|recipient| {
            let mut recipient = self.properties(recipient);
            recipient.set_code_page(code_page);
            recipient
        });
        let damage =
            (!item.lost.is_empty()).then(|| format!("{} could not be read", item.lost.join(", ")));
        OutlookItem {
            recipients: recipients.collect(),
            attachments: item
                .attachments
                .into_iter()
                .map(|one| self.attachment(one, code_page))
                .collect(),
            damage,
            properties,
        }
    }

    fn attachment(&self, attachment: Attachment, code_page: u16) -> outlook::File {
        let mut properties = self.properties(attachment.properties);
        properties.set_code_page(code_page);
        let (size, content, item) = match attachment.content {
            Inside::Bytes(bytes) | Inside::Ole(bytes) => {
                (Some(bytes.len() as u64), Some(bytes), None)
            }
            Inside::TooLong(length) => (Some(length), None, None),
            Inside::Item(item) => (None, None, Some(Box::new(self.item(*item)))),
            Inside::None | Inside::Lost(_) => (None, None, None),
        };
        outlook::File { properties, size, content, item }
    }

    fn properties(&self, all: Vec<Property>) -> Properties {
        let mut properties = Properties::default();
        for Property { number, value } in all {
            match value {
                postern_pst::Value::Many(values) if self.keywords == Some(number) => {
                    values
                        .into_iter()
                        .filter_map(value_of)
                        .for_each(|one| properties.add_category(one));
                }
                other => {
                    if let Some(value) = value_of(other) {
                        properties.insert(number, value);
                    }
                }
            }
        }
        properties
    }
}

/// The value of a property, where a message can have it.
fn value_of(value: postern_pst::Value) -> Option<Value> {
    Some(match value {
        postern_pst::Value::Integer(number) => Value::Number(number),
        postern_pst::Value::Flag(flag) => Value::Number(flag.into()),
        postern_pst::Value::Time(time) => Value::Time(time),
        postern_pst::Value::Text(text) => Value::Text(text),
        postern_pst::Value::Narrow(text) => Value::Narrow(text),
        postern_pst::Value::Bytes(bytes) => Value::Bytes(bytes),
        postern_pst::Value::Float(_)
        | postern_pst::Value::Guid(_)
        | postern_pst::Value::Object { .. }
        | postern_pst::Value::Many(_)
        | postern_pst::Value::TooLong(_)
        | postern_pst::Value::Lost(_)
        | postern_pst::Value::Unknown(_) => return None,
    })
}

/// A message as if the file were a folder: below its folders, under its number.
fn place(reading: &Reading<'_>, entry: &Entry, folders: Vec<String>, node: u32) -> Entry {
    let names = folders.into_iter().chain([node.to_string()]);
    let name: Vec<_> = names.map(|name| name.replace('/', "_")).collect();
    let mut member = super::archive::member(reading, entry, &name.join("/"));
    Arc::make_mut(&mut member.home).is_delivered = false;
    member
}
