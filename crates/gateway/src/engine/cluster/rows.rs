//! Equal messages in one row: of those that match and have one Message-ID, the first in the order asked for.
//!
//! Hits are read in their order. A second question finds, for the Message-IDs among them, the first ones in the same
//! order; what is not the first of its group is a copy and left out. So a page needs nothing of the pages before it.

use std::collections::{BTreeSet, HashMap};

use postern_archive::search::{Hit, MOST_COPIES, Row, is_message_id};
use postern_query::Message;
use postern_query::schema::StringField;
use postern_upstream::Fault;
use postern_upstream::cluster::{ClusterHit, ClusterProblem};
use serde_json::{Value, json};

use super::asking::{Asking, Place, Shown};
use super::hit;
use super::outcome::Stop;
use super::page::{Gathered, found};
use crate::engine::{Found, Wanted};
use crate::wire::MessageView;

/// Messages of a result whose rows are counted.
const MOST: u64 = 100_000;
/// Message-IDs of an answer.
const AT_ONCE: usize = 20_000;
/// Hits that are looked at together at most.
const STRETCH: usize = 100;
/// And at least: many may be copies.
const LEAST: usize = 10;
/// What equal messages have in common.
const MESSAGE_ID: StringField = StringField::InternetMessageId;

/// A page of rows; nothing where more match than can be put in rows.
pub(super) async fn of(
    asking: &Asking<'_>,
    wanted: &Wanted,
    mut place: Place,
    known: Option<u64>,
) -> Result<Option<Found>, Stop> {
    let begun = place.point.id.clone();
    // Messages are left out by the row that they are in.
    let (skip, gathered) = (std::mem::take(&mut place.from), Gathered::up_to(wanted.limit));
    let mut walk = Walk { asking, wanted, skip, gathered };
    let Some((total, place)) = walk.all(place).await? else {
        // Pages of rows do not go on as pages of messages.
        return known.map_or(Ok(None), |_| Err(Stop::OldPosition));
    };
    let rows = match known.filter(|_| place.point.id == begun) {
        Some(rows) => rows,
        None => counted(asking, &place).await?,
    };
    let next = walk.gathered.next(place, Some(rows));
    Ok(Some(Found { rows: Some(rows), next, ..found(total, walk.gathered.messages) }))
}

/// Several messages with one Message-ID.
struct Group {
    count: u64,
    /// The first ones in the order asked for.
    first: Vec<ClusterHit>,
}

struct Walk<'a> {
    asking: &'a Asking<'a>,
    wanted: &'a Wanted,
    /// Rows that are left out.
    skip: usize,
    gathered: Gathered,
}

impl Walk<'_> {
    /// Gathers the page; says how many match and in which state, or nothing where these are too many.
    async fn all(&mut self, mut place: Place) -> Result<Option<(u64, Place)>, Stop> {
        let size = match self.wanted.limit {
            0 => 0,
            limit => (self.skip + limit + 1).clamp(LEAST, STRETCH),
        };
        loop {
            let shown = Shown { size, body: self.wanted.highlight };
            let (page, at) = self.asking.at(place, shown).await?;
            if page.total > MOST {
                return Ok(None);
            }
            let is_end = page.hits.len() < size || size == 0;
            let last = page.hits.last().and_then(|hit| hit.sort.as_array()).cloned();
            self.take(page.hits, &at).await?;
            if is_end || self.gathered.has_more() {
                return Ok(Some((page.total, at)));
            }
            place = at.after(last.unwrap_or_default());
        }
    }

    /// Takes the rows among these hits.
    async fn take(&mut self, hits: Vec<ClusterHit>, place: &Place) -> Result<(), Stop> {
        let mut groups = groups(self.asking, &hits, place).await?;
        for found in hits {
            let group = message_id(&found).and_then(|id| groups.get_mut(id));
            if group.as_ref().is_some_and(|group| !group.begins_with(&found)) {
                continue;
            }
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            if self.gathered.is_full() {
                break;
            }
            let sort = found.sort.clone();
            let row = row(self.asking, found, group, self.wanted.highlight).await?;
            self.gathered.take(MessageView::from(&row), &sort);
        }
        Ok(())
    }
}

impl Group {
    fn begins_with(&self, hit: &ClusterHit) -> bool {
        self.first.first().is_some_and(|first| first.source.get("id") == hit.source.get("id"))
    }
}

/// The Message-ID of a hit, if it says anything.
fn message_id(hit: &ClusterHit) -> Option<&str> {
    let id = hit.source.get(MESSAGE_ID.path())?.as_str()?;
    is_message_id(id).then_some(id)
}

/// Of the Message-IDs of these hits those that several messages have, which match too.
async fn groups(
    asking: &Asking<'_>,
    hits: &[ClusterHit],
    place: &Place,
) -> Result<HashMap<String, Group>, Stop> {
    let ids: BTreeSet<_> = hits.iter().filter_map(message_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let shown = Shown { size: 0, body: false };
    let mut body = asking.body(shown)?;
    let (asked, sort) = (body.remove("query"), body.remove("sort"));
    let own = json!({"terms": {MESSAGE_ID.path(): ids}});
    let first = json!({
        "size": MOST_COPIES + 1, "sort": sort, "_source": shown.members(),
        "track_scores": asking.question.query.is_scored(),
    });
    let rows = json!({
        "terms": {"field": MESSAGE_ID.path(), "size": ids.len(), "min_doc_count": 2},
        "aggs": {"first": {"top_hits": first}},
    });
    body.insert("query".to_owned(), json!({"bool": {"must": [asked], "filter": [own]}}));
    body.insert("aggs".to_owned(), json!({ "rows": rows }));
    let mut found = asking.within(place, body).await?;
    let buckets = found.aggregations.pointer_mut("/rows/buckets").and_then(Value::as_array_mut);
    Ok(buckets.into_iter().flatten().filter_map(group).collect())
}

/// A bucket as the Message-ID and its group.
fn group(bucket: &mut Value) -> Option<(String, Group)> {
    let id = bucket.get("key")?.as_str()?.to_owned();
    let count = bucket.get("doc_count")?.as_u64()?;
    let first = bucket.pointer_mut("/first/hits/hits")?.as_array_mut()?;
    Some((id, Group { count, first: first.iter_mut().map(ClusterHit::read).collect() }))
}

async fn row(
    asking: &Asking<'_>,
    found: ClusterHit,
    group: Option<&mut Group>,
    highlight: bool,
) -> Result<Row, Stop> {
    let Asking { cluster, question, deadline } = *asking;
    let hit = hit::of(cluster, question, found, highlight, deadline).await?;
    let (mut copies, mut more) = (Vec::new(), 0);
    if let Some(group) = group {
        for copy in group.first.drain(..).skip(1) {
            let copy = hit::of(cluster, question, copy, false, deadline).await?;
            copies.push(Hit { message: short(copy.message), ..copy });
        }
        more = usize::try_from(group.count).unwrap_or(usize::MAX).saturating_sub(copies.len() + 1);
    }
    Ok(Row { hit: Hit { message: Message { body: None, ..hit.message }, ..hit }, copies, more })
}

/// What is told of a copy.
fn short(message: Message) -> Message {
    let Message { id, received, sent, size, places, .. } = message;
    Message { id, received, sent, size, places, ..Message::default() }
}

/// In how many rows the result is: each Message-ID once, and each message that has none.
async fn counted(asking: &Asking<'_>, place: &Place) -> Result<u64, Stop> {
    let source = json!([{"id": {"terms": {"field": MESSAGE_ID.path()}}}]);
    let mut ids = json!({"size": AT_ONCE, "sources": source});
    let mut rows = 0;
    loop {
        let mut body = asking.body(Shown { size: 0, body: false })?;
        body.remove("sort");
        let without = json!({"missing": {"field": MESSAGE_ID.path()}});
        let asked = json!({"without": without, "ids": {"composite": ids}});
        body.insert("aggs".to_owned(), asked);
        let mut said = asking.within(place, body).await?.aggregations;
        let buckets = said.pointer("/ids/buckets").and_then(Value::as_array);
        let buckets = buckets.ok_or(ClusterProblem::Failed(Fault::Unparsable))?;
        rows += buckets.iter().map(rows_of).sum::<u64>();
        let after = (buckets.len() == AT_ONCE).then(|| said.pointer_mut("/ids/after_key"));
        match after.flatten().map(Value::take) {
            Some(after) => ids = json!({"size": AT_ONCE, "sources": source, "after": after}),
            None => {
                let without = said.pointer("/without/doc_count").and_then(Value::as_u64);
                return Ok(rows + without.unwrap_or_default());
            }
        }
    }
}

fn rows_of(bucket: &Value) -> u64 {
    let is_one = bucket.pointer("/key/id").and_then(Value::as_str).is_some_and(is_message_id);
    if is_one { 1 } else { bucket.get("doc_count").and_then(Value::as_u64).unwrap_or_default() }
}
