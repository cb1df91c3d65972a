//! What is known of each message that may be seen, and of several of them together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use postern_archive::search::{Counted, Extent, Scope};
use postern_query::Message;

use super::super::super::outcome::Stop;
use super::joined::Joined;

/// Messages that a report is made of at most.
const MOST: u32 = 1_000_000;
/// Bytes of an id that joins messages are fewer, as in the local index.
const LONGEST: usize = 4_093;
const NOBODY: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

/// What is read of each message.
pub(super) const READ: [&str; 7] = [
    "conversationId",
    "internetMessageId",
    "kept.references",
    "places.mailbox",
    "receivedDateTime",
    "sentDateTime",
    "size",
];

/// What is known of a message.
#[derive(Debug)]
struct Fact {
    bytes: u64,
    time: Option<Timestamp>,
    /// Documents that it is, with its attachments, where it is one that queries are about.
    family: u64,
    /// Whether its body has words, and its attachments.
    words: [bool; 2],
    /// The numbers of the mailboxes that it lies in and that may be seen.
    mailboxes: Box<[u32]>,
    /// The query that found it, [`NOBODY`] or [`SEVERAL`].
    finder: u32,
}

/// The messages that may be seen, each by its number.
#[derive(Debug, Default)]
pub(super) struct Facts {
    numbers: HashMap<Box<str>, u32>,
    facts: Vec<Fact>,
    mailboxes: Vec<String>,
    conversations: Joined,
    /// The first message that has a key, for as long as messages are added.
    first: HashMap<String, u32>,
}

impl Facts {
    /// Adds a message. Others of its mailboxes than those of the scope are not there.
    pub(super) fn add(&mut self, id: &str, message: &Message, scope: &Scope) -> Result<(), Stop> {
        let number = u32::try_from(self.facts.len()).unwrap_or(MOST);
        if number >= MOST {
            return Err(Stop::CannotSay(format!(
                "a report is made of at most {MOST} messages, and more may be seen; ask for fewer mailboxes"
            )));
        }
        let seen = message.places.iter().filter(|place| scope.shows(place));
        let names: BTreeSet<_> = seen.filter_map(|place| place.mailbox.as_deref()).collect();
        let mailboxes = names.into_iter().map(|name| self.mailbox(name)).collect();
        self.facts.push(Fact {
            bytes: message.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            time: message.received.or(message.sent),
            family: 0,
            words: [false; 2],
            mailboxes,
            finder: NOBODY,
        });
        self.numbers.insert(id.into(), number);
        self.conversations.add();
        for key in keys(message) {
            let first = *self.first.entry(key).or_insert(number);
            self.conversations.join(first, number);
        }
        Ok(())
    }

    fn mailbox(&mut self, name: &str) -> u32 {
        let known = self.mailboxes.iter().position(|one| one == name);
        let number = known.unwrap_or_else(|| {
            self.mailboxes.push(name.to_owned());
            self.mailboxes.len() - 1
        });
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// The same when no more messages come.
    pub(super) fn complete(self) -> Self {
        Self { first: HashMap::new(), ..self }
    }

    pub(super) fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    fn fact(&self, number: u32) -> Option<&Fact> {
        self.facts.get(number as usize)
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut Fact)) {
        if let Some(fact) = self.facts.get_mut(number as usize) {
            change(fact);
        }
    }

    /// The bodies of these have words, or their attachments.
    pub(super) fn note_words(&mut self, of_attachments: bool, found: &[u32]) {
        for number in found {
            self.change(*number, |fact| {
                let [of_body, of_files] = &mut fact.words;
                *(if of_attachments { of_files } else { of_body }) = true;
            });
        }
    }

    /// Whether its body has words, and its attachments.
    pub(super) fn words(&self, number: u32) -> [bool; 2] {
        self.fact(number).map_or([false; 2], |fact| fact.words)
    }

    /// How many documents these are with their attachments.
    pub(super) fn note_families(&mut self, families: &[(u32, u64)]) {
        for (number, family) in families {
            self.change(*number, |fact| fact.family = *family);
        }
    }

    /// That query found these.
    pub(super) fn note_finder(&mut self, found: &[u32], query: u32) {
        for number in found {
            self.change(*number, |fact| {
                fact.finder = if fact.finder == NOBODY { query } else { SEVERAL };
            });
        }
    }

    /// What any of so many queries found, and how many messages each of them found alone.
    pub(super) fn found(&self, queries: u32) -> (Vec<u32>, Vec<u64>) {
        let (mut all, mut alone) = (Vec::new(), vec![0; queries as usize]);
        for (number, fact) in (0..).zip(&self.facts) {
            if fact.finder != NOBODY {
                all.push(number);
            }
            let count = alone.get_mut(fact.finder as usize);
            count.into_iter().for_each(|count: &mut u64| *count += 1);
        }
        (all, alone)
    }

    /// How much these are together.
    pub(super) fn extent(&mut self, found: &[u32]) -> Extent {
        let mut extent = Extent {
            messages: found.len() as u64,
            conversation: self.conversations.size(found),
            ..Extent::default()
        };
        let mut mailboxes = BTreeMap::<u32, usize>::new();
        for fact in found.iter().filter_map(|number| self.fact(*number)) {
            extent.family += fact.family;
            extent.bytes = extent.bytes.saturating_add(fact.bytes);
            extent.first = extent.first.into_iter().chain(fact.time).min();
            extent.last = extent.last.max(fact.time);
            fact.mailboxes.iter().for_each(|one| *mailboxes.entry(*one).or_default() += 1);
        }
        let counted = mailboxes.into_iter().filter_map(|(number, count)| {
            Some(Counted { value: self.mailboxes.get(number as usize)?.clone(), count })
        });
        extent.mailboxes = counted.collect();
        extent.mailboxes.sort();
        extent
    }
}

/// What joins a message to others: its conversation, its own id, and those that it refers to.
fn keys(message: &Message) -> impl Iterator<Item = String> {
    let is_regular = |id: &&String| !id.is_empty() && id.len() < LONGEST;
    let conversation = message.conversation_id.iter().filter(is_regular);
    let ids = message.internet_message_id.iter().chain(&message.references).filter(is_regular);
    conversation.map(|id| format!("c{id}")).chain(ids.map(|id| format!("i{id}")))
}

#[cfg(test)]
mod tests {
    use postern_query::Place;

    use super::*;

    fn message(size: i64, second: i64, references: &[&str], mailboxes: &[&str]) -> Message {
        let place = |name: &&str| Place { mailbox: Some((*name).to_owned()), ..Place::NOWHERE };
        Message {
            size: Some(size),
            received: Timestamp::from_second(second).ok(),
            references: references.iter().map(|id| (*id).to_owned()).collect(),
            places: mailboxes.iter().map(place).collect(),
            ..Message::default()
        }
    }

    #[test]
    fn what_is_found_is_added_up() {
        let mut facts = Facts::default();
        let bob = Scope::Mailboxes(vec!["bob".into()]);
        for (id, message) in [
            ("a", message(10, 100, &["<x>"], &["ann", "bob", "bob"])),
            ("b", message(-5, 50, &["<x>"], &["bob"])),
            ("c", message(7, 200, &[], &["bob"])),
        ] {
            facts.add(id, &message, &bob).unwrap();
        }
        let mut facts = facts.complete();
        facts.note_families(&[(0, 3), (1, 1), (2, 1)]);
        let extent = facts.extent(&[0, 2]);
        // `b` belongs to the conversation of `a`; the mailbox of ann may not be seen.
        assert_eq!(
            (extent.messages, extent.family, extent.conversation, extent.bytes),
            (2, 4, 3, 17)
        );
        assert_eq!(
            (extent.first, extent.last),
            (Timestamp::from_second(100).ok(), Timestamp::from_second(200).ok())
        );
        assert_eq!(extent.mailboxes, [Counted { value: "bob".into(), count: 2 }]);
        // The first query finds a and b, the second one b and c.
        facts.note_finder(&[0, 1], 0);
        facts.note_finder(&[1, 2], 1);
        assert_eq!(facts.found(2), (vec![0, 1, 2], vec![1, 1]));
    }
}
