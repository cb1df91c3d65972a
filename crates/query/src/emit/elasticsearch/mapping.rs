//! The index that the queries presume, and the documents it holds.

use super::text;
use super::value::milliseconds;
use crate::analysis::{lower_case, name_words};
use crate::emit::Json;
use crate::evaluate::{
    flag_value, instant_value, number_value, people, recipients, string_value, text_values,
};
use crate::query::Role;
use crate::schema::{
    ATTACHMENTS, CATEGORIES, FlagField, InstantField, NumberField, REFERENCES, RecipientList,
    StringField, TextField,
};
use crate::{Attachment, Message, Recipient};

/// Settings and mappings of the index, as given when it is made.
///
/// Whole strings are `keyword`, with a sub-field `lower` in lower case. Text has the `standard`
/// analyser, which cuts it as [`analysis::tokens`](crate::analysis::tokens) does. Recipients,
/// attachments and categories are `nested`, so that a condition can ask about one of them. `people.from`,
/// `people.to` and so on serve searches for people: they hold the whole address, the part before the `@`,
/// its words, the domain and the display name.
///
/// Quickwit has no mappings of this kind. Its index has the same fields: `keyword` as `raw`, `lower`
/// as `raw` with the text in lower case, text as `default`. Elements of lists are plain objects,
/// each with a field `present` that is true.
///
/// ```
/// let mapping = postern_query::emit::elasticsearch::mapping().to_string();
/// assert!(mapping.contains(r#""isRead":{"type":"boolean"}"#));
/// ```
#[must_use]
pub fn mapping() -> Json {
    let normalizer =
        Json::object([("type", "custom".into()), ("filter", Json::List(vec!["lowercase".into()]))]);
    let analysis = Json::member("normalizer", Json::member("lowercase", normalizer));
    let mappings = Json::object([("dynamic", "strict".into()), ("properties", properties())]);
    Json::object([("settings", Json::member("analysis", analysis)), ("mappings", mappings)])
}

/// A message as the index holds it, at its first place; missing values are left out.
///
/// A message that lies in several places needs one document for each. There, NOT speaks of one place only.
///
/// A phrase may run from one element of a list to the next, for example through the names of all recipients.
/// Such lists stand in one text with line breaks between. A person without an address has an empty one below
/// `people`.
///
/// ```
/// use postern_query::emit::elasticsearch;
/// use postern_query::Message;
///
/// let message = Message { id: "m1".into(), from_address: Some("A@X.com".into()), ..Message::default() };
/// assert_eq!(
///     elasticsearch::document(&message).to_string(),
///     concat!(
///         r#"{"id":"m1","fromAddress":"A@X.com","people":{"from":[{"address":"a@x.com","#,
///         r#""local":"a","domain":"x.com","words":"a"}]}}"#
///     )
/// );
/// ```
#[must_use]
pub fn document(message: &Message) -> Json {
    let mut members = Members::default();
    for field in StringField::ALL {
        members.add(field.path(), string_value(*field, message));
    }
    for field in FlagField::ALL {
        members.add(field.path(), flag_value(*field, message));
    }
    for field in NumberField::ALL {
        members.add(field.path(), number_value(*field, message));
    }
    for field in InstantField::ALL {
        members.add(field.path(), instant_value(*field, message).map(|at| milliseconds(at).0));
    }
    lists(message, &mut members);
    Json::Object(members.0)
}

/// The members of an object that have a value.
#[derive(Default)]
struct Members(Vec<(String, Json)>);

impl Members {
    fn add(&mut self, name: &str, value: Option<impl Into<Json>>) {
        self.0.extend(value.map(|value| (name.to_owned(), value.into())));
    }

    fn add_list(&mut self, name: &str, values: Vec<Json>) {
        self.add(name, (!values.is_empty()).then_some(values));
    }
}

fn lists(message: &Message, members: &mut Members) {
    for list in RecipientList::ALL {
        let people = recipients(*list, message).iter().map(recipient).collect();
        members.add_list(list.path(), people);
    }
    members.add_list(ATTACHMENTS, message.attachments.iter().map(attachment).collect());
    let category = |name: &String| Json::object([("name", name.as_str().into()), present()]);
    members.add_list(CATEGORIES, message.categories.iter().map(category).collect());
    let references = message.written_references().map(Json::from).collect();
    members.add_list(REFERENCES, references);
    for field in TextField::ALL.iter().filter(|field| is_own_text(**field)) {
        let texts = text_values(*field, message);
        members.add(text::path(*field), (!texts.is_empty()).then(|| texts.join("\n")));
    }
    let mut roles = Members::default();
    for role in Role::ALL {
        let who = people(role, message).iter().map(person).collect();
        roles.add_list(role.name(), who);
    }
    members.add("people", (!roles.0.is_empty()).then_some(Json::Object(roles.0)));
}

/// Whether a text has its own field, and is not a sub-field of a whole string.
fn is_own_text(field: TextField) -> bool {
    !text::path(field).contains('.') && field.whose().is_none()
}

/// Every element has this field, so that a query can ask whether there is one.
fn present() -> (&'static str, Json) {
    ("present", true.into())
}

fn recipient(person: &Recipient) -> Json {
    let mut members = Members::default();
    members.add("name", person.name.as_deref());
    members.add("address", person.address.as_deref());
    members.add("present", Some(true));
    Json::Object(members.0)
}

fn attachment(file: &Attachment) -> Json {
    let mut members = Members::default();
    members.add("name", file.name.as_deref());
    members.add("contentType", file.content_type.as_deref());
    members.add("size", file.size);
    let words = file.name.as_deref().map(|name| name_words(&lower_case(name)).join(" "));
    members.add("words", words);
    members.add("present", Some(true));
    Json::Object(members.0)
}

/// A person as [`person_matches`](crate::evaluate::person_matches) takes them apart.
fn person(person: &Recipient) -> Json {
    let address = person.address.as_deref().map(lower_case).unwrap_or_default();
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let mut members = Members::default();
    members.add("address", Some(address.as_str()));
    members.add("local", Some(local));
    members.add("domain", Some(domain));
    members.add("words", Some(name_words(local).join(" ")));
    members.add("name", person.name.as_deref());
    Json::Object(members.0)
}

fn properties() -> Json {
    let mut fields = Members::default();
    for field in StringField::ALL {
        let text =
            TextField::ALL.iter().any(|text| text::path(*text) == format!("{}.text", field.path()));
        fields.add(field.path(), Some(whole(text)));
    }
    for field in FlagField::ALL {
        fields.add(field.path(), Some(typed("boolean")));
    }
    for field in NumberField::ALL {
        fields.add(field.path(), Some(typed("long")));
    }
    for field in InstantField::ALL {
        fields.add(field.path(), Some(typed("date")));
    }
    for field in TextField::ALL.iter().filter(|field| is_own_text(**field)) {
        fields.add(text::path(*field), Some(analysed("standard")));
    }
    for list in RecipientList::ALL {
        fields
            .add(list.path(), Some(elements([("name", whole(false)), ("address", whole(false))])));
    }
    fields.add(CATEGORIES, Some(elements([("name", whole(false))])));
    fields.add(ATTACHMENTS, Some(attachments()));
    fields.add(REFERENCES, Some(typed("keyword")));
    fields.add("people", Some(people_fields()));
    Json::Object(fields.0)
}

fn attachments() -> Json {
    elements([
        ("name", whole(false)),
        ("contentType", whole(false)),
        ("size", typed("long")),
        ("words", analysed("whitespace")),
    ])
}

fn people_fields() -> Json {
    let person = || {
        Json::object([
            ("address", typed("keyword")),
            ("local", typed("keyword")),
            ("domain", typed("keyword")),
            ("words", analysed("whitespace")),
            ("name", analysed("standard")),
        ])
    };
    let roles =
        Role::ALL.iter().map(|role| (role.name().to_owned(), Json::member("properties", person())));
    Json::member("properties", Json::Object(roles.collect()))
}

fn typed(name: &str) -> Json {
    Json::member("type", name)
}

fn analysed(analyser: &str) -> Json {
    Json::object([("type", "text".into()), ("analyzer", analyser.into())])
}

/// A whole string: as it is, in lower case, and optionally its words.
fn whole(text: bool) -> Json {
    let lower = Json::object([("type", "keyword".into()), ("normalizer", "lowercase".into())]);
    let mut fields = vec![("lower".to_owned(), lower)];
    fields.extend(text.then(|| ("text".to_owned(), analysed("standard"))));
    Json::object([("type", "keyword".into()), ("fields", Json::Object(fields))])
}

/// Elements of a list, each separate.
fn elements<const N: usize>(fields: [(&str, Json); N]) -> Json {
    let fields = fields.into_iter().chain([("present", typed("boolean"))]);
    let fields = fields.map(|(name, kind)| (name.to_owned(), kind)).collect();
    Json::object([("type", "nested".into()), ("properties", Json::Object(fields))])
}
