//! Stretches of time in which a folder was listed.

use jiff::Timestamp;

/// A stretch of time: from the second `start` up to and without the second `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// Its first second since 1970.
    pub start: i64,
    /// The first second after it.
    pub end: i64,
}

/// A window and when it was listed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The window.
    pub window: Window,
    /// When, in seconds since 1970.
    pub at: i64,
}

impl Window {
    /// Its two ends, as times.
    ///
    /// ```
    /// let [from, to] = postern_archive::Window { start: 0, end: 60 }.bounds();
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
