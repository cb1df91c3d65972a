//! RFC 3339 dates with any offset, cut to the millisecond as the index stores them.

use jiff::Timestamp;
use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

#[expect(clippy::ref_option, reason = "the signature that serde's `with` calls")]
pub(crate) fn serialize<S: Serializer>(
    date: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    date.map(|date| date.to_string()).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let date: Timestamp = text.parse().map_err(serde::de::Error::custom)?;
    let milliseconds = date.as_nanosecond().div_euclid(1_000_000);
    let whole = i64::try_from(milliseconds).map_err(serde::de::Error::custom)?;
    Timestamp::from_millisecond(whole).map(Some).map_err(serde::de::Error::custom)
}
