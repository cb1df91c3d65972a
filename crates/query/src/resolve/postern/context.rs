//! The context for reading typed text, and the result.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::{Advice, Limits, Query};

/// The context for reading a query: the time, the reader, and the limits.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time now, and the zone in which days begin.
    pub now: Zoned,
    /// The addresses that `me` stands for.
    pub me: Vec<String>,
    /// The limits of a text.
    pub limits: Limits,
}

impl Context {
    /// A context without own addresses and with the default limits.
    #[must_use]
    pub fn at(now: Zoned) -> Self {
        Self { now, me: Vec::new(), limits: Limits::default() }
    }

    /// The same with days that begin at midnight UTC.
    #[must_use]
    pub fn utc(now: Timestamp) -> Self {
        Self::at(now.to_zoned(TimeZone::UTC))
    }
}

/// A query without faults.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The resolved query.
    pub query: Query,
    /// Its canonical text. Reading it gives the same query.
    pub canonical: String,
    /// Remarks, which never stop the query.
    pub advice: Vec<Advice>,
}
