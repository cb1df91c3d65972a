//! What typed text is read against, and what it becomes.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::{Advice, Limits, Query};

/// What a query is read against: the time, the reader, and how much is taken.
#[derive(Clone, Debug)]
pub struct Context {
    /// Today and the zone in which days begin.
    pub now: Zoned,
    /// The addresses that `me` stands for.
    pub me: Vec<String>,
    /// How much text is taken.
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

/// A query that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// What it means.
    pub query: Query,
    /// Its one canonical text; reading it gives the same query.
    pub canonical: String,
    /// What was noticed; never blocks.
    pub advice: Vec<Advice>,
}
