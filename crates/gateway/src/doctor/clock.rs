//! What time it is, here and elsewhere.

use jiff::{SignedDuration, Timestamp};

use super::{About, Finding};

/// Clocks that are kept right differ by less, however long an answer takes.
const SAME: SignedDuration = SignedDuration::from_mins(5);
const REMEDY: &str =
    "set the clock: `timedatectl status` shows it, `sudo timedatectl set-ntp true` keeps it right";

/// What is wrong where a service says another time.
pub(super) fn compare(name: &str, there: Timestamp, here: Timestamp) -> Option<Finding> {
    let apart = here.duration_since(there);
    if apart.abs() <= SAME {
        return None;
    }
    let (minutes, way) =
        (apart.abs().as_mins(), if apart.is_negative() { "behind" } else { "ahead of" });
    let what = format!("the clock of this machine is {minutes} minutes {way} that of {name}");
    Some(Finding::fault(About::Clocks, what, REMEDY))
}

/// What is wrong where something happened in the future.
pub(super) fn future(what: &str, at: Timestamp, now: Timestamp) -> Option<Finding> {
    let is_future = at.duration_since(now) > SAME;
    let what =
        format!("{what} {at}, and that is in the future: the clock was wrong then, or is now");
    is_future.then(|| Finding::advice(About::Clocks, what, REMEDY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told() {
        for (here, there, told) in [
            ("2024-05-01T12:00:00Z", "2024-05-01T12:05:00Z", None),
            ("2024-05-01T12:00:00Z", "2024-05-01T11:55:00Z", None),
            ("2024-05-01T12:00:00Z", "2024-05-01T12:05:01Z", Some("5 minutes behind that of X")),
            (
                "2024-05-01T12:00:00Z",
                "2024-05-01T09:00:00Z",
                Some("180 minutes ahead of that of X"),
            ),
        ] {
            let found = compare("X", there.parse().unwrap(), here.parse().unwrap());
            let found = found.map(|finding| finding.what);
            let expected = told.map(|told| format!("the clock of this machine is {told}"));
            assert_eq!(found, expected, "{here} {there}");
        }
    }

    #[test]
    fn what_happens_in_the_future_is_told() {
        let now: Timestamp = "2024-05-01T12:00:00Z".parse().unwrap();
        for (at, is_told) in [("2024-05-01T12:04:00Z", false), ("2024-05-01T12:06:00Z", true)] {
            assert_eq!(future("it was", at.parse().unwrap(), now).is_some(), is_told, "{at}");
        }
    }
}
