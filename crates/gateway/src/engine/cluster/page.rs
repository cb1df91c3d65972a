//! A page of what the cluster finds.

use std::time::{Duration, Instant};

use postern_archive::search::Hit;
use postern_query::schema::{SortField, StringField};
use postern_query::{Predicate, Query, StringTest};
use postern_upstream::Fault;
use postern_upstream::cluster::{ClusterProblem, Searched, Within};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::outcome::Stop;
use super::points::{KEEP, Point};
use super::position::{self, Position};
use super::{Cluster, Question, hit, marks};
use crate::engine::{Found, PAGE_BYTES, Start, Wanted};
use crate::wire::ResultView;

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

/// Asks for a page, and whether there is another one.
pub(super) async fn of(
    cluster: &Cluster,
    question: &Question,
    wanted: &Wanted,
    deadline: Instant,
) -> Result<Found, Stop> {
    let asking = Asking { cluster, question, deadline };
    let shown = Shown::of(wanted);
    if shown.size == 0 {
        let counted = asking.counted(shown).await?;
        return Ok(Found {
            messages: Vec::new(),
            count: Some(counted.total),
            exact: true,
            rows: None,
            next: None,
            files_missing: None,
        });
    }
    let place = asking.place(&wanted.start).await?;
    let (page, point) = asking.at(place, shown).await?;
    let listed = listed(&asking, wanted, page).await?;
    let next = listed.after.map(|after| Position::new(point, after));
    let next = next.map(|next| Start::Position(position::write(&next)));
    let Listed { messages, total, .. } = listed;
    Ok(Found { messages, count: Some(total), exact: true, rows: None, next, files_missing: None })
}

/// How many messages match.
pub(super) async fn count(
    cluster: &Cluster,
    question: &Question,
    deadline: Instant,
) -> Result<usize, Stop> {
    let asking = Asking { cluster, question, deadline };
    let counted = asking.counted(Shown { size: 0, body: false }).await?;
    Ok(usize::try_from(counted.total).unwrap_or(usize::MAX))
}

/// A walk over whole messages, some at a time, in one state of the index for as long as that is there.
pub(super) struct Walk<'a> {
    cluster: &'a Cluster,
    question: &'a Question,
    place: Place,
    count: usize,
}

impl<'a> Walk<'a> {
    /// Begins behind the message of an id, where there is one, and behind so many others.
    pub(super) async fn begin(
        cluster: &'a Cluster,
        question: &'a Question,
        (after, from): (Option<&str>, usize),
        deadline: Instant,
    ) -> Result<Self, Stop> {
        let asking = Asking { cluster, question, deadline };
        let point = asking.now().await?;
        let after = match after {
            Some(id) => asking.behind(id, &point).await?,
            None => Vec::new(),
        };
        Ok(Self { cluster, question, place: Place { point, after, from }, count: 0 })
    }

    /// How many messages match in all, as far as the last question said.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// The next ones; of long messages fewer than so many. Nothing at the end.
    pub(super) async fn next(
        &mut self,
        most: usize,
        highlight: bool,
        deadline: Instant,
    ) -> Result<Vec<Hit>, Stop> {
        let (cluster, question) = (self.cluster, self.question);
        let asking = Asking { cluster, question, deadline };
        let mut size = most;
        let (page, point) = loop {
            match asking.at(self.place.clone(), Shown { size, body: true }).await {
                Err(Stop::Problem(ClusterProblem::Failed(Fault::TooLarge))) if size > 1 => {
                    size /= 2;
                }
                other => break other?,
            }
        };
        self.count = usize::try_from(page.total).unwrap_or(usize::MAX);
        let last = page.hits.last().and_then(|hit| hit.sort.as_array()).cloned();
        self.place = Place { point, after: last.unwrap_or_default(), from: 0 };
        let mut hits = Vec::new();
        for document in page.hits {
            hits.push(hit::of(cluster, question, document, highlight, deadline).await?);
        }
        Ok(hits)
    }
}

/// How many hits are asked for, and whether their bodies are.
#[derive(Clone, Copy)]
struct Shown {
    size: usize,
    body: bool,
}

impl Shown {
    /// One more than wanted tells whether there is another page.
    fn of(wanted: &Wanted) -> Self {
        let size = if wanted.limit == 0 { 0 } else { wanted.limit + 1 };
        Self { size, body: wanted.highlight }
    }
}

/// Where the page begins, in which state of the index.
#[derive(Clone)]
struct Place {
    point: Point,
    after: Vec<Value>,
    from: usize,
}

/// A question on its way.
#[derive(Clone, Copy)]
struct Asking<'a> {
    cluster: &'a Cluster,
    question: &'a Question,
    deadline: Instant,
}

impl Asking<'_> {
    /// How many match, in the index as it is.
    async fn counted(&self, shown: Shown) -> Result<Searched, Stop> {
        let everything = json!({"match_all": {}});
        let mut body = body(self.question, shown, &everything).ok_or(Stop::Unsaid)?;
        body.remove("sort");
        let index = Within::Index(&self.cluster.0.alias);
        let counted = self.search(index, &Value::Object(body).to_string()).await?;
        check_marks(self.cluster, self.question, &counted)?;
        Ok(counted)
    }

    async fn place(&self, start: &Start) -> Result<Place, Stop> {
        let text = match start {
            Start::Offset(from) => {
                return Ok(Place { point: self.now().await?, after: Vec::new(), from: *from });
            }
            Start::Position(text) => text,
        };
        let position = position::read(text).ok_or(Stop::OldPosition)?;
        let point = position.point();
        let place = Place { point, after: position.after, from: 0 };
        let index = &self.cluster.0;
        if index.points.is_own(&place.point.index, &index.client, &index.alias).await? {
            return Ok(place);
        }
        self.again(place).await
    }

    /// What the message of an id is ordered by, which only the index itself can tell of missing values.
    async fn behind(&self, id: &str, point: &Point) -> Result<Vec<Value>, Stop> {
        if is_ranked(self.question) {
            return Err(Stop::OldPosition);
        }
        let is_it = Predicate::String(StringField::Id, StringTest::Is(id.to_owned()));
        let question = Question { query: Query::of(is_it), ..self.question.clone() };
        let asking = Asking { question: &question, ..*self };
        let place = Place { point: point.clone(), after: Vec::new(), from: 0 };
        let (page, _) = asking.at(place, Shown { size: 1, body: false }).await?;
        let sort = page.hits.first().and_then(|hit| hit.sort.as_array().cloned());
        sort.ok_or(Stop::OldPosition)
    }

    /// The state of now.
    async fn now(&self) -> Result<Point, Stop> {
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
        Ok(Place { point: self.now().await?, ..place })
    }

    /// The page at a place, and the state that it is of. One that is gone, or on nodes that do not answer, is left
    /// for that of now.
    async fn at(&self, mut place: Place, shown: Shown) -> Result<(Searched, Point), Stop> {
        // What is the state of now may have gone with the one that was asked.
        let mut left = 2;
        let page = loop {
            match self.page(&place, shown).await {
                Err(Stop::Problem(ClusterProblem::Expired | ClusterProblem::Partial { .. }))
                    if left > 0 =>
                {
                    left -= 1;
                    place = self.again(place).await?;
                }
                other => break other?,
            }
        };
        let point = place.point;
        check_marks(self.cluster, self.question, &page)?;
        let point = Point { id: page.point.clone().unwrap_or(point.id), index: point.index };
        Ok((page, point))
    }

    async fn page(&self, place: &Place, shown: Shown) -> Result<Searched, Stop> {
        // A client may write the state of any index into a cursor. In another one nothing is found.
        let own = json!({"term": {"_index": place.point.index}});
        let mut body = body(self.question, shown, &own).ok_or(Stop::Unsaid)?;
        let asked = body.remove("query").unwrap_or_default();
        let keep = format!("{}s", KEEP.as_secs());
        let within = [
            ("query", json!({"bool": {"must": [asked], "filter": [own]}})),
            ("pit", json!({"id": place.point.id, "keep_alive": keep})),
        ];
        body.extend(within.map(|(name, value)| (name.to_owned(), value)));
        if place.after.is_empty() {
            body.insert("from".to_owned(), json!(place.from));
        } else {
            body.insert("search_after".to_owned(), Value::Array(place.after.clone()));
        }
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
}

fn is_ranked(question: &Question) -> bool {
    question.order().iter().any(|sort| sort.by == SortField::Score)
}

/// What asks for so many hits; `index` holds of the messages whose marks count.
fn body(question: &Question, shown: Shown, index: &Value) -> Option<Map<String, Value>> {
    let mut body: Map<String, Value> = serde_json::from_str(&question.body()?.to_string()).ok()?;
    let mut hidden = NOT_SHOWN.to_vec();
    if !shown.body {
        hidden.push("body");
    }
    let set = [
        ("size", json!(shown.size)),
        ("track_total_hits", json!(true)),
        ("track_scores", json!(question.query.is_scored())),
        ("_source", json!({ "excludes": hidden })),
        ("aggs", marks::asked(index)),
    ];
    body.extend(set.map(|(name, value)| (name.to_owned(), value)));
    Some(body)
}

/// Whether what was said of the answer holds with the marks that the index has now.
fn check_marks(cluster: &Cluster, question: &Question, page: &Searched) -> Result<(), Stop> {
    let marked = cluster.0.marks.learn(&page.aggregations);
    if marked.is_subset(&question.known.left_out) {
        return Ok(());
    }
    let then = question.notes();
    let now = Question {
        known: postern_query::emit::elasticsearch::Known {
            left_out: marked,
            ..question.known.clone()
        },
        ..question.clone()
    };
    if now.notes() == then { Ok(()) } else { Err(Stop::Marked) }
}

/// The messages of a page within bounds.
struct Listed {
    messages: Vec<ResultView>,
    total: u64,
    /// The values that the last one is ordered by, if others come behind it.
    after: Option<Vec<Value>>,
}

async fn listed(asking: &Asking<'_>, wanted: &Wanted, page: Searched) -> Result<Listed, Stop> {
    let Asking { cluster, question, deadline } = *asking;
    let Searched { total, hits, .. } = page;
    let (mut messages, mut bytes, mut after, mut has_more) = (Vec::new(), 0, None, false);
    for found in hits {
        if messages.len() == wanted.limit {
            has_more = true;
            break;
        }
        let sort = found.sort.as_array().cloned().unwrap_or_default();
        let view = hit::view(cluster, question, found, wanted.highlight, deadline).await?;
        let (message, size) = ResultView::written(view);
        bytes += size;
        if bytes > PAGE_BYTES && !messages.is_empty() {
            has_more = true;
            break;
        }
        messages.push(message);
        after = Some(sort);
    }
    Ok(Listed { messages, total, after: after.filter(|_| has_more) })
}
