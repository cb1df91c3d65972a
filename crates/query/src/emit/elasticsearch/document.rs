//! A message as the index holds it.

use std::collections::BTreeSet;

use super::mapping::{CONVERSATIONS, IS_FIRST, IS_FIRST_THERE, KEPT, LEFT_OUT, LONGEST, PLACES};
use super::{Profile, text};
use crate::analysis::{lower_case, name_words};
use crate::emit::Json;
use crate::emit::elasticsearch::value::milliseconds;
use crate::evaluate::{
    flag_at, instant_value, number_value, people, recipients, string_at, text_values,
};
use crate::query::Role;
use crate::schema::{
    ATTACHMENTS, CATEGORIES, FlagField, InstantField, NumberField, REFERENCES, RecipientList,
    StringField, TextField,
};
use crate::{Attachment, Message, Place, Recipient, Whose};

/// A message as the index holds it, with all its places; missing values are left out.
///
/// A phrase may run from one element of a list to the next, for example through the names of all recipients.
/// Such lists stand in one text with line breaks between. A person without an address has an empty one below
/// `people`. What no query asks about lies in `kept`.
///
/// Quickwit keeps no elements of a list apart. Its document is that of the first place, and a message that
/// lies in several needs one document for each. There, NOT speaks of one place only.
///
/// ```
/// use postern_query::emit::elasticsearch::{self, Profile};
/// use postern_query::Message;
///
/// let message = Message { id: "m1".into(), from_address: Some("A@X.com".into()), ..Message::default() };
/// assert_eq!(
///     elasticsearch::document(&message, Profile::OpenSearch).to_string(),
///     concat!(
///         r#"{"id":"m1","fromAddress":"A@X.com","people":{"from":[{"address":"a@x.com","#,
///         r#""local":"a","domain":"x.com","words":"a"}]},"#,
///         r#""places":[{"present":true,"isFirst":true,"isFirstThere":true}]}"#
///     )
/// );
/// ```
#[must_use]
pub fn document(message: &Message, profile: Profile) -> Json {
    let mut members = Members::default();
    let flat = profile == Profile::Quickwit;
    let here = |is_of_place: bool| flat || !is_of_place;
    for field in StringField::ALL.iter().filter(|field| here(field.is_of_place())) {
        members.add(field.path(), string_at(*field, message, message.place()));
    }
    for field in FlagField::ALL.iter().filter(|field| here(field.is_of_place())) {
        members.add(field.path(), flag_at(*field, message, message.place()));
    }
    for field in NumberField::ALL {
        members.add(field.path(), number_value(*field, message));
    }
    for field in InstantField::ALL {
        members.add(field.path(), instant_value(*field, message).map(|at| milliseconds(at).0));
    }
    lists(message, flat, &mut members);
    if !flat {
        let all: BTreeSet<_> = message.each_place().iter().cloned().collect();
        members.add(PLACES, Some(places(&all)));
        members.add(KEPT, kept(message));
        members.add_list(LEFT_OUT, left_out(message).into_iter().map(Json::from).collect());
    }
    Json::Object(members.0)
}

/// Places as the index holds them, in their order: the value of `places` of a document.
///
/// ```
/// use postern_query::emit::elasticsearch::places;
/// use postern_query::Place;
///
/// let inbox = Place { folder: Some("Inbox".into()), ..Place::NOWHERE };
/// assert_eq!(
///     places(&[inbox].into()).to_string(),
///     r#"[{"folder":"Inbox","present":true,"isFirst":true,"isFirstThere":true}]"#
/// );
/// ```
#[must_use]
pub fn places(all: &BTreeSet<Place>) -> Json {
    let mut mailboxes = BTreeSet::new();
    let each = all.iter().enumerate().map(|(number, place)| {
        let is_first_there = mailboxes.insert(place.mailbox.as_deref());
        self::place(place, number == 0, is_first_there)
    });
    Json::List(each.collect())
}

fn place(place: &Place, is_first: bool, is_first_there: bool) -> Json {
    let nothing = Message::default();
    let mut members = Members::default();
    for field in StringField::ALL.iter().filter(|field| field.is_of_place()) {
        members.add(field.path(), string_at(*field, &nothing, place));
    }
    for field in FlagField::ALL.iter().filter(|field| field.is_of_place()) {
        members.add(field.path(), flag_at(*field, &nothing, place));
    }
    let owner =
        place.mailbox.clone().map(|address| Recipient { name: None, address: Some(address) });
    members.add(Role::Owner.name(), owner.as_ref().map(person));
    members.add("present", Some(true));
    members.add(IS_FIRST, is_first.then_some(true));
    members.add(IS_FIRST_THERE, is_first_there.then_some(true));
    Json::Object(members.0)
}

/// The fields of a message whose whole values are too long for an index, by their paths.
fn left_out(message: &Message) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut note = |path: String, value: Option<&str>| {
        // A text has no more units than bytes.
        if value.is_some_and(|text| text.len() > LONGEST && text.encode_utf16().count() > LONGEST) {
            out.insert(path);
        }
    };
    for field in StringField::ALL {
        for place in message.each_place() {
            let list = if field.is_of_place() { "places." } else { "" };
            note(format!("{list}{}", field.path()), string_at(*field, message, place));
        }
    }
    for list in RecipientList::ALL {
        for one in recipients(*list, message) {
            note(format!("{}.name", list.path()), one.name.as_deref());
            note(format!("{}.address", list.path()), one.address.as_deref());
        }
    }
    for role in Role::ALL {
        for one in people(role, message) {
            note(format!("people.{}", role.name()), one.address.as_deref());
        }
    }
    for file in &message.attachments {
        note(format!("{ATTACHMENTS}.name"), file.name.as_deref());
        note(format!("{ATTACHMENTS}.contentType"), file.content_type.as_deref());
    }
    message.categories.iter().for_each(|name| note(format!("{CATEGORIES}.name"), Some(name)));
    message.written_references().for_each(|id| note(REFERENCES.to_owned(), Some(id)));
    out
}

/// What no query asks about.
fn kept(message: &Message) -> Option<Json> {
    let mut members = Members::default();
    let texts = |all: &[String]| all.iter().map(|one| one.as_str().into()).collect::<Vec<Json>>();
    members.add("damage", message.damage.as_deref());
    members.add("version", message.version.as_deref());
    members.add_list("deliveredTo", texts(&message.delivered_to));
    members.add_list("references", texts(&message.references));
    let passages = message.passages.iter().map(|passage| {
        let number = |at: usize| Json::from(i64::try_from(at).unwrap_or(i64::MAX));
        let quoted = (passage.whose == Whose::Quoted).into();
        Json::List(vec![number(passage.range.start), number(passage.range.end), quoted])
    });
    members.add_list("passages", passages.collect());
    if message.attachments.iter().any(|file| file.unread.is_some()) {
        let unread = |file: &Attachment| file.unread.as_deref().unwrap_or_default().into();
        members.add_list("unread", message.attachments.iter().map(unread).collect());
    }
    members.add_list("otherParts", message.other_parts.iter().map(other_part).collect());
    if message.files().any(|file| file.text.is_some()) {
        // Where the text of each file ends in that of all; of one without text nothing is there.
        let length = |file: &Attachment| file.text.as_ref().map_or(-1, |text| bytes(text));
        members.add_list("texts", message.files().map(|file| length(file).into()).collect());
    }
    (!members.0.is_empty()).then_some(Json::Object(members.0))
}

fn bytes(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

fn other_part(file: &Attachment) -> Json {
    let mut members = Members::default();
    members.add("name", file.name.as_deref());
    members.add("contentType", file.content_type.as_deref());
    members.add("size", file.size);
    members.add("unread", file.unread.as_deref());
    Json::Object(members.0)
}

/// The members of an object that have a value.
#[derive(Default)]
pub(super) struct Members(pub(super) Vec<(String, Json)>);

impl Members {
    pub(super) fn add(&mut self, name: &str, value: Option<impl Into<Json>>) {
        self.0.extend(value.map(|value| (name.to_owned(), value.into())));
    }

    fn add_list(&mut self, name: &str, values: Vec<Json>) {
        self.add(name, (!values.is_empty()).then_some(values));
    }
}

fn lists(message: &Message, flat: bool, members: &mut Members) {
    for list in RecipientList::ALL {
        let people = recipients(*list, message).iter().map(recipient).collect();
        members.add_list(list.path(), people);
    }
    members.add_list(ATTACHMENTS, message.attachments.iter().map(attachment).collect());
    let category = |name: &String| Json::object([("name", name.as_str().into()), present()]);
    members.add_list(CATEGORIES, message.categories.iter().map(category).collect());
    let references = message.written_references().map(Json::from).collect();
    members.add_list(REFERENCES, references);
    if !flat {
        let all = message.references.iter().map(|id| id.as_str().into()).collect();
        members.add_list(CONVERSATIONS, all);
    }
    for field in TextField::ALL.iter().filter(|field| text::is_own(**field)) {
        let texts = text_values(*field, message);
        members.add(text::path(*field), (!texts.is_empty()).then(|| texts.join("\n")));
    }
    let mut roles = Members::default();
    for role in Role::ALL.into_iter().filter(|role| flat || *role != Role::Owner) {
        let who = people(role, message).iter().map(person).collect();
        roles.add_list(role.name(), who);
    }
    members.add("people", (!roles.0.is_empty()).then_some(Json::Object(roles.0)));
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
    members.add("extension", file.name.as_deref().and_then(extension));
    members.add("present", Some(true));
    Json::Object(members.0)
}

/// What stands after the last dot of a name, in lower case.
fn extension(name: &str) -> Option<String> {
    let (_, end) = name.rsplit_once('.')?;
    Some(lower_case(end)).filter(|end| !end.is_empty())
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
