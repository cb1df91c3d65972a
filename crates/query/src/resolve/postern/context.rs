//! The context for reading typed text, and the result.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::dates;
use crate::{Advice, Limits, NamedSets, Query};

/// The context for reading a query: the time, the reader, and the limits.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time now, and the zone in which days begin.
    pub now: Zoned,
    /// The addresses that `me` stands for.
    pub me: Vec<String>,
    /// The limits of a text.
    pub limits: Limits,
    /// The frozen sets that a query may name; none where nothing is known of them.
    pub sets: Option<Arc<dyn NamedSets>>,
}

impl Context {
    /// A context without own addresses and with the default limits.
    #[must_use]
    pub fn at(now: Zoned) -> Self {
        Self { now, me: Vec::new(), limits: Limits::default(), sets: None }
    }

    /// The same with days that begin at midnight UTC.
    #[must_use]
    pub fn utc(now: Timestamp) -> Self {
        Self::at(now.to_zoned(TimeZone::UTC))
    }
}

/// The first moment of a date as it is typed in a query, and the first one behind it; of a moment, the moment itself.
///
/// ```
/// use postern_query::period;
///
/// let now = "2024-05-22T12:00:00Z".parse::<jiff::Timestamp>().unwrap().to_zoned(jiff::tz::TimeZone::UTC);
/// let (from, to) = period("2024-Q1", &now).unwrap();
/// assert_eq!((from.to_string().as_str(), to.to_string().as_str()), ("2024-01-01T00:00:00Z", "2024-04-01T00:00:00Z"));
/// assert_eq!(period("2024-13", &now), None);
/// ```
#[must_use]
pub fn period(text: &str, now: &Zoned) -> Option<(Timestamp, Timestamp)> {
    dates::parse(text, now).ok().map(|period| (period.start, period.end))
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
