//! What an outcome leads to, as one table.

use std::fmt;
use std::time::Duration;

use postern_upstream::{Answer, Fault, Outcome};

use super::breaker::Health;

/// Which face of the gateway was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// The paths of DataTap: the client wrote the filter.
    DropIn,
    /// `/v1`: we wrote the filter.
    Native,
}

/// Why premium did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is no service to ask.
    NotConfigured,
    /// There is no key to ask it with.
    NoKey,
    /// The key opens some mailboxes only.
    Mailboxes,
    /// The client asked for another engine.
    AskedFor,
    /// The language of premium has no words for the query.
    CannotSay(String),
    /// The breaker has been open for so long.
    BreakerOpen(Duration),
    /// The service has not been there for this tenant for so long.
    KnownAbsent(Duration),
    /// The service said so now.
    Absent(u16),
    /// It found fault with what we sent.
    Refused(u16),
    /// It is busy.
    Busy,
    /// It failed.
    Fault(Fault),
}

impl Reason {
    /// A short stable name, for logs and metrics.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::NoKey => "no_key",
            Self::Mailboxes => "mailboxes",
            Self::AskedFor => "asked_for",
            Self::CannotSay(_) => "cannot_say",
            Self::BreakerOpen(_) => "breaker_open",
            Self::KnownAbsent(_) => "known_absent",
            Self::Absent(_) => "not_premium",
            Self::Refused(_) => "refused",
            Self::Busy => "busy",
            Self::Fault(fault) => fault.code(),
        }
    }

    /// Whether it is as true of the same request later.
    pub(crate) const fn is_lasting(&self) -> bool {
        match self {
            Self::NotConfigured | Self::NoKey | Self::Mailboxes | Self::CannotSay(_) => true,
            Self::AskedFor
            | Self::BreakerOpen(_)
            | Self::KnownAbsent(_)
            | Self::Absent(_)
            | Self::Refused(_)
            | Self::Busy
            | Self::Fault(_) => false,
        }
    }

    /// For how long it has been so, where that is known.
    pub(crate) const fn lasting(&self) -> Option<Duration> {
        match self {
            Self::BreakerOpen(lasting) | Self::KnownAbsent(lasting) => Some(*lasting),
            Self::NotConfigured
            | Self::NoKey
            | Self::Mailboxes
            | Self::AskedFor
            | Self::CannotSay(_)
            | Self::Absent(_)
            | Self::Refused(_)
            | Self::Busy
            | Self::Fault(_) => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured => f.write_str("no premium endpoint is configured"),
            Self::NoKey => f.write_str("there is no key to ask premium with"),
            Self::Mailboxes => {
                f.write_str("this key opens some mailboxes only, which premium cannot be told")
            }
            Self::AskedFor => f.write_str("the local index was asked for"),
            Self::CannotSay(why) => write!(f, "premium cannot say this: {why}"),
            Self::BreakerOpen(_) => {
                f.write_str("premium failed repeatedly and is left alone for a while")
            }
            Self::KnownAbsent(_) => f.write_str("premium is not there for this tenant"),
            Self::Absent(status) => {
                write!(f, "premium is not there for this tenant (status {status})")
            }
            Self::Refused(status) => write!(f, "premium refused our request (status {status})"),
            Self::Busy => f.write_str("premium is busy (status 429)"),
            Self::Fault(fault) => write!(f, "premium failed: {fault}"),
        }
    }
}

/// What happens next.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// The client gets this answer.
    PassOn(Answer),
    /// The client gets this refusal, and nothing local.
    Refuse(Answer),
    /// The local index answers.
    FallBack(Reason),
}

/// The table of the specification, row by row.
pub(crate) fn decide(outcome: Outcome, face: Face) -> Verdict {
    match (outcome, face) {
        (Outcome::Served(answer), _) => Verdict::PassOn(answer),
        (Outcome::BadRequest(answer), Face::Native) => {
            Verdict::FallBack(Reason::Refused(answer.status.as_u16()))
        }
        // A client hears what is wrong with its own filter. A key that premium refuses must not
        // read local mail.
        (Outcome::BadRequest(answer), Face::DropIn) | (Outcome::BadKey(answer), _) => {
            Verdict::Refuse(answer)
        }
        (Outcome::NotPremium(answer), _) => {
            Verdict::FallBack(Reason::Absent(answer.status.as_u16()))
        }
        (Outcome::Busy(..), _) => Verdict::FallBack(Reason::Busy),
        (Outcome::Failed(fault), _) => Verdict::FallBack(Reason::Fault(fault)),
    }
}

/// What an outcome says about the service's health: a refusal says nothing. An answer that fails, also
/// one that is cut off, cannot be read or leads elsewhere, may be what the request provoked.
pub(crate) const fn health(outcome: &Outcome) -> Health {
    match outcome {
        Outcome::Served(_) => Health::Good,
        Outcome::BadRequest(_)
        | Outcome::BadKey(_)
        | Outcome::NotPremium(_)
        | Outcome::Busy(..) => Health::Alive,
        Outcome::Failed(fault) => health_after(*fault),
    }
}

/// The same of a failure.
pub(crate) const fn health_after(fault: Fault) -> Health {
    match fault {
        Fault::Timeout => Health::Silent,
        Fault::Connect | Fault::Tls => Health::Unreachable,
        Fault::Astray
        | Fault::CutOff
        | Fault::TooLarge
        | Fault::Unparsable
        | Fault::Redirect(_)
        | Fault::Status(_) => Health::Broken,
    }
}
