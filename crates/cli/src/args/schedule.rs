//! When a job runs again and again: `02:00` every day, `mon,thu@02:00` on some.

use anyhow::{Context as _, ensure};
use postern_upstream::Schedule;

/// The days as they are typed and as the service is told. No page lists its words for them.
const DAYS: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

/// Every day at a time such as `02:00`.
pub(super) fn daily(text: &str) -> anyhow::Result<Schedule> {
    Ok(Schedule::Daily { execution_time: time_of_day(text)? })
}

/// On some days at a time, such as `mon,thu@02:00`.
pub(super) fn weekly(text: &str) -> anyhow::Result<Schedule> {
    let hint = || format!("`{text}` says no time of day; write mon,thu@02:00");
    let (days, time) = text.split_once('@').with_context(hint)?;
    let execution_time = time_of_day(time)?;
    let days: Vec<_> = days.split(',').map(day).collect::<anyhow::Result<_>>()?;
    let in_order = DAYS.iter().filter(|(_, name)| days.contains(name));
    let days_of_week = in_order.map(|(_, name)| (*name).to_owned()).collect();
    Ok(Schedule::Weekly { execution_time, days_of_week })
}

fn time_of_day(text: &str) -> anyhow::Result<String> {
    let hint = || format!("`{text}` is no time of day; write 02:00, from 00:00 to 23:59");
    let (hours, minutes) = text.split_once(':').with_context(hint)?;
    let is_number = |digits: &str, lengths: &[usize]| {
        lengths.contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    ensure!(is_number(hours, &[1, 2]) && is_number(minutes, &[2]), hint());
    let (hours, minutes): (u8, u8) = (hours.parse()?, minutes.parse()?);
    ensure!(hours < 24 && minutes < 60, hint());
    Ok(format!("{hours:02}:{minutes:02}"))
}

fn day(text: &str) -> anyhow::Result<&'static str> {
    let is_it = |(short, name): &&(&str, &str)| {
        text.eq_ignore_ascii_case(short) || text.eq_ignore_ascii_case(name)
    };
    let found = DAYS.iter().find(is_it).map(|(_, name)| *name);
    found.with_context(|| {
        format!(
            "`{text}` is no day; write mon, tue, wed, thu, fri, sat or sun, such as mon,thu@02:00"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for (text, time) in [
            ("02:00", Some("02:00")),
            ("2:05", Some("02:05")),
            ("23:59", Some("23:59")),
            ("24:00", None),
            ("02:60", None),
            ("2am", None),
            ("02:0", None),
            ("002:00", None),
            ("+2:00", None),
            ("02:00:00", None),
            ("", None),
            (":", None),
        ] {
            let read = daily(text);
            let expected = time.map(|time| Schedule::Daily { execution_time: time.to_owned() });
            assert_eq!(read.as_ref().ok(), expected.as_ref(), "{text}");
            let said = read.err().map_or_else(String::new, |error| error.to_string());
            assert_eq!(said.contains("write 02:00"), time.is_none(), "{text}: {said}");
        }
    }

    #[test]
    fn days_and_a_time() {
        for (text, days) in [
            ("mon,thu@02:00", &["Monday", "Thursday"][..]),
            ("Thursday,MON,thu@2:00", &["Monday", "Thursday"]),
            ("sun@02:00", &["Sunday"]),
        ] {
            let days_of_week = days.iter().map(ToString::to_string).collect();
            let expected = Schedule::Weekly { execution_time: "02:00".to_owned(), days_of_week };
            assert_eq!(weekly(text).ok(), Some(expected), "{text}");
        }
        for (text, said) in [
            ("mon,thu", "says no time of day; write mon,thu@02:00"),
            ("mon@2am", "`2am` is no time of day; write 02:00"),
            ("mo@02:00", "`mo` is no day; write mon, tue"),
            ("@02:00", "`` is no day"),
            ("mon,@02:00", "`` is no day"),
            ("mon thu@02:00", "`mon thu` is no day"),
        ] {
            let error = weekly(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
