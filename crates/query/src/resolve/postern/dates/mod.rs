//! Dates as people write them, to spans of time. Today and the zone are arguments.

mod relative;

use jiff::civil::{Date, DateTime, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span as Duration, Timestamp, ToSpan as _, Zoned};

/// The span of time of a date text, from its first moment to just before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: Timestamp,
    /// The first moment after it. For a moment, the moment itself.
    pub(crate) end: Timestamp,
    /// It is a moment, not a span of time.
    pub(crate) is_moment: bool,
    /// Its canonical text. Relative dates stay as typed.
    pub(crate) canonical: String,
}

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// With the text to write instead, if that is clear.
    Invalid(Option<String>),
    /// Both readings in ISO form.
    Ambiguous(String, String),
}

/// Reads one date.
pub(crate) fn parse(text: &str, now: &Zoned) -> Result<Period, Fault> {
    let trimmed = text.trim();
    if let Some(months) = minutes(trimmed) {
        return Err(Fault::Invalid(Some(months)));
    }
    let lower = trimmed.to_lowercase().replace('_', " ");
    civil(trimmed)
        .map(|(range, canonical)| range.period(now.time_zone(), canonical))
        .or_else(|| moment(trimmed, now))
        .or_else(|| {
            relative::days(&lower, now)
                .map(|range| range.period(now.time_zone(), lower.replace(' ', "_")))
        })
        .or_else(|| (lower == "now").then(|| at(now.timestamp(), lower.clone())))
        .unwrap_or_else(|| Err(fault(trimmed)))
}

/// The text to write for `30M`, which are minutes to mu, and months to those who write capitals.
pub(crate) fn minutes(text: &str) -> Option<String> {
    let count = text.strip_suffix('M')?;
    let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{count}m for months; minutes are not counted"))
}

/// An age such as `3d`: the moment that long before now.
pub(crate) fn age(text: &str, now: &Zoned) -> Option<Timestamp> {
    now.checked_sub(relative::duration(text)?).ok().and_then(|then| milliseconds(then.timestamp()))
}

/// Civil days: the first and the first one after.
struct Days {
    start: Date,
    end: Date,
}

impl Days {
    fn one(day: Date) -> Option<Self> {
        Some(Self { start: day, end: day.checked_add(1.day()).ok()? })
    }

    fn span(start: Date, length: Duration) -> Option<Self> {
        Some(Self { start, end: start.checked_add(length).ok()? })
    }

    /// A day begins at midnight of the zone, or at its first moment if the clocks skip midnight.
    fn period(&self, zone: &TimeZone, canonical: String) -> Result<Period, Fault> {
        let midnight = |day: Date| day.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
        match (midnight(self.start), midnight(self.end)) {
            (Ok(start), Ok(end)) => Ok(Period { start, end, is_moment: false, canonical }),
            (Err(_), _) | (_, Err(_)) => Err(Fault::Invalid(None)),
        }
    }
}

fn at(moment: Timestamp, canonical: String) -> Result<Period, Fault> {
    Ok(Period { start: moment, end: moment, is_moment: true, canonical })
}

// ---- written out ----

/// `2024`, `2024-03`, `2024-03-31`, `2024/03/31`, `2024-Q1`, `2024-W09`.
fn civil(text: &str) -> Option<(Days, String)> {
    let upper = text.replace('/', "-").to_ascii_uppercase();
    let mut parts = upper.split('-');
    let year = digits(parts.next()?, 4).filter(|year| *year > 0)?;
    let first = Date::new(year, 1, 1).ok()?;
    let days = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => Days::span(first, 1.year()),
        (Some(part), None, _) => part_of_year(first, part),
        (Some(month), Some(day), None) => Days::one(
            Date::new(
                year,
                i8::try_from(digits(month, 2)?).ok()?,
                i8::try_from(digits(day, 2)?).ok()?,
            )
            .ok()?,
        ),
        (Some(_), Some(_), Some(_)) => None,
    }?;
    Some((days, upper))
}

fn part_of_year(first: Date, part: &str) -> Option<Days> {
    if let Some(quarter) = part.strip_prefix('Q') {
        let quarter = digits(quarter, 1).filter(|quarter| (1..=4).contains(quarter))?;
        return Days::span(first.checked_add((3 * (quarter - 1)).months()).ok()?, 3.months());
    }
    if let Some(week) = part.strip_prefix('W') {
        let week = i8::try_from(digits(week, 2)?).ok()?;
        let monday = ISOWeekDate::new(first.year(), week, Weekday::Monday).ok()?.date();
        return Days::span(monday, 1.week());
    }
    Days::span(Date::new(first.year(), i8::try_from(digits(part, 2)?).ok()?, 1).ok()?, 1.month())
}

fn digits(text: &str, width: usize) -> Option<i16> {
    let all = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// RFC 3339, or the same without seconds or without a zone. It cuts to the millisecond.
fn moment(text: &str, now: &Zoned) -> Option<Result<Period, Fault>> {
    let bytes = text.as_bytes();
    let shaped = bytes.get(10).is_some_and(|byte| matches!(byte, b'T' | b't'))
        && bytes.get(13) == Some(&b':');
    if !shaped || !bytes.iter().take(4).all(u8::is_ascii_digit) {
        return None;
    }
    let upper = text.to_ascii_uppercase();
    let moment = upper.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = upper.parse().ok()?;
        civil.to_zoned(now.time_zone().clone()).ok().map(|zoned| zoned.timestamp())
    })?;
    let moment = milliseconds(moment)?;
    Some(at(moment, moment.to_string()))
}

fn milliseconds(moment: Timestamp) -> Option<Timestamp> {
    Timestamp::from_millisecond(moment.as_nanosecond().div_euclid(1_000_000).try_into().ok()?).ok()
}

// ---- faults ----

/// Dates with the year last. It gives both readings, or the only possible one.
fn fault(text: &str) -> Fault {
    let parts: Vec<_> = text.split(['/', '.', '-']).collect();
    let &[first, second, year] = parts.as_slice() else { return Fault::Invalid(None) };
    let short = |part: &str| {
        digits(part, part.len().clamp(1, 2)).and_then(|number| i8::try_from(number).ok())
    };
    let (Some(first), Some(second), Some(year)) = (short(first), short(second), digits(year, 4))
    else {
        return Fault::Invalid(None);
    };
    let day_first = Date::new(year, second, first).ok();
    let month_first = Date::new(year, first, second).ok();
    match (day_first, month_first) {
        (Some(one), Some(other)) if one != other => {
            Fault::Ambiguous(one.to_string(), other.to_string())
        }
        (Some(only), _) | (None, Some(only)) => Fault::Invalid(Some(only.to_string())),
        (None, None) => Fault::Invalid(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Wednesday in week 21.
    fn now(zone: &str) -> Zoned {
        let zone = jiff::tz::TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        "2024-05-22T15:30:00Z".parse::<Timestamp>().unwrap().to_zoned(zone)
    }

    #[track_caller]
    fn check(text: &str, start: &str, end: &str) {
        let found = parse(text, &now("UTC")).unwrap();
        assert_eq!(
            (found.start.to_string(), found.end.to_string()),
            (start.into(), end.into()),
            "{text}"
        );
        let again = parse(&found.canonical, &now("UTC")).unwrap();
        assert_eq!(again, found, "the canonical form of {text} reads back");
    }

    #[test]
    fn written_out() {
        check("2024", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
        check("2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
        check("2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z");
        check("2024/12/31", "2024-12-31T00:00:00Z", "2025-01-01T00:00:00Z");
        check("2024-q4", "2024-10-01T00:00:00Z", "2025-01-01T00:00:00Z");
        check("2024-W01", "2024-01-01T00:00:00Z", "2024-01-08T00:00:00Z");
        check("2020-W53", "2020-12-28T00:00:00Z", "2021-01-04T00:00:00Z");
    }

    #[test]
    fn moments() {
        let same = |text, moment| check(text, moment, moment);
        same("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z");
        same("2024-01-01T10:00:00+02:00", "2024-01-01T08:00:00Z");
        same("2024-01-01t10:00:00.123456z", "2024-01-01T10:00:00.123Z");
        same("2024-01-01T10:00", "2024-01-01T10:00:00Z");
        same("now", "2024-05-22T15:30:00Z");
    }

    #[test]
    fn relative_dates() {
        check("today", "2024-05-22T00:00:00Z", "2024-05-23T00:00:00Z");
        check("yesterday", "2024-05-21T00:00:00Z", "2024-05-22T00:00:00Z");
        check("wednesday", "2024-05-22T00:00:00Z", "2024-05-23T00:00:00Z");
        check("thursday", "2024-05-16T00:00:00Z", "2024-05-17T00:00:00Z");
        check("may", "2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z");
        check("june", "2023-06-01T00:00:00Z", "2023-07-01T00:00:00Z");
        check("last week", "2024-05-13T00:00:00Z", "2024-05-20T00:00:00Z");
        check("this_month", "2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z");
        check("last year", "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z");
        check("3d", "2024-05-19T00:00:00Z", "2024-05-20T00:00:00Z");
        check("1m", "2024-04-22T00:00:00Z", "2024-04-23T00:00:00Z");
    }

    #[test]
    fn ages_keep_the_time_of_day() {
        let then = age("2w", &now("UTC")).map(|moment| moment.to_string());
        assert_eq!(then.as_deref(), Some("2024-05-08T15:30:00Z"));
        assert_eq!(age("2 weeks", &now("UTC")), None);
    }

    #[test]
    fn faults() {
        let fault = |text| parse(text, &now("UTC")).unwrap_err();
        assert_eq!(fault("03/04/2024"), Fault::Ambiguous("2024-04-03".into(), "2024-03-04".into()));
        assert_eq!(fault("31.12.2024"), Fault::Invalid(Some("2024-12-31".into())));
        for text in [
            "2024-02-30",
            "2024-13",
            "2024-W54",
            "2023-W53",
            "2024-Q5",
            "0000",
            "soon",
            "",
            "999999d",
            "2024-1-1",
        ] {
            assert_eq!(fault(text), Fault::Invalid(None), "{text}");
        }
    }
}
