//! Everyone who was seen: addresses and display names with their exact spellings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postern_query::analysis::{lower_case, terms};
use postern_query::evaluate::{people, person_matches};
use postern_query::{Message, PersonPattern, Recipient, Role};

use super::best::Counted;
use crate::Error;
use crate::format::fetch::without_body;
use crate::search::work::MESSAGE;
use crate::search::{Asker, Index};

/// How many compressed blocks of messages stay at hand while they are read one after the other.
const CACHED_BLOCKS: usize = 1;

/// Everyone who was seen, by address in lower case.
///
/// It grows with the number of people, not of messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddressBook {
    people: BTreeMap<String, Person>,
    as_of: Option<Timestamp>,
}

/// What is known of one address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// In how many places of messages it was seen.
    pub count: usize,
    /// Every spelling of its capitals.
    pub spellings: BTreeMap<String, usize>,
    /// Every display name it was seen with.
    pub names: BTreeMap<String, usize>,
    /// The oldest message it was seen in.
    pub first: Option<Timestamp>,
    /// The newest one.
    pub last: Option<Timestamp>,
}

impl Person {
    /// Its most frequent spelling.
    #[must_use]
    pub fn address(&self) -> &str {
        most_frequent(&self.spellings)
    }

    /// Its most frequent display name; nothing where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        most_frequent(&self.names)
    }

    fn add(&mut self, person: &Recipient, address: &str, date: Option<Timestamp>) {
        self.count += 1;
        *self.spellings.entry(address.to_owned()).or_default() += 1;
        if let Some(name) = person.name.as_ref().filter(|name| !name.is_empty()) {
            *self.names.entry(name.clone()).or_default() += 1;
        }
        self.first = [self.first, date].into_iter().flatten().min();
        self.last = self.last.max(date);
    }

    /// Whether a pattern means this address, under any name it was seen with.
    fn is_meant(&self, address: &str, pattern: &PersonPattern) -> bool {
        let names = self.names.keys().map(|name| Some(name.clone()));
        names.chain([None]).any(|name| {
            let person = Recipient { name, address: Some(address.to_owned()) };
            person_matches(pattern, &person)
        })
    }

    /// Whether the address or a word of a name begins so.
    fn begins(&self, address: &str, typed: &str) -> bool {
        let mut names = self.names.keys();
        address.starts_with(typed)
            || names.any(|name| {
                lower_case(name).starts_with(typed)
                    || terms(name).iter().any(|word| word.starts_with(typed))
            })
    }
}

fn most_frequent(counts: &BTreeMap<String, usize>) -> &str {
    let mut counts = counts.iter().rev();
    let first = counts.next();
    let best = counts.fold(first, |best, one| best.filter(|best| best.1 > one.1).or(Some(one)));
    best.map_or("", |(text, _)| text)
}

impl AddressBook {
    /// One with nobody in it, of mail up to then.
    #[must_use]
    pub fn of(as_of: Option<Timestamp>) -> Self {
        Self { as_of, ..Self::default() }
    }

    /// Adds everyone of a message.
    ///
    /// ```
    /// use postern_local_index::search::AddressBook;
    /// use postern_query::{Message, PersonPattern};
    ///
    /// let mut book = AddressBook::default();
    /// for address in ["alice@contoso.com", "Alice@Contoso.com", "bob@contoso.com"] {
    ///     book.add(&Message { from_address: Some(address.into()), ..Message::default() });
    /// }
    /// let alice = PersonPattern::Words("alice".into());
    /// assert_eq!(book.addresses(&alice, 9).unwrap(), ["Alice@Contoso.com", "alice@contoso.com"]);
    /// assert_eq!(book.addresses(&PersonPattern::Domain("contoso.com".into()), 2), None);
    /// ```
    pub fn add(&mut self, message: &Message) {
        let date = message.received.or(message.sent);
        // The name of a mailbox may be made up, so its owner does not count.
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Owner) {
            for person in people(role, message).iter() {
                let Some(address) = person.address.as_deref().filter(|text| !text.is_empty())
                else {
                    continue;
                };
                self.people.entry(lower_case(address)).or_default().add(person, address, date);
            }
        }
    }

    /// Up to when mail was looked at.
    #[must_use]
    pub const fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Everyone, by address in lower case.
    pub fn people(&self) -> impl Iterator<Item = (&str, &Person)> {
        self.people.iter().map(|(address, person)| (address.as_str(), person))
    }

    /// What is known of an address, whatever its capitals.
    #[must_use]
    pub fn person(&self, address: &str) -> Option<&Person> {
        self.people.get(&lower_case(address))
    }

    /// Every address that a pattern means, in all spellings that were seen; `None` when these are more
    /// than `most`.
    #[must_use]
    pub fn addresses(&self, pattern: &PersonPattern, most: usize) -> Option<Vec<String>> {
        let meant =
            self.people.iter().filter(|(address, person)| person.is_meant(address, pattern));
        let mut spellings = meant.flat_map(|(_, person)| person.spellings.keys());
        let listed: Vec<_> = spellings.by_ref().take(most).cloned().collect();
        spellings.next().is_none().then_some(listed)
    }

    /// The people seen most whose address or a word of whose name begins with `typed`.
    #[must_use]
    pub fn complete(&self, typed: &str, most: usize) -> Vec<&Person> {
        let typed = lower_case(typed);
        let people = self.people.iter();
        let mut found: Vec<_> =
            people.filter(|(address, person)| person.begins(address, &typed)).collect();
        found.sort_by_key(|(_, person)| std::cmp::Reverse((person.count, person.last)));
        found.into_iter().take(most).map(|(_, person)| person).collect()
    }

    /// The display names of an address, the most frequent first.
    #[must_use]
    pub fn names(&self, address: &str) -> Vec<Counted> {
        let names = self.person(address).into_iter().flat_map(|person| &person.names);
        let counted =
            |(value, count): (&String, &usize)| Counted { value: value.clone(), count: *count };
        let mut names: Vec<_> = names.map(counted).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.count));
        names
    }
}

impl Index {
    /// Everyone in the messages that can be found now.
    ///
    /// Which name goes with which address stands in the messages alone, so each is read, without its
    /// body: keep the book until the index changes.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn address_book(&self, asker: &Asker) -> Result<AddressBook, Error> {
        let searcher = self.searcher();
        asker.work.begin(searcher.num_docs())?;
        let mut book = AddressBook::of(self.coverage().as_of);
        for reader in searcher.segment_readers() {
            let messages = reader.get_store_reader(CACHED_BLOCKS)?;
            let meter = asker.work.meter("the address book");
            for document in reader.doc_ids_alive() {
                meter.pay(MESSAGE)?;
                book.add(&without_body(&messages, document)?);
            }
        }
        Ok(book)
    }
}

#[cfg(test)]
mod tests {
    use postern_query::pattern::Wildcard;

    use super::*;
    use crate::testing::{NOW, index_of};

    fn message(id: &str, day: i64, from: (&str, &str), to: &[(&str, &str)]) -> Message {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let recipient =
            |(name, address): &(&str, &str)| Recipient { name: some(name), address: some(address) };
        Message {
            id: id.into(),
            received: Timestamp::from_second(day * 86_400).ok(),
            from_name: some(from.0),
            from_address: some(from.1),
            to_recipients: to.iter().map(recipient).collect(),
            ..Message::default()
        }
    }

    fn book() -> AddressBook {
        let data = tempfile::tempdir().unwrap();
        let (alice, bob) = (("Alice Smith", "alice@x.example"), ("Bob", "bob@sub.x.example"));
        let parts = [
            vec![message("gone", 1, ("Gone", "gone@x.example"), &[])],
            vec![message("1", 3, alice, &[bob, ("", "Bob@Sub.X.example")])],
            vec![
                message("2", 2, bob, &[("Smith, Alice", "Alice@x.example"), ("Nobody", "")]),
                message("gone", 1, bob, &[]),
            ],
        ];
        index_of(data.path(), &parts).address_book(&Asker::unlimited()).unwrap()
    }

    #[test]
    fn everyone_with_every_spelling() {
        let book = book();
        assert_eq!(book.as_of(), Some(NOW));
        let addresses: Vec<_> = book.people().map(|(address, _)| address).collect();
        assert_eq!(addresses, ["alice@x.example", "bob@sub.x.example"]);
        let bob = book.person("BOB@sub.x.example").unwrap();
        assert_eq!((bob.count, bob.address(), bob.name()), (4, "bob@sub.x.example", "Bob"));
        assert_eq!(bob.spellings["Bob@Sub.X.example"], 1);
        let day = |day: i64| Timestamp::from_second(day * 86_400).ok();
        assert_eq!((bob.first, bob.last), (day(1), day(3)));
        let names = book.names("alice@x.example");
        let names: Vec<_> = names.iter().map(|name| name.value.as_str()).collect();
        assert_eq!(names, ["Alice Smith", "Smith, Alice"]);
    }

    #[track_caller]
    fn check(pattern: &PersonPattern, expected: &str) {
        assert_eq!(book().addresses(pattern, 9).unwrap().join(" "), expected, "{pattern:?}");
    }

    #[test]
    fn addresses_that_a_pattern_means() {
        let (alice, bob) =
            ("Alice@x.example alice@x.example", "Bob@Sub.X.example bob@sub.x.example");
        check(&PersonPattern::Words("smith".into()), alice);
        check(&PersonPattern::NamePhrase("alice smith".into()), alice);
        check(&PersonPattern::Domain("x.example".into()), alice);
        check(&PersonPattern::SubDomains("x.example".into()), bob);
        check(&PersonPattern::Address("bob@sub.x.example".into()), bob);
        check(&PersonPattern::Shaped(Wildcard::parse("bo*")), bob);
        check(&PersonPattern::Words("gone".into()), "");
        assert_eq!(book().addresses(&PersonPattern::Domain("x.example".into()), 1), None);
    }

    #[test]
    fn completion_by_address_or_by_name() {
        let completed = |typed: &str| -> Vec<String> {
            book().complete(typed, 9).iter().map(|one| one.address().to_owned()).collect()
        };
        assert_eq!(completed("SMI"), ["Alice@x.example"]);
        assert_eq!(completed(""), ["bob@sub.x.example", "Alice@x.example"]);
        assert_eq!(completed("ob"), [""; 0]);
    }
}
