//! Many queries over the cluster, each counted beside the others, as the local index counts them.
//!
//! What is known of each message that may be seen is read once and kept in memory, so a report is made of a bounded
//! number of messages. Of each query only the ids are read.

mod joined;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use jiff::Timestamp;
use postern_archive::IndexError;
use postern_archive::report::Tally;
use postern_archive::search::{Asker, Counted, Extent, Looked};
use postern_query::{Message, Query};
use serde_json::{Value, json};

use super::super::outcome::Stop;
use super::super::{Cluster, Question};
use super::{Stored, scan};
use crate::stored;
use joined::Joined;

/// Messages that a report is made of at most.
const MOST: usize = 1_000_000;
/// What is read of each message that may be seen.
const FACTS: [&str; 8] = [
    "conversationId",
    "internetMessageId",
    "kept.references",
    "places.mailbox",
    "receivedDateTime",
    "sentDateTime",
    "size",
    "id",
];
/// What is read of each message that is looked at.
const LOOKED: [&str; 8] = [
    "id",
    "kind",
    "attachments",
    "kept.unread",
    "kept.damage",
    "kept.otherParts",
    "places",
    "isEncrypted",
];
/// Characters of an id that joins messages.
const LONGEST: usize = 4_000;

/// What is known of a message.
#[derive(Debug, Default)]
struct Fact {
    bytes: u64,
    time: Option<Timestamp>,
    /// Documents that it is, with its attachments, where it is one that queries are about.
    family: u64,
    /// The numbers of the mailboxes that it lies in and that may be seen.
    mailboxes: BTreeSet<usize>,
    finder: Finder,
}

/// Who found a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Finder {
    #[default]
    Nobody,
    Line(usize),
    Several,
}

/// What several queries find in the cluster.
pub(super) struct Survey {
    stored: Stored,
    numbers: HashMap<String, usize>,
    facts: Vec<Fact>,
    mailboxes: Vec<String>,
    conversations: Joined,
    lines: usize,
}

/// Begins to count queries, all of which find some of what `within` finds. Each message within is looked at once.
pub(super) fn begin(
    stored: &Stored,
    within: &Query,
    asker: &Asker,
    look: &mut dyn FnMut(Looked) -> ControlFlow<()>,
) -> Result<Survey, IndexError> {
    let everything = stored.question(&Query::everything(), None, asker)?;
    let mut survey = Stored::wait(asker, Survey::read(stored, &everything))?;
    let within = stored.question(within, None, asker)?;
    let cluster = &stored.0;
    let silent = async |field: &str| without_words(cluster, &within, field).await;
    let [bodies, files] = Stored::wait(asker, async {
        Ok([silent("body").await?, silent("attachmentTexts").await?])
    })?;
    let mut stopped = false;
    let each = scan::each(cluster, &within, &LOOKED, |id, source| {
        let message = stored::message(source);
        if let Some(fact) = survey.fact(id) {
            fact.family = documents(&message);
        }
        let Some(message) = message.seen_at(|place| asker.scope.shows(place)) else {
            return Ok(());
        };
        let (has_words, has_attachment_words) = (!bodies.contains(id), !files.contains(id));
        stopped |= look(Looked { message, has_words, has_attachment_words }).is_break();
        if stopped { Err(Stop::Unsaid) } else { Ok(()) }
    });
    let looked = Stored::wait(asker, each);
    if stopped {
        return Err(IndexError::Stopped);
    }
    looked.map(|()| survey)
}

/// The ids of those within that have no word in a field. A field may be there without one.
async fn without_words(
    cluster: &Cluster,
    within: &Question,
    field: &str,
) -> Result<BTreeSet<String>, Stop> {
    let mut ids = BTreeSet::new();
    let none = json!({"bool": {"must_not": [{"prefix": {field: ""}}]}});
    scan::each_and(cluster, within, &[], Some(&none), |id, _| {
        ids.insert(id.to_owned());
        Ok(())
    })
    .await?;
    Ok(ids)
}

impl Survey {
    /// Reads what is known of every message that may be seen; others connect nothing.
    async fn read(stored: &Stored, everything: &Question) -> Result<Self, Stop> {
        let mut survey = Self {
            stored: stored.clone(),
            numbers: HashMap::new(),
            facts: Vec::new(),
            mailboxes: Vec::new(),
            conversations: Joined::default(),
            lines: 0,
        };
        let mut seen = Seen::of(everything);
        scan::each(&stored.0, everything, &FACTS, |id, source| survey.add(id, source, &mut seen))
            .await?;
        survey.mailboxes = seen.mailboxes;
        Ok(survey)
    }

    fn add(&mut self, id: &str, source: &Value, seen: &mut Seen) -> Result<(), Stop> {
        if self.facts.len() == MOST {
            return Err(Stop::CannotSay(format!(
                "a report is made of {MOST} messages at most, and more may be seen; ask for fewer mailboxes"
            )));
        }
        let message = stored::message(source);
        let number = self.facts.len();
        let mailboxes =
            message.places.iter().filter_map(|place| seen.number(place.mailbox.as_deref()));
        self.facts.push(Fact {
            bytes: message.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            time: message.received.or(message.sent),
            mailboxes: mailboxes.collect(),
            ..Fact::default()
        });
        self.numbers.insert(id.to_owned(), number);
        self.conversations.add();
        for key in keys(&message) {
            let first = *seen.first.entry(key).or_insert(number);
            self.conversations.join(first, number);
        }
        Ok(())
    }

    fn fact(&mut self, id: &str) -> Option<&mut Fact> {
        let number = self.numbers.get(id)?;
        self.facts.get_mut(*number)
    }

    fn extent(&mut self, found: &[usize]) -> Extent {
        let mut extent = Extent {
            messages: found.len() as u64,
            conversation: self.conversations.size(found),
            ..Extent::default()
        };
        let mut mailboxes = BTreeMap::<usize, usize>::new();
        for fact in found.iter().filter_map(|number| self.facts.get(*number)) {
            extent.family += fact.family;
            extent.bytes = extent.bytes.saturating_add(fact.bytes);
            extent.first = [extent.first, fact.time].into_iter().flatten().min();
            extent.last = extent.last.max(fact.time);
            fact.mailboxes.iter().for_each(|one| *mailboxes.entry(*one).or_default() += 1);
        }
        let counted = mailboxes.into_iter().filter_map(|(number, count)| {
            Some(Counted { value: self.mailboxes.get(number)?.clone(), count })
        });
        extent.mailboxes = counted.collect();
        extent.mailboxes.sort();
        extent
    }
}

impl Tally for Survey {
    fn count(&mut self, query: &Query, asker: &Asker) -> Result<Extent, IndexError> {
        self.lines += 1;
        let question = self.stored.question(query, None, asker)?;
        let mut found = Vec::new();
        let each = scan::each(&self.stored.0, &question, &[], |id, _| {
            // What came meanwhile is not in the report.
            found.extend(self.numbers.get(id).copied());
            Ok(())
        });
        Stored::wait(asker, each)?;
        let line = self.lines - 1;
        for fact in found.iter().copied() {
            let Some(fact) = self.facts.get_mut(fact) else { continue };
            fact.finder = match fact.finder {
                Finder::Nobody => Finder::Line(line),
                Finder::Line(_) | Finder::Several => Finder::Several,
            };
        }
        Ok(self.extent(&found))
    }

    fn engine(&self) -> &'static str {
        "cluster"
    }

    fn finish(mut self: Box<Self>, _asker: &Asker) -> Result<(Vec<u64>, Extent), IndexError> {
        let (mut unique, mut all) = (vec![0; self.lines], Vec::new());
        for (number, fact) in self.facts.iter().enumerate() {
            if fact.finder != Finder::Nobody {
                all.push(number);
            }
            if let Finder::Line(line) = fact.finder {
                unique.get_mut(line).into_iter().for_each(|count: &mut u64| *count += 1);
            }
        }
        let all = self.extent(&all);
        Ok((unique, all))
    }
}

/// What was met while messages are read.
struct Seen {
    /// The only mailboxes that may be seen; nothing where all may be.
    only: Option<Vec<String>>,
    mailboxes: Vec<String>,
    /// The first message that has a key.
    first: HashMap<String, usize>,
}

impl Seen {
    fn of(question: &Question) -> Self {
        let only = question.known.mailboxes.clone();
        Self { only, mailboxes: Vec::new(), first: HashMap::new() }
    }

    /// The number of a mailbox that may be seen.
    fn number(&mut self, name: Option<&str>) -> Option<usize> {
        let name = name.filter(|name| !name.is_empty())?;
        if self.only.as_ref().is_some_and(|only| !only.iter().any(|one| one == name)) {
            return None;
        }
        let known = self.mailboxes.iter().position(|one| one == name);
        Some(known.unwrap_or_else(|| {
            self.mailboxes.push(name.to_owned());
            self.mailboxes.len() - 1
        }))
    }
}

/// What joins a message to others: its conversation, and its own id and those that it refers to.
fn keys(message: &Message) -> impl Iterator<Item = String> {
    let is_regular = |id: &&String| !id.is_empty() && id.len() < LONGEST;
    let conversation = message.conversation_id.iter().filter(is_regular);
    let referred = message.internet_message_id.iter().chain(&message.references);
    let referred = referred.filter(is_regular).map(|id| format!("r{id}"));
    conversation.map(|id| format!("c{id}")).chain(referred).collect::<Vec<_>>().into_iter()
}

/// How many documents a message is with its attachments. A file is its own first attachment.
fn documents(message: &Message) -> u64 {
    let attachments = message.attachments.len() as u64;
    if message.is_file() { attachments.max(1) } else { attachments + 1 }
}
