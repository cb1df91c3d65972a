//! Steps of a calendar, and the moments at which they begin in a zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// How long one bar of a histogram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An hour.
    Hour,
    /// A day, from midnight of the zone.
    Day,
    /// Seven days, from Monday.
    Week,
    /// A month.
    Month,
    /// Three months, from January.
    Quarter,
    /// A year.
    Year,
    /// Ten years, from one that ends in 0.
    Decade,
    /// A hundred years.
    Century,
    /// A thousand years.
    Millennium,
}

impl Step {
    /// All there are, the finest first.
    pub const ALL: [Self; 9] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::Decade,
        Self::Century,
        Self::Millennium,
    ];

    /// The name as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Decade => "decade",
            Self::Century => "century",
            Self::Millennium => "millennium",
        }
    }

    /// The step of that name.
    ///
    /// ```
    /// use postern_local_index::search::Step;
    ///
    /// assert_eq!(Step::parse("week"), Some(Step::Week));
    /// assert_eq!(Step::parse("fortnight"), None);
    /// ```
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }

    /// The first moment of the step that `moment` lies in; before the first year that a calendar has, `moment`.
    pub(crate) fn start(self, moment: Timestamp, zone: &TimeZone) -> Timestamp {
        let here = zone.to_datetime(moment);
        let start = match self.first_day(here.date()) {
            Some(day) => midnight(day, zone),
            None => {
                let into = SignedDuration::new(
                    i64::from(here.minute()) * 60 + i64::from(here.second()),
                    here.subsec_nanosecond(),
                );
                moment.checked_sub(into).ok()
            }
        };
        start.unwrap_or(moment).min(moment)
    }

    /// The first moment behind the step that begins at `start`; `None` where the calendar ends.
    pub(crate) fn next(self, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if self == Self::Hour {
            return start.checked_add(SignedDuration::from_hours(1)).ok();
        }
        let mut day = zone.to_datetime(start).date();
        loop {
            day = self.next_day(day)?;
            let moment = midnight(day, zone)?;
            // Where clocks skip a whole day, one step has no moments.
            if moment > start {
                return Some(moment);
            }
        }
    }

    /// The first day of the step that a day lies in. Hours have none, nor has a step that begins before the calendar.
    fn first_day(self, day: Date) -> Option<Date> {
        match self {
            Self::Hour => None,
            Self::Day => Some(day),
            Self::Week => day.checked_sub(since_monday(day).days()).ok(),
            Self::Month => Some(day.first_of_month()),
            Self::Quarter => Date::new(day.year(), first_of_quarter(day), 1).ok(),
            Self::Year | Self::Decade | Self::Century | Self::Millennium => {
                Date::new(day.year().div_euclid(self.years()) * self.years(), 1, 1).ok()
            }
        }
    }

    /// The first day of the next step; `None` where the calendar ends.
    fn next_day(self, day: Date) -> Option<Date> {
        let next = match self {
            Self::Hour | Self::Day => day.checked_add(1.day()),
            Self::Week => day.checked_add((7 - since_monday(day)).days()),
            Self::Month => day.first_of_month().checked_add(1.month()),
            Self::Quarter => Date::new(day.year(), first_of_quarter(day), 1)
                .and_then(|first| first.checked_add(3.months())),
            Self::Year | Self::Decade | Self::Century | Self::Millennium => {
                Date::new((day.year().div_euclid(self.years()) + 1) * self.years(), 1, 1)
            }
        };
        next.ok()
    }

    const fn years(self) -> i16 {
        match self {
            Self::Millennium => 1_000,
            Self::Century => 100,
            Self::Decade => 10,
            Self::Hour | Self::Day | Self::Week | Self::Month | Self::Quarter | Self::Year => 1,
        }
    }
}

fn since_monday(day: Date) -> i64 {
    i64::from(day.weekday().to_monday_zero_offset())
}

fn first_of_quarter(day: Date) -> i8 {
    day.month() - (day.month() - 1) % 3
}

/// The first moment of a day, as the dates of a query have it.
fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(step: Step, zone: &str, moment: &str, expected: [&str; 2]) {
        let zone = TimeZone::get(zone).unwrap();
        let start = step.start(moment.parse().unwrap(), &zone);
        let next = step.next(start, &zone).map(|next| next.to_string());
        assert_eq!([start.to_string(), next.unwrap_or_default()], expected, "{step:?} {moment}");
    }

    #[test]
    fn steps_begin_where_the_calendar_of_the_zone_says() {
        let (utc, berlin) = ("UTC", "Europe/Berlin");
        check(
            Step::Hour,
            utc,
            "2024-03-31T10:59:59.9Z",
            ["2024-03-31T10:00:00Z", "2024-03-31T11:00:00Z"],
        );
        check(
            Step::Hour,
            "Asia/Kolkata",
            "2024-03-31T10:29:00Z",
            ["2024-03-31T09:30:00Z", "2024-03-31T10:30:00Z"],
        );
        // The day on which clocks go forward has 23 hours.
        check(
            Step::Day,
            berlin,
            "2024-03-31T10:00:00Z",
            ["2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"],
        );
        check(
            Step::Week,
            utc,
            "2024-03-31T10:00:00Z",
            ["2024-03-25T00:00:00Z", "2024-04-01T00:00:00Z"],
        );
        check(
            Step::Month,
            berlin,
            "2024-03-31T22:30:00Z",
            ["2024-03-31T22:00:00Z", "2024-04-30T22:00:00Z"],
        );
        check(
            Step::Quarter,
            utc,
            "2024-06-30T10:00:00Z",
            ["2024-04-01T00:00:00Z", "2024-07-01T00:00:00Z"],
        );
    }

    #[test]
    fn long_steps_begin_with_round_years() {
        let utc = "UTC";
        check(
            Step::Year,
            utc,
            "2024-12-31T23:59:59Z",
            ["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"],
        );
        check(
            Step::Decade,
            utc,
            "2024-01-01T00:00:00Z",
            ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"],
        );
        check(
            Step::Century,
            utc,
            "1999-01-01T00:00:00Z",
            ["1900-01-01T00:00:00Z", "2000-01-01T00:00:00Z"],
        );
        check(
            Step::Millennium,
            utc,
            "1999-01-01T00:00:00Z",
            ["1000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"],
        );
    }

    /// Samoa had no 30 December 2011.
    #[test]
    fn a_day_that_clocks_skip_has_no_bar() {
        check(
            Step::Day,
            "Pacific/Apia",
            "2011-12-30T09:00:00Z",
            ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"],
        );
        check(
            Step::Day,
            "Pacific/Apia",
            "2011-12-30T10:00:00Z",
            ["2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
        );
    }

    /// Steps follow each other without a gap, also at both ends of the calendar.
    #[test]
    fn every_moment_lies_in_its_step() {
        let zones =
            ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"];
        let moments = [
            "-009999-01-02T01:59:59Z",
            "-000001-05-05T00:00:00Z",
            "1883-11-18T12:00:00Z",
            "1970-01-01T00:00:00Z",
            "2024-10-27T01:30:00Z",
            "9999-12-30T22:00:00Z",
        ];
        for zone in zones.map(|name| TimeZone::get(name).unwrap()) {
            for moment in moments.map(|moment| moment.parse::<Timestamp>().unwrap()) {
                for step in Step::ALL {
                    let start = step.start(moment, &zone);
                    let next = step.next(start, &zone);
                    assert!(start <= moment, "{step:?} {moment}");
                    assert!(
                        next.is_none_or(|next| moment < next),
                        "{step:?} {moment} {start} {next:?}"
                    );
                    // Hours are counted on from the first one, whatever the clocks do meanwhile.
                    let is_start = |next| step == Step::Hour || step.start(next, &zone) == next;
                    assert!(next.is_none_or(is_start), "{step:?} {next:?}");
                }
            }
        }
    }
}
