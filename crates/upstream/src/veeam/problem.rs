//! Why a server of Veeam gives no answer.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::Version;
use crate::answer::{Record, read};
use crate::failure::reason;
use crate::outcome::retry_after;
use crate::{Fault, Secret};

/// Why there is no answer, after all retries. Words of the server are hostile text, and may be empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The server does not log this user on.
    #[error("Veeam refuses the user name or the password{}; check `user` and the password", told(.reason))]
    BadPassword {
        /// What the server says.
        reason: String,
    },
    /// The server does not accept a token that it has just given.
    #[error(
        "Veeam does not accept its own token (status 401); check that the account may use the REST API"
    )]
    LoggedOut,
    /// The account lacks a right.
    #[error("Veeam does not allow this to the account (status 403){}; ask an administrator of the backup server", told(.reason))]
    NotAllowed {
        /// What the server says.
        reason: String,
    },
    /// It does not exist, at this point in time or at all.
    #[error("Veeam does not have it (status 404){}", told(.reason))]
    NotFound {
        /// What the server says.
        reason: String,
    },
    /// The restore session was ended by the server or an administrator.
    #[error(
        "the restore session was ended by the server or an administrator; run the command again"
    )]
    SessionGone,
    /// What was asked for lies in an archive tier.
    #[error("it lies in an archive tier and is not retrieved{}; start with `postern retrieve`", told(.reason))]
    NotRetrieved {
        /// What the server says.
        reason: String,
    },
    /// The server finds fault with the request.
    #[error("Veeam refuses (status {status}){}", told(.reason))]
    Refused {
        /// The status, 400 to 499 or 501.
        status: u16,
        /// What the server says.
        reason: String,
    },
    /// The server wants to be asked later.
    #[error("Veeam is busy (status {status}); try again later")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// How long to wait, if it was said.
        wait: Option<Duration>,
    },
    /// The server failed, and says why.
    #[error("Veeam failed (status {status}){}", told(.reason))]
    Server {
        /// The status, from 500 on.
        status: u16,
        /// What the server says.
        reason: String,
    },
    /// The server failed in another way.
    #[error("Veeam failed: {0}{hint}", hint = hint(*.0))]
    Failed(Fault),
    /// The version that is spoken has nothing of the kind.
    #[error("{what} exists {where_it_is}, and {version} is spoken{}", or(.instead))]
    NotInVersion {
        /// What was asked for.
        what: &'static str,
        /// Where it exists, such as `from v6 on`.
        where_it_is: &'static str,
        /// What is spoken.
        version: Version,
        /// What to do instead; may be empty.
        instead: &'static str,
    },
    /// The request means nothing, and was not sent.
    #[error("{0}")]
    Invalid(&'static str),
    /// Nothing at that address speaks a known version of the API.
    #[error(
        "no Veeam Backup for Microsoft 365 answers at that address in v4 to v8; check `url`, and that the REST API is switched on"
    )]
    NotVeeam,
    /// The server has no such organization.
    #[error("the server has no organization `{wanted}`; it has {}", listed(.known))]
    NoOrganization {
        /// What was configured.
        wanted: String,
        /// The names of those that it has.
        known: Vec<String>,
    },
    /// The server has several organizations, or none, and no name was given.
    #[error("name an `organization`: the server has {}", listed(.known))]
    WhichOrganization {
        /// The names of those that it has.
        known: Vec<String>,
    },
    /// What is about to be opened cannot be written down, so nothing was opened.
    #[error("the record of restore sessions cannot be written: {0}")]
    Record(String),
    /// This process is shutting down.
    #[error("no restore session is opened any more: this process is ending")]
    Ending,
}

/// Whether the error has the code `Timeout`, which v8 knows.
fn gave_up(body: &[u8]) -> bool {
    let record = read(body).and_then(Record::new);
    record.and_then(|error| error.word("errorCode")).as_deref() == Some("Timeout")
}

fn told(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

fn or(instead: &str) -> String {
    if instead.is_empty() { String::new() } else { format!("; {instead}") }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

const fn hint(fault: Fault) -> &'static str {
    match fault {
        Fault::Tls => {
            "; if the server signs its own certificate, give `certificates` or `certificate_sha256`"
        }
        Fault::Certificate => {
            "; if it was renewed on purpose, give its new SHA-256 as `certificate_sha256`"
        }
        Fault::Connect => "; check `url`, and that the server is up",
        Fault::Timeout
        | Fault::CutOff
        | Fault::TooLarge
        | Fault::Unparsable
        | Fault::Redirect(_)
        | Fault::Status(_)
        | Fault::Astray => "",
    }
}

impl Problem {
    /// The status of the answer, if there was one.
    ///
    /// ```
    /// use postern_upstream::Fault;
    /// use postern_upstream::veeam::Problem;
    ///
    /// assert_eq!(Problem::NotFound { reason: String::new() }.status(), Some(404));
    /// assert_eq!(Problem::Failed(Fault::Timeout).status(), None);
    /// ```
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::LoggedOut => Some(401),
            Self::NotAllowed { .. } => Some(403),
            Self::NotFound { .. } => Some(404),
            Self::NotRetrieved { .. } => Some(409),
            Self::Refused { status, .. }
            | Self::Busy { status, .. }
            | Self::Server { status, .. }
            | Self::Failed(Fault::Redirect(status) | Fault::Status(status)) => Some(*status),
            Self::BadPassword { .. }
            | Self::SessionGone
            | Self::Failed(_)
            | Self::NotInVersion { .. }
            | Self::Invalid(_)
            | Self::NotVeeam
            | Self::NoOrganization { .. }
            | Self::WhichOrganization { .. }
            | Self::Record(_)
            | Self::Ending => None,
        }
    }

    /// How long the server asks to be left alone.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        if let Self::Busy { wait, .. } = self { *wait } else { None }
    }

    /// Whether the same question may have an answer later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            // A certificate that is not trusted now will not be in a moment.
            Self::Failed(Fault::TooLarge | Fault::Astray | Fault::Tls | Fault::Certificate)
            | Self::BadPassword { .. }
            | Self::LoggedOut
            | Self::NotAllowed { .. }
            | Self::NotFound { .. }
            | Self::NotRetrieved { .. }
            | Self::Refused { .. }
            | Self::NotInVersion { .. }
            | Self::Invalid(_)
            | Self::NotVeeam
            | Self::NoOrganization { .. }
            | Self::WhichOrganization { .. }
            | Self::Record(_)
            | Self::Ending => false,
            Self::SessionGone | Self::Busy { .. } | Self::Server { .. } | Self::Failed(_) => true,
        }
    }

    /// Whether the server has surely not acted on the request: it never came there, or was turned away
    /// before it was looked at.
    #[must_use]
    pub const fn is_surely_undone(&self) -> bool {
        match self {
            Self::BadPassword { .. }
            | Self::LoggedOut
            | Self::Busy { status: 429, .. }
            | Self::Failed(Fault::Connect | Fault::Tls | Fault::Certificate | Fault::Astray)
            | Self::NotInVersion { .. }
            | Self::Invalid(_)
            | Self::NotVeeam
            | Self::NoOrganization { .. }
            | Self::WhichOrganization { .. }
            | Self::Record(_)
            | Self::Ending => true,
            Self::NotAllowed { .. }
            | Self::NotFound { .. }
            | Self::SessionGone
            | Self::NotRetrieved { .. }
            | Self::Refused { .. }
            | Self::Busy { .. }
            | Self::Server { .. }
            | Self::Failed(_) => false,
        }
    }

    /// A short stable name, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadPassword { .. } => "bad_password",
            Self::LoggedOut => "logged_out",
            Self::NotAllowed { .. } => "not_allowed",
            Self::NotFound { .. } => "not_found",
            Self::SessionGone => "session_gone",
            Self::NotRetrieved { .. } => "not_retrieved",
            Self::Refused { .. } => "refused",
            Self::Busy { .. } => "busy",
            Self::Server { .. } => "server",
            Self::Failed(fault) => fault.code(),
            Self::NotInVersion { .. } => "not_in_version",
            Self::Invalid(_) => "invalid",
            Self::NotVeeam => "not_veeam",
            Self::NoOrganization { .. } => "no_organization",
            Self::WhichOrganization { .. } => "which_organization",
            Self::Record(_) => "record",
            Self::Ending => "ending",
        }
    }

    /// Whether the server has looked at the request and turned it away.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NotAllowed { .. }
                | Self::NotFound { .. }
                | Self::NotRetrieved { .. }
                | Self::Refused { .. }
        )
    }

    /// Whether the session that the request belongs to may have ended. Servers say so with whatever
    /// status, so they are asked about the session itself.
    pub(super) const fn may_mean_a_gone_session(&self) -> bool {
        match self {
            Self::LoggedOut | Self::NotAllowed { .. } | Self::NotFound { .. } => true,
            Self::Refused { status, .. } | Self::Server { status, .. } => {
                matches!(*status, 400 | 409 | 410 | 500)
            }
            Self::Failed(Fault::Status(status)) => *status == 500,
            Self::BadPassword { .. }
            | Self::SessionGone
            | Self::NotRetrieved { .. }
            | Self::Busy { .. }
            | Self::Failed(_)
            | Self::NotInVersion { .. }
            | Self::Invalid(_)
            | Self::NotVeeam
            | Self::NoOrganization { .. }
            | Self::WhichOrganization { .. }
            | Self::Record(_)
            | Self::Ending => false,
        }
    }

    /// What an answer other than success means. Both shapes of errors are read: that of OAuth and
    /// Veeam's own, of which only the message is used.
    pub(super) fn of(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        secrets: &[&Secret],
    ) -> Self {
        let status = status.as_u16();
        let reason = reason(body, secrets);
        match status {
            401 => Self::LoggedOut,
            403 => Self::NotAllowed { reason },
            404 => Self::NotFound { reason },
            429 | 503 => Self::Busy { status, wait: retry_after(headers) },
            400..=499 | 501 => Self::Refused { status, reason },
            300..=399 => Self::Failed(Fault::Redirect(status)),
            // The server gave up on a service behind it, which may have done what it was asked.
            500.. if gave_up(body) => Self::Failed(Fault::Timeout),
            500.. if reason.is_empty() => Self::Failed(Fault::Status(status)),
            500.. => Self::Server { status, reason },
            _ => Self::Failed(Fault::Unparsable),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both say 500; only one of them surely did nothing.
    #[test]
    fn a_server_that_gave_up_waiting_is_no_server_that_refused() {
        let of = |body: &str| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Problem::of(status, &HeaderMap::new(), body.as_bytes(), &[])
        };
        for (body, gave_up) in [
            (r#"{"message":"the proxy did not answer","errorCode":"Timeout"}"#, true),
            (r#"{"message":"the proxy did not answer","errorCode":"Unknown"}"#, false),
            (r#"{"message":"Timeout"}"#, false),
        ] {
            let is_timeout = matches!(of(body), Problem::Failed(Fault::Timeout));
            assert_eq!(is_timeout, gave_up, "{body}");
        }
    }
}
