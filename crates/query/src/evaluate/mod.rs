//! The meaning of a query, slow and obvious. Tests hold every rewrite and every engine of this repository to
//! it.
//!
//! [`evaluate()`] answers for a whole condition. The other functions are its parts, for engines that look
//! up a part by themselves and must agree with it.
//!
//! Logic is two-valued: a comparison with a missing value is false, and its negation is true.

mod among;
mod values;

use std::borrow::Cow;

use crate::analysis::{lower_case, name_words, terms};
use crate::pattern::Wildcard;
use crate::query::{
    AttachmentTest, Condition, FlagTest, InstantTest, NumberTest, PeopleField, PersonPattern,
    Predicate, RecipientTest, Role, StringTest, TextPattern, TextTest,
};
use crate::schema::InstantField;
use crate::{Attachment, Expr, Message, Place, Recipient};

pub use values::{
    flag_at, flag_value, instant_value, number_value, people, recipients, string_at, string_value,
    text_values,
};

/// Whether `message` matches `condition`.
///
/// It matches if there is one place at which the condition holds. All parts that are not under a NOT must
/// hold at that one place. A NOT holds if its part holds at no place. Remove the places that the asker may
/// not see before you call this ([`Message::seen_at`]).
///
/// ```
/// use postern_query::{evaluate, odata, Message, Place};
///
/// let query = odata::parse_filter("fromAddress ne 'a@x.com'")?;
/// assert!(evaluate(query.condition(), &Message::default()), "a missing value differs from every text");
///
/// let at = |mailbox: &str, folder: &str| Place {
///     mailbox: Some(mailbox.into()),
///     folder: Some(folder.into()),
///     ..Place::NOWHERE
/// };
/// let message = Message { places: vec![at("ann", "Inbox"), at("bob", "Trash")], ..Message::default() };
/// for (filter, expected) in [
///     ("mailbox eq 'bob' and folder eq 'Trash'", true),
///     ("mailbox eq 'bob' and folder eq 'Inbox'", false),
///     ("mailbox eq 'ann' and not (folder eq 'Trash')", false),
///     ("mailbox eq 'ann' and not (mailbox eq 'ann' and folder eq 'Trash')", true),
/// ] {
///     let query = odata::parse_filter(filter)?;
///     assert_eq!(evaluate(query.condition(), &message), expected, "{filter}");
/// }
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[must_use]
pub fn evaluate(condition: &Condition, message: &Message) -> bool {
    message.each_place().iter().any(|place| evaluate_at(condition, message, place))
}

/// Whether a condition holds for a message at this place. A NOT in it speaks of every place.
#[must_use]
pub fn evaluate_at(condition: &Condition, message: &Message, place: &Place) -> bool {
    let holds = |part: &Condition| evaluate_at(part, message, place);
    match condition {
        Expr::And(parts) => parts.iter().all(holds),
        Expr::Or(parts) => parts.iter().any(holds),
        Expr::Not(inner) => !evaluate(inner, message),
        Expr::Leaf(leaf) => predicate_holds(&leaf.value, message, place),
    }
}

/// Whether one predicate holds for a message at one of its places.
#[must_use]
pub fn predicate_holds(predicate: &Predicate, message: &Message, place: &Place) -> bool {
    match predicate {
        Predicate::Text(test) => text_holds(test, message),
        Predicate::String(field, test) => string_matches(test, string_at(*field, message, place)),
        Predicate::Flag(field, test) => flag_holds(*test, flag_at(*field, message, place)),
        Predicate::Number(field, test) => number_holds(*test, number_value(*field, message)),
        Predicate::Instant(field, test) => instant_holds(*test, message, *field),
        Predicate::Recipient(list, test) => recipients(*list, message)
            .iter()
            .any(|person| test.holds(&mut |leaf| recipient_holds(leaf, person))),
        Predicate::Attachment(test) => message
            .attachments
            .iter()
            .any(|file| test.holds(&mut |leaf| attachment_holds(leaf, file))),
        Predicate::Category(test) => message
            .categories
            .iter()
            .any(|one| test.holds(&mut |leaf| string_matches(leaf, Some(one)))),
        Predicate::Reference(id) => message.references.iter().any(|one| one == id),
        Predicate::Set(set) => set.ids.contains(&message.id),
        Predicate::Person { roles, pattern } => {
            roles.iter().any(|role| person_holds(*role, pattern, message, place))
        }
    }
}

fn person_holds(role: Role, pattern: &PersonPattern, message: &Message, place: &Place) -> bool {
    let matches = |person: &Recipient| person_matches(pattern, person);
    match role.field() {
        PeopleField::Mailbox => values::owner(place).iter().any(matches),
        PeopleField::Sender | PeopleField::List(_) | PeopleField::Header(_) => {
            people(role, message).iter().any(matches)
        }
    }
}

fn text_holds(test: &TextTest, message: &Message) -> bool {
    test.searched().iter().any(|field| {
        let values = text_values(*field, message);
        let mut texts = values.iter().map(|value| terms(value));
        match field.whose() {
            Some(_) => texts.any(|tokens| pattern_holds(&test.pattern, &tokens)),
            None => pattern_holds(&test.pattern, &texts.flatten().collect::<Vec<_>>()),
        }
    })
}

fn pattern_holds(pattern: &TextPattern, tokens: &[String]) -> bool {
    match pattern {
        TextPattern::Phrase(phrase) => contains_phrase(tokens, phrase),
        TextPattern::Wildcard(shape) => tokens.iter().any(|token| shape.matches(token)),
        TextPattern::Regex(regex) => tokens.iter().any(|token| regex.matches(token)),
        TextPattern::Fuzzy(fuzzy) => tokens.iter().any(|token| fuzzy.matches(token)),
        TextPattern::Sloppy(sloppy) => sloppy.matches(tokens),
        TextPattern::Near(near) => near.matches(tokens),
    }
}

/// Whether `phrase` stands in `tokens` without a gap. The empty phrase never does.
fn contains_phrase(tokens: &[String], phrase: &[String]) -> bool {
    !phrase.is_empty() && tokens.windows(phrase.len()).any(|window| window == phrase)
}

/// Whether a string, or its absence, passes a test.
///
/// ```
/// use postern_query::{StringTest, evaluate::string_matches};
///
/// let folder = StringTest::PathEnd("projects/2024".into());
/// assert!(string_matches(&folder, Some("Archive/Projects/2024")));
/// assert!(!string_matches(&folder, Some("Old projects/2024")), "whole parts only");
/// assert!(string_matches(&StringTest::Missing, None));
/// ```
#[must_use]
pub fn string_matches(test: &StringTest, value: Option<&str>) -> bool {
    match test {
        StringTest::Is(text) => value == Some(text),
        StringTest::OneOf(texts) => value.is_some_and(|value| texts.iter().any(|one| one == value)),
        StringTest::Same(text) => value.is_some_and(|value| lower_case(value) == lower_case(text)),
        StringTest::Shaped(shape) => value.is_some_and(|value| shape.matches(&lower_case(value))),
        StringTest::PathEnd(end) => value.is_some_and(|value| ends_with_parts(value, end)),
        StringTest::Missing => value.is_none(),
    }
}

fn ends_with_parts(path: &str, end: &str) -> bool {
    let (path, end) = (lower_case(path), lower_case(end));
    path.strip_suffix(end.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn flag_holds(test: FlagTest, value: Option<bool>) -> bool {
    match test {
        FlagTest::Is(wanted) => value == Some(wanted),
        FlagTest::Missing => value.is_none(),
    }
}

fn number_holds(test: NumberTest, value: Option<i64>) -> bool {
    match test {
        NumberTest::Compare(comparison, number) => {
            let ordering = value.and_then(|value| number.compare(value));
            ordering.is_some_and(|ordering| comparison.accepts(ordering))
        }
        NumberTest::Missing => value.is_none(),
    }
}

fn instant_holds(test: InstantTest, message: &Message, field: InstantField) -> bool {
    let value = instant_value(field, message);
    match test {
        InstantTest::Compare(comparison, moment) => {
            value.is_some_and(|value| comparison.accepts(value.cmp(&moment)))
        }
        InstantTest::Missing => value.is_none(),
    }
}

/// Whether one test of a recipient holds.
#[must_use]
pub fn recipient_holds(test: &RecipientTest, person: &Recipient) -> bool {
    match test {
        RecipientTest::Name(test) => string_matches(test, person.name.as_deref()),
        RecipientTest::Address(test) => string_matches(test, person.address.as_deref()),
    }
}

/// Whether one test of an attachment holds.
#[must_use]
pub fn attachment_holds(test: &AttachmentTest, file: &Attachment) -> bool {
    let name = || file.name.as_deref().map(lower_case);
    match test {
        AttachmentTest::Name(test) => string_matches(test, file.name.as_deref()),
        AttachmentTest::ContentType(test) => string_matches(test, file.content_type.as_deref()),
        AttachmentTest::Size(test) => number_holds(*test, file.size),
        AttachmentTest::Named(text) => name().is_some_and(|name| name == lower_case(text)),
        AttachmentTest::Extension(text) => name().is_some_and(|name| {
            name.strip_suffix(text.as_str()).is_some_and(|stem| stem.ends_with('.'))
        }),
        AttachmentTest::Words(words) => {
            name().is_some_and(|name| contains_phrase(&name_words(&name), words))
        }
        AttachmentTest::Shaped(shape) => name().is_some_and(|name| {
            shape.matches(&name) || name_words(&name).iter().any(|word| shape.matches(word))
        }),
    }
}

/// Whether `pattern` means `person`.
///
/// ```
/// use postern_query::{PersonPattern, Recipient, evaluate::person_matches};
///
/// let alice = Recipient { name: Some("Alice Archer".into()), address: Some("a.archer@contoso.com".into()) };
/// assert!(person_matches(&PersonPattern::Words("alice".into()), &alice));
/// assert!(person_matches(&PersonPattern::Domain("contoso.com".into()), &alice));
/// assert!(!person_matches(&PersonPattern::SubDomains("contoso.com".into()), &alice));
/// ```
#[must_use]
pub fn person_matches(pattern: &PersonPattern, person: &Recipient) -> bool {
    let address = person.address.as_deref().map(in_lower_case).unwrap_or_default();
    let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
    let name = || person.name.as_deref().map(terms).unwrap_or_default();
    match pattern {
        PersonPattern::Address(text) => *address == **text,
        PersonPattern::Domain(text) => domain == text.as_str(),
        PersonPattern::SubDomains(text) => {
            domain.strip_suffix(text.as_str()).is_some_and(|rest| rest.ends_with('.'))
        }
        PersonPattern::DomainOrLocal(text) => domain == text.as_str() || local == text.as_str(),
        PersonPattern::Words(text) => {
            contains_phrase(&name_words(local), &name_words(text))
                || contains_phrase(&name(), &terms(text))
        }
        PersonPattern::NamePhrase(text) => contains_phrase(&name(), &terms(text)),
        PersonPattern::Shaped(shape) => shape_of_person(shape, local, &name()),
        PersonPattern::AddressShaped(shape) => !address.is_empty() && shape.matches(&address),
    }
}

/// In lower case. Most addresses already are, and a message may have very many.
fn in_lower_case(text: &str) -> Cow<'_, str> {
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(text) } else { Cow::Owned(lower_case(text)) }
}

fn shape_of_person(shape: &Wildcard, local: &str, name: &[String]) -> bool {
    !local.is_empty() && shape.matches(local)
        || name_words(local).iter().any(|word| shape.matches(word))
        || name.iter().any(|word| shape.matches(word))
}
