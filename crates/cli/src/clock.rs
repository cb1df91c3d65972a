//! The one place that asks what time it is.

use jiff::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "the edge of the program is where time comes from")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
