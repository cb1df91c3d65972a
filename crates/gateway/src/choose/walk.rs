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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::*;
    use crate::engine::{Failure, Health};

    const FIRST: EngineName = EngineName::Premium;
    const SECOND: EngineName = EngineName::Local;

    /// What an engine does in its turn.
    #[derive(Clone, Copy, Debug)]
    enum Does {
        Serves,
        RefusesKey,
        RefusesQuery,
        CostsTooMuch,
        IsAbsent,
        IsBusy,
        Fails,
        CannotSay,
        Denies,
    }

    fn asked(name: EngineName, does: Does) -> Asked<&'static str> {
        let failure =
            || Failure { code: "status", health: Health::Broken, text: "it failed".into() };
        match does {
            Does::Serves => Ok(Outcome::Served(name.as_str())),
            Does::RefusesKey => Ok(Outcome::RefusedKey(Refusal::Words("key"))),
            Does::RefusesQuery => Ok(Outcome::RefusedQuery(Refusal::Status(400))),
            Does::CostsTooMuch => Ok(Outcome::TooCostly(Refusal::Text("too much".into()))),
            Does::IsAbsent => Ok(Outcome::Absent(403)),
            Does::IsBusy => Ok(Outcome::Busy(None)),
            Does::Fails => Ok(Outcome::Failed(failure())),
            Does::CannotSay => Err(Why::never("cannot_say", "it cannot").into()),
            Does::Denies => Err(NotAsked::Denied(Denied::Refused)),
        }
    }

    fn turn(name: EngineName, does: Does) -> Turn<'static, &'static str> {
        Turn { name, head_start: None, asking: Box::pin(async move { asked(name, does) }) }
    }

    /// How a walk ended, and for what reasons nobody ended it before.
    fn told(walked: &Walked<&'static str>) -> String {
        let ending = match &walked.ending {
            Ending::Served(name, _) => format!("{} served", name.as_str()),
            Ending::RefusedKey(name, _) => format!("{} refused the key", name.as_str()),
            Ending::RefusedQuery(name, _) => format!("{} refused the query", name.as_str()),
            Ending::Denied(_) => "denied".to_owned(),
            Ending::Nobody => "nobody".to_owned(),
        };
        let reasons = walked.passed_over.iter().map(|reason| reason.why.code());
        [ending].into_iter().chain(reasons.map(str::to_owned)).collect::<Vec<_>>().join(", ")
    }

    /// The table of the specification: what the first engine does, and how two of them end on either face.
    #[tokio::test]
    async fn what_an_outcome_leads_to() {
        use Does::*;
        let table = [
            (Serves, "premium served", "premium served"),
            (RefusesKey, "premium refused the key", "premium refused the key"),
            (RefusesQuery, "local served, refused", "premium refused the query"),
            (CostsTooMuch, "local served, too_costly", "local served, too_costly"),
            (IsAbsent, "local served, not_premium", "local served, not_premium"),
            (IsBusy, "local served, busy", "local served, busy"),
            (Fails, "local served, status", "local served, status"),
            (CannotSay, "local served, cannot_say", "local served, cannot_say"),
            (Denies, "denied", "denied"),
        ];
        let metrics = Metrics::default();
        for (does, native, drop_in) in table {
            for (face, expected) in [(Face::Native, native), (Face::DropIn, drop_in)] {
                let turns = vec![turn(FIRST, does), turn(SECOND, Serves)];
                let walked = walk(turns.into_iter(), face, &metrics).await;
                assert_eq!(told(&walked), expected, "{does:?} {face:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_last_one_says_what_costs_too_much_and_nobody_else_has_the_word() {
        let metrics = Metrics::default();
        let table = [
            (vec![], "nobody"),
            (vec![Does::CostsTooMuch], "premium refused the query"),
            (vec![Does::Fails, Does::CostsTooMuch], "local refused the query, status"),
            (vec![Does::Fails, Does::Fails], "nobody, status, status"),
            (vec![Does::CannotSay, Does::IsBusy], "nobody, cannot_say, busy"),
        ];
        for (does, expected) in table {
            let turns = [FIRST, SECOND].into_iter().zip(&does);
            let turns: Vec<_> = turns.map(|(name, does)| turn(name, *does)).collect();
            let walked = walk(turns.into_iter(), Face::Native, &metrics).await;
            assert_eq!(told(&walked), expected, "{does:?}");
        }
    }

    /// An engine that ends when the one behind it has begun, and that one: how many begin, and who answers.
    async fn hedged(does: Does, head_start: Option<Duration>, waits: bool) -> (String, usize) {
        let begun = Arc::new(Semaphore::new(0));
        let (first, second) = (Arc::clone(&begun), Arc::clone(&begun));
        let slow = Box::pin(async move {
            if waits {
                drop(first.acquire().await);
            }
            asked(FIRST, does)
        });
        let next = Box::pin(async move {
            second.add_permits(1);
            asked(SECOND, Does::Serves)
        });
        let turns = vec![
            Turn { name: FIRST, head_start, asking: slow },
            Turn { name: SECOND, head_start: None, asking: next },
        ];
        let metrics = Metrics::default();
        let walked = walk(turns.into_iter(), Face::Native, &metrics).await;
        (told(&walked), begun.available_permits())
    }

    /// The first is preferred while it may still answer; the next one has begun when it does not.
    #[tokio::test]
    async fn a_head_start_begins_the_next_one() {
        let (short, long) = (Some(Duration::from_millis(1)), Some(Duration::from_secs(60)));
        let table = [
            // what the first does, its head start, whether it outlasts that, how it ends, how many others began
            (Does::Serves, short, true, "premium served", 1),
            (Does::Fails, short, true, "local served, status", 1),
            (Does::Serves, long, false, "premium served", 0),
            (Does::Fails, long, false, "local served, status", 1),
            (Does::Serves, None, false, "premium served", 0),
        ];
        for (does, head_start, outlasts, expected, others) in table {
            let seen = hedged(does, head_start, outlasts).await;
            assert_eq!(seen, (expected.to_owned(), others), "{does:?} {head_start:?}");
        }
    }
}
