//! Why an engine did not answer.

use std::fmt;
use std::time::Duration;

use super::Failure;
use crate::config::EngineName;

/// Why it did not answer, or was not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It can never answer this: as it is configured, for this key, or this query.
    Never {
        /// A short stable name, for logs and metrics.
        code: &'static str,
        /// What the client is told, as a whole sentence.
        text: String,
    },
    /// The client asked for this other one.
    AskedFor(EngineName),
    /// The local index has all of the mail that was asked for.
    Whole,
    /// It would miss mail, for this reason, and the local index has all of the mail that was asked for.
    WouldMiss(String),
    /// The breaker has been open for so long.
    BreakerOpen(Duration),
    /// It has not been there for this key for so long.
    KnownAbsent(Duration),
    /// It said so now.
    Absent(u16),
    /// It found fault with what we sent.
    Refused(String),
    /// It would cost too much.
    TooCostly(String),
    /// It is busy.
    Busy,
    /// It failed.
    Failed(Failure),
}

/// Which engine did not answer, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The engine.
    pub(crate) engine: EngineName,
    /// Why.
    pub(crate) why: Why,
}

impl Why {
    pub(crate) fn never(code: &'static str, text: impl Into<String>) -> Self {
        Self::Never { code, text: text.into() }
    }

    /// A short stable name, for logs and metrics.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Never { code, .. } => code,
            Self::AskedFor(_) => "asked_for",
            Self::Whole => "local_whole",
            Self::WouldMiss(_) => "would_miss",
            Self::BreakerOpen(_) => "breaker_open",
            Self::KnownAbsent(_) => "known_absent",
            Self::Absent(_) => "not_premium",
            Self::Refused(_) => "refused",
            Self::TooCostly(_) => "too_costly",
            Self::Busy => "busy",
            Self::Failed(failure) => failure.code,
        }
    }

    /// For how long it has been so, where that is known.
    pub(crate) const fn lasting(&self) -> Option<Duration> {
        match self {
            Self::BreakerOpen(lasting) | Self::KnownAbsent(lasting) => Some(*lasting),
            Self::Never { .. }
            | Self::AskedFor(_)
            | Self::Whole
            | Self::WouldMiss(_)
            | Self::Absent(_)
            | Self::Refused(_)
            | Self::TooCostly(_)
            | Self::Busy
            | Self::Failed(_) => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.engine.spoken();
        match &self.why {
            Why::Never { text, .. } | Why::TooCostly(text) => f.write_str(text),
            Why::AskedFor(other) => write!(f, "{} was asked for", other.spoken()),
            Why::Whole => write!(
                f,
                "the local index has all mail of the mailboxes asked for, and {name} does not say what its search means"
            ),
            Why::WouldMiss(why) => write!(
                f,
                "{name} would miss mail ({why}), and the local index has all mail of the mailboxes asked for"
            ),
            Why::BreakerOpen(_) => {
                write!(f, "{name} failed repeatedly and is left alone for a while")
            }
            Why::KnownAbsent(_) => write!(f, "{name} is not there for this tenant"),
            Why::Absent(status) => {
                write!(f, "{name} is not there for this tenant (status {status})")
            }
            Why::Refused(why) => write!(f, "{name} refused our request ({why})"),
            Why::Busy => write!(f, "{name} is busy (status 429)"),
            Why::Failed(failure) => f.write_str(&failure.text),
        }
    }
}
