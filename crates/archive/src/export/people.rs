//! People as they are read.

use postern_query::{Message, Recipient};

/// The sender of a message.
pub(super) fn sender(message: &Message) -> String {
    person(&Recipient { name: message.from_name.clone(), address: message.from_address.clone() })
}

/// Recipients, one after the other.
pub(super) fn people(people: &[Recipient]) -> String {
    people.iter().map(person).collect::<Vec<_>>().join("; ")
}

fn person(person: &Recipient) -> String {
    match (&person.name, &person.address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}
