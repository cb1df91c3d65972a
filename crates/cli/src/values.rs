//! Values of arguments.

use anyhow::{Context as _, bail};
use jiff::Timestamp;

/// A size such as `256M` in bytes.
pub(crate) fn size(text: &str) -> anyhow::Result<usize> {
    let upper = text.to_ascii_uppercase();
    let number = upper.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match upper.get(number.len()..).unwrap_or_default() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        unit => bail!("`{unit}` is no unit of size; write 256M or 1G"),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(factor));
    bytes.with_context(|| format!("`{text}` is not a size; write 256M or 1G"))
}

/// The size of a PST in bytes, from 1 GB to 49 GB; a number alone is in GB.
pub(crate) fn gigabytes(text: &str) -> anyhow::Result<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = if is_number { size(&format!("{text}G")) } else { size(text) };
    let bytes = bytes.ok().and_then(|bytes| u64::try_from(bytes).ok());
    let allowed = (1 << 30)..=(49 << 30);
    let hint = || format!("`{text}` is no size of a PST; write 1G to 49G");
    bytes.filter(|bytes| allowed.contains(bytes)).with_context(hint)
}

/// A word or a phrase.
pub(crate) fn keywords(text: &str) -> anyhow::Result<String> {
    anyhow::ensure!(!text.trim().is_empty(), "a word or a phrase is missing");
    Ok(text.to_owned())
}

/// A day or a full timestamp.
pub(crate) fn since(text: &str) -> anyhow::Result<Timestamp> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0).in_tz("UTC").ok();
    let time = text.parse().ok().or_else(|| Some(day()?.timestamp()));
    time.with_context(|| format!("`{text}` is no date; write 2024-01-31 or 2024-01-31T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("5k", Some(5 << 10)),
            ("256M", Some(256 << 20)),
            ("1GiB", Some(1 << 30)),
            ("M", None),
            ("5X", None),
            ("99999999999G", None),
        ] {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
    }

    #[test]
    fn sizes_of_a_pst() {
        for (text, gb) in [
            ("1", Some(1)),
            ("49G", Some(49)),
            ("1GiB", Some(1)),
            ("2048M", Some(2)),
            ("0", None),
            ("50", None),
            ("999M", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(gigabytes(text).ok(), gb.map(|gb: u64| gb << 30), "{text}");
        }
    }

    #[test]
    fn dates() {
        for (text, expected) in [
            ("2024-01-31", Some("2024-01-31T00:00:00Z")),
            ("2024-01-31T10:00:00+02:00", Some("2024-01-31T08:00:00Z")),
            ("yesterday", None),
            ("2024-02-30", None),
        ] {
            assert_eq!(
                since(text).ok().map(|time| time.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
