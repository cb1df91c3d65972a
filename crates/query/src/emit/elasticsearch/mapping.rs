//! The index that the queries presume.

use super::document::Members;
use super::text;
use crate::emit::Json;
use crate::query::Role;
use crate::schema::{
    ATTACHMENTS, CATEGORIES, FlagField, InstantField, NumberField, REFERENCES, RecipientList,
    StringField, TextField,
};

/// The version of [`mapping`]. An index of another version holds documents of another shape.
pub const MAPPING_VERSION: u32 = 1;

/// The list of the places of a message.
pub(super) const PLACES: &str = "places";
/// The mark of the first place of a message.
pub(super) const IS_FIRST: &str = "isFirst";
/// The mark of the first place of a message in a mailbox.
pub(super) const IS_FIRST_THERE: &str = "isFirstThere";
/// What no query asks about.
pub(super) const KEPT: &str = "kept";
/// The field with the paths of those fields whose whole values are too long.
pub(super) const LEFT_OUT: &str = "leftOut";
/// What joins a message to others: its references, and those that are no ids of messages.
pub(super) const CONVERSATIONS: &str = "conversations";
/// UTF-16 units that a whole value may have. An index takes 32,766 bytes, and a unit has three at most.
pub(super) const LONGEST: usize = 32_766 / 3;
/// Elements of nested lists that a message may have.
const MOST_ELEMENTS: i64 = 1_000_000;

/// Settings and mappings of the index, as given when it is made.
///
/// Whole strings are `keyword`, with a sub-field `lower` in lower case. Text has the `standard`
/// analyser, which cuts it as [`analysis::tokens`](crate::analysis::tokens) does. Recipients,
/// attachments, categories and places are `nested`, so that a condition can ask about one of them. `people.from`,
/// `people.to` and so on serve searches for people: they hold the whole address, the part before the `@`,
/// its words, the domain and the display name. A whole value of more than 10,922 characters is not searched as a
/// whole; `leftOut` names its field.
///
/// Quickwit has no mappings of this kind. Its index has the same fields: `keyword` as `raw`, `lower`
/// as `raw` with the text in lower case, text as `default`. Elements of lists are plain objects,
/// each with a field `present` that is true. What is below `places` lies at the top.
///
/// ```
/// let mapping = postern_query::emit::elasticsearch::mapping().to_string();
/// assert!(mapping.contains(r#""hasAttachments":{"type":"boolean"}"#));
/// ```
#[must_use]
pub fn mapping() -> Json {
    let mappings = Json::object([("dynamic", "strict".into()), ("properties", properties())]);
    let nested = Json::member("limit", Json::Integer(MOST_ELEMENTS));
    let index = Json::member("mapping", Json::member("nested_objects", nested));
    let settings = Json::object([("analysis", analysis()), ("index", index)]);
    Json::object([("settings", settings), ("mappings", mappings)])
}

/// Words of names are cut before they come here, so that white space alone lies between.
fn analysis() -> Json {
    let normalizer =
        Json::object([("type", "custom".into()), ("filter", Json::List(vec!["lowercase".into()]))]);
    let longest = i64::try_from(LONGEST).unwrap_or(i64::MAX);
    let tokenizer =
        Json::object([("type", "whitespace".into()), ("max_token_length", Json::Integer(longest))]);
    let analyzer = Json::object([("type", "custom".into()), ("tokenizer", text::WORDS.into())]);
    Json::object([
        ("normalizer", Json::member("lowercase", normalizer)),
        ("tokenizer", Json::member(text::WORDS, tokenizer)),
        ("analyzer", Json::member(text::WORDS, analyzer)),
    ])
}

fn properties() -> Json {
    let mut fields = Members::default();
    strings(&mut fields, false);
    for field in NumberField::ALL {
        fields.add(field.path(), Some(typed("long")));
    }
    for field in InstantField::ALL {
        fields.add(field.path(), Some(typed("date")));
    }
    for field in TextField::ALL.iter().filter(|field| text::is_own(**field)) {
        fields.add(text::path(*field), Some(analysed("standard")));
    }
    for list in RecipientList::ALL {
        fields
            .add(list.path(), Some(elements([("name", whole(false)), ("address", whole(false))])));
    }
    fields.add(CATEGORIES, Some(elements([("name", whole(false))])));
    fields.add(ATTACHMENTS, Some(attachments()));
    fields.add(REFERENCES, Some(keyword()));
    fields.add("people", Some(people_fields()));
    fields.add(PLACES, Some(places()));
    let kept = Json::object([("type", "object".into()), ("enabled", false.into())]);
    fields.add(KEPT, Some(kept));
    fields.add(LEFT_OUT, Some(typed("keyword")));
    fields.add(CONVERSATIONS, Some(keyword()));
    Json::Object(fields.0)
}

/// Whole strings and flags, of places or of messages.
fn strings(fields: &mut Members, of_place: bool) {
    for field in StringField::ALL.iter().filter(|field| field.is_of_place() == of_place) {
        let text =
            TextField::ALL.iter().any(|text| text::path(*text) == format!("{}.text", field.path()));
        fields.add(field.path(), Some(whole(text)));
    }
    for field in FlagField::ALL.iter().filter(|field| field.is_of_place() == of_place) {
        fields.add(field.path(), Some(typed("boolean")));
    }
}

fn places() -> Json {
    let mut fields = Members::default();
    strings(&mut fields, true);
    fields.add(Role::Owner.name(), Some(Json::member("properties", person())));
    for mark in ["present", IS_FIRST, IS_FIRST_THERE] {
        fields.add(mark, Some(typed("boolean")));
    }
    Json::object([("type", "nested".into()), ("properties", Json::Object(fields.0))])
}

fn attachments() -> Json {
    elements([
        ("name", whole(false)),
        ("contentType", whole(false)),
        ("size", typed("long")),
        ("words", analysed(text::WORDS)),
        ("extension", keyword()),
    ])
}

fn people_fields() -> Json {
    let roles = Role::ALL.iter().filter(|role| **role != Role::Owner);
    let roles = roles.map(|role| (role.name().to_owned(), Json::member("properties", person())));
    Json::member("properties", Json::Object(roles.collect()))
}

fn person() -> Json {
    Json::object([
        ("address", keyword()),
        ("local", keyword()),
        ("domain", keyword()),
        ("words", analysed(text::WORDS)),
        ("name", analysed("standard")),
    ])
}

fn typed(name: &str) -> Json {
    Json::member("type", name)
}

fn analysed(analyser: &str) -> Json {
    Json::object([("type", "text".into()), ("analyzer", analyser.into())])
}

fn keyword() -> Json {
    Json::object([("type", "keyword".into()), longest()])
}

fn longest() -> (&'static str, Json) {
    ("ignore_above", Json::Integer(i64::try_from(LONGEST).unwrap_or(i64::MAX)))
}

/// A whole string: as it is, in lower case, and optionally its words.
fn whole(text: bool) -> Json {
    let lower =
        Json::object([("type", "keyword".into()), ("normalizer", "lowercase".into()), longest()]);
    let mut fields = vec![("lower".to_owned(), lower)];
    fields.extend(text.then(|| ("text".to_owned(), analysed("standard"))));
    Json::object([("type", "keyword".into()), longest(), ("fields", Json::Object(fields))])
}

/// Elements of a list, each separate.
fn elements<const N: usize>(fields: [(&str, Json); N]) -> Json {
    let fields = fields.into_iter().chain([("present", typed("boolean"))]);
    let fields = fields.map(|(name, kind)| (name.to_owned(), kind)).collect();
    Json::object([("type", "nested".into()), ("properties", Json::Object(fields))])
}
