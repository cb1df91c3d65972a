//! Moments as a filter writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// `yyyy-mm-ddThh:mm(:ss(.fraction)?)?` and `Z` or `±hh:mm`. Digits after the ninth are cut.
pub(super) fn instant(run: &str) -> Option<Timestamp> {
    let (date, time) = run.split_once('T')?;
    let (clock, zone) = time.split_at_checked(time.find(['Z', '+', '-'])?)?;
    let start = Offset::UTC.to_timestamp(day(date)?.at(0, 0, 0, 0)).ok()?.as_second();
    let (seconds, nanoseconds) = time_of_day(clock)?;
    Timestamp::new(start + seconds - offset(zone)?, nanoseconds).ok()
}

fn day(text: &str) -> Option<Date> {
    let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (year > 0).then_some(date)
}

/// Seconds and nanoseconds since midnight.
fn time_of_day(clock: &str) -> Option<(i64, i32)> {
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let with_seconds = if whole.len() == 5 { format!("{clock}:00") } else { whole.to_owned() };
    let [hour, minute, second] = numbers(&with_seconds, ':', [2, 2, 2])?;
    let valid = hour < 24 && minute < 60 && second < 60;
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    valid.then_some((seconds, nanoseconds(fraction)?))
}

/// Numbers of fixed width between separators.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i16; 3]> {
    let mut parts = text.split(separator);
    let mut out = [0; 3];
    for (slot, width) in out.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *slot = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(out)
}

/// Seconds east of UTC, at most 14 hours.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (seconds, _) = time_of_day(zone.get(1..).filter(|rest| rest.len() == 5)?)?;
    (seconds <= 14 * 3600).then_some(sign * seconds)
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    let digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    digits.then(|| nine.parse().ok()).flatten()
}
