//! Whether what a retrieval job brought back from an archive can be read.

use jiff::Timestamp;

/// What the fields of a retrieval job mean together.
///
/// Data can be read when the job's data state is `Retrieved`, its last status `Success` or `Warning`, and its
/// time is not over. A session that succeeded says nothing of that: its data may have expired since
/// ([Exploring Retrieved Data](https://helpcenter.veeam.com/docs/vbo365/guide/vbo_exploring_retrieved.html)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can be read until then.
    Readable(Timestamp),
    /// It could be read until then, and has to be retrieved anew.
    Expired(Timestamp),
    /// The job still works.
    Retrieving,
    /// The job ended without it, with this status.
    Failed(String),
    /// The time for which it can be read is being changed. Until that is done nothing promises that it can be
    /// read.
    ChangingTime,
    /// It is being removed.
    Removing,
    /// The fields fit no rule, such as a state of a later version: it counts as not readable.
    Unclear,
}

impl Readiness {
    /// What a job with these fields means at `now`.
    ///
    /// ```
    /// use postern_actions::retrieve::Readiness;
    ///
    /// let now = "2024-07-01T00:00:00Z".parse()?;
    /// let until = "2024-07-02T00:00:00Z".parse()?;
    /// assert_eq!(Readiness::of("Retrieved", "Success", Some(until), now), Readiness::Readable(until));
    /// assert_eq!(Readiness::of("Retrieving", "Running", None, now), Readiness::Retrieving);
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn of(state: &str, last_status: &str, expires: Option<Timestamp>, now: Timestamp) -> Self {
        let is = |word: &str| state.eq_ignore_ascii_case(word);
        match expires {
            _ if is("Removing") => Self::Removing,
            _ if is("ChangingAvailabilityPeriod") => Self::ChangingTime,
            _ if has_ended_badly(last_status) => Self::Failed(last_status.to_owned()),
            _ if is("Retrieving") => Self::Retrieving,
            Some(until) if is("Retrieved") && is_good(last_status) => {
                if now < until {
                    Self::Readable(until)
                } else {
                    Self::Expired(until)
                }
            }
            _ => Self::Unclear,
        }
    }

    /// Whether it can be read.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        matches!(self, Self::Readable(_))
    }

    /// One word for programs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Readable(_) => "readable",
            Self::Expired(_) => "expired",
            Self::Retrieving => "retrieving",
            Self::Failed(_) => "failed",
            Self::ChangingTime => "changingTime",
            Self::Removing => "removing",
            Self::Unclear => "unclear",
        }
    }
}

/// PowerShell of the vendor says `Succeeded` where REST says `Success`.
fn is_good(status: &str) -> bool {
    ["Success", "Succeeded", "Warning"].iter().any(|word| status.eq_ignore_ascii_case(word))
}

fn has_ended_badly(status: &str) -> bool {
    ["Failed", "Stopped"].iter().any(|word| status.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_status_and_time_decide_together() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = time("2024-07-01T12:00:00Z");
        let (before, after) = (time("2024-07-01T11:59:59Z"), time("2024-07-01T12:00:01Z"));
        let failed = |status: &str| Readiness::Failed(status.to_owned());
        for (state, status, expires, readiness) in [
            ("Retrieved", "Success", Some(after), Readiness::Readable(after)),
            ("Retrieved", "Warning", Some(after), Readiness::Readable(after)),
            ("retrieved", "succeeded", Some(after), Readiness::Readable(after)),
            ("Retrieved", "Success", Some(before), Readiness::Expired(before)),
            ("Retrieved", "Success", Some(now), Readiness::Expired(now)),
            ("Retrieved", "Success", None, Readiness::Unclear),
            ("Retrieved", "Running", Some(after), Readiness::Unclear),
            ("Retrieved", "Failed", Some(after), failed("Failed")),
            ("Retrieving", "Running", None, Readiness::Retrieving),
            // Of an earlier run of the job.
            ("Retrieving", "Success", None, Readiness::Retrieving),
            ("Retrieving", "Success", Some(after), Readiness::Retrieving),
            ("Retrieving", "Failed", None, failed("Failed")),
            ("Retrieving", "Stopped", None, failed("Stopped")),
            ("ChangingAvailabilityPeriod", "Success", Some(after), Readiness::ChangingTime),
            ("Removing", "Success", Some(after), Readiness::Removing),
            ("Thawing", "Success", Some(after), Readiness::Unclear),
            ("", "", None, Readiness::Unclear),
        ] {
            assert_eq!(Readiness::of(state, status, expires, now), readiness, "{state} {status}");
        }
    }
}
