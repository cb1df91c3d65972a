//! The dates of headers.
//!
//! Real mail has more ways of writing a date than RFC 5322: without seconds, in the order of C's
//! `asctime`, with dashes, in numbers only, with a zone by name. What can be read in two ways is not
//! read: a wrong date would be worse than none.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What was found of a date so far.
#[derive(Default)]
struct Parts {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<Time>,
    /// Minutes east of Greenwich.
    zone: Option<i64>,
    /// Whether the zone came by name: then an offset behind it says it better.
    is_named: bool,
}

/// Reads a date; without a zone it is UTC, without a time it is midnight, and a year of three digits
/// counts from 1900. A number that says nothing known makes it none: it may be the time.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let plain = without_comments(text);
    let date = iso(plain.trim()).or_else(|| in_words(&plain));
    date.filter(|date| date.as_second() >= FIRST)
}

/// 1900 in seconds of Unix: no earlier year is meant (RFC 5322, 3.3).
const FIRST: i64 = -2_208_988_800;

/// `2024-01-31T10:00:00+01:00`, or parts of it.
fn iso(text: &str) -> Option<Timestamp> {
    let local = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(local)
}

fn in_words(text: &str) -> Option<Timestamp> {
    let mut parts = Parts::default();
    let text = joined(text);
    let mut words = text.split(|c: char| c.is_whitespace() || c == ',');
    words.try_for_each(|word| parts.take(word))?;
    let date = Date::new(parts.year?, parts.month?, parts.day?).ok()?;
    let local = DateTime::from_parts(date, parts.time.unwrap_or_default());
    let local = TimeZone::UTC.to_timestamp(local).ok()?;
    local.checked_sub(SignedDuration::from_mins(parts.zone.unwrap_or_default())).ok()
}

/// The text without the blanks in `10 : 00`, and with one for the `T` in `2024-01-31T10:00`.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let is_apart = !out.is_empty() && !out.ends_with(':') && !word.starts_with(':');
        if is_apart {
            out.push(' ');
        }
        match word.split_once('T') {
            Some((date, time))
                if date.starts_with(|c: char| c.is_ascii_digit()) && date.contains('-') =>
            {
                out.extend([date, " ", time]);
            }
            Some(_) | None => out.push_str(word),
        }
    }
    out
}

/// The text without what stands in brackets.
pub(crate) fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
        if c == ')' {
            out.push(' ');
        }
    }
    out
}

impl Parts {
    /// Takes one word; nothing where it makes the date meaningless.
    fn take(&mut self, word: &str) -> Option<()> {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let end = word.find(|c: char| !c.is_ascii_digit() && !":.".contains(c));
        let (digits, after) = word.split_at_checked(end.unwrap_or(word.len()))?;
        if is_number && self.time.is_none() && (digits.contains(':') || self.is_dotted_time(digits))
        {
            self.time = Some(clock(digits)?);
            return self.take(after);
        }
        if is_number && (word.contains(['-', '/']) || digits.trim_end_matches('.').contains('.')) {
            return self.day_month_year(word);
        }
        if is_number {
            return self.number(word);
        }
        self.name(word)
    }

    /// `10.00.00` behind a day: before it, that would be one.
    fn is_dotted_time(&self, digits: &str) -> bool {
        let mut fields = digits.split('.');
        let are_short = fields.clone().all(|field| (1..=2).contains(&field.len()));
        self.day.is_some() && are_short && (2..=3).contains(&fields.by_ref().count())
    }

    /// The first number is the day, the second the year; a later one is a zone without its sign.
    fn number(&mut self, word: &str) -> Option<()> {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.');
        if self.day.is_none() && digits.len() <= 2 {
            self.day = Some(digits.parse().ok().filter(|_| is_ordinal(word.get(digits.len()..)))?);
        } else if self.year.is_none() {
            self.year = Some(year(word)?);
        } else if self.time.is_none() {
            return None;
        } else if word.len() == 4 {
            self.zone = self.zone.or_else(|| offset(word));
        }
        Some(())
    }

    /// `21-Sep-1994`, `2023-12-31`, and where only one number can be the month, `31/12/2023`.
    fn day_month_year(&mut self, word: &str) -> Option<()> {
        let fields: Vec<&str> =
            word.split(['-', '/', '.']).filter(|field| !field.is_empty()).collect();
        let numbers: Vec<i16> = fields.iter().flat_map(|field| field.parse()).collect();
        let (year, month, day) = match *numbers.as_slice() {
            [year, month, day] if year >= 1000 => (year, month, day),
            // Dots stand only where the day comes first.
            [day, month, year] if word.contains('.') => (year, month, day),
            [day, month, year] if day > 12 || day == month => (year, month, day),
            [month, day, year] if day > 12 => (year, month, day),
            [_, _, _] => return None,
            _ => return fields.iter().try_for_each(|field| self.take(field)),
        };
        (self.day, self.month) = (i8::try_from(day).ok(), i8::try_from(month).ok());
        self.year = Some(year).filter(|year| *year >= 1000);
        Some(())
    }

    /// A month, a zone, the half of the day; another word says nothing.
    fn name(&mut self, word: &str) -> Option<()> {
        self.month = self.month.or_else(|| month(word));
        let Some(time) = self.time else { return Some(()) };
        match word.to_ascii_lowercase().replace('.', "").as_str() {
            "am" | "pm" => self.time = Some(half_day(time, word.starts_with(['p', 'P']))?),
            _ if self.zone.is_none() || self.is_named && word.starts_with(['+', '-']) => {
                self.zone = zone(word)?.or(self.zone);
                self.is_named = !word.contains(['+', '-']);
            }
            _ => {}
        }
        Some(())
    }
}

/// `10:00`, `10:00:00`, `10:00:00.5`, `10.00.00`; a leap second is the second before it.
fn clock(word: &str) -> Option<Time> {
    let whole = if word.contains(':') { word.split('.').next()? } else { word };
    let mut numbers = whole.split([':', '.']).map(|digits| digits.parse::<i8>().ok());
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let second = numbers.next().flatten().unwrap_or_default();
    Time::new(hour, minute, if second == 60 { 59 } else { second }, 0).ok()
}

/// A time of the clock with twelve hours; one with more is what it is.
fn half_day(time: Time, is_afternoon: bool) -> Option<Time> {
    let hour = match (time.hour(), is_afternoon) {
        (12, false) => 0,
        (hour @ ..12, true) => hour + 12,
        (hour, _) => hour,
    };
    Time::new(hour, time.minute(), time.second(), 0).ok()
}

/// Two digits count from 1950 to 2049, three from 1900 (RFC 5322, 4.3), also with a zero before.
fn year(digits: &str) -> Option<i16> {
    let number: i16 = digits.parse().ok()?;
    match (digits.len(), number) {
        (2, 0..50) => Some(number + 2000),
        // Programs that counted from 1900 wrote 70 to 199; nobody sent mail before.
        (2, _) | (3 | 4, 70..200) => Some(number + 1900),
        (4, 1000..) => Some(number),
        _ => None,
    }
}

/// The name of a month, or its beginning; no other word that begins so.
fn month(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(&word))?;
    i8::try_from(at + 1).ok()
}

/// What comes behind a day: nothing, a dot, `st`, `nd`, `rd`, `th`.
fn is_ordinal(end: Option<&str>) -> bool {
    end.is_some_and(|end| {
        ["", ".", "st", "nd", "rd", "th"].iter().any(|known| end.eq_ignore_ascii_case(known))
    })
}

/// A zone by its offset, its name, or both: `+0100`, `CET`, `GMT+0300`. Nothing known for a name that says
/// nothing; nothing at all where there is an offset that cannot be read.
#[expect(clippy::option_option, reason = "no date, and no zone, are two things")]
fn zone(word: &str) -> Option<Option<i64>> {
    let (name, digits) = word.split_at_checked(word.find(['+', '-']).unwrap_or(word.len()))?;
    let is_clock = matches!(name.to_ascii_uppercase().as_str(), "" | "GMT" | "UTC" | "UT" | "Z");
    match (is_clock, digits.contains(|c: char| c.is_ascii_digit())) {
        (true, true) => offset(digits).or_else(|| hours(digits)).map(Some),
        (_, false) => Some(named_zone(name)),
        (false, true) => None,
    }
}

/// `+3`, `-05`.
fn hours(word: &str) -> Option<i64> {
    let hours = word.parse::<i64>().ok().filter(|hours| hours.abs() < 24)?;
    Some(hours * 60)
}

/// `+0100`, `+01:00`, `-600`; of several signs the last one counts.
fn offset(word: &str) -> Option<i64> {
    let digits = word.trim_start_matches(['+', '-']);
    let sign = if word.strip_suffix(digits)?.ends_with('-') { -1 } else { 1 };
    let number: i64 = digits.replace(':', "").parse().ok()?;
    let (hours, minutes) = (number / 100, number % 100);
    let whole = digits.len() >= 3 && (0..24).contains(&hours) && minutes < 60;
    whole.then_some(sign * (hours * 60 + minutes))
}

/// The zones that RFC 5322 knows by name, and those of which the name says no other.
fn named_zone(word: &str) -> Option<i64> {
    let hours = match word.to_ascii_uppercase().as_str() {
        "UT" | "UTC" | "GMT" | "Z" | "WET" => 0,
        "BST" | "CET" | "MET" | "WEST" => 1,
        "CEST" | "MEST" | "EET" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        "ADT" => -3,
        "AST" | "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return None,
    };
    Some(hours * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("Mon, 1 Jan 2024 10:00:00 +0100", "2024-01-01T09:00:00Z"),
            ("1 Jan 2024 10:00:00", "2024-01-01T10:00:00Z"),
            ("Mon, 1 Jan 2024 10:00:00 GMT (a comment)", "2024-01-01T10:00:00Z"),
            ("Wed, 20 Sep 1995 00:19:00 (EDT) -0400", "1995-09-20T04:19:00Z"),
            ("Wed, 21 Sep 94 10:53 PDT", "1994-09-21T17:53:00Z"),
            ("Tue Sep 07 12:46:19 1999", "1999-09-07T12:46:19Z"),
            ("Tue Sep  7 12:46:19 EST 1999", "1999-09-07T17:46:19Z"),
            ("21-Sep-1994 10:53:00 -0700", "1994-09-21T17:53:00Z"),
            ("Thu, 1 Jan 104 10:00:00 +0000", "2004-01-01T10:00:00Z"),
            ("Thu, 22 Aug 0102 12:07:35 +0800", "2002-08-22T04:07:35Z"),
            ("Fri, 02 Aug 2002 23:37:59 0530", "2002-08-02T18:07:59Z"),
            ("Wed 29 May 2019 06:09:22 PM EDT", "2019-05-29T22:09:22Z"),
            ("Sat, 8 Jun 2002 1:5:13 +-0500", "2002-06-08T06:05:13Z"),
            ("Mon, 21 Aug 95 13:30:57 -600", "1995-08-21T19:30:57Z"),
            ("Tue, 17 Jul 2012 22:23:35.882 0000", "2012-07-17T22:23:35Z"),
            ("Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59Z"),
            ("1 january 2024 10:00:00 X", "2024-01-01T10:00:00Z"),
            ("2024-01-31T10:00:00+01:00", "2024-01-31T09:00:00Z"),
            ("2024-01-31 10:00:00", "2024-01-31T10:00:00Z"),
            ("Wed, 2024-01-31 10:00:00 +01:00", "2024-01-31T09:00:00Z"),
            ("Wed, 03 Apr 96 19:59 CST", "1996-04-04T01:59:00Z"),
            ("31-12-2023 10:00:00 +0100", "2023-12-31T09:00:00Z"),
            ("12/31/2023 12:30:00 AM", "2023-12-31T00:30:00Z"),
            ("11-11-2023", "2023-11-11T00:00:00Z"),
            ("1 Sept. 2024 10:00:00+0100", "2024-09-01T09:00:00Z"),
            ("1 Jan 2024 1:00:00PM", "2024-01-01T13:00:00Z"),
            ("1 Jan 2024", "2024-01-01T00:00:00Z"),
            ("Mon, 1 Jan 2024 10 : 00 : 05 +0000", "2024-01-01T10:00:05Z"),
            ("Mon, 1 Jan 2024 10: 00 +0100", "2024-01-01T09:00:00Z"),
            ("Mon, 1 Jan 2024 10.00.05 +0000", "2024-01-01T10:00:05Z"),
            ("Mon, 1 Jan 2024 10.30", "2024-01-01T10:30:00Z"),
            ("31.12.2023 10.30", "2023-12-31T10:30:00Z"),
            ("2.1.2024 10:30", "2024-01-02T10:30:00Z"),
            ("2024.01.31 10:30", "2024-01-31T10:30:00Z"),
            ("1. Jan 2024 10:30", "2024-01-01T10:30:00Z"),
            ("Mon 1st January 2024 10:00 p.m.", "2024-01-01T22:00:00Z"),
            ("1 Jan 2024 10:00:00 GMT+0300", "2024-01-01T07:00:00Z"),
            ("1 Jan 2024 10:00:00 GMT +0300", "2024-01-01T07:00:00Z"),
            ("1 Jan 2024 10:00:00 UTC-5", "2024-01-01T15:00:00Z"),
            ("1 Jan 2024 10:00:00 GMT+03:00 (MSK)", "2024-01-01T07:00:00Z"),
            ("1 Jan 2024 10:00:00 +03", "2024-01-01T07:00:00Z"),
            ("2024-01-31T10:00:00 +0100", "2024-01-31T09:00:00Z"),
            ("1 Jan 1900 10:00:00", "1900-01-01T10:00:00Z"),
        ] {
            assert_eq!(
                parse(text).map(|date| date.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn nonsense() {
        for text in [
            "",
            "never",
            "Mon, 1 Foo 2024 10:00:00 +0000",
            "Fri, 31 Feb 2003 10:00:00 +0000",
            "1 Jan 0000 10:00:00",
            "Tue, 07 Aug 0001 21:40:03 +0500",
            "0001-08-07T21:40:03Z",
            "1 Jan 1601 00:00:00",
            "7 Aug 001 21:40:03",
            "1 Jan 2024 1000 +0000",
            "1 Jan 2024 10h00",
            "1 Jan 2024 24:30:00",
            "1 Jan 2024 10:00:00 +99999",
            "1 Jan 2024 10:00:00 EST+3",
            "1 13 2024 10:00:00",
            "1 Jan 2024 25:00:00",
            "12-11-2023 10:00:00",
            "1/2/2024",
            "1 Marvin 2024 10:00:00",
            "1 Decimal 2024",
            "13-13-2024",
            "2024-13-01",
            "Jan 2024",
            "99999999999999999999 Jan 2024 10:00",
            "((((",
            "é:é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
