//! The JSON of a body, and what is wrong with it in words of JSON.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::wording::plain;

/// Words of the parser, and what a client calls them.
const WORDS: [(&str, &str); 7] = [
    ("EOF while parsing", "it ends within"),
    ("expected value", "there is no such value here: text stands in double quotes"),
    ("expected ident", "there is no such value here: text stands in double quotes"),
    ("key must be a string", "names stand in double quotes"),
    ("unexpected end of hex escape", "half of a letter (`\\uD800` to `\\uDFFF` stand in pairs)"),
    ("a map", "an object"),
    ("map", "object"),
];

/// Reads an object. A list of its values in some order is none.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        return Err("the body is a JSON object: {\"q\": \"from:alice\"}".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| {
        format!("the body is wrong: {}", plain(&error.to_string(), "an object", &WORDS))
    })
}

/// Reads an object within a body, or null. A list of its values in some order is none either.
pub(super) fn inner<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    from.deserialize_any(Inner(PhantomData))
}

struct Inner<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Inner<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Body {
        limit: Option<usize>,
        names: Option<Vec<String>>,
        #[serde(deserialize_with = "inner")]
        inner: Option<Box<Self>>,
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let error = object::<Body>(body.as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn faults_have_no_names_of_rust() {
        check(r#"{"limit": "ten"}"#, "expected a whole number from 0");
        check(r#"{"limit": -1}"#, "expected a whole number from 0");
        check(r#"{"names": {}}"#, "expected a list");
        check(r#"{"names": {}}"#, "invalid type: object");
        check(r#"{"usize": 1}"#, "unknown field `usize`");
        check(r#"{"limit": 1"#, "it ends within an object");
        check(r#"{limit: 1}"#, "names stand in double quotes");
        check(r#"{"limit": ten}"#, "text stands in double quotes");
        check(r#"{"names": ["\ud800"]}"#, "half of a letter");
    }

    #[test]
    fn only_an_object_is_read() {
        for body in ["[]", " [1, []]", "\"q\"", "null", "7", "true", "", "q=a", "\u{feff}{}"] {
            check(body, "the body is a JSON object");
        }
        for body in [r#"{"inner": []}"#, r#"{"inner": [1]}"#, r#"{"inner": "a"}"#] {
            check(body, "expected an object");
        }
        let inner = object::<Body>(br#"{"inner": {"limit": 2}}"#).unwrap().inner.unwrap();
        assert_eq!(inner.limit, Some(2));
        let whole = object::<Body>(br#"{"limit": 1}"#);
        assert_eq!(whole, Ok(Body { limit: Some(1), ..Body::default() }));
    }
}
