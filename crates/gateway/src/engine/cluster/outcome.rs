//! What an answer of the cluster means.

use postern_upstream::Fault;
use postern_upstream::cluster::ClusterProblem;
use tracing::warn;

use crate::engine::{Failure, Health, Outcome, Refusal};

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Stop {
    /// The cluster does not answer.
    Problem(ClusterProblem),
    /// The page before was of a state that is gone, and its order cannot be had again.
    OldPosition,
    /// Values of a field were found to be too long for the index after it was said that the answer is exact.
    Marked,
    /// A facet has more values than so many.
    TooMany(usize),
    /// The cluster keeps no more states of indexes, and there is none that is young enough.
    NoMoreStates,
    /// The cluster cannot say what is asked, or not exactly; this is why.
    CannotSay(String),
    /// The body cannot be said after all.
    Unsaid,
}

impl From<ClusterProblem> for Stop {
    fn from(problem: ClusterProblem) -> Self {
        Self::Problem(problem)
    }
}

impl<T> From<Stop> for Outcome<T> {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Problem(problem) => of_problem(&problem),
            Stop::OldPosition => {
                let text = "the cluster keeps the order of a result for two minutes between two pages; begin again without `cursor`";
                failed("old_position", Health::Alive, text)
            }
            Stop::Marked => {
                let text = "the cluster has messages with values that are too long for this condition, and that was not known yet; ask again";
                failed("marks_changed", Health::Alive, text)
            }
            Stop::TooMany(most) => Self::TooCostly(Refusal::Text(format!(
                "a facet has more than {most} values, so the cluster cannot count it exactly"
            ))),
            Stop::NoMoreStates => {
                let text = "the cluster keeps no more states of the index for pages of results (`search.max_open_pit_context`); ask again in two minutes";
                failed("no_more_states", Health::Alive, text)
            }
            Stop::CannotSay(why) => {
                Self::TooCostly(Refusal::Text(format!("the cluster cannot say this: {why}")))
            }
            Stop::Unsaid => failed("defect", Health::Alive, "the question cannot be put together"),
        }
    }
}

/// It did not answer within the deadline.
pub(super) fn late<T>() -> Outcome<T> {
    failed("timeout", Health::Silent, "the cluster failed: no answer in time")
}

fn failed<T>(code: &'static str, health: Health, text: impl Into<String>) -> Outcome<T> {
    Outcome::Failed(Failure { code, health, text: text.into() })
}

/// A client is told nothing in the words of the cluster, which may name what the client may not see.
fn of_problem<T>(problem: &ClusterProblem) -> Outcome<T> {
    warn!(code = problem.code(), %problem, "the cluster gave no answer");
    let code = problem.code();
    match problem {
        ClusterProblem::TooMuch { .. } => Outcome::TooCostly(Refusal::Text(
            "the query is over a limit of the cluster; ask for less at once".to_owned(),
        )),
        ClusterProblem::Refused { status, .. } => Outcome::RefusedQuery(Refusal::Status(*status)),
        ClusterProblem::Busy { wait, .. } => Outcome::Busy(*wait),
        ClusterProblem::NoIndex => {
            let text =
                "the cluster has no index of this tenant; make it with `postern cluster init`";
            failed(code, Health::Alive, text)
        }
        ClusterProblem::Blocked { .. } => {
            failed(code, Health::Alive, "the cluster is blocked; the log says why")
        }
        ClusterProblem::Expired => Stop::OldPosition.into(),
        ClusterProblem::NoMorePoints => Stop::NoMoreStates.into(),
        ClusterProblem::NotAllowed(_)
        | ClusterProblem::Partial { .. }
        | ClusterProblem::Failed(_) => failed(code, health(problem), problem.to_string()),
    }
}

/// Who may not ask is turned away whoever the client is.
const fn health(problem: &ClusterProblem) -> Health {
    match problem {
        ClusterProblem::Failed(Fault::Timeout) => Health::Silent,
        ClusterProblem::Failed(Fault::Connect | Fault::Tls | Fault::Certificate)
        | ClusterProblem::NotAllowed(_) => Health::Unreachable,
        _ => Health::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(problem: &ClusterProblem) -> (Health, String) {
        let outcome: Outcome<()> = of_problem(problem);
        (outcome.health(), format!("{outcome:?}"))
    }

    /// A question that is too large is the client's, and what the cluster says of others stays in the log.
    #[test]
    fn what_a_client_asks_does_not_speak_of_the_cluster() {
        let reason = || "secret-index: maxClauseCount is set to 1024".to_owned();
        for problem in [
            ClusterProblem::TooMuch { reason: reason() },
            ClusterProblem::Refused { status: 400, kind: "x".into(), reason: reason() },
            ClusterProblem::Busy { status: 429, wait: None },
            ClusterProblem::Blocked { reason: reason() },
            ClusterProblem::NoIndex,
            ClusterProblem::Expired,
            ClusterProblem::NoMorePoints,
        ] {
            let (health, said) = told(&problem);
            assert_eq!(health, Health::Alive, "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
        let (health, said) = told(&ClusterProblem::Partial { failed: 1, total: 3 });
        assert!(health == Health::Broken && said.contains("1 of 3 shards"), "{said}");
    }
}
