//! What comes of asking an engine: the same few things for all of them.

use std::fmt;
use std::time::Duration;

use crate::language::Refused;

/// What came of asking.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    /// It answered.
    Served(T),
    /// It refused the key. The client hears that, and nobody else is asked.
    RefusedKey(Refusal<T>),
    /// It found fault with what it was sent.
    RefusedQuery(Refusal<T>),
    /// To answer would cost more than a request may.
    TooCostly(Refusal<T>),
    /// It is not there for this key, and answered with this status.
    Absent(u16),
    /// It is busy, and for how long if it said so.
    Busy(Option<Duration>),
    /// It failed, or did not answer in time.
    Failed(Failure),
}

/// What a client is told by an engine that refuses.
#[derive(Debug)]
pub(crate) enum Refusal<T> {
    /// The engine's own words, for a client that speaks its language.
    Words(T),
    /// It said no more than this status.
    Status(u16),
    /// What is wrong with a text of the query.
    Errors(Refused),
    /// One sentence.
    Text(String),
}

/// How an engine failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// A short stable name, for logs and metrics.
    pub(crate) code: &'static str,
    /// What it says about the engine.
    pub(crate) health: Health,
    /// What the client is told, as a whole sentence.
    pub(crate) text: String,
}

/// What a request says about the health of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It served.
    Good,
    /// It answered without serving: alive, but no measure of its health.
    Alive,
    /// It answered with a failure: its own fault, or that of what this key asks.
    Broken,
    /// It could not be reached, whoever asks.
    Unreachable,
    /// It did not answer within the whole deadline: one client waited in vain, and that is enough.
    Silent,
}

impl<T> Outcome<T> {
    /// What it says about the health of the engine.
    pub(crate) const fn health(&self) -> Health {
        match self {
            Self::Served(_) => Health::Good,
            Self::RefusedKey(_)
            | Self::RefusedQuery(_)
            | Self::TooCostly(_)
            | Self::Absent(_)
            | Self::Busy(_) => Health::Alive,
            Self::Failed(failure) => failure.health,
        }
    }

    /// The same with the answer in another form.
    pub(crate) fn map<U>(self, form: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Served(answer) => Outcome::Served(form(answer)),
            Self::RefusedKey(refusal) => Outcome::RefusedKey(refusal.map(form)),
            Self::RefusedQuery(refusal) => Outcome::RefusedQuery(refusal.map(form)),
            Self::TooCostly(refusal) => Outcome::TooCostly(refusal.map(form)),
            Self::Absent(status) => Outcome::Absent(status),
            Self::Busy(wait) => Outcome::Busy(wait),
            Self::Failed(failure) => Outcome::Failed(failure),
        }
    }
}

impl<T> Refusal<T> {
    fn map<U>(self, form: impl FnOnce(T) -> U) -> Refusal<U> {
        match self {
            Self::Words(words) => Refusal::Words(form(words)),
            Self::Status(status) => Refusal::Status(status),
            Self::Errors(errors) => Refusal::Errors(errors),
            Self::Text(text) => Refusal::Text(text),
        }
    }
}

/// In one sentence, for a client that does not speak the language of the engine.
impl<T> fmt::Display for Refusal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(_) => f.write_str("it says so in its own words"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Errors(refused) => write!(f, "{}", refused.errors),
            Self::Text(text) => f.write_str(text),
        }
    }
}
