//! The one place that asks what time it is.

use jiff::{Timestamp, Zoned};
use postern_query::Context;

/// Now.
#[expect(clippy::disallowed_methods, reason = "the edge of the program is where time comes from")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// What typed queries are read against: days begin at midnight UTC.
pub(crate) fn context() -> Context {
    Context::at(Zoned::new(now(), jiff::tz::TimeZone::UTC))
}
