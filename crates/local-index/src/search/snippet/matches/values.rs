//! Where the people, files and values stand that a clause without words looks for.

use std::ops::Range;

use postern_query::evaluate::{
    attachment_holds, people, person_matches, predicate_holds, recipient_holds, recipients,
    string_at, string_matches,
};
use postern_query::schema::{RecipientList, StringField};
use postern_query::{
    Attachment, AttachmentTest, Expr, Message, PeopleField, PersonPattern, Place, Predicate,
    Recipient, RecipientTest, Role, StringTest,
};

use super::place::{Shown, Spot, Text, Where};
use super::texts::{file_name, recipient};
use super::tree::Truth;
use super::{LOOK, MOST_OF_CLAUSE};
use crate::search::snippet::disjoint;
use crate::search::snippet::highlight::{MOST_MARKED, PersonRanges, in_file_name};
use crate::search::work::Counter;

/// Whether a clause holds at a place; of words and of what costs too much work nobody knows.
pub(super) fn holds(
    predicate: &Predicate,
    message: &Message,
    place: &Place,
    counter: &mut Counter,
) -> Truth {
    let people = message.to_recipients.len() + message.cc_recipients.len();
    let looks = match predicate {
        Predicate::Text(_) => return None,
        Predicate::Person { .. } | Predicate::Recipient(..) => {
            1 + people + message.bcc_recipients.len() + message.delivered_to.len()
        }
        Predicate::Attachment(_) => 1 + message.attachments.len(),
        Predicate::Category(_) => 1 + message.categories.len(),
        Predicate::Reference(_) => 1 + message.references.len(),
        Predicate::String(..)
        | Predicate::Flag(..)
        | Predicate::Number(..)
        | Predicate::Instant(..)
        | Predicate::Set(_) => 1,
    };
    let units = LOOK.saturating_mul(u64::try_from(looks).unwrap_or(u64::MAX));
    counter.count(units).then(|| predicate_holds(predicate, message, place))
}

/// The texts in which a clause matches, at a place. A clause without words has none: a date, a size, a mark, a
/// kind or an importance.
pub(super) fn spots<'m>(
    predicate: &Predicate,
    message: &'m Message,
    place: &'m Place,
    counter: &mut Counter,
) -> Vec<Spot<'m>> {
    match predicate {
        Predicate::Text(_)
        | Predicate::Flag(..)
        | Predicate::Number(..)
        | Predicate::Instant(..)
        | Predicate::Set(_) => Vec::new(),
        Predicate::String(field, test) => string(*field, test, message, place),
        Predicate::Recipient(list, test) => {
            some(recipients(*list, message).iter().enumerate(), counter, |(number, person)| {
                of_recipient(*list, number, person, test)
            })
        }
        Predicate::Attachment(test) => {
            some(message.attachments.iter().enumerate(), counter, |(number, file)| {
                of_file(number, file, test)
            })
        }
        Predicate::Category(test) => some(message.categories.iter(), counter, |category| {
            let holds = test.holds(&mut |leaf| string_matches(leaf, Some(category)));
            holds.then(|| whole(Text::hidden(Where::Category, category))).into_iter().collect()
        }),
        Predicate::Reference(id) => some(message.references.iter(), counter, |one| {
            let found = (one == id).then(|| whole(Text::hidden(Where::Reference, one)));
            found.into_iter().collect()
        }),
        Predicate::Person { roles, pattern } => {
            let found =
                roles.iter().flat_map(|role| role_spots(*role, pattern, message, place, counter));
            found.collect()
        }
    }
}

/// What is found in some elements, until it is enough.
fn some<'m, T>(
    elements: impl Iterator<Item = T>,
    counter: &mut Counter,
    mut found: impl FnMut(T) -> Vec<Spot<'m>>,
) -> Vec<Spot<'m>> {
    let mut spots = Vec::new();
    for element in elements {
        if spots.len() > MOST_OF_CLAUSE || !counter.count(LOOK) {
            break;
        }
        spots.extend(found(element).into_iter().filter(|(_, ranges)| !ranges.is_empty()));
    }
    spots
}

fn whole(text: Text<'_>) -> Spot<'_> {
    let all = 0..text.value.len();
    (text, std::iter::once(all).filter(|range| !range.is_empty()).collect())
}

// ---- whole values ----

fn string<'m>(
    field: StringField,
    test: &StringTest,
    message: &'m Message,
    place: &'m Place,
) -> Vec<Spot<'m>> {
    let Some(value) = string_at(field, message, place) else { return Vec::new() };
    if value.is_empty() || !string_matches(test, Some(value)) {
        return Vec::new();
    }
    let Some(text) = text_of(field, value) else { return Vec::new() };
    let range = match test {
        StringTest::PathEnd(end) => path_end(value, end),
        StringTest::Is(_)
        | StringTest::OneOf(_)
        | StringTest::Same(_)
        | StringTest::Shaped(_)
        | StringTest::Missing => 0..value.len(),
    };
    (!range.is_empty()).then(|| (text, vec![range])).into_iter().collect()
}

/// The text of a value in words. A kind and an importance are one of a few.
fn text_of(field: StringField, value: &str) -> Option<Text<'_>> {
    Some(match field {
        StringField::Subject => Text::new(Where::Subject, value, Shown::Subject),
        StringField::FromAddress => Text::new(Where::Sender, value, Shown::SenderAddress),
        StringField::FromName => Text::new(Where::Sender, value, Shown::SenderName),
        StringField::Mailbox => Text::new(Where::Mailbox, value, Shown::Mailbox),
        StringField::Folder => Text::new(Where::Folder, value, Shown::Folder),
        StringField::Source => Text::new(Where::Source, value, Shown::Source),
        StringField::ConversationId => Text::new(Where::Thread, value, Shown::Thread),
        StringField::Id => Text::new(Where::Id, value, Shown::Id),
        StringField::InternetMessageId | StringField::ItemId | StringField::FragmentId => {
            Text::hidden(Where::Id, value)
        }
        StringField::ListId => Text::hidden(Where::List, value),
        StringField::Importance | StringField::Kind | StringField::Newest => return None,
    })
}

/// The last part of a path: lower case never changes the number of characters.
fn path_end(path: &str, end: &str) -> Range<usize> {
    let characters = end.chars().count();
    let start = path.char_indices().rev().take(characters).last();
    start.map_or(path.len(), |(start, _)| start)..path.len()
}

// ---- people ----

fn role_spots<'m>(
    role: Role,
    pattern: &PersonPattern,
    message: &'m Message,
    place: &'m Place,
    counter: &mut Counter,
) -> Vec<Spot<'m>> {
    match role.field() {
        PeopleField::Sender => {
            let name = message.from_name.as_deref().unwrap_or_default();
            let address = message.from_address.as_deref().unwrap_or_default();
            some(people(role, message).iter(), counter, |person| {
                let name = Text::new(Where::Sender, name, Shown::SenderName);
                let address = Text::new(Where::Sender, address, Shown::SenderAddress);
                of_person(pattern, person, [name, address])
            })
        }
        PeopleField::List(list) => {
            some(recipients(list, message).iter().enumerate(), counter, |(number, person)| {
                of_person(pattern, person, recipient_texts(list, number, person))
            })
        }
        PeopleField::Header(_) => some(message.delivered_to.iter(), counter, |address| {
            in_address(pattern, address, Text::hidden(Where::DeliveredTo, address))
        }),
        PeopleField::Mailbox => some(place.mailbox.iter(), counter, |address| {
            in_address(pattern, address, Text::new(Where::Mailbox, address, Shown::Mailbox))
        }),
    }
}

fn recipient_texts(list: RecipientList, number: usize, person: &Recipient) -> [Text<'_>; 2] {
    let name = person.name.as_deref().unwrap_or_default();
    let address = person.address.as_deref().unwrap_or_default();
    [
        recipient(list, number, name, Shown::RecipientName),
        recipient(list, number, address, Shown::RecipientAddress),
    ]
}

fn in_address<'m>(pattern: &PersonPattern, address: &str, text: Text<'m>) -> Vec<Spot<'m>> {
    let person = Recipient { name: None, address: Some(address.to_owned()) };
    let nobody = Text::hidden(text.place, "");
    of_person(pattern, &person, [nobody, text])
}

fn of_person<'m>(
    pattern: &PersonPattern,
    person: &Recipient,
    [name, address]: [Text<'m>; 2],
) -> Vec<Spot<'m>> {
    if !person_matches(pattern, person) {
        return Vec::new();
    }
    let mut found = PersonRanges::default();
    found.add(pattern, person);
    vec![(name, said(found.name)), (address, said(found.address))]
}

fn of_recipient<'m>(
    list: RecipientList,
    number: usize,
    person: &'m Recipient,
    test: &Expr<RecipientTest>,
) -> Vec<Spot<'m>> {
    let [name, address] = recipient_texts(list, number, person);
    let (mut in_name, mut in_address) = (Vec::new(), Vec::new());
    each_reason(test, &|leaf| recipient_holds(leaf, person), &mut |leaf| match leaf {
        RecipientTest::Name(_) => in_name.push(0..name.value.len()),
        RecipientTest::Address(_) => in_address.push(0..address.value.len()),
    });
    vec![(name, said(in_name)), (address, said(in_address))]
}

// ---- files ----

fn of_file<'m>(number: usize, file: &'m Attachment, test: &Expr<AttachmentTest>) -> Vec<Spot<'m>> {
    let name = file.name.as_deref().unwrap_or_default();
    let kind = file.content_type.as_deref().unwrap_or_default();
    let (mut in_name, mut in_type) = (Vec::new(), Vec::new());
    each_reason(test, &|leaf| attachment_holds(leaf, file), &mut |leaf| match leaf {
        AttachmentTest::ContentType(_) => in_type.push(0..kind.len()),
        other => in_name.extend(in_file_name(other, file, name)),
    });
    let typed = match number < MOST_MARKED {
        true => Text::new(Where::Type, kind, Shown::FileType(number)),
        false => Text::hidden(Where::Type, kind),
    };
    vec![(file_name(number, name), said(in_name)), (typed.of_file(number), said(in_type))]
}

/// The ranges without overlap and without empty ones.
fn said(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    disjoint(ranges)
}

/// The tests of one element that hold for it, of an expression that does.
fn each_reason<'t, L>(test: &'t Expr<L>, holds: &dyn Fn(&L) -> bool, visit: &mut dyn FnMut(&'t L)) {
    if test.holds(&mut |leaf| holds(leaf)) {
        each_wanted(test, true, holds, visit);
    }
}

fn each_wanted<'t, L>(
    test: &'t Expr<L>,
    is_wanted: bool,
    holds: &dyn Fn(&L) -> bool,
    visit: &mut dyn FnMut(&'t L),
) {
    match test {
        Expr::And(parts) | Expr::Or(parts) => {
            let holding =
                parts.iter().filter(|part| part.holds(&mut |leaf| holds(leaf)) == is_wanted);
            holding.for_each(|part| each_wanted(part, is_wanted, holds, visit));
        }
        Expr::Not(inner) => each_wanted(inner, !is_wanted, holds, visit),
        Expr::Leaf(leaf) if is_wanted => visit(leaf),
        Expr::Leaf(_) => {}
    }
}
