//! The conversation of a message.

use std::collections::{BTreeMap, BTreeSet};

use postern_query::Message;
use postern_query::schema::StringField;
use tantivy::collector::DocSetCollector;
use tantivy::query::TermQuery;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Searcher, Term};

use super::work::{LIST, MESSAGE, Meter};
use super::{Asker, Index};
use crate::Error;
use crate::format::fetch::head;
use crate::format::schema;
use crate::format::terms::is_regular;
use crate::search::scope::visible::Visible;

/// How many messages a conversation has at most: a forged reference can tie all mail together.
pub const MAX_THREAD: usize = 5_000;

/// References of one message that are followed. Each is looked for twice.
const MAX_REFERENCES: usize = 1_000;
/// Ids that are looked for in all.
const MAX_ASKED: usize = 20_000;

/// The messages of a conversation, by their ids: whole they may be more than fits into memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Oldest first; those without a date come first, ties fall by id.
    pub ids: Vec<String>,
    /// Whether these are all.
    pub complete: bool,
}

impl Index {
    /// Every message of the conversation of the message of that id; nothing when there is none.
    ///
    /// Two messages belong together when they share a conversation id, when one refers to the other, or
    /// when both refer to a third, be it here or not: so the order in which they came does not matter.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn thread(&self, id: &str, asker: &Asker) -> Result<Thread, Error> {
        let searcher = self.searcher();
        asker.work.begin(searcher.num_docs())?;
        let visible = self.visible(&searcher, asker)?;
        let meter = asker.work.meter("the conversation");
        let mut walk = Walk::over(&searcher, visible.as_deref(), &meter);
        walk.ask(vec![(schema::whole(StringField::Id), id.to_owned())])?;
        let complete = walk.found.len() <= MAX_THREAD && !walk.is_cut;
        let mut places: Vec<_> = walk.found.into_values().collect();
        places.sort_unstable();
        let ids = places.into_iter().take(MAX_THREAD).map(|(_, id)| id).collect();
        Ok(Thread { ids, complete })
    }
}

/// When a message came, and its id.
type Place = (Option<jiff::Timestamp>, String);

/// A walk from message to message. What was asked once is not asked again, so it ends.
struct Walk<'a> {
    searcher: &'a Searcher,
    /// The messages that may be seen; all others are not there, and connect nothing.
    visible: Option<&'a Visible>,
    meter: &'a Meter,
    asked: BTreeSet<(Field, String)>,
    found: BTreeMap<DocAddress, Place>,
    /// Not every reference was followed.
    is_cut: bool,
}

impl<'a> Walk<'a> {
    fn over(searcher: &'a Searcher, visible: Option<&'a Visible>, meter: &'a Meter) -> Self {
        let (asked, found) = <(BTreeSet<_>, BTreeMap<_, _>)>::default();
        Self { searcher, visible, meter, asked, found, is_cut: false }
    }

    fn ask(&mut self, mut open: Vec<(Field, String)>) -> Result<(), Error> {
        while let Some(question) = open.pop() {
            if self.found.len() > MAX_THREAD {
                break;
            }
            if self.asked.len() >= MAX_ASKED {
                self.is_cut = true;
                break;
            }
            if question.1.is_empty() || !is_regular(&question.1) || self.asked.contains(&question) {
                continue;
            }
            for address in self.documents(&question)?.into_iter().take(MAX_THREAD + 1) {
                self.meter.pay(LIST)?;
                if let std::collections::btree_map::Entry::Vacant(place) = self.found.entry(address)
                {
                    self.meter.pay(MESSAGE)?;
                    let message = head(self.searcher, address)?;
                    open.extend(neighbours(&message));
                    self.is_cut |= message.references.len() > MAX_REFERENCES;
                    place.insert((message.received.or(message.sent), message.id));
                }
            }
            self.asked.insert(question);
        }
        Ok(())
    }

    fn documents(&self, (field, text): &(Field, String)) -> Result<BTreeSet<DocAddress>, Error> {
        let query = TermQuery::new(Term::from_field_text(*field, text), IndexRecordOption::Basic);
        self.meter.pay(LIST + self.searcher.doc_freq(query.term())?)?;
        let found = self.searcher.search(&query, &DocSetCollector)?.into_iter();
        let may_be_seen = |address: &DocAddress| {
            self.visible.is_none_or(|visible| visible.documents.contains(*address))
        };
        Ok(found.filter(may_be_seen).collect())
    }
}

/// What to ask for next: the same conversation, the messages it refers to, and those that refer to it or
/// to the same ones.
fn neighbours(message: &Message) -> impl Iterator<Item = (Field, String)> {
    let conversation = message.conversation_id.iter();
    let conversation = conversation.map(|id| (schema::whole(StringField::ConversationId), id));
    let ids = message.references.iter().take(MAX_REFERENCES);
    let ids = message.internet_message_id.iter().chain(ids);
    let referred = ids.clone().map(|id| (schema::whole(StringField::InternetMessageId), id));
    let referring = ids.map(|id| (schema::REFERENCE, id));
    conversation.chain(referred).chain(referring).map(|(field, id)| (field, id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::index_of;

    fn message(id: &str, minute: i64, conversation: &str, references: &[&str]) -> Message {
        Message {
            id: id.into(),
            internet_message_id: Some(format!("<{id}>")),
            conversation_id: (!conversation.is_empty()).then(|| conversation.to_owned()),
            received: jiff::Timestamp::from_second(minute * 60).ok(),
            references: references.iter().map(|one| format!("<{one}>")).collect(),
            ..Message::default()
        }
    }

    #[track_caller]
    fn check(messages: &[Message], of: &str, expected: &str) {
        let mut reversed = messages.to_vec();
        reversed.reverse();
        // In whatever order they came, in one segment or in many.
        let single: Vec<_> = messages.iter().map(|message| vec![message.clone()]).collect();
        for parts in [vec![messages.to_vec()], vec![reversed], single] {
            let data = tempfile::tempdir().unwrap();
            let thread = index_of(data.path(), &parts).thread(of, &Asker::unlimited()).unwrap();
            assert_eq!((thread.ids.join(" ").as_str(), thread.complete), (expected, true), "{of}");
        }
    }

    #[test]
    fn joined_by_conversation_and_by_references() {
        let messages = [
            message("b", 2, "", &["a"]),
            message("a", 1, "", &[]),
            message("c", 3, "x", &["a", "b"]),
            message("d", 4, "x", &[]),
            message("other", 0, "y", &["else"]),
        ];
        for of in ["a", "b", "c", "d"] {
            check(&messages, of, "a b c d");
        }
        check(&messages, "other", "other");
        check(&messages, "nothing", "");
    }

    #[test]
    fn answers_to_a_message_that_is_not_there_belong_together() {
        let messages = [message("a", 2, "", &["lost"]), message("b", 1, "", &["lost"])];
        check(&messages, "a", "b a");
    }

    #[test]
    fn circles_and_empty_ids_end() {
        let mut messages = [
            message("a", 1, "", &["b", "a"]),
            message("b", 2, "", &["a"]),
            message("c", 3, "", &[]),
            message("d", 4, "", &[]),
        ];
        messages[2].internet_message_id = Some(String::new());
        messages[3].references = vec![String::new()];
        check(&messages, "b", "a b");
        check(&messages, "c", "c");
    }

    /// Each reference is a search: 100,000 of them took half a minute.
    #[test]
    fn of_very_many_references_the_first_are_followed() {
        let many: Vec<_> = (0..3_000).map(|number| format!("r{number}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let messages = [message("a", 1, "", &many), message("r7", 0, "", &[])];
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &[messages.to_vec()]);
        let searcher = index.searcher();
        let meter = Asker::unlimited().work.meter("the conversation");
        let mut walk = Walk::over(&searcher, None, &meter);
        walk.ask(vec![(schema::whole(StringField::Id), "a".to_owned())]).unwrap();
        assert!(walk.asked.len() <= 2 * MAX_REFERENCES + 10, "{}", walk.asked.len());
        let thread = index.thread("a", &Asker::unlimited()).unwrap();
        assert_eq!((thread.ids.join(" ").as_str(), thread.complete), ("r7 a", false));
    }
}
