//! Stretches of time in which a folder was listed.

use jiff::Timestamp;

/// Whole seconds since 1970.
pub(crate) type Second = i64;

/// A stretch of time: from the second `start` up to and without the second `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// Its first second.
    pub start: i64,
    /// The first second after it.
    pub end: i64,
}

/// A window and when it was listed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The window.
    pub(crate) window: Window,
    /// When.
    pub(crate) at: Second,
}

impl Window {
    /// Its two ends, as times.
    ///
    /// ```
    /// let [from, to] = postern_sync::Window { start: 0, end: 60 }.bounds();
    /// assert_eq!(to.duration_since(from).as_secs(), 60);
    /// ```
    #[must_use]
    pub fn bounds(self) -> [Timestamp; 2] {
        [self.start, self.end].map(|second| {
            let nearest = if second < 0 { Timestamp::MIN } else { Timestamp::MAX };
            Timestamp::from_second(second).unwrap_or(nearest)
        })
    }
}
