//! The JSON of a body, and what is wrong with it in words of JSON.

use serde::de::DeserializeOwned;

/// Names of Rust for kinds of values, and what a client calls them.
const KINDS: [(&str, &str); 13] = [
    ("usize", "a whole number from 0"),
    ("u64", "a whole number from 0"),
    ("u32", "a whole number from 0"),
    ("u16", "a whole number from 0"),
    ("u8", "a whole number from 0"),
    ("i64", "a whole number"),
    ("i32", "a whole number"),
    ("f64", "a number"),
    ("a sequence", "a list"),
    ("sequence", "list"),
    ("a map", "an object"),
    ("map", "object"),
    ("variant", "value"),
];

/// Reads an object. A list of its values in some order is none.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|first| b"[\"-0123456789tfn".contains(first)) {
        return Err("the body is a JSON object: {\"q\": \"from:alice\"}".to_owned());
    }
    serde_json::from_slice(body)
        .map_err(|error| format!("the body is wrong: {}", plain(&error.to_string())))
}

/// A message of the parser without names of Rust: `expected usize`, `expected struct X`. What stands
/// between backticks is the client's own.
fn plain(message: &str) -> String {
    let parts = message.split('`').enumerate();
    let parts: Vec<_> = parts
        .map(|(at, part)| if at % 2 == 0 { without_kinds(part) } else { part.to_owned() })
        .collect();
    parts.join("`")
}

fn without_kinds(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let starts = !plain.ends_with(|c: char| c.is_alphanumeric());
        let known = KINDS.iter().filter(|_| starts).find_map(|(name, said)| {
            let after = rest.strip_prefix(name)?;
            (!after.starts_with(|c: char| c.is_alphanumeric())).then_some((after, *said))
        });
        let word = ["struct ", "enum "].iter().find_map(|name| rest.strip_prefix(name));
        if let Some(after) = word.filter(|_| starts) {
            rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
            plain.push_str("an object");
        } else if let Some((after, said)) = known {
            rest = after;
            plain.push_str(said);
        } else {
            let mut letters = rest.chars();
            plain.extend(letters.next());
            rest = letters.as_str();
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Body {
        limit: Option<usize>,
        names: Option<Vec<String>>,
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
        check("", "EOF");
    }

    #[test]
    fn only_an_object_is_read() {
        for body in ["[]", " [1, []]", "\"q\"", "null", "7", "true"] {
            check(body, "the body is a JSON object");
        }
        let whole = object::<Body>(br#"{"limit": 1}"#);
        assert_eq!(whole, Ok(Body { limit: Some(1), names: None }));
    }
}
