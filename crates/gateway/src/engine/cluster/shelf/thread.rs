//! The conversation of a message: [`Thread`] as the local index finds it, with all open questions of a round in one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use postern_archive::search::{MAX_THREAD, Thread};
use postern_query::Message;
use postern_query::schema::StringField;
use postern_upstream::cluster::Within;
use serde_json::{Value, json};

use super::super::outcome::Stop;
use super::super::points::{KEEP, Point};
use super::super::{Cluster, Question};
use crate::stored;

/// References of one message that are followed.
const MOST_REFERENCES: usize = 1_000;
/// Ids that are looked for in all.
const MOST_ASKED: usize = 20_000;
/// Ids that are looked for at once, and messages of an answer.
const AT_ONCE: usize = 1_000;
/// The field with what joins a message to others.
const REFERENCES: &str = "conversations";
/// What is read of each message.
const MEMBERS: [&str; 6] = [
    "id",
    "internetMessageId",
    "conversationId",
    "receivedDateTime",
    "sentDateTime",
    "kept.references",
];

/// A field and what it has to be.
type Asked = (&'static str, String);

/// Every message that the question finds of the conversation of the message of that id.
pub(super) async fn of(cluster: &Cluster, question: &Question, id: &str) -> Result<Thread, Stop> {
    let index = &cluster.0;
    let deadline = index.client.deadline();
    let point = index.points.now(&index.client, &index.alias, deadline).await?;
    let visible = question.condition_sent().ok_or(Stop::Unsaid)?;
    let mut walk = Walk::over(cluster, point, visible);
    walk.ask([(StringField::Id.path(), id.to_owned())].into()).await?;
    let complete = walk.found.len() <= MAX_THREAD && !walk.is_cut;
    let mut places: Vec<_> = walk.found.into_iter().map(|(id, at)| (at, id)).collect();
    places.sort_unstable();
    let ids = places.into_iter().take(MAX_THREAD).map(|(_, id)| id).collect();
    Ok(Thread { ids, complete })
}

/// A walk from message to message. What was asked once is not asked again, so it ends.
struct Walk<'a> {
    cluster: &'a Cluster,
    point: Point,
    /// What the messages that may be seen match: all others are not there, and connect nothing.
    visible: Value,
    asked: BTreeSet<Asked>,
    found: BTreeMap<String, Option<Timestamp>>,
    /// Not every reference was followed.
    is_cut: bool,
}

impl<'a> Walk<'a> {
    fn over(cluster: &'a Cluster, point: Point, visible: Value) -> Self {
        let (asked, found) = <(BTreeSet<_>, BTreeMap<_, _>)>::default();
        Self { cluster, point, visible, asked, found, is_cut: false }
    }

    async fn ask(&mut self, mut open: BTreeSet<Asked>) -> Result<(), Stop> {
        while !open.is_empty() && self.found.len() <= MAX_THREAD {
            let room = MOST_ASKED.saturating_sub(self.asked.len());
            self.is_cut |= open.len() > room;
            let now: Vec<_> = open.into_iter().take(room).collect();
            let mut next = BTreeSet::new();
            for asked in now.chunks(AT_ONCE) {
                self.round(asked, &mut next).await?;
            }
            self.asked.extend(now);
            open = &next - &self.asked;
        }
        Ok(())
    }

    /// Takes in all messages that have one of those values, and what to ask for next.
    async fn round(&mut self, asked: &[Asked], next: &mut BTreeSet<Asked>) -> Result<(), Stop> {
        let mut after = Value::Null;
        loop {
            let index = &self.cluster.0;
            let body = self.body(asked, &after).to_string();
            let page = index.client.search(Within::Point, body, index.client.deadline()).await?;
            let is_last = page.hits.len() < AT_ONCE;
            for hit in page.hits {
                self.take(&stored::message(&hit.source), next);
                after = hit.sort;
            }
            if is_last || self.found.len() > MAX_THREAD {
                return Ok(());
            }
        }
    }

    fn take(&mut self, message: &Message, next: &mut BTreeSet<Asked>) {
        self.is_cut |= message.references.len() > MOST_REFERENCES;
        next.extend(neighbours(message).filter(|(_, value)| !value.is_empty()));
        self.found.insert(message.id.clone(), message.received.or(message.sent));
    }

    fn body(&self, asked: &[Asked], after: &Value) -> Value {
        let mut by_field: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (field, value) in asked {
            by_field.entry(*field).or_default().push(value);
        }
        let any = by_field.into_iter().map(|(field, values)| json!({"terms": {field: values}}));
        let any = json!({"bool": {"should": any.collect::<Vec<_>>(), "minimum_should_match": 1}});
        let own = json!({"term": {"_index": self.point.index}});
        let mut body = json!({
            "size": AT_ONCE, "track_total_hits": false, "_source": MEMBERS,
            "query": {"bool": {"filter": [self.visible, own, any]}},
            "sort": [{"id": "asc"}],
            "pit": {"id": self.point.id, "keep_alive": format!("{}s", KEEP.as_secs())},
        });
        if let (Some(members), false) = (body.as_object_mut(), after.is_null()) {
            members.insert("search_after".to_owned(), after.clone());
        }
        body
    }
}

/// What to ask for next: the same conversation, the messages it refers to, and those that refer to it or
/// to the same ones.
fn neighbours(message: &Message) -> impl Iterator<Item = Asked> {
    let conversation = message.conversation_id.iter();
    let conversation = conversation.map(|id| (StringField::ConversationId.path(), id));
    let ids = message.references.iter().take(MOST_REFERENCES);
    let ids = message.internet_message_id.iter().chain(ids);
    let referred = ids.clone().map(|id| (StringField::InternetMessageId.path(), id));
    let referring = ids.map(|id| (REFERENCES, id));
    conversation.chain(referred).chain(referring).map(|(field, id)| (field, id.clone()))
}
