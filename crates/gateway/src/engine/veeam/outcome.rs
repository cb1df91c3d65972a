//! What an answer of the server means.

use postern_upstream::Fault;
use postern_upstream::veeam::Problem;
use tracing::warn;

use crate::engine::{Failure, Health, Outcome, Refusal};

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Stop {
    /// The server does not answer.
    Problem(Problem),
    /// It shows or searches no drives, which says nothing of its mail.
    NoDrives(Problem),
    /// It would be more than may be asked for at once.
    TooMany(String),
    /// The position is one of another backup.
    OldPosition,
    /// A task of ours broke off.
    Broken,
}

impl Stop {
    /// The same where drives were asked.
    pub(super) fn of_drives(self) -> Self {
        match self {
            Self::Problem(
                problem @ (Problem::NotAllowed { .. }
                | Problem::NotFound { .. }
                | Problem::NotInVersion { .. }),
            ) => Self::NoDrives(problem),
            other => other,
        }
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl<T> From<Stop> for Outcome<T> {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Problem(problem) => of_problem(problem),
            Stop::NoDrives(problem) => failed(problem.code(), Health::Alive, told(&problem)),
            Stop::TooMany(text) => Self::TooCostly(Refusal::Text(text)),
            Stop::OldPosition => {
                let text = "the backup was replaced by a newer one; begin again without `cursor`";
                failed("old_position", Health::Alive, text)
            }
            Stop::Broken => failed("defect", Health::Alive, "the search at Veeam broke off"),
        }
    }
}

/// It did not answer within the deadline.
pub(super) fn late<T>() -> Outcome<T> {
    failed("timeout", Health::Silent, "Veeam failed: no answer in time")
}

fn failed<T>(code: &'static str, health: Health, text: impl Into<String>) -> Outcome<T> {
    Outcome::Failed(Failure { code, health, text: text.into() })
}

/// The account that asks is ours, so nothing that is said of it is about the key of a client.
fn of_problem<T>(problem: Problem) -> Outcome<T> {
    warn!(code = problem.code(), %problem, "Veeam gave no answer");
    let (code, health) = (problem.code(), health(&problem));
    match problem {
        Problem::Busy { wait, .. } => Outcome::Busy(wait),
        Problem::Refused { status, .. } => Outcome::RefusedQuery(Refusal::Status(status)),
        other => failed(code, health, told(&other)),
    }
}

/// What a client is told: without the words of the server, which may name what the client may not see.
pub(crate) fn told(problem: &Problem) -> String {
    let reason = String::new;
    match problem {
        Problem::BadPassword { .. } => "Veeam refuses the user name or the password".to_owned(),
        Problem::NotAllowed { .. } => Problem::NotAllowed { reason: reason() }.to_string(),
        Problem::NotFound { .. } => Problem::NotFound { reason: reason() }.to_string(),
        Problem::NotRetrieved { .. } => Problem::NotRetrieved { reason: reason() }.to_string(),
        Problem::Refused { status, .. } => {
            Problem::Refused { status: *status, reason: reason() }.to_string()
        }
        Problem::Server { status, .. } => format!("Veeam failed: status {status}"),
        Problem::Failed(fault) => format!("Veeam failed: {fault}"),
        Problem::NoOrganization { .. } | Problem::WhichOrganization { .. } => {
            "the organization that is configured for Veeam is not one of the server".to_owned()
        }
        Problem::Record(_) => "the record of restore sessions cannot be written".to_owned(),
        Problem::LoggedOut
        | Problem::SessionGone
        | Problem::Busy { .. }
        | Problem::NotInVersion { .. }
        | Problem::Invalid(_)
        | Problem::NotVeeam
        | Problem::Ending => problem.to_string(),
    }
}

/// Who cannot log on is turned away whoever asks; an archive tier says nothing of the server.
const fn health(problem: &Problem) -> Health {
    match problem {
        Problem::Failed(Fault::Timeout) => Health::Silent,
        Problem::Failed(Fault::Connect | Fault::Tls | Fault::Certificate)
        | Problem::BadPassword { .. }
        | Problem::LoggedOut
        | Problem::NotVeeam
        | Problem::NoOrganization { .. }
        | Problem::WhichOrganization { .. } => Health::Unreachable,
        Problem::NotRetrieved { .. }
        | Problem::NotInVersion { .. }
        | Problem::Invalid(_)
        | Problem::Record(_)
        | Problem::Ending
        | Problem::Refused { .. }
        | Problem::Busy { .. } => Health::Alive,
        Problem::NotAllowed { .. }
        | Problem::NotFound { .. }
        | Problem::SessionGone
        | Problem::Server { .. }
        | Problem::Failed(_) => Health::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The server names its other organizations and users in what it says.
    #[test]
    fn errors_repeated_the_words_of_the_server() {
        let reason = || "secret.example is another organization".to_owned();
        let organizations = || vec!["secret.example".to_owned()];
        for problem in [
            Problem::BadPassword { reason: reason() },
            Problem::NotAllowed { reason: reason() },
            Problem::NotFound { reason: reason() },
            Problem::NotRetrieved { reason: reason() },
            Problem::Refused { status: 400, reason: reason() },
            Problem::Server { status: 500, reason: reason() },
            Problem::NoOrganization { wanted: "contoso".into(), known: organizations() },
            Problem::WhichOrganization { known: organizations() },
        ] {
            let told = told(&problem);
            assert!(!told.contains("secret") && !told.is_empty(), "{told}");
        }
    }
}
