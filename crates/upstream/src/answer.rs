//! The body of a search answer, read tolerantly: hits in any casing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// How many messages match in all, if it was said.
    pub count: Option<u64>,
    /// The messages of this page.
    pub hits: Vec<Hit>,
}

/// One message that was found; names of fields are looked up in any casing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit(BTreeMap<String, Value>);

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(rename = "Results", alias = "results")]
    results: Vec<T>,
    #[serde(rename = "Count", alias = "count", default)]
    count: Option<u64>,
}

impl Found {
    /// Reads a body; `None` where it is not the answer of a search.
    ///
    /// ```
    /// use postern_upstream::Found;
    ///
    /// let found = Found::parse(br#"{"Results":[{"Subject":"Hello"}],"Count":1}"#);
    /// let found = found.ok_or("not an answer")?;
    /// assert_eq!(found.hits.first().and_then(|hit| hit.text("subject")), Some("Hello"));
    /// assert_eq!(Found::parse(b"<html>"), None);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let envelope: Envelope<Value> = read(body)?;
        let hits = envelope.results.into_iter().filter_map(Hit::new).collect();
        Some(Self { count: envelope.count, hits })
    }

    /// Whether [`Found::parse`] would read it, at a fraction of the work.
    pub(crate) fn is_envelope(body: &[u8]) -> bool {
        read::<Envelope<IgnoredAny>>(body).is_some()
    }
}

impl Hit {
    fn new(value: Value) -> Option<Self> {
        match in_lower_case(value) {
            Value::Object(fields) => Some(Self(fields.into_iter().collect())),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => None,
        }
    }

    /// The value of a field; the names inside it are in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(&name.to_lowercase()).filter(|value| !value.is_null())
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }
}

pub(crate) fn is_json(body: &[u8]) -> bool {
    read::<IgnoredAny>(body).is_some()
}

/// Checks the UTF-8 first: the JSON reader lets ignored text pass unseen.
fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(body).ok()?).ok()
}

fn in_lower_case(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name.to_lowercase(), in_lower_case(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(in_lower_case).collect(),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}
