//! The fields of the tantivy index.
//!
//! Fields are numbered in the order in which [`schema`] adds them, so that the field for a
//! [`TextField`] and its like is computed, never looked up. A change here, in
//! [`document`](crate::write::document) or in [`stored`](crate::format::stored) needs a new
//! [`FORMAT`](crate::format::folder::FORMAT).

use postern_query::schema::{
    ATTACHMENTS, FlagField, InstantField, NumberField, REFERENCES, RecipientList, StringField,
    TextField,
};
use postern_query::{PeopleField, Role};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema, SchemaBuilder,
    TextFieldIndexing, TextOptions,
};

use super::terms::TYPED;
use super::words::LINES;

const fn after<T>(base: u32, fields: &[T]) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "there are few fields")]
    let count = fields.len() as u32;
    base + count
}

/// Every recipient list, in the order of their fields.
pub(crate) const LISTS: [RecipientList; 3] =
    [RecipientList::To, RecipientList::Cc, RecipientList::Bcc];

/// The parts of the body come last, and are no fields of their own.
const WHOLE: u32 = TextField::New as u32;
const FLAGS: u32 = after(WHOLE, StringField::ALL);
const NUMBERS: u32 = after(FLAGS, FlagField::ALL);
const INSTANTS: u32 = after(NUMBERS, NumberField::ALL);
const RECIPIENT_NAMES: u32 = after(INSTANTS, InstantField::ALL);
const RECIPIENT_ADDRESSES: u32 = after(RECIPIENT_NAMES, &LISTS);
const PEOPLE: u32 = after(RECIPIENT_ADDRESSES, &LISTS);
const REST: u32 = after(PEOPLE, &Role::ALL);

/// Categories, each whole.
pub(crate) const CATEGORY: Field = Field::from_field_id(REST);
/// Names of attachments, each whole.
pub(crate) const ATTACHMENT_NAME: Field = Field::from_field_id(REST + 1);
/// Media types of attachments, each whole.
pub(crate) const ATTACHMENT_TYPE: Field = Field::from_field_id(REST + 2);
/// Sizes of attachments.
pub(crate) const ATTACHMENT_SIZE: Field = Field::from_field_id(REST + 3);
/// [Typed terms](crate::format::terms) of the names of attachments.
pub(crate) const FILE_NAMES: Field = Field::from_field_id(REST + 4);
/// [Traits](crate::format::terms::traits): what a message has and has not.
pub(crate) const TRAITS: Field = Field::from_field_id(REST + 5);
/// The first bytes of the id as a number: two ids mostly compare without reading them.
pub(crate) const ID_START: Field = Field::from_field_id(REST + 6);
/// The message without its body, see [`stored`](crate::format::stored).
pub(crate) const MESSAGE: Field = Field::from_field_id(REST + 7);
/// Ids of the messages that a message refers to, each whole.
pub(crate) const REFERENCE: Field = Field::from_field_id(REST + 8);
/// When the message arrived as a number that every message has: see [`RECEIVED_ORDER_NAME`].
pub(crate) const RECEIVED_ORDER: Field = Field::from_field_id(REST + 9);

/// The [places](super::places) of a message that lies in several.
pub(crate) const PLACES: Field = Field::from_field_id(REST + 10);

/// Whose words a body holds, see [`passages`](super::passages).
pub(crate) const PASSAGES: Field = Field::from_field_id(REST + 11);

/// The body as it is.
pub(crate) const BODY: Field = Field::from_field_id(REST + 12);

/// Which words are of which attachment, see [`contents`](super::contents).
pub(crate) const CONTENTS: Field = Field::from_field_id(REST + 13);

/// Name of [`CONTENTS`].
pub(crate) const CONTENTS_NAME: &str = "contents";

/// Name of [`PASSAGES`].
pub(crate) const PASSAGES_NAME: &str = "passages";

/// Name of [`PLACES`].
pub(crate) const PLACES_NAME: &str = "places";

/// Name of [`ID_START`].
pub(crate) const ID_START_NAME: &str = "id/start";

/// Name of [`RECEIVED_ORDER`]. It sorts as the moment does, with 0 for a message without one. A
/// column without holes is read a block at a time, and most searches want the newest.
pub(crate) const RECEIVED_ORDER_NAME: &str = "received/order";

/// The [words](super::words) of a field; those of a part of the body are in the body.
pub(crate) const fn words(field: TextField) -> Field {
    match field.whose() {
        Some(_) => Field::from_field_id(TextField::Body as u32),
        None => Field::from_field_id(field as u32),
    }
}

/// The fields that have words of their own.
pub(crate) fn with_words() -> impl Iterator<Item = TextField> {
    TextField::ALL.iter().copied().filter(|field| field.whose().is_none())
}

/// The value of a field as one term, and as a column to sort by.
pub(crate) const fn whole(field: StringField) -> Field {
    Field::from_field_id(WHOLE + field as u32)
}

/// A yes-or-no field.
pub(crate) const fn flag(field: FlagField) -> Field {
    Field::from_field_id(FLAGS + field as u32)
}

/// A number field.
pub(crate) const fn number(field: NumberField) -> Field {
    Field::from_field_id(NUMBERS + field as u32)
}

/// A moment in milliseconds.
pub(crate) const fn instant(field: InstantField) -> Field {
    Field::from_field_id(INSTANTS + field as u32)
}

/// The display names of a list, each whole.
pub(crate) const fn recipient_name(list: RecipientList) -> Field {
    Field::from_field_id(RECIPIENT_NAMES + list as u32)
}

/// The addresses of a list, each whole.
pub(crate) const fn recipient_address(list: RecipientList) -> Field {
    Field::from_field_id(RECIPIENT_ADDRESSES + list as u32)
}

/// [Typed terms](crate::format::terms) of the people in a role.
pub(crate) const fn people(role: Role) -> Field {
    Field::from_field_id(PEOPLE + role as u32)
}

/// Name of the column with the values of a string field.
pub(crate) fn whole_name(field: StringField) -> String {
    format!("whole/{}", field.path())
}

/// The path of a role's people.
pub(crate) const fn role_path(role: Role) -> &'static str {
    match role.field() {
        PeopleField::Sender => "from",
        PeopleField::List(list) => list.path(),
        PeopleField::Header(path) => path,
        PeopleField::Mailbox => StringField::Mailbox.path(),
    }
}

/// The schema of this [format](crate::format::folder::FORMAT).
pub(crate) fn schema() -> Schema {
    let mut builder = Schema::builder();
    add_words(&mut builder);
    for field in StringField::ALL {
        builder.add_text_field(&whole_name(*field), terms() | FAST);
    }
    add_values(&mut builder);
    for list in LISTS {
        builder.add_text_field(&format!("whole/{}/name", list.path()), terms());
    }
    for list in LISTS {
        builder.add_text_field(&format!("whole/{}/address", list.path()), terms());
    }
    for role in Role::ALL {
        builder.add_text_field(&format!("people/{}", role_path(role)), typed_terms());
    }
    add_rest(&mut builder);
    builder.build()
}

fn add_words(builder: &mut SchemaBuilder) {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(LINES)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let options = TextOptions::default().set_indexing_options(indexing);
    for field in with_words() {
        builder.add_text_field(&format!("words/{}", field.path()), options.clone());
    }
}

fn add_values(builder: &mut SchemaBuilder) {
    for field in FlagField::ALL {
        builder.add_bool_field(field.path(), INDEXED | FAST);
    }
    let columns: NumericOptions = (INDEXED | FAST).into();
    for field in NumberField::ALL {
        builder.add_i64_field(field.path(), columns.clone());
    }
    for field in InstantField::ALL {
        builder.add_i64_field(field.path(), columns.clone());
    }
}

fn add_rest(builder: &mut SchemaBuilder) {
    builder.add_text_field("whole/categories", terms());
    builder.add_text_field("whole/attachments/name", terms());
    builder.add_text_field("whole/attachments/contentType", terms());
    builder.add_i64_field("attachments/size", INDEXED | FAST);
    builder.add_text_field(&format!("names/{ATTACHMENTS}"), typed_terms());
    builder.add_text_field("traits", cut_by(TYPED, IndexRecordOption::Basic));
    builder.add_u64_field(ID_START_NAME, FAST);
    builder.add_text_field("message", STORED);
    builder.add_text_field(&format!("whole/{REFERENCES}"), terms());
    builder.add_u64_field(RECEIVED_ORDER_NAME, FAST);
    builder.add_text_field(PLACES_NAME, FAST);
    builder.add_u64_field(PASSAGES_NAME, FAST);
    builder.add_text_field("body", STORED);
    builder.add_u64_field(CONTENTS_NAME, FAST);
}

/// Whole values: one term each.
fn terms() -> TextOptions {
    cut_by("raw", IndexRecordOption::Basic)
}

/// Terms that come with their positions.
fn typed_terms() -> TextOptions {
    cut_by(TYPED, IndexRecordOption::WithFreqsAndPositions)
}

/// Terms of that tokenizer, without statistics.
fn cut_by(tokenizer: &str, kept: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_fieldnorms(false)
        .set_index_option(kept);
    TextOptions::default().set_indexing_options(indexing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_they_are_looked_for() {
        let schema = schema();
        let check = |field: Field, name: &str| assert_eq!(schema.get_field_name(field), name);
        for field in with_words() {
            check(words(field), &format!("words/{}", field.path()));
        }
        for field in StringField::ALL {
            check(whole(*field), &whole_name(*field));
        }
        FlagField::ALL.iter().for_each(|field| check(flag(*field), field.path()));
        NumberField::ALL.iter().for_each(|field| check(number(*field), field.path()));
        InstantField::ALL.iter().for_each(|field| check(instant(*field), field.path()));
        for list in LISTS {
            check(recipient_name(list), &format!("whole/{}/name", list.path()));
            check(recipient_address(list), &format!("whole/{}/address", list.path()));
        }
        for role in Role::ALL {
            check(people(role), &format!("people/{}", role_path(role)));
        }
        check(CATEGORY, "whole/categories");
        check(ATTACHMENT_NAME, "whole/attachments/name");
        check(ATTACHMENT_TYPE, "whole/attachments/contentType");
        check(ATTACHMENT_SIZE, "attachments/size");
        check(FILE_NAMES, "names/attachments");
        check(TRAITS, "traits");
        check(ID_START, ID_START_NAME);
        check(MESSAGE, "message");
        check(REFERENCE, "whole/references");
        check(RECEIVED_ORDER, RECEIVED_ORDER_NAME);
        check(PLACES, PLACES_NAME);
        check(PASSAGES, PASSAGES_NAME);
        check(BODY, "body");
        check(CONTENTS, CONTENTS_NAME);
    }
}
