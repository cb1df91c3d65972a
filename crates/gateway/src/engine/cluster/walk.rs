//! A walk over whole messages, and how many there are.

use std::time::Instant;

use postern_archive::search::Hit;
use postern_upstream::Fault;
use postern_upstream::cluster::ClusterProblem;

use super::asking::{Asking, Place, Shown};
use super::outcome::Stop;
use super::{Cluster, Question, hit};

/// How many messages match.
pub(super) async fn count(
    cluster: &Cluster,
    question: &Question,
    deadline: Instant,
) -> Result<usize, Stop> {
    let counted = Asking { cluster, question, deadline }.counted().await?;
    Ok(usize::try_from(counted).unwrap_or(usize::MAX))
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
        let place = match after {
            Some(id) => {
                let after = asking.behind(id, &point).await?;
                Place::behind(point, 0).after(after)
            }
            None => Place::behind(point, from),
        };
        Ok(Self { cluster, question, place, count: 0 })
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
        let (page, place) = loop {
            match asking.at(self.place.clone(), Shown { size, body: true }).await {
                Err(Stop::Problem(ClusterProblem::Failed(Fault::TooLarge))) if size > 1 => {
                    size /= 2;
                }
                other => break other?,
            }
        };
        self.count = usize::try_from(page.total).unwrap_or(usize::MAX);
        let last = page.hits.last().and_then(|hit| hit.sort.as_array()).cloned();
        self.place = place.after(last.unwrap_or_default());
        let mut hits = Vec::new();
        for document in page.hits {
            hits.push(hit::of(cluster, question, document, highlight, deadline).await?);
        }
        Ok(hits)
    }
}
