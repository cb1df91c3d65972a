//! The texts of a message in which words are looked for, field by field.

use std::borrow::Cow;

use postern_query::Message;
use postern_query::evaluate::recipients;
use postern_query::schema::{RecipientList, TextField};

use super::place::{Shown, Text, Where};
use crate::search::snippet::highlight::MOST_MARKED;

/// The texts of a field, in the order of
/// [`text_values`](postern_query::evaluate::text_values). The body and its parts are looked through for the
/// snippet, and the text inside of attachments is not stored.
pub(super) fn texts(field: TextField, message: &Message) -> Vec<Text<'_>> {
    match field {
        TextField::Body | TextField::New | TextField::Quoted | TextField::AttachmentText => {
            Vec::new()
        }
        TextField::Subject => one(Where::Subject, message.subject.as_ref(), &Shown::Subject),
        TextField::FromAddress => {
            one(Where::Sender, message.from_address.as_ref(), &Shown::SenderAddress)
        }
        TextField::FromName => one(Where::Sender, message.from_name.as_ref(), &Shown::SenderName),
        TextField::ToName => names(RecipientList::To, message),
        TextField::ToAddress => addresses(RecipientList::To, message),
        TextField::CcName => names(RecipientList::Cc, message),
        TextField::CcAddress => addresses(RecipientList::Cc, message),
        TextField::BccName => names(RecipientList::Bcc, message),
        TextField::BccAddress => addresses(RecipientList::Bcc, message),
        TextField::AttachmentName => {
            let names = message.attachments.iter().map(|file| file.name.as_deref());
            let names = names.enumerate().filter_map(|(number, name)| Some((number, name?)));
            names.map(|(number, name)| file_name(number, name)).collect()
        }
        TextField::FileName => {
            let name = message.file().and_then(|file| file.name.as_deref());
            name.map_or_else(Vec::new, |name| vec![words_of_name(name), file_name(0, name)])
        }
    }
}

fn one<'m>(place: Where, value: Option<&'m String>, shown: &Shown) -> Vec<Text<'m>> {
    value.into_iter().map(|value| Text::new(place, value, shown.clone())).collect()
}

fn names(list: RecipientList, message: &Message) -> Vec<Text<'_>> {
    let names = recipients(list, message).iter().map(|person| person.name.as_deref());
    let names = names.enumerate().filter_map(|(number, name)| Some((number, name?)));
    names.map(|(number, name)| recipient(list, number, name, Shown::RecipientName)).collect()
}

fn addresses(list: RecipientList, message: &Message) -> Vec<Text<'_>> {
    let all = recipients(list, message).iter().map(|person| person.address.as_deref());
    let all = all.enumerate().filter_map(|(number, address)| Some((number, address?)));
    all.map(|(number, one)| recipient(list, number, one, Shown::RecipientAddress)).collect()
}

/// A name or an address. A list of messages shows the first recipients of `To` and `Cc`.
pub(super) fn recipient(
    list: RecipientList,
    number: usize,
    value: &str,
    shown: fn(RecipientList, usize) -> Shown,
) -> Text<'_> {
    if list == RecipientList::Bcc || number >= MOST_MARKED {
        Text::hidden(Where::Recipient, value)
    } else {
        Text::new(Where::Recipient, value, shown(list, number))
    }
}

/// The name of the attachment of that number.
pub(super) fn file_name(number: usize, name: &str) -> Text<'_> {
    if number >= MOST_MARKED {
        Text::hidden(Where::Filename, name).of_file(number)
    } else {
        Text::new(Where::Filename, name, Shown::FileName(number)).of_file(number)
    }
}

/// The name of a file with spaces between its words, each at the place that it has in the name.
fn words_of_name(name: &str) -> Text<'_> {
    let mut spaced = String::with_capacity(name.len());
    for c in name.chars() {
        match c.is_alphanumeric() {
            true => spaced.push(c),
            false => spaced.extend(std::iter::repeat_n(' ', c.len_utf8())),
        }
    }
    let value = spaced.trim().to_owned();
    let skipped = spaced.len() - spaced.trim_start().len();
    Text { value: Cow::Owned(value), skipped, ..file_name(0, name) }
}

#[cfg(test)]
mod tests {
    use postern_query::analysis::terms;
    use postern_query::evaluate::text_values;

    use super::*;

    #[test]
    fn words_of_a_name_stand_where_they_do_in_it() {
        for name in ["Q3_report-final.PDF", "_é–x.txt", "", "..", "東京_İ"] {
            let text = words_of_name(name);
            for (start, word) in postern_query::analysis::words(&text.value) {
                assert!(
                    name.get(text.skipped + start..).unwrap().starts_with(word),
                    "{name} {word}"
                );
            }
            let file = postern_query::Attachment {
                name: Some(name.into()),
                ..postern_query::Attachment::default()
            };
            let message = Message {
                kind: Some(postern_query::FILE.into()),
                attachments: vec![file],
                ..Message::default()
            };
            let values = text_values(TextField::FileName, &message);
            assert_eq!(terms(&text.value), terms(&values[0]), "{name}");
        }
    }
}
