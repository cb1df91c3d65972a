//! Message to tantivy document.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

use postern_query::evaluate::{
    flag_at, instant_value, number_value, people, recipients, string_at, text_values,
};
use postern_query::schema::{
    ATTACHMENTS, CATEGORIES, FlagField, InstantField, NumberField, RecipientList, StringField,
    TextField,
};
use postern_query::{Attachment, Message, NO_CONTENT, Place, Recipient, Role};
use tantivy::TantivyDocument;
use tantivy::schema::Field;

use crate::format::terms::{TypedTerms, cut, is_regular, traits};
use crate::format::words::Words;
use crate::format::{contents, passages, places, schema, stored};

/// The document by which `message` is found and shown.
pub(crate) fn document(message: &Message) -> TantivyDocument {
    with_contents(message, contents::cut(message))
}

/// The same with the words inside of its files, and the values that say which are whose.
pub(super) fn with_contents(message: &Message, contents: (Words, Vec<u64>)) -> TantivyDocument {
    let mut builder = Builder::default();
    // The first of the stored fields, so that whoever needs no body reads no further.
    builder.document.add_text(schema::MESSAGE, stored::to_text(message));
    builder.add_words(message, contents);
    builder.add_values(message);
    for list in schema::LISTS {
        builder.add_recipients(list, message);
    }
    for role in Role::ALL {
        builder.add_people(role, message);
    }
    builder.add_categories(message);
    builder.add_references(message);
    builder.add_attachments(&message.attachments);
    builder.add_places(&message.places);
    if message.file().is_some_and(|file| file.unread.as_deref() == Some(NO_CONTENT)) {
        builder.add_trait(traits::NO_CONTENT);
    }
    builder.document.add_u64(schema::ID_START, id_start(&message.id));
    let received = message.received.map(stored::milliseconds).map(tantivy::i64_to_u64);
    builder.document.add_u64(schema::RECEIVED_ORDER, received.unwrap_or_default());
    builder.finish()
}

/// Whose mailboxes a message lies in.
fn owners(message: &Message) -> Vec<Recipient> {
    let mailboxes = message.places.iter().filter_map(|place| place.mailbox.clone());
    let mailboxes = mailboxes.collect::<BTreeSet<_>>().into_iter();
    mailboxes.map(|address| Recipient { name: None, address: Some(address) }).collect()
}

/// The first eight bytes of an id; ids sort by it as far as it goes.
fn id_start(id: &str) -> u64 {
    let bytes = id.bytes().chain(std::iter::repeat(0)).take(8);
    bytes.fold(0, |number, byte| number << 8 | u64::from(byte))
}

#[derive(Default)]
struct Builder {
    document: TantivyDocument,
    traits: TypedTerms,
    irregular: bool,
}

impl Builder {
    fn add_words(&mut self, message: &Message, (contents, files): (Words, Vec<u64>)) {
        let (body, parts) = passages::cut(message);
        let cut = [(TextField::Body, body), (TextField::AttachmentText, contents)];
        let others =
            schema::with_words().filter(|field| cut.iter().all(|(known, _)| known != field));
        for field in others.collect::<Vec<_>>() {
            let mut words = Words::default();
            text_values(field, message).iter().for_each(|text| words.add(text));
            self.add_text(field, words);
        }
        cut.into_iter().for_each(|(field, words)| self.add_text(field, words));
        for (column, values) in [(schema::PASSAGES, parts), (schema::CONTENTS, files)] {
            values.into_iter().for_each(|value| self.document.add_u64(column, value));
        }
        if let Some(body) = &message.body {
            self.document.add_text(schema::BODY, body);
            self.add_trait(TextField::Body.path());
        }
    }

    fn add_text(&mut self, field: TextField, words: Words) {
        if words.count() > 0 {
            self.document.add_text(schema::words(field), words.finish());
        }
    }

    fn add_values(&mut self, message: &Message) {
        for field in StringField::ALL {
            let at = |place| string_at(*field, message, place);
            for text in self.values(message, field.is_of_place(), field.path(), at) {
                self.add_whole(schema::whole(*field), text);
            }
        }
        for field in FlagField::ALL {
            let at = |place| flag_at(*field, message, place);
            for value in self.values(message, field.is_of_place(), field.path(), at) {
                self.document.add_bool(schema::flag(*field), value);
            }
        }
        for field in NumberField::ALL {
            if let Some(value) = number_value(*field, message) {
                self.document.add_i64(schema::number(*field), value);
                self.add_trait(field.path());
            }
        }
        for field in InstantField::ALL {
            if let Some(value) = instant_value(*field, message) {
                self.document.add_i64(schema::instant(*field), stored::milliseconds(value));
                self.add_trait(field.path());
            }
        }
    }

    /// The values of a field at every place, each once, with the traits that tell of them. A field that belongs to
    /// no place has the same value at each.
    fn values<'m, T: Copy + Eq + Hash>(
        &mut self,
        message: &'m Message,
        is_of_place: bool,
        path: &str,
        at: impl Fn(&'m Place) -> Option<T>,
    ) -> Vec<T> {
        let (mut values, mut seen, places) = (Vec::new(), HashSet::new(), message.each_place());
        let places = if is_of_place { places } else { places.get(..1).unwrap_or_default() };
        for place in places {
            match at(place) {
                Some(value) if places.len() == 1 || seen.insert(value) => values.push(value),
                None if places.len() > 1 => self.add_trait(&traits::lacking_somewhere(path)),
                Some(_) | None => {}
            }
        }
        if !values.is_empty() {
            self.add_trait(path);
        }
        values
    }

    fn add_places(&mut self, places: &[Place]) {
        if places.len() > 1 {
            self.add_trait(traits::SEVERAL_PLACES);
            places::values(places).for_each(|value| self.document.add_text(schema::PLACES, value));
        }
    }

    fn add_recipients(&mut self, list: RecipientList, message: &Message) {
        let people = recipients(list, message);
        if !people.is_empty() {
            self.add_trait(list.path());
        }
        for person in people {
            let name = (schema::recipient_name(list), "name", person.name.as_deref());
            let address = (schema::recipient_address(list), "address", person.address.as_deref());
            for (field, path, value) in [name, address] {
                self.add_element(field, list.path(), path, value);
            }
        }
    }

    fn add_people(&mut self, role: Role, message: &Message) {
        let mut terms = TypedTerms::default();
        let people = if role == Role::Owner { owners(message) } else { people(role, message) };
        people.iter().for_each(|person| terms.add_person(person));
        self.add_typed(schema::people(role), terms);
    }

    fn add_categories(&mut self, message: &Message) {
        for category in &message.categories {
            self.add_whole(schema::CATEGORY, category);
        }
        if !message.categories.is_empty() {
            self.add_trait(CATEGORIES);
        }
    }

    fn add_references(&mut self, message: &Message) {
        message.references.iter().for_each(|id| self.add_whole(schema::REFERENCE, id));
    }

    fn add_attachments(&mut self, files: &[Attachment]) {
        let mut terms = TypedTerms::default();
        for file in files {
            let kind = file.content_type.as_deref();
            self.add_element(schema::ATTACHMENT_NAME, ATTACHMENTS, "name", file.name.as_deref());
            self.add_element(schema::ATTACHMENT_TYPE, ATTACHMENTS, "contentType", kind);
            match file.size {
                Some(size) => self.document.add_i64(schema::ATTACHMENT_SIZE, size),
                None => self.add_trait(&traits::lacking(ATTACHMENTS, "size")),
            }
            file.name.iter().for_each(|name| terms.add_file_name(name));
        }
        if !files.is_empty() {
            self.add_trait(ATTACHMENTS);
        }
        self.add_typed(schema::FILE_NAMES, terms);
    }

    /// One sub-field of one element of a list.
    fn add_element(&mut self, field: Field, list: &str, path: &str, value: Option<&str>) {
        match value {
            Some(text) => self.add_whole(field, text),
            None => self.add_trait(&traits::lacking(list, path)),
        }
    }

    fn add_whole(&mut self, field: Field, text: &str) {
        self.irregular |= !is_regular(text);
        self.document.add_text(field, cut(text));
    }

    fn add_typed(&mut self, field: Field, terms: TypedTerms) {
        self.irregular |= terms.irregular;
        if let Some(terms) = terms.finish() {
            self.document.add_text(field, terms);
        }
    }

    fn add_trait(&mut self, text: &str) {
        self.traits.add_term(text);
    }

    fn finish(mut self) -> TantivyDocument {
        if self.irregular {
            self.add_trait(traits::IRREGULAR);
        }
        let traits = std::mem::take(&mut self.traits);
        self.add_typed(schema::TRAITS, traits);
        self.document
    }
}
