//! The states of the index that results are of.
//!
//! A cluster keeps few of them at a time (300, `search.max_open_pit_context`), each for a while after it was last
//! asked. So results that begin together are of one state.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use postern_upstream::cluster::{Cluster as Client, ClusterProblem};
use tokio::sync::Mutex;

use super::marks;
use super::outcome::Stop;

/// For how long a state is kept between two questions.
pub(super) const KEEP: Duration = Duration::from_secs(120);
/// Results that begin within this of one another are of one state.
const SHARED: Duration = Duration::from_secs(2);
/// How old a state may be where the cluster keeps no more of them.
const OLDEST: Duration = Duration::from_secs(60);

/// A state of an index, as the cluster names both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) id: String,
    pub(super) index: String,
    /// The fields that are marked in it, where that was learned when it was opened here. Of others a client says
    /// that they are ours.
    pub(super) marked: Option<BTreeSet<String>>,
}

impl Point {
    fn is(&self, other: &Self) -> bool {
        (&self.id, &self.index) == (&other.id, &other.index)
    }
}

/// The states of the index behind a name.
#[derive(Debug, Default)]
pub(super) struct Points(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    latest: Option<(Point, Instant)>,
    /// What the name stood for so far, since this process began.
    indexes: BTreeSet<String>,
}

impl Known {
    /// The latest state, if it is younger than that.
    fn within(&self, age: Duration) -> Option<Point> {
        let (point, opened) = self.latest.as_ref()?;
        (opened.elapsed() < age).then(|| point.clone())
    }
}

impl Points {
    /// The state of now, for a result that begins.
    pub(super) async fn now(
        &self,
        client: &Client,
        alias: &str,
        deadline: Instant,
    ) -> Result<Point, Stop> {
        // Whoever comes meanwhile waits for the same state.
        let mut known = self.0.lock().await;
        if let Some(point) = known.within(SHARED) {
            return Ok(point);
        }
        let point = match open(client, alias, deadline).await {
            Ok(point) => point,
            Err(ClusterProblem::NoMorePoints) => {
                return known.within(OLDEST).ok_or(Stop::NoMoreStates);
            }
            Err(problem) => return Err(problem.into()),
        };
        known.indexes.insert(point.index.clone());
        known.latest = Some((point.clone(), Instant::now()));
        Ok(point)
    }

    /// No more results begin at that state, which is gone.
    pub(super) async fn forget(&self, gone: &Point) {
        let mut known = self.0.lock().await;
        if known.latest.as_ref().is_some_and(|(point, _)| point.is(gone)) {
            known.latest = None;
        }
    }

    /// Whether the name stands for that index, or stood for it.
    pub(super) async fn is_own(
        &self,
        index: &str,
        client: &Client,
        alias: &str,
    ) -> Result<bool, Stop> {
        let mut known = self.0.lock().await;
        if !known.indexes.contains(index) {
            known.indexes.extend(client.behind(alias).await?);
        }
        Ok(known.indexes.contains(index))
    }
}

/// A state of the index that the name stands for now.
async fn open(client: &Client, alias: &str, deadline: Instant) -> Result<Point, ClusterProblem> {
    let mut behind = client.behind(alias).await?;
    let (Some(index), true) = (behind.pop(), behind.is_empty()) else {
        return Err(ClusterProblem::NoIndex);
    };
    let id = client.open_point(&index, KEEP, deadline).await?;
    let point = Point { id, index, marked: None };
    let marked = marks::of(client, &point, deadline).await?;
    Ok(Point { marked: Some(marked), ..point })
}
