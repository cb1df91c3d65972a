//! Why a call of a tenant has no answer.

use std::time::Duration;

use crate::answer::{Record, read};
use crate::outcome::retry_after;
use crate::{Answer, Fault, Secret};

/// How much of a reason is kept.
const REASON_CHARS: usize = 300;

/// Why a call has no answer, after all retries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// 401: the key is missing or wrong.
    #[error("the service does not accept the key (status 401)")]
    BadKey,
    /// 404: it does not exist, or belongs to another tenant; the service does not say which.
    #[error("the service knows nothing of that name for this tenant (status 404)")]
    NotFound,
    /// Another status that finds fault with the request, and what the service says about it.
    #[error("the service refuses (status {status}){}{reason}", if reason.is_empty() { "" } else { ": " })]
    Refused {
        /// The status, 400 to 499 or 501.
        status: u16,
        /// Words of the service: hostile text, possibly empty.
        reason: String,
    },
    /// The service wants to be asked later.
    #[error("the service is busy (status {status})")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// How long to wait, if it was said.
        wait: Option<Duration>,
    },
    /// The service failed.
    #[error("the service failed: {0}")]
    Failed(Fault),
}

impl Failure {
    /// The status of the answer, if there was one.
    ///
    /// ```
    /// use postern_upstream::{Failure, Fault};
    ///
    /// assert_eq!(Failure::NotFound.status(), Some(404));
    /// assert_eq!(Failure::Failed(Fault::Timeout).status(), None);
    /// ```
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::BadKey => Some(401),
            Self::NotFound => Some(404),
            Self::Refused { status, .. }
            | Self::Busy { status, .. }
            | Self::Failed(Fault::Redirect(status) | Fault::Status(status)) => Some(*status),
            Self::Failed(_) => None,
        }
    }

    /// How long the service asks to be left alone.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => *wait,
            Self::BadKey | Self::NotFound | Self::Refused { .. } | Self::Failed(_) => None,
        }
    }

    /// Whether the same question may have an answer later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::BadKey
            | Self::NotFound
            | Self::Refused { .. }
            | Self::Failed(Fault::TooLarge | Fault::Astray | Fault::Certificate) => false,
            Self::Busy { .. } | Self::Failed(_) => true,
        }
    }

    /// Whether the service has surely not acted on the request.
    #[must_use]
    pub const fn is_surely_undone(&self) -> bool {
        matches!(
            self,
            Self::Busy { status: 429, .. }
                | Self::Failed(Fault::Connect | Fault::Tls | Fault::Certificate | Fault::Astray)
        )
    }

    /// A short stable name, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadKey => "bad_key",
            Self::NotFound => "not_found",
            Self::Refused { .. } => "refused",
            Self::Busy { .. } => "busy",
            Self::Failed(fault) => fault.code(),
        }
    }

    /// What an answer other than success means. A key that the service repeats is not repeated.
    pub(crate) fn of(answer: &Answer, key: &Secret) -> Self {
        let status = answer.status.as_u16();
        match status {
            401 => Self::BadKey,
            404 => Self::NotFound,
            429 | 503 => Self::Busy { status, wait: retry_after(&answer.headers) },
            400..=499 | 501 => Self::Refused { status, reason: reason(&answer.body, &[key]) },
            300..=399 => Self::Failed(Fault::Redirect(status)),
            500.. => Self::Failed(Fault::Status(status)),
            _ => Self::Failed(Fault::Unparsable),
        }
    }
}

/// The words of an error in whatever shape: plain, `error.message`, RFC 9457 or the like.
///
/// Only the first line of it: what follows is the inside of the service. Secrets in it are hidden.
pub(crate) fn reason(body: &[u8], secrets: &[&Secret]) -> String {
    let said = read(body).and_then(Record::new).and_then(|record| words(&record));
    let said = said.unwrap_or_default();
    let line = said.trim().lines().next().unwrap_or_default().to_owned();
    let given = secrets.iter().map(|secret| secret.expose()).filter(|secret| !secret.is_empty());
    let hidden = given.fold(line, |line, secret| line.replace(secret, "***"));
    hidden.chars().take(REASON_CHARS).collect()
}

fn words(record: &Record) -> Option<String> {
    let inner = record.object("error");
    let own = ["message", "detail", "title", "error_description", "error"]
        .iter()
        .find_map(|name| record.word(name));
    own.or_else(|| inner.as_ref().and_then(words))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, code: &str, may_pass: bool, said: &str) {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let failure =
            Failure::of(&Answer { status, headers: HeaderMap::new(), body }, &Secret::new(""));
        assert_eq!((failure.code(), failure.may_pass()), (code, may_pass), "{status}");
        assert!(failure.to_string().contains(said), "{failure}");
    }

    #[test]
    fn every_status_has_a_meaning() {
        check(
            400,
            r#"{"error":{"code":"x","message":"no such type"}}"#,
            "refused",
            false,
            "no such type",
        );
        check(400, r#"{"Title":"One or more errors"}"#, "refused", false, "One or more errors");
        check(400, r#"{"Error":"plain"}"#, "refused", false, "(status 400): plain");
        check(409, "<html>", "refused", false, "(status 409)");
        check(401, "", "bad_key", false, "key");
        check(402, "", "refused", false, "402");
        check(403, "", "refused", false, "403");
        check(404, "", "not_found", false, "404");
        check(429, "", "busy", true, "429");
        check(503, "", "busy", true, "503");
        check(500, "", "status", true, "500");
        check(501, "", "refused", false, "501");
        check(302, "", "redirect", true, "redirects");
    }

    #[test]
    fn a_key_that_the_service_repeats_is_not_shown() {
        let body = Bytes::from_static(br#"{"message":"no scope for s3cret here"}"#);
        let answer = Answer { status: StatusCode::FORBIDDEN, headers: HeaderMap::new(), body };
        let failure = Failure::of(&answer, &Secret::new("s3cret"));
        assert_eq!(failure.to_string(), "the service refuses (status 403): no scope for *** here");
    }

    #[test]
    fn a_reason_is_kept_short() {
        let body = format!(r#"{{"message":"{}"}}"#, "ä".repeat(5_000));
        assert_eq!(reason(body.as_bytes(), &[&Secret::new("")]).chars().count(), REASON_CHARS);
    }
}
