//! The time of the server, by the `Date` of its answers: it is what restore sessions are stamped with.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use http::HeaderMap;
use http::header::DATE;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

/// How far the clock of the server is ahead of ours, in seconds.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicI64);

impl Clock {
    /// Sets the clock by an answer that has just come.
    pub(super) fn hear(&self, headers: &HeaderMap) {
        let said = headers.get(DATE).and_then(|date| date.to_str().ok());
        let said = said.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        if let Some(said) = said {
            self.0.store(said.duration_since(ours()).as_secs(), Ordering::Relaxed);
        }
    }

    /// What the clock of the server shows now.
    pub(super) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.0.load(Ordering::Relaxed));
        ours().checked_add(ahead).unwrap_or_default()
    }
}

fn ours() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}
