//! Dates relative to today.

use jiff::civil::Date;
use jiff::fmt::strtime;
use jiff::{Span as Duration, ToSpan as _, Unit, Zoned};

use super::Days;

/// `today`, `last week`, `monday`, `may`, `3d`.
pub(super) fn days(text: &str, now: &Zoned) -> Option<Days> {
    let today = now.date();
    match text {
        "today" => Days::one(today),
        "yesterday" => Days::one(today.yesterday().ok()?),
        "tomorrow" => Days::one(today.tomorrow().ok()?),
        _ => calendar_period(text, today)
            .or_else(|| weekday(text, today))
            .or_else(|| month(text, today))
            .or_else(|| Days::one(today.checked_sub(duration(text)?).ok()?)),
    }
}

/// `last week`, `this month`, `next year` and so on. Weeks begin on Monday.
fn calendar_period(text: &str, today: Date) -> Option<Days> {
    let (which, unit) = text.split_once(' ')?;
    let offset = match which {
        "last" => -1_i64,
        "this" => 0,
        "next" => 1,
        _ => return None,
    };
    let (start, length) = match unit {
        "week" => (
            today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days()).ok()?,
            1.week(),
        ),
        "month" => (today.first_of_month(), 1.month()),
        "year" => (today.first_of_year(), 1.year()),
        _ => return None,
    };
    Days::span(start.checked_add(length.checked_mul(offset).ok()?).ok()?, length)
}

/// The latest day of that name that is not in the future.
fn weekday(text: &str, today: Date) -> Option<Days> {
    let wanted = strtime::parse("%A", text).ok()?.weekday()?.to_monday_zero_offset();
    let back = (today.weekday().to_monday_zero_offset() - wanted).rem_euclid(7);
    Days::one(today.checked_sub(i64::from(back).days()).ok()?)
}

/// The latest month of that name that has begun.
fn month(text: &str, today: Date) -> Option<Days> {
    let wanted = strtime::parse("%B", text).ok()?.month()?;
    let year = if wanted > today.month() { today.year() - 1 } else { today.year() };
    Days::span(Date::new(year, wanted, 1).ok()?, 1.month())
}

/// `3d`, `2w`, `6m`, `1y`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let digits =
        !count.is_empty() && count.len() < 6 && count.bytes().all(|byte| byte.is_ascii_digit());
    let count: i64 = digits.then(|| count.parse().ok()).flatten()?;
    let unit = match unit {
        "d" => Unit::Day,
        "w" => Unit::Week,
        "m" => Unit::Month,
        "y" => Unit::Year,
        _ => return None,
    };
    let span = Duration::new();
    match unit {
        Unit::Day => span.try_days(count).ok(),
        Unit::Week => span.try_weeks(count).ok(),
        Unit::Month => span.try_months(count).ok(),
        _ => span.try_years(count).ok(),
    }
}
