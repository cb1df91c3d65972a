//! The values of a message in a field.

use std::borrow::Cow;

use crate::analysis::name_words;
use crate::schema::{FlagField, InstantField, NumberField, RecipientList, StringField, TextField};
use crate::{Message, Place, Recipient, Role, Whose};

/// The texts of a field in their order. A phrase may run from one to the next, except of the parts of the
/// body ([`TextField::whose`]).
#[must_use]
pub fn text_values(field: TextField, message: &Message) -> Vec<Cow<'_, str>> {
    fn all<'m>(values: impl IntoIterator<Item = &'m String>) -> Vec<Cow<'m, str>> {
        values.into_iter().map(Cow::from).collect()
    }
    fn names(people: &[Recipient]) -> Vec<Cow<'_, str>> {
        all(people.iter().filter_map(|person| person.name.as_ref()))
    }
    fn addresses(people: &[Recipient]) -> Vec<Cow<'_, str>> {
        all(people.iter().filter_map(|person| person.address.as_ref()))
    }
    match field {
        TextField::Subject => all(&message.subject),
        TextField::Body => all(&message.body),
        TextField::New => part(message, Whose::New),
        TextField::Quoted => part(message, Whose::Quoted),
        TextField::FromAddress => all(&message.from_address),
        TextField::FromName => all(&message.from_name),
        TextField::ToName => names(&message.to_recipients),
        TextField::ToAddress => addresses(&message.to_recipients),
        TextField::CcName => names(&message.cc_recipients),
        TextField::CcAddress => addresses(&message.cc_recipients),
        TextField::BccName => names(&message.bcc_recipients),
        TextField::BccAddress => addresses(&message.bcc_recipients),
        TextField::AttachmentName => {
            all(message.attachments.iter().filter_map(|file| file.name.as_ref()))
        }
        TextField::AttachmentText => all(message.files().filter_map(|file| file.text.as_ref())),
        TextField::FileName => {
            message.file().and_then(|file| file.name.as_deref()).map_or_else(Vec::new, file_name)
        }
    }
}

/// The parts of the body with those words.
fn part(message: &Message, whose: Whose) -> Vec<Cow<'_, str>> {
    let parts = message.parts().filter(|(_, _, of)| *of == whose);
    parts.map(|(_, text, _)| Cow::from(text)).collect()
}

/// The words of a file name, and the name as it is for whoever writes all of it.
fn file_name(name: &str) -> Vec<Cow<'_, str>> {
    vec![name_words(name).join(" ").into(), name.into()]
}

/// The value of a string field. If it belongs to a place, the value at the first place.
#[must_use]
pub fn string_value(field: StringField, message: &Message) -> Option<&str> {
    string_at(field, message, message.place())
}

/// The value of a string field of a message at one of its places.
#[must_use]
pub fn string_at<'a>(
    field: StringField,
    message: &'a Message,
    place: &'a Place,
) -> Option<&'a str> {
    match field {
        StringField::Id => Some(&message.id),
        StringField::InternetMessageId => message.internet_message_id.as_deref(),
        StringField::ConversationId => message.conversation_id.as_deref(),
        StringField::Subject => message.subject.as_deref(),
        StringField::FromAddress => message.from_address.as_deref(),
        StringField::FromName => message.from_name.as_deref(),
        StringField::Importance => message.importance.as_deref(),
        StringField::Mailbox => place.mailbox.as_deref(),
        StringField::Folder => place.folder.as_deref(),
        StringField::ItemId => place.item_id.as_deref(),
        StringField::FragmentId => place.fragment_id.as_deref(),
        StringField::Source => place.source.as_deref(),
        StringField::ListId => message.list_id.as_deref(),
        StringField::Kind => message.kind.as_deref(),
        StringField::Newest => message.newest.as_deref(),
    }
}

/// The value of a yes-or-no field. If it belongs to a place, the value at the first place.
#[must_use]
pub fn flag_value(field: FlagField, message: &Message) -> Option<bool> {
    flag_at(field, message, message.place())
}

/// The value of a yes-or-no field of a message at one of its places.
#[must_use]
pub const fn flag_at(field: FlagField, message: &Message, place: &Place) -> Option<bool> {
    match field {
        FlagField::HasAttachments => message.has_attachments,
        FlagField::IsRead => place.is_read,
        FlagField::IsFlagged => place.is_flagged,
        FlagField::IsReplied => place.is_replied,
        FlagField::IsDraft => place.is_draft,
        FlagField::IsSigned => message.is_signed,
        FlagField::IsEncrypted => message.is_encrypted,
    }
}

/// The value of a number field.
#[must_use]
pub const fn number_value(field: NumberField, message: &Message) -> Option<i64> {
    match field {
        NumberField::Size => message.size,
    }
}

/// The value of a moment.
#[must_use]
pub const fn instant_value(field: InstantField, message: &Message) -> Option<jiff::Timestamp> {
    match field {
        InstantField::Received => message.received,
        InstantField::Sent => message.sent,
        InstantField::Created => message.created,
        InstantField::Modified => message.modified,
    }
}

/// The people of a recipient list.
#[must_use]
pub fn recipients(list: RecipientList, message: &Message) -> &[Recipient] {
    match list {
        RecipientList::To => &message.to_recipients,
        RecipientList::Cc => &message.cc_recipients,
        RecipientList::Bcc => &message.bcc_recipients,
    }
}

/// The people in a role. The sender is one person with a name, an address or both. The owner is the one of
/// the first place.
#[must_use]
pub fn people(role: Role, message: &Message) -> Vec<Recipient> {
    match role {
        Role::From if message.from_address.is_none() && message.from_name.is_none() => Vec::new(),
        Role::From => vec![Recipient {
            name: message.from_name.clone(),
            address: message.from_address.clone(),
        }],
        Role::To => message.to_recipients.clone(),
        Role::Cc => message.cc_recipients.clone(),
        Role::Bcc => message.bcc_recipients.clone(),
        Role::DeliveredTo => message.delivered_to.iter().map(|one| addressed(one)).collect(),
        Role::Owner => owner(message.place()).into_iter().collect(),
    }
}

/// The owner of the mailbox of a place.
pub(super) fn owner(place: &Place) -> Option<Recipient> {
    place.mailbox.as_deref().map(addressed)
}

fn addressed(address: &str) -> Recipient {
    Recipient { name: None, address: Some(address.to_owned()) }
}
