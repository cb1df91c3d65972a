//! The walk over the engines of a tenant: the first that answers, where one that is slow is not waited for
//! alone.

use std::pin::{Pin, pin};
use std::vec::IntoIter;

use tokio::time::timeout;

use super::{Asked, NotAsked, Turn};
use crate::access::Denied;
use crate::config::EngineName;
use crate::engine::{Outcome, Reason, Refusal, Why};
use crate::metrics::Metrics;

/// Who wrote what the engines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// The client, who hears what is wrong with it: the paths of DataTap.
    DropIn,
    /// We did: `/v1`.
    Native,
}

/// How it ended, and why the engines before did not answer, in their order.
#[derive(Debug)]
pub(crate) struct Walked<T> {
    pub(crate) passed_over: Vec<Reason>,
    pub(crate) ending: Ending<T>,
}

/// How a walk ends.
#[derive(Debug)]
pub(crate) enum Ending<T> {
    /// With the answer of an engine.
    Served(EngineName, T),
    /// With its refusal of the key.
    RefusedKey(EngineName, Refusal<T>),
    /// With its refusal of the query.
    RefusedQuery(EngineName, Refusal<T>),
    /// The key may not read what is here.
    Denied(Denied),
    /// Nobody answered.
    Nobody,
}

type Walking<'a, T> = Pin<Box<dyn Future<Output = Walked<T>> + Send + 'a>>;

/// Takes the turns one after the other until an engine answers. With a head start the next one begins when
/// it is over, so that its answer is at hand when this one fails in the end; this one is still preferred.
pub(crate) fn walk<'a, T: Send + 'a>(
    mut turns: IntoIter<Turn<'a, T>>,
    face: Face,
    metrics: &'a Metrics,
) -> Walking<'a, T> {
    Box::pin(async move {
        let Some(turn) = turns.next() else {
            return Walked { passed_over: Vec::new(), ending: Ending::Nobody };
        };
        let (name, is_last) = (turn.name, turns.len() == 0);
        let head_start = turn.head_start.filter(|_| !is_last);
        let rest = walk(turns, face, metrics);
        let (asked, rest) = match head_start {
            None => (turn.asking.await, Rest::Coming(rest)),
            Some(head_start) => {
                let mut asking = turn.asking;
                match timeout(head_start, &mut asking).await {
                    Ok(asked) => (asked, Rest::Coming(rest)),
                    Err(_) => {
                        metrics.hedge();
                        both(asking, rest).await
                    }
                }
            }
        };
        match settle(name, asked, face, is_last) {
            Ok(ending) => Walked { passed_over: Vec::new(), ending },
            Err(why) => rest.end().await.behind(Reason { engine: name, why }),
        }
    })
}

/// What comes behind a turn.
enum Rest<'a, T> {
    Coming(Walking<'a, T>),
    Over(Walked<T>),
}

impl<T> Rest<'_, T> {
    async fn end(self) -> Walked<T> {
        match self {
            Self::Coming(rest) => rest.await,
            Self::Over(walked) => walked,
        }
    }
}

impl<T> Walked<T> {
    /// The same behind an engine that was passed over.
    pub(crate) fn behind(mut self, reason: Reason) -> Self {
        self.passed_over.insert(0, reason);
        self
    }
}

/// A turn to its end, and the rest as far as it comes meanwhile.
async fn both<'a, T>(
    asking: impl Future<Output = Asked<T>>,
    mut rest: Walking<'a, T>,
) -> (Asked<T>, Rest<'a, T>) {
    let mut asking = pin!(asking);
    tokio::select! {
        asked = &mut asking => (asked, Rest::Coming(rest)),
        walked = &mut rest => (asking.await, Rest::Over(walked)),
    }
}

/// What an outcome leads to: the end, or the next engine. This is the table of the specification.
fn settle<T>(
    name: EngineName,
    asked: Asked<T>,
    face: Face,
    is_last: bool,
) -> Result<Ending<T>, Why> {
    let outcome = match asked {
        Ok(outcome) => outcome,
        Err(NotAsked::PassedOver(why)) => return Err(why),
        Err(NotAsked::Denied(denied)) => return Ok(Ending::Denied(denied)),
    };
    match outcome {
        Outcome::Served(answer) => Ok(Ending::Served(name, answer)),
        // A key that an engine refuses must not read what the others hold.
        Outcome::RefusedKey(refusal) => Ok(Ending::RefusedKey(name, refusal)),
        Outcome::RefusedQuery(refusal) if face == Face::DropIn => {
            Ok(Ending::RefusedQuery(name, refusal))
        }
        Outcome::RefusedQuery(refusal) => Err(Why::Refused(refusal.to_string())),
        Outcome::TooCostly(refusal) if is_last => Ok(Ending::RefusedQuery(name, refusal)),
        Outcome::TooCostly(refusal) => Err(Why::TooCostly(refusal.to_string())),
        Outcome::Absent(status) => Err(Why::Absent(status)),
        Outcome::Busy(_) => Err(Why::Busy),
        Outcome::Failed(failure) => Err(Why::Failed(failure)),
    }
}
