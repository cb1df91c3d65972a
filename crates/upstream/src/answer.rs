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

/// One object of an answer; names of fields are looked up in any casing.
///
/// ```
/// use postern_upstream::Record;
///
/// let record = Record::new(serde_json::json!({"ItemId": 7})).ok_or("no object")?;
/// assert_eq!(record.word("itemId").as_deref(), Some("7"));
/// assert_eq!(record.text("itemId"), None, "it is no text");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record(BTreeMap<String, Value>);

/// One message that was found.
pub type Hit = Record;

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

impl Record {
    /// The object that `value` is; `None` where it is something else.
    #[must_use]
    pub fn new(value: Value) -> Option<Self> {
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

    /// The text of a field, or its number as text: an id may be either. Empty text counts as none.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<String> {
        let word = match self.get(name)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        (!word.is_empty()).then_some(word)
    }

    /// Whether a field is `true`, or the text of it.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(value)) => *value,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            Some(Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => {
                false
            }
        }
    }

    /// The same without these fields; their names are in lower case.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// The object in a field.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Self> {
        self.get(name).cloned().and_then(Self::new)
    }

    /// The only list in the object, whatever its name.
    pub(crate) fn into_list(self) -> Option<Vec<Value>> {
        self.0.into_values().find_map(|value| match value {
            Value::Array(list) => Some(list),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => None,
        })
    }
}

impl From<Record> for Value {
    /// The object, its names in lower case.
    fn from(record: Record) -> Self {
        Self::Object(record.0.into_iter().collect())
    }
}

pub(crate) fn is_json(body: &[u8]) -> bool {
    read::<IgnoredAny>(body).is_some()
}

/// Checks the UTF-8 first: the JSON reader lets ignored text pass unseen.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
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
