//! A question on its way to the cluster: in the index as it is, or in one state of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use postern_query::schema::{SortField, StringField};
use postern_query::{Predicate, Query, StringTest};
use postern_upstream::cluster::{ClusterProblem, Searched, Within};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::outcome::Stop;
use super::points::{KEEP, Point};
use super::position::Position;
use super::{Cluster, Question, marks};

/// How often a question is asked where shards do not answer, or are busy.
const ATTEMPTS: u32 = 2;
/// The pause before it is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// Members of documents that no page shows.
const NOT_SHOWN: [&str; 11] = [
    "conversations",
    "attachmentTexts",
    "attachmentNames",
    "toNames",
    "toAddresses",
    "ccNames",
    "ccAddresses",
    "bccNames",
    "bccAddresses",
    "fileName",
    "people",
];

/// How many hits are asked for, and whether their bodies are.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) size: usize,
    pub(super) body: bool,
}

impl Shown {
    /// What is read of each document.
    pub(super) fn members(self) -> Value {
        let mut hidden = NOT_SHOWN.to_vec();
        if !self.body {
            hidden.push("body");
        }
        json!({ "excludes": hidden })
    }
}

/// Where the page begins, in which state of the index.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) point: Point,
    pub(super) after: Vec<Value>,
    pub(super) from: usize,
    /// Whether the state was opened here, and is not one that a client wrote into a cursor.
    is_own: bool,
}

impl Place {
    /// The beginning of a result, or the place behind that many of its messages.
    pub(super) const fn behind(point: Point, from: usize) -> Self {
        Self { point, after: Vec::new(), from, is_own: true }
    }

    /// The place behind the hit with those values, in the same state.
    pub(super) fn after(self, after: Vec<Value>) -> Self {
        Self { after, from: 0, ..self }
    }
}

/// A question on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) question: &'a Question,
    pub(super) deadline: Instant,
}

impl Asking<'_> {
    /// How many match, in the index as it is.
    pub(super) async fn counted(&self) -> Result<u64, Stop> {
        let mut body = self.body(Shown { size: 0, body: false })?;
        body.remove("sort");
        let is_whole = !self.question.whole_fields().is_empty();
        if is_whole {
            body.insert("aggs".to_owned(), marks::asked());
        }
        let index = Within::Index(&self.cluster.0.alias);
        let counted = self.search(index, &Value::Object(body).to_string()).await?;
        if is_whole {
            self.check_marks(&marks::said(&counted.aggregations))?;
        }
        Ok(counted.total)
    }

    /// The place that a cursor names.
    pub(super) async fn place(&self, position: Position) -> Result<Place, Stop> {
        let point = position.point();
        let place = Place { point, after: position.after, from: 0, is_own: false };
        let index = &self.cluster.0;
        if index.points.is_own(&place.point.index, &index.client, &index.alias).await? {
            return Ok(place);
        }
        self.again(place).await
    }

    /// What the message of an id is ordered by, which only the index itself can tell of missing values.
    pub(super) async fn behind(&self, id: &str, point: &Point) -> Result<Vec<Value>, Stop> {
        if is_ranked(self.question) {
            return Err(Stop::OldPosition);
        }
        let is_it = Predicate::String(StringField::Id, StringTest::Is(id.to_owned()));
        let question = Question { query: Query::of(is_it), ..self.question.clone() };
        let asking = Asking { question: &question, ..*self };
        let place = Place::behind(point.clone(), 0);
        let (page, _) = asking.at(place, Shown { size: 1, body: false }).await?;
        let sort = page.hits.first().and_then(|hit| hit.sort.as_array().cloned());
        sort.ok_or(Stop::OldPosition)
    }

    /// The state of now.
    pub(super) async fn now(&self) -> Result<Point, Stop> {
        let index = &self.cluster.0;
        index.points.now(&index.client, &index.alias, self.deadline).await
    }

    /// The same place in the index as it is now, which holds where the order depends on documents alone. Copies of
    /// a shard give other scores, so all pages of such an order come from the same ones.
    async fn again(&self, place: Place) -> Result<Place, Stop> {
        self.cluster.0.points.forget(&place.point).await;
        if is_ranked(self.question) && !place.after.is_empty() {
            return Err(Stop::OldPosition);
        }
        Ok(Place { point: self.now().await?, is_own: true, ..place })
    }

    /// The page at a place, and that place. A state that is gone, or on nodes that do not answer, is left for that of
    /// now.
    pub(super) async fn at(
        &self,
        mut place: Place,
        shown: Shown,
    ) -> Result<(Searched, Place), Stop> {
        // What is the state of now may have gone with the one that was asked.
        let mut left = 2;
        loop {
            match self.page(&place, shown).await {
                Err(Stop::Problem(ClusterProblem::Expired | ClusterProblem::Partial { .. }))
                    if left > 0 =>
                {
                    left -= 1;
                    place = self.again(place).await?;
                }
                Err(stop) => return Err(stop),
                Ok(page) => {
                    place.point.id = page.point.clone().unwrap_or(place.point.id);
                    return Ok((page, place));
                }
            }
        }
    }

    async fn page(&self, place: &Place, shown: Shown) -> Result<Searched, Stop> {
        let mut body = self.body(shown)?;
        if place.after.is_empty() {
            body.insert("from".to_owned(), json!(place.from));
        } else {
            body.insert("search_after".to_owned(), Value::Array(place.after.clone()));
        }
        let page = self.within(place, body).await?;
        self.check_state(place).await?;
        Ok(page)
    }

    /// Whether what was said of the answer holds in that state of the index.
    pub(super) async fn check_state(&self, place: &Place) -> Result<(), Stop> {
        let index = &self.cluster.0;
        match &place.point.marked {
            Some(marked) => self.check_marks(marked),
            None if self.question.whole_fields().is_empty() => Ok(()),
            None => {
                let marked = marks::of(&index.client, &place.point, self.deadline).await?;
                self.check_marks(&marked)
            }
        }
    }

    /// Whether what was said of the answer holds with these marks.
    fn check_marks(&self, marked: &BTreeSet<String>) -> Result<(), Stop> {
        self.cluster.0.marks.learn(marked);
        let whole = self.question.whole_fields();
        let mut new = whole.intersection(marked);
        if new.all(|field| self.question.known.left_out.contains(field)) {
            return Ok(());
        }
        Err(Stop::Marked)
    }

    /// Asks in the state of a place.
    pub(super) async fn within(
        &self,
        place: &Place,
        mut body: Map<String, Value>,
    ) -> Result<Searched, Stop> {
        if !place.is_own {
            // A client may write the state of any index into a cursor. In another one nothing is found.
            let own = json!({"term": {"_index": place.point.index}});
            let asked = body.remove("query").unwrap_or_default();
            let both = json!({"bool": {"must": [asked], "filter": [own]}});
            body.insert("query".to_owned(), both);
        }
        let pit = json!({"id": place.point.id, "keep_alive": format!("{}s", KEEP.as_secs())});
        body.insert("pit".to_owned(), pit);
        self.search(Within::Point, &Value::Object(body).to_string()).await
    }

    async fn search(&self, within: Within<'_>, body: &str) -> Result<Searched, Stop> {
        let mut attempts = 1;
        loop {
            match self.cluster.0.client.search(within, body.to_owned(), self.deadline).await {
                Err(ClusterProblem::Partial { .. } | ClusterProblem::Busy { wait: None, .. })
                    if attempts < ATTEMPTS && Instant::now() + PAUSE < self.deadline =>
                {
                    attempts += 1;
                    sleep(PAUSE).await;
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// What asks for so many hits.
    pub(super) fn body(&self, shown: Shown) -> Result<Map<String, Value>, Stop> {
        let sent = self.question.body().ok_or(Stop::Unsaid)?.to_string();
        let mut body: Map<String, Value> = serde_json::from_str(&sent).map_err(|_| Stop::Unsaid)?;
        let set = [
            ("size", json!(shown.size)),
            ("track_total_hits", json!(true)),
            ("track_scores", json!(self.question.query.is_scored())),
            ("_source", shown.members()),
        ];
        body.extend(set.map(|(name, value)| (name.to_owned(), value)));
        Ok(body)
    }
}

fn is_ranked(question: &Question) -> bool {
    question.order().iter().any(|sort| sort.by == SortField::Score)
}
